/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports for a terminal: paragraphs folded at its width, tables aligned, and
 * folded into several parts where they are wider. */
#include "lib/base/inert.h"
#include "lib/present/flame.h"
#include "lib/present/layout.h"

#include <scope/alloc.h>
#include <string.h>

enum {
    GAP = 2,           /* between columns */
    NARROWEST = 12,    /* a text column is not made narrower */
    WIDEST_PATHS = 40, /* of a flame graph, lines */
};

/* The bytes of text's next line at most width columns wide (0: any), broken
 * at a space where there is one; *rest is where the following one begins. */
static size_t next_line(const char *text, int width, const char **rest)
{
    size_t length = width > 0 ? scope_text_fit(text, width) : strlen(text);
    if (text[length] && text[length] != ' ') {
        size_t space = length;
        while (space > 0 && text[space - 1] != ' ')
            space--;
        if (space > 0)
            length = space;
    }
    *rest = text + length;
    while (**rest == ' ')
        (*rest)++;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

static void add_paragraph(struct scope_text *out, const char *text,
                          const char *first, const char *indent, int width)
{
    char *inert = scope_inert(text);
    const char *at = inert, *lead = first;
    int room = width ? width - scope_text_width(first) : 0;
    do {
        const char *rest;
        size_t length = next_line(at, room < 20 ? 0 : room, &rest);
        scope_text_add(out, "%s%.*s\n", lead, (int)length, at);
        at = rest;
        lead = indent;
    } while (*at);
    free(inert);
}

static void add_spaces(struct scope_text *out, int count)
{
    for (; count > 0; count--)
        scope_text_char(out, ' ');
}

struct grid {
    const struct scope_table *table;
    struct scope_layout layout;
    int *width;  /* of each column */
    int margin;  /* 2 where a row is marked, else 0 */
    size_t keys; /* leading columns that say what a row is */
    bool color;
};

static int widest_word(const char *text)
{
    int widest = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        char *word = scope_format("%.*s", (int)length, text);
        int width = scope_text_width(word);
        free(word);
        widest = width > widest ? width : widest;
        text += length + strspn(text + length, " ");
    }
    return widest;
}

/* The width a column needs; tight: its heading may take several lines. */
static int needed_width(const struct scope_layout *layout, size_t column,
                        bool tight)
{
    int width = tight ? widest_word(layout->heading[column])
                      : scope_text_width(layout->heading[column]);
    int symbol = scope_text_width(layout->symbol[column]);
    width = symbol > width ? symbol : width;
    for (size_t row = 0; row < layout->rows; row++) {
        int cell = scope_text_width(scope_layout_cell(layout, row, column));
        width = cell > width ? cell : width;
    }
    return width;
}

static int total_width(const struct grid *grid)
{
    int total = grid->margin;
    for (size_t i = 0; i < grid->layout.columns; i++)
        total += grid->width[i] + (i ? GAP : 0);
    return total;
}

/* Takes the excess from the widest text columns. */
static void shrink_texts(struct grid *grid, int width)
{
    for (int excess = total_width(grid) - width; excess > 0; excess--) {
        size_t widest = grid->layout.columns;
        int most = NARROWEST;
        for (size_t i = 0; i < grid->layout.columns; i++)
            if (!scope_layout_right(&grid->layout, i) &&
                grid->width[i] > most) {
                widest = i;
                most = grid->width[i];
            }
        if (widest == grid->layout.columns)
            return;
        grid->width[widest]--;
    }
}

static void find_widths(struct grid *grid, int width)
{
    size_t columns = grid->layout.columns;
    grid->width = scope_alloc(columns + 1, sizeof *grid->width);
    for (size_t i = 0; i < columns; i++)
        grid->width[i] = needed_width(&grid->layout, i, false);
    if (!width || total_width(grid) <= width)
        return;
    for (size_t i = 0; i < columns; i++)
        grid->width[i] = needed_width(&grid->layout, i, true);
    shrink_texts(grid, width);
}

/* Columns that follow `from` and fit beside the keys: at least one. */
static size_t last_fitting(const struct grid *grid, size_t from, int width)
{
    int used = grid->margin;
    for (size_t i = 0; i < grid->keys; i++)
        used += grid->width[i] + GAP;
    size_t end = from;
    while (end < grid->layout.columns) {
        used += grid->width[end] + (end > from ? GAP : 0);
        if (width && used > width && end > from)
            break;
        end++;
    }
    return end;
}

/* One row of texts, as many lines as its highest cell: the keys, then columns
 * from..end. */
