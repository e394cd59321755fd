/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of `scope list categories`. */
#include "src/listing_categories.h"

#include "lib/base/data_files.h"

#include <scope/categories.h>

static void add_file(struct scope_table *table,
                     const struct scope_data_file *file)
{
    struct scope_categories *categories;
    struct scope_err why = {0};
    enum scope_code code = scope_categories_load(file->path, &categories, &why);
    scope_table_row(table);
    scope_cell_text(table, file->name);
    scope_cell_text(table,
                    code ? why.text : scope_categories_title(categories));
    if (code)
        scope_cell_empty(table);
    else
        scope_cell_number(table,
                          (double)scope_categories_count(categories) - 1);
    scope_cell_text(table, file->path);
    if (code)
        scope_table_doubt(table);
    scope_categories_free(categories);
}

enum scope_code listing_categories(struct scope_report *report,
                                   struct scope_err *err)
{
    struct scope_data_files files;
    enum scope_code code = scope_data_files_list("categories", &files, err);
    struct scope_table *table = scope_report_table(report, "categories", "");
    scope_table_legend(table, "cannot be read");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "name", "Name", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "title", "Title", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "categories", "Categories",
                       SCOPE_UNIT_COUNT, "without what no rule matches");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "file", "File", 0, NULL);
    for (size_t i = 0; !code && i < files.count; i++)
        add_file(table, &files.items[i]);
    scope_data_files_free(&files);
    return code;
}
