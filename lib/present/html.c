/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports as one HTML file that needs nothing else: no network and no script
 * but that of flame graphs where there are some (its content security policy
 * forbids all others), pictures as elements, light and dark as the reader's
 * system says, fit for paper.
 */
#include "lib/present/html.h"
#include "lib/base/inert.h"
#include "lib/present/flame.h"
#include "lib/present/gnuplot.h"
#include "lib/present/layout.h"
#include "lib/present/model.h"

#include <string.h>

static const char css[] =
    "body{margin:0 auto;max-width:76rem;padding:1.5rem;font:16px/1.5 "
    "system-ui,sans-serif;color:var(--ink);background:var(--paper)}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 1rem}"
    "h2{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.8rem;"
    "border-top:1px solid var(--line)}"
    "p{margin:.5rem 0;max-width:48rem}"
    "nav{font-size:.9rem;margin-bottom:1rem}nav a{margin-right:1.2em}"
    "a{color:var(--c1)}"
    ".warning{border-left:4px solid var(--warn);background:var(--soft);"
    "padding:.4rem .8rem;max-width:none}"
    ".wrap{overflow:auto;max-height:85vh;margin:1.2rem 0;"
    "border-bottom:1px solid var(--line)}"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;font-size:1rem;padding:.2rem 0 "
    ".4rem}"
    "thead th{position:sticky;top:0;background:var(--paper);"
    "vertical-align:bottom;text-align:left;box-shadow:0 1px var(--ink)}"
    "th,td{padding:.22rem .7rem .22rem 0;white-space:nowrap}"
    "td.t{white-space:normal;overflow-wrap:break-word;min-width:5rem}"
    "th.n,td.n,thead th.n{text-align:right;padding-left:.5rem}"
    "th[title],td[title]{text-decoration:underline dotted var(--faint);"
    "text-underline-offset:3px}"
    "th small{display:block;font-weight:400;color:var(--faint)}"
    "tbody tr:hover{background:var(--soft)}"
    "tr.g td{border-top:1px solid var(--line)}"
    "tr.doubt td{color:var(--warn)}"
    ".note{font-size:.875rem;color:var(--warn)}"
    "figure{margin:1.4rem 0;max-width:60rem;break-inside:avoid}"
    "figcaption{font-weight:600}"
    "summary{cursor:pointer;color:var(--c1)}"
    "figure:not(.flame) "
    "svg{display:block;width:100%;height:auto;color:var(--ink)}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}nav{display:"
    "none}.wrap{overflow:visible;max-height:none}thead th{position:static}"
    "tr{break-inside:avoid}table{font-size:8pt}h2{break-after:avoid}}";

static const char light[] = "--ink:#1c1e21;--paper:#fff;--line:#d4d7dc;"
                            "--faint:#5f6672;--soft:#f2f4f7;--warn:#a33b00;"
                            "--grid:#dfe2e6;";
static const char dark[] = "--ink:#e4e6ea;--paper:#16181c;--line:#3a3f47;"
                           "--faint:#9aa2ae;--soft:#22262c;--warn:#ff9d5c;"
                           "--grid:#33383f;";

void scope_html_text(struct scope_text *out, const char *text)
{
    char *inert = scope_inert(text);
    for (const char *at = inert; *at; at++) {
        if (*at == '&')
            scope_text_add(out, "&amp;");
        else if (*at == '<')
            scope_text_add(out, "&lt;");
        else if (*at == '>')
            scope_text_add(out, "&gt;");
        else if (*at == '"')
            scope_text_add(out, "&quot;");
        else if (*at == '\'')
            scope_text_add(out, "&#39;");
        else
            scope_text_char(out, *at);
    }
    free(inert);
}

static void add_colours(struct scope_text *out, const char *rest,
                        const char *const *palette)
{
    scope_text_add(out, ":root{color-scheme:light dark;%s", rest);
    for (int i = 0; i < SCOPE_PALETTE; i++)
        scope_text_add(out, "--c%d:%s;", i + 1, palette[i]);
    scope_text_char(out, '}');
}