static void add_line(const struct grid *grid, struct scope_text *out,
                     const char *mark, char *const *texts, size_t from,
                     size_t end)
{
    size_t count = grid->keys + end - from;
    const char **rest = scope_alloc(count + 1, sizeof *rest);
    for (size_t i = 0; i < count; i++)
        rest[i] = texts[i < grid->keys ? i : from + i - grid->keys];
    bool more;
    do {
        struct scope_text line = {0};
        scope_text_add(&line, "%.*s", grid->margin, mark);
        more = false;
        for (size_t i = 0; i < count; i++) {
            size_t column = i < grid->keys ? i : from + i - grid->keys;
            const char *text = rest[i];
            size_t length = next_line(text, grid->width[column], &rest[i]);
            char *part = scope_format("%.*s", (int)length, text);
            int pad = grid->width[column] - scope_text_width(part);
            bool right = scope_layout_right(&grid->layout, column);
            add_spaces(&line, (i ? GAP : 0) + (right ? pad : 0));
            scope_text_put(&line, part, length);
            add_spaces(&line, right ? 0 : pad);
            free(part);
            more = more || *rest[i];
        }
        while (line.length && line.bytes[line.length - 1] == ' ')
            line.bytes[--line.length] = '\0';
        scope_text_add(out, "%s\n", line.bytes ? line.bytes : "");
        scope_text_free(&line);
        mark = "  ";
    } while (more);
    free(rest);
}

static void add_rule(const struct grid *grid, struct scope_text *out,
                     size_t from, size_t end)
{
    add_spaces(out, grid->margin);
    for (size_t i = 0; i < grid->keys + end - from; i++) {
        size_t column = i < grid->keys ? i : from + i - grid->keys;
        add_spaces(out, i ? GAP : 0);
        for (int dash = 0; dash < grid->width[column]; dash++)
            scope_text_put(out, "─", strlen("─"));
    }
    scope_text_char(out, '\n');
}

static bool part_has_units(const struct grid *grid, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (*grid->layout.symbol[i])
            return true;
    return false;
}

static void add_part(const struct grid *grid, struct scope_text *out,
                     size_t from, size_t end)
{
    const struct scope_layout *layout = &grid->layout;
    scope_text_add(out, "%s", grid->color ? "\033[1m" : "");
    add_line(grid, out, "  ", layout->heading, from, end);
    scope_text_add(out, "%s", grid->color ? "\033[0m" : "");
    if (part_has_units(grid, from, end))
        add_line(grid, out, "  ", layout->symbol, from, end);
    add_rule(grid, out, from, end);
    for (size_t row = 0; row < layout->rows; row++) {
        bool doubt = grid->table->rows[row].doubt;
        bool color = doubt && grid->color;
        scope_text_add(out, "%s", color ? "\033[33m" : "");
        add_line(grid, out, doubt ? "! " : "  ",
                 layout->cell + row * layout->columns, from, end);
        scope_text_add(out, "%s", color ? "\033[0m" : "");
    }
}

static size_t count_keys(const struct scope_layout *layout)
{
    size_t keys = 0;
    while (keys < layout->columns && !scope_layout_right(layout, keys))
        keys++;
    return keys;
}

/* explained: the legend of marked rows that was said last. */
static void add_table(const struct scope_table *table,
                      const struct scope_style *style, const char **explained,
                      struct scope_text *out)
{
    struct grid grid = {.table = table, .color = style->color};
    for (size_t row = 0; row < table->row_count; row++)
        if (table->rows[row].doubt)
            grid.margin = 2;
    scope_layout_make(table, true, &grid.layout);
    grid.keys = count_keys(&grid.layout);
    find_widths(&grid, style->width);
    char *title = scope_inert(table->title);
    scope_text_add(out, "%s%s%s\n", style->color ? "\033[1m" : "", title,
                   style->color ? "\033[0m" : "");
    free(title);
    if (!table->row_count)
        scope_text_add(out, "(none)\n");
    size_t from = grid.keys;
    while (table->row_count) {
        size_t end = last_fitting(&grid, from, style->width);
        if (from > grid.keys)
            scope_text_char(out, '\n');
        add_part(&grid, out, from, end);
        from = end;
        if (from >= grid.layout.columns)
            break;
    }
    if (grid.margin && strcmp(*explained, table->legend) != 0) {
        char *legend = scope_inert(table->legend);
        scope_text_add(out, "! %s\n", legend);
        free(legend);
        *explained = table->legend;
    }
    free(grid.width);
    scope_layout_free(&grid.layout);
}

