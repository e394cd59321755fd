/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports as Markdown (CommonMark with GitHub's tables). Every character that
 * could begin markup, a link or a mention is escaped. */
#include "lib/base/inert.h"
#include "lib/present/flame.h"
#include "lib/present/heat_script.h"
#include "lib/present/layout.h"

#include <ctype.h>
#include <string.h>

enum {
    WIDEST_PATHS = 40, /* of a flame graph, lines */
};

/* "1." and "1)" begin a list at the start of a line. */
static bool numbers_a_list(const char *text, const char *at)
{
    if (at == text || (*at != '.' && *at != ')'))
        return false;
    for (const char *digit = text; digit < at; digit++)
        if (!isdigit((unsigned char)*digit))
            return false;
    return true;
}

/* block: it stands at the start of a line, where more could begin markup. */
static void add_escaped(struct scope_text *out, const char *text, bool block)
{
    char *inert = scope_inert(text);
    for (const char *at = inert; *at; at++) {
        bool starts = block && ((at == inert && strchr("+-=:", *at)) ||
                                numbers_a_list(inert, at));
        bool links = (*at == ':' && at[1] == '/') ||
                     (*at == '.' && at - inert >= 3 &&
                      strncasecmp(at - 3, "www", 3) == 0);
        if (*at == '<')
            scope_text_add(out, "&lt;");
        else if (*at == '&')
            scope_text_add(out, "&amp;");
        else if (strchr("\\`*_[]|#~>$!@^{}", *at) || starts || links)
            scope_text_add(out, "\\%c", *at);
        else
            scope_text_char(out, *at);
    }
    free(inert);
}

static void add_text(struct scope_text *out, const char *text)
{
    add_escaped(out, text, false);
}

static void add_heading_cell(struct scope_text *out,
                             const struct scope_layout *layout, size_t column)
{
    add_text(out, layout->heading[column]);
    if (*layout->symbol[column]) {
        scope_text_add(out, " (");
        add_text(out, layout->symbol[column]);
        scope_text_char(out, ')');
    }
}

static void add_table(struct scope_text *out, const struct scope_table *table)
{
    struct scope_layout layout;
    scope_layout_make(table, false, &layout);
    scope_text_add(out, "### ");
    add_text(out, table->title);
    scope_text_add(out, "\n\n|");
    bool doubt = false;
    for (size_t i = 0; i < layout.columns; i++) {
        scope_text_char(out, ' ');
        add_heading_cell(out, &layout, i);
        scope_text_add(out, " |");
    }
    scope_text_add(out, "\n|");
    for (size_t i = 0; i < layout.columns; i++)
        scope_text_add(out,
                       scope_layout_right(&layout, i) ? " ---: |" : " --- |");
    scope_text_char(out, '\n');
    for (size_t row = 0; row < layout.rows; row++) {
        scope_text_char(out, '|');
        for (size_t i = 0; i < layout.columns; i++) {
            scope_text_char(out, ' ');
            add_text(out, scope_layout_cell(&layout, row, i));
            if (i == 0 && table->rows[row].doubt)
                scope_text_add(out, " (!)");
            scope_text_add(out, " |");
        }
        scope_text_char(out, '\n');
        doubt = doubt || table->rows[row].doubt;
    }
    if (doubt) {
        scope_text_add(out, "\n(!) ");
        add_text(out, table->legend);
        scope_text_char(out, '\n');
    }
    scope_layout_free(&layout);
}

static void add_picture(struct scope_text *out, const char *id,
                        const char *title, const struct scope_style *style)
{
    if (!style->plots) {
        scope_text_add(out, "*Plot not drawn: ");
        add_text(out, title);
        scope_text_add(out, "*\n");
        return;
    }
    scope_text_add(out, "![");
    add_text(out, title);
    scope_text_add(out, "](<");
    for (const char *at = style->plots; *at; at++) {
        if (strchr("<>\\%\n\r", *at) || (unsigned char)*at < ' ')
            scope_text_add(out, "%%%02X", (unsigned char)*at);
        else
            scope_text_char(out, *at);
    }
    scope_text_add(out, "/%s.%s>)\n", id, style->plot_format);
}

/* A list in lists. */
static void add_flame(struct scope_text *out, const struct scope_flame *flame)
{
    struct scope_flame_shape shape;
    struct scope_flame_lines lines;
    scope_flame_shape_make(flame, &shape);
    scope_flame_lines_make(&shape, WIDEST_PATHS, &lines);
    scope_text_add(out, "### ");
    add_text(out, flame->title);
    scope_text_add(out, ": the widest paths\n\n%s",
                   lines.count ? "" : "(nothing was sampled)\n");
    for (size_t i = 0; i < lines.count; i++) {
        const struct scope_flame_line *line = &lines.lines[i];
        for (unsigned level = 0; level < line->level; level++)
            scope_text_add(out, "  ");
        scope_text_add(out, "- %.1f %%", 100 * line->total);
        if (flame->against && line->change == 0)
            scope_text_add(out, " (same)");
        else if (flame->against)
            scope_text_add(out, " (%+.1f %%)", 100 * line->change);
        else if (!flame->inverted && line->self >= 0.0005)
            scope_text_add(out, " (self %.1f %%)", 100 * line->self);
        scope_text_char(out, ' ');
        add_text(out, line->text);
        scope_text_char(out, '\n');
    }
    if (lines.rest.count)
        scope_text_add(out, "\n%zu frame%s of at most %.2g %% not listed\n",
                       lines.rest.count, lines.rest.count == 1 ? "" : "s",
                       100 * lines.rest.widest);
    scope_flame_lines_free(&lines);
    scope_flame_shape_free(&shape);
}

void scope_write_markdown(const struct scope_report *report,
                          const struct scope_style *style,
                          struct scope_text *out)
{
    scope_text_add(out, "# ");
    add_text(out, report->title);
    scope_text_char(out, '\n');
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        scope_text_char(out, '\n');
        switch (item->kind) {
        case SCOPE_ITEM_HEADING:
            scope_text_add(out, "## ");
            add_text(out, item->text);
            break;
        case SCOPE_ITEM_TEXT:
            add_escaped(out, item->text, true);
            break;
        case SCOPE_ITEM_WARNING:
            scope_text_add(out, "> **Warning:** ");
            add_text(out, item->text);
            break;
        case SCOPE_ITEM_TABLE:
            add_table(out, item->table);
            break;
        case SCOPE_ITEM_FLAME:
            add_flame(out, item->flame);
            break;
        case SCOPE_ITEM_PLOT:
            add_picture(out, item->plot->id, item->plot->title, style);
            break;
        case SCOPE_ITEM_HEAT:
            if (style->plots && scope_heat_drawable(item->heat)) {
                add_picture(out, item->heat->id, item->heat->title, style);
                scope_text_char(out, '\n');
            }
            add_table(out, item->heat->grid);
            break;
        }
        if (item->text)
            scope_text_char(out, '\n');
    }
}