static bool has_flames(const struct scope_report *report)
{
    for (size_t i = 0; i < report->item_count; i++)
        if (report->items[i].flame)
            return true;
    return false;
}

static void add_policy(struct scope_text *out,
                       const struct scope_report *report)
{
    scope_text_add(out, "<meta http-equiv=\"Content-Security-Policy\" "
                        "content=\"default-src 'none';");
    if (has_flames(report))
        scope_flame_policy(out);
    scope_text_add(out, " style-src 'unsafe-inline'; img-src data:; "
                        "base-uri 'none'; form-action 'none'\">\n");
}

static void add_head(struct scope_text *out, const struct scope_report *report)
{
    scope_text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                        "<meta charset=\"utf-8\">\n");
    add_policy(out, report);
    scope_text_add(out,
                   "<meta name=\"viewport\" "
                   "content=\"width=device-width, initial-scale=1\">\n<title>");
    scope_html_text(out, report->title);
    scope_text_add(out, "</title>\n<style>");
    add_colours(out, light, scope_palette_light);
    scope_text_add(out, "@media screen and (prefers-color-scheme:dark){");
    add_colours(out, dark, scope_palette_dark);
    scope_text_add(out, "}%s%s</style>\n</head>\n<body>\n<h1>", css,
                   has_flames(report) ? scope_flame_style : "");
    scope_html_text(out, report->title);
    scope_text_add(out, "</h1>\n");
}

static void add_contents(struct scope_text *out,
                         const struct scope_report *report)
{
    size_t headings = 0;
    for (size_t i = 0; i < report->item_count; i++)
        headings += report->items[i].kind == SCOPE_ITEM_HEADING;
    if (headings < 2)
        return;
    scope_text_add(out, "<nav aria-label=\"Contents\">");
    for (size_t i = 0; i < report->item_count; i++) {
        if (report->items[i].kind != SCOPE_ITEM_HEADING)
            continue;
        scope_text_add(out, "<a href=\"#part-%zu\">", i);
        scope_html_text(out, report->items[i].text);
        scope_text_add(out, "</a> ");
    }
    scope_text_add(out, "</nav>\n");
}

static void add_hint(struct scope_text *out, const char *hint)
{
    if (!hint)
        return;
    scope_text_add(out, " title=\"");
    scope_html_text(out, hint);
    scope_text_char(out, '"');
}

static void add_headings(struct scope_text *out,
                         const struct scope_layout *layout)
{
    scope_text_add(out, "<thead><tr>");
    for (size_t i = 0; i < layout->columns; i++) {
        scope_text_add(out, "<th scope=\"col\"%s",
                       scope_layout_right(layout, i) ? " class=\"n\"" : "");
        add_hint(out, scope_layout_spec(layout, i)->hint);
        scope_text_char(out, '>');
        scope_html_text(out, layout->heading[i]);
        if (*layout->symbol[i]) {
            scope_text_add(out, "<small>");
            scope_html_text(out, layout->symbol[i]);
            scope_text_add(out, "</small>");
        }
        scope_text_add(out, "</th>");
    }
    scope_text_add(out, "</tr></thead>\n<tbody>\n");
}

static void add_mark(struct scope_text *out, const struct scope_table *table)
{
    scope_text_add(out, " <abbr title=\"");
    scope_html_text(out, table->legend);
    scope_text_add(out, "\">!</abbr>");
}

static void add_note(struct scope_text *out, const struct scope_table *table)
{
    scope_text_add(out, "<p class=\"note\">! ");
    scope_html_text(out, table->legend);
    scope_text_add(out, "</p>\n");
}

static void add_row(struct scope_text *out, const struct scope_table *table,
                    const struct scope_layout *layout, size_t index)
{
    const struct scope_row *row = &table->rows[index];
    scope_text_add(out, "<tr");
    if (row->doubt || row->group)
        scope_text_add(out, " class=\"%s%s%s\"", row->doubt ? "doubt" : "",
                       row->doubt && row->group ? " " : "",
                       row->group ? "g" : "");
    scope_text_char(out, '>');
    bool mark = row->doubt;
    for (size_t i = 0; i < layout->columns; i++) {
        const char *cell = scope_layout_cell(layout, index, i);
        const struct scope_cell *source =
            scope_cell_at(table, row, layout->column[i]);
        scope_text_add(out, "<td class=\"%c\"",
                       scope_layout_right(layout, i) ? 'n' : 't');
        add_hint(out, source && *cell ? source->hint : NULL);
        scope_text_char(out, '>');
        scope_html_text(out, cell);
        if (mark && *cell)
            add_mark(out, table);
        mark = mark && !*cell;
        scope_text_add(out, "</td>");
    }
    scope_text_add(out, "</tr>\n");
}