static void add_flame_line(struct scope_text *out,
                           const struct scope_flame *flame,
                           const struct scope_flame_line *line, int width)
{
    struct scope_text text = {0};
    scope_text_add(&text, "%6.1f  ", 100 * line->total);
    if (!flame->inverted)
        scope_text_add(&text, "%6.1f  ", 100 * line->self);
    if (flame->against && line->change == 0)
        scope_text_add(&text, "  same  ");
    else if (flame->against)
        scope_text_add(&text, "%+6.1f  ", 100 * line->change);
    add_spaces(&text, 2 * (int)line->level);
    scope_text_add(&text, "%s", line->text);
    size_t fits = width > 1 ? scope_text_fit(text.bytes, width) : text.length;
    if (text.bytes[fits])
        fits = scope_text_fit(text.bytes, width - 1);
    scope_text_add(out, "%.*s%s\n", (int)fits, text.bytes,
                   text.bytes[fits] ? "…" : "");
    scope_text_free(&text);
}

static void add_flame(struct scope_text *out, const struct scope_flame *flame,
                      const struct scope_style *style)
{
    struct scope_flame_shape shape;
    struct scope_flame_lines lines;
    scope_flame_shape_make(flame, &shape);
    scope_flame_lines_make(&shape, WIDEST_PATHS, &lines);
    char *title = scope_inert(flame->title);
    scope_text_add(out, "%s%s: the widest paths%s\n",
                   style->color ? "\033[1m" : "", title,
                   style->color ? "\033[0m" : "");
    free(title);
    if (!lines.count)
        scope_text_add(out, "(nothing was sampled)\n");
    else
        scope_text_add(
            out, "%s total%s%s%s\n     %%%s%s\n", style->color ? "\033[1m" : "",
            flame->inverted ? "" : "    self", flame->against ? "  change" : "",
            style->color ? "\033[0m" : "", flame->inverted ? "" : "       %",
            flame->against ? "       %" : "");
    for (size_t i = 0; i < lines.count; i++)
        add_flame_line(out, flame, &lines.lines[i], style->width);
    if (lines.rest.count)
        scope_text_add(out, "%zu frame%s of at most %.2g %% not listed\n",
                       lines.rest.count, lines.rest.count == 1 ? "" : "s",
                       100 * lines.rest.widest);
    scope_flame_lines_free(&lines);
    scope_flame_shape_free(&shape);
}

static void add_heading(struct scope_text *out, const char *text,
                        const struct scope_style *style)
{
    char *inert = scope_inert(text);
    scope_text_add(out, "%s%s%s\n", style->color ? "\033[1;4m" : "", inert,
                   style->color ? "\033[0m" : "");
    for (int i = scope_text_width(inert); i > 0 && !style->color; i--)
        scope_text_char(out, '=');
    if (!style->color)
        scope_text_char(out, '\n');
    free(inert);
}

void scope_write_table(const struct scope_report *report,
                       const struct scope_style *style, struct scope_text *out)
{
    size_t plots = 0, flames = 0;
    const char *explained = "";
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        plots += item->kind == SCOPE_ITEM_PLOT || item->kind == SCOPE_ITEM_HEAT;
        if (item->kind == SCOPE_ITEM_PLOT)
            continue;
        if (i > 0 && !(item->kind == report->items[i - 1].kind &&
                       item->kind == SCOPE_ITEM_WARNING))
            scope_text_char(out, '\n');
        if (item->kind == SCOPE_ITEM_HEADING)
            add_heading(out, item->text, style);
        else if (item->kind == SCOPE_ITEM_TEXT)
            add_paragraph(out, item->text, "", "", style->width);
        else if (item->kind == SCOPE_ITEM_WARNING)
            add_paragraph(
                out, item->text,
                style->color ? "\033[33mwarning:\033[0m " : "warning: ", "  ",
                style->width);
        else if (item->kind == SCOPE_ITEM_HEAT)
            add_table(item->heat->grid, style, &explained, out);
        else if (item->kind == SCOPE_ITEM_FLAME)
            add_flame(out, item->flame, style);
        else
            add_table(item->table, style, &explained, out);
        flames += item->kind == SCOPE_ITEM_FLAME;
    }
    if (plots)
        scope_text_add(out,
                       "\n%zu plot%s not shown here: scope analyze draws "
                       "them with -o FILE.html or --plots FOLDER\n",
                       plots, plots == 1 ? "" : "s");
    if (flames)
        scope_text_add(out,
                       "\nThe flame graph%s drawn in a page: scope analyze "
                       "... -o FILE.html\n",
                       flames == 1 ? " is" : "s are");
}
