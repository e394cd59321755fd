/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/present_case.h"

#include "lib/base/inert.h"
#include "tests/unit/unit.h"

/* Markup, quotes, a newline, terminal commands, a formula, a byte that is not
 * UTF-8, a direction override and gnuplot's own quotes and back-quotes. */
static const char hostile[] =
    "=cmd()|'<script>alert(\"1\")</script>\n\033[31m`id`\xff\u202e%s";

struct scope_text write_as(const struct scope_report *report,
                           enum scope_output output, int width)
{
    struct scope_text out = {0};
    struct scope_err err = {0};
    struct scope_style style = {.output = output, .width = width};
    assert_int_equal(scope_report_write(report, &style, &out, &err), SCOPE_OK);
    return out;
}

void expect(const struct scope_report *report, enum scope_output output,
            int width, const char *expected)
{
    struct scope_text out = write_as(report, output, width);
    assert_string_equal(out.bytes, expected);
    scope_text_free(&out);
}

struct scope_report *hostile_report(void)
{
    struct scope_report *report = scope_report_new(hostile);
    scope_report_heading(report, hostile);
    scope_report_text(report, "%s", hostile);
    scope_report_warning(report, "%s", hostile);
    struct scope_table *table = scope_report_table(report, hostile, hostile);
    scope_table_column(table, SCOPE_COLUMN_TEXT, hostile, hostile, 0, hostile);
    scope_table_row(table);
    scope_cell_text(table, hostile);
    struct scope_axis axis = {.label = hostile, .unit = SCOPE_UNIT_NS};
    struct scope_plot *plot =
        scope_report_plot(report, hostile, hostile, &axis, &axis);
    const char *names[] = {hostile, "%s"};
    scope_plot_names(plot, names, 2);
    scope_plot_add(plot, SCOPE_MARK_BARS, hostile, (double[]){0, 1},
                   (double[]){2, 3}, 2);
    scope_report_heat(report, hostile, hostile,
                      &(struct scope_heat){.row_label = hostile,
                                           .column_label = hostile,
                                           .rows = names,
                                           .row_count = 2,
                                           .columns = names,
                                           .column_count = 2,
                                           .values = (double[]){1, 2, 3, 4},
                                           .value_label = hostile});
    return report;
}

void assert_inert(const char *bytes)
{
    while (*bytes) {
        uint32_t code;
        size_t length = scope_utf8_next(bytes, &code);
        if ((code < 0x20 && code != '\n' && code != '\t') ||
            (code >= 0x7f && code < 0xa0) || code == 0x202e ||
            (code == 0xfffd && length == 1))
            fail_msg("U+%04X is in the output", code);
        bytes += length;
    }
}
