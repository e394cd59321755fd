/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables as comma-separated values (RFC 4180, but lines end with LF): the
 * first column names the table, the last says whether the row is to be
 * doubted; an empty line parts tables of different columns. Numbers are exact
 * and in base units. A text that a spreadsheet would take for a formula begins
 * with an apostrophe (OWASP: CSV injection).
 */
#include "lib/base/inert.h"
#include "lib/present/flame.h"
#include "lib/present/model.h"

#include <math.h>
#include <string.h>

static void add_quoted(struct scope_text *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n '")) {
        scope_text_add(out, "%s", text);
        return;
    }
    scope_text_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            scope_text_char(out, '"');
        scope_text_char(out, *text);
    }
    scope_text_char(out, '"');
}

/* What opens a formula, also after blanks and in its full-width forms. */
static bool opens_formula(const char *text)
{
    uint32_t code = ' ';
    while (code == ' ' || code == 0xa0 || code == 0x3000)
        text += scope_utf8_next(text, &code);
    return code == '=' || code == '+' || code == '-' || code == '@' ||
           code == '|' || code == '%' || code == 0xff1d || code == 0xff0b ||
           code == 0xff0d || code == 0xff20;
}

void scope_csv_text(struct scope_text *out, const char *text)
{
    char *inert = scope_inert(text);
    char *guarded =
        scope_format("%s%s", opens_formula(inert) ? "'" : "", inert);
    add_quoted(out, guarded);
    free(guarded);
    free(inert);
}

static void add_cell(struct scope_text *out, const struct scope_table *table,
                     const struct scope_row *row, size_t column)
{
    const struct scope_cell *cell = scope_cell_at(table, row, column);
    if (table->columns[column].kind == SCOPE_COLUMN_UNIT) {
        scope_csv_text(out, scope_row_unit(table, row));
    } else if (cell && cell->kind == SCOPE_CELL_TEXT) {
        scope_csv_text(out, cell->text);
    } else if (cell && cell->kind == SCOPE_CELL_NUMBER &&
               !isnan(cell->number)) {
        char number[64];
        scope_exact_number(number, sizeof number, cell->number);
        scope_text_add(out, "%s", number);
    }
}

static void add_header(struct scope_text *out, const struct scope_table *table)
{
    scope_text_add(out, "table");
    for (size_t i = 0; i < table->column_count; i++) {
        char *key = scope_column_key(table, i);
        scope_text_char(out, ',');
        scope_csv_text(out, key);
        if (table->columns[i].kind == SCOPE_COLUMN_APART) {
            scope_text_char(out, ',');
            char *unit = scope_format("%s_unit", key);
            scope_csv_text(out, unit);
            free(unit);
        }
        free(key);
    }
    scope_text_add(out, ",doubt\n");
}

static void add_rows(struct scope_text *out, const struct scope_table *table)
{
    for (size_t r = 0; r < table->row_count; r++) {
        const struct scope_row *row = &table->rows[r];
        scope_text_add(out, "%s", table->id);
        for (size_t i = 0; i < table->column_count; i++) {
            scope_text_char(out, ',');
            add_cell(out, table, row, i);
            if (table->columns[i].kind == SCOPE_COLUMN_APART) {
                scope_text_char(out, ',');
                scope_csv_text(out, scope_cell_word(table, row, i));
            }
        }
        scope_text_add(out, ",%s\n", row->doubt ? "yes" : "no");
    }
}

/* Tables of the same columns, one after another, are one table to a program:
 * the header is not repeated. */
static void add_table(struct scope_text *out, const struct scope_table *table,
                      struct scope_text *last)
{
    struct scope_text header = {0};
    add_header(&header, table);
    if (!last->bytes || strcmp(last->bytes, header.bytes) != 0)
        scope_text_add(out, "%s%s", last->bytes ? "\n" : "", header.bytes);
    add_rows(out, table);
    scope_text_free(last);
    *last = header;
}

void scope_write_csv(const struct scope_report *report, struct scope_text *out)
{
    struct scope_text last = {0};
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        if (item->table)
            add_table(out, item->table, &last);
        if (item->heat)
            add_table(out, item->heat->list, &last);
        if (item->flame) {
            struct scope_table *rows = scope_flame_rows(item->flame);
            add_table(out, rows, &last);
            scope_table_free(rows);
        }
    }
    scope_text_free(&last);
}