/* explained: the legend of marked rows that was said last. */
static void add_table(struct scope_text *out, const struct scope_table *table,
                      const char **explained)
{
    struct scope_layout layout;
    scope_layout_make(table, true, &layout);
    scope_text_add(out,
                   "<div class=\"wrap\" tabindex=\"0\"><table id=\"%s\">"
                   "<caption>",
                   table->id);
    scope_html_text(out, table->title);
    scope_text_add(out, "</caption>\n");
    add_headings(out, &layout);
    bool doubt = false;
    for (size_t i = 0; i < layout.rows; i++) {
        add_row(out, table, &layout, i);
        doubt = doubt || table->rows[i].doubt;
    }
    scope_text_add(out, "</tbody></table></div>\n");
    if (doubt && strcmp(*explained, table->legend) != 0) {
        add_note(out, table);
        *explained = table->legend;
    }
    scope_layout_free(&layout);
}

/* A report without its pictures is still a report. */
static void add_picture(struct scope_text *out, const struct scope_item *item)
{
    struct scope_err err = {0};
    struct scope_text picture = {0};
    scope_text_add(out, "<figure id=\"%s\"><figcaption>",
                   item->heat ? item->heat->id : item->plot->id);
    scope_html_text(out, item->heat ? item->heat->title : item->plot->title);
    scope_text_add(out, "</figcaption>\n");
    if (scope_item_draw(item, SCOPE_DRAWING_INLINE, &picture, &err) ==
        SCOPE_OK) {
        scope_text_put(out, picture.bytes, picture.length);
    } else {
        scope_text_add(out, "<p class=\"warning\">Not drawn: ");
        scope_html_text(out, err.text);
        scope_html_text(out, *err.hint ? ". " : "");
        scope_html_text(out, err.hint);
        scope_text_add(out, "</p>\n");
    }
    scope_text_add(out, "</figure>\n");
    scope_text_free(&picture);
}

/* The picture, and behind it its numbers. */
static void add_heat(struct scope_text *out, const struct scope_item *item,
                     const char **explained)
{
    add_picture(out, item);
    scope_text_add(out, "<details><summary>As a table</summary>\n");
    add_table(out, item->heat->grid, explained);
    scope_text_add(out, "</details>\n");
}

static void add_paragraph(struct scope_text *out, const struct scope_item *item)
{
    scope_text_add(out, item->kind == SCOPE_ITEM_WARNING
                            ? "<p class=\"warning\" role=\"note\">Warning: "
                            : "<p>");
    scope_html_text(out, item->text);
    scope_text_add(out, "</p>\n");
}

void scope_write_html(const struct scope_report *report, struct scope_text *out)
{
    add_head(out, report);
    add_contents(out, report);
    const char *explained = "";
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        if (item->kind == SCOPE_ITEM_HEADING) {
            scope_text_add(out, "<h2 id=\"part-%zu\">", i);
            scope_html_text(out, item->text);
            scope_text_add(out, "</h2>\n");
        } else if (item->kind == SCOPE_ITEM_TABLE) {
            add_table(out, item->table, &explained);
        } else if (item->kind == SCOPE_ITEM_PLOT) {
            add_picture(out, item);
        } else if (item->kind == SCOPE_ITEM_HEAT) {
            add_heat(out, item, &explained);
        } else if (item->kind == SCOPE_ITEM_FLAME) {
            scope_flame_html(item->flame, out);
        } else {
            add_paragraph(out, item);
        }
    }
    if (has_flames(report))
        scope_flame_script(out);
    scope_text_add(out, "</body>\n</html>\n");
}
