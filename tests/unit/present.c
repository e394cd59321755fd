/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports in every format: what they look like, and that hostile names stay
 * text in each. */
#include "lib/base/inert.h"
#include "lib/present/gnuplot.h"
#include "lib/present/heat_script.h"
#include "lib/present/model.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>

/* Markup, quotes, a newline, terminal commands, a formula, a byte that is not
 * UTF-8, a direction override and gnuplot's own quotes and back-quotes. */
static const char hostile[] =
    "=cmd()|'<script>alert(\"1\")</script>\n\033[31m`id`\xff\u202e%s";

static struct scope_text write_as(const struct scope_report *report,
                                  enum scope_output output, int width)
{
    struct scope_text out = {0};
    struct scope_err err = {0};
    struct scope_style style = {.output = output, .width = width};
    assert_int_equal(scope_report_write(report, &style, &out, &err), SCOPE_OK);
    return out;
}

static void expect(const struct scope_report *report, enum scope_output output,
                   int width, const char *expected)
{
    struct scope_text out = write_as(report, output, width);
    assert_string_equal(out.bytes, expected);
    scope_text_free(&out);
}

/* Two trials, times that share a scale, a metric of its own unit, a doubt. */
static struct scope_report *small_report(void)
{
    struct scope_report *report = scope_report_new("a report");
    scope_report_heading(report, "Latency");
    scope_report_text(report, "%d trials, none alike", 2);
    scope_report_warning(report, "trial b is not valid");
    struct scope_table *table =
        scope_report_table(report, "latency", "Latency");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "p50", "p50", SCOPE_UNIT_NS,
                       "half are faster");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "max", "max", SCOPE_UNIT_NS,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "requests", "requests",
                       SCOPE_UNIT_COUNT, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "store", "store", 0, NULL);
    scope_table_row(table);
    scope_cell_text(table, "a");
    scope_cell_number(table, 104250);
    scope_cell_number(table, 2500000);
    scope_cell_number(table, 1000);
    scope_cell_text(table, "x.scope");
    scope_table_row(table);
    scope_cell_text(table, "b");
    scope_cell_number(table, 208500.5);
    scope_cell_number(table, NAN);
    scope_cell_number(table, 20000);
    scope_table_doubt(table);
    return report;
}

static void terminal_tables_are_aligned_and_share_scales(void **state)
{
    (void)state;
    struct scope_report *report = small_report();
    expect(report, SCOPE_OUTPUT_TABLE, 0,
           "Latency\n"
           "=======\n"
           "\n"
           "2 trials, none alike\n"
           "\n"
           "warning: trial b is not valid\n"
           "\n"
           "Latency\n"
           "  trial  p50   max  requests\n"
           "          µs    µs\n"
           "  ─────  ───  ────  ────────\n"
           "  a      104  2500      1000\n"
           "! b      209     -     20000\n"
           "! to be doubted: see the verdict\n");
    scope_report_free(report);
}

static void csv_is_exact_and_in_base_units(void **state)
{
    (void)state;
    struct scope_report *report = small_report();
    expect(report, SCOPE_OUTPUT_CSV, 0,
           "table,trial,p50_ns,max_ns,requests,store,doubt\n"
           "latency,a,104250,2500000,1000,x.scope,no\n"
           "latency,b,208500.5,,20000,,yes\n");
    scope_report_free(report);
}

static void markdown_has_units_in_its_headings(void **state)
{
    (void)state;
    struct scope_report *report = small_report();
    expect(report, SCOPE_OUTPUT_MARKDOWN, 0,
           "# a report\n"
           "\n"
           "## Latency\n"
           "\n"
           "2 trials, none alike\n"
           "\n"
           "> **Warning:** trial b is not valid\n"
           "\n"
           "### Latency\n"
           "\n"
           "| trial | p50 (µs) | max (µs) | requests |\n"
           "| --- | ---: | ---: | ---: |\n"
           "| a | 104 | 2500 | 1000 |\n"
           "| b (!) | 209 | - | 20000 |\n"
           "\n"
           "(!) to be doubted: see the verdict\n");
    scope_report_free(report);
}

static void json_keeps_every_digit(void **state)
{
    (void)state;
    struct scope_report *report = small_report();
    struct scope_text out = write_as(report, SCOPE_OUTPUT_JSON, 0);
    json_t *root = json_loads(out.bytes, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "format")),
                        "scope-report");
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 1);
    json_t *table = json_array_get(json_object_get(root, "items"), 3);
    json_t *rows = json_object_get(table, "rows");
    json_t *row = json_array_get(rows, 1);
    assert_true(json_real_value(json_object_get(row, "p50_ns")) == 208500.5);
    assert_true(json_is_null(json_object_get(row, "max_ns")));
    assert_true(json_is_true(json_object_get(row, "doubt")));
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(rows, 0), "max_ns")),
        2500000);
    json_decref(root);
    scope_text_free(&out);
    scope_report_free(report);
}

/* Rows of one group: their scale is one, what repeats is said once, and the
 * number that stands apart keeps its own unit. */
static void groups_share_a_unit_column(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("groups");
    struct scope_table *table = scope_report_table(report, "t", "Table");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "metric", "metric", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_UNIT, "unit", "unit", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "mean", "mean", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "sd", "sd", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_APART, "each", "per request", 0,
                       NULL);
    static const double cpu[] = {0.031, 0.279}, sd[] = {0.00031, 0.00279};
    for (int i = 0; i < 2; i++) {
        if (i)
            scope_table_row(table);
        else
            scope_table_group(table);
        scope_cell_text(table, "CPU");
        scope_cell_text(table, i ? "b" : "a");
        scope_cell_empty(table);
        scope_cell_unit(table, cpu[i], SCOPE_UNIT_RATIO);
        scope_cell_unit(table, sd[i], SCOPE_UNIT_RATIO);
        scope_cell_unit(table, 31000, SCOPE_UNIT_NS);
    }
    scope_table_group(table);
    scope_cell_text(table, "memory");
    scope_cell_text(table, "a");
    scope_cell_empty(table);
    scope_cell_unit(table, 20 * 1048576, SCOPE_UNIT_BYTES);
    scope_cell_unit(table, 0, SCOPE_UNIT_BYTES);
    expect(report, SCOPE_OUTPUT_TABLE, 0,
           "Table\n"
           "metric  trial  unit   mean    sd  per request\n"
           "──────  ─────  ────  ─────  ────  ───────────\n"
           "CPU     a      %      3.10  0.03      31.0 µs\n"
           "        b      %     27.90  0.28      31.0 µs\n"
           "memory  a      MiB    20.0     0\n");
    expect(report, SCOPE_OUTPUT_CSV, 0,
           "table,metric,trial,unit,mean,sd,each,each_unit,doubt\n"
           "t,CPU,a,ratio,0.031,0.00031,31000,ns,no\n"
           "t,CPU,b,ratio,0.279,0.00279,31000,ns,no\n"
           "t,memory,a,bytes,20971520,0,,,no\n");
    scope_report_free(report);
}

static void wide_tables_fold_into_parts(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("wide");
    struct scope_table *table = scope_report_table(report, "wide", "Wide");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "key", "key", 0, NULL);
    for (int i = 0; i < 4; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "number", "number",
                           SCOPE_UNIT_COUNT, NULL);
    scope_table_row(table);
    scope_cell_text(table, "日本 and more words");
    for (int i = 0; i < 4; i++)
        scope_cell_number(table, 111111 * (i + 1));
    struct scope_text out = write_as(report, SCOPE_OUTPUT_TABLE, 34);
    assert_string_equal(out.bytes, "Wide\n"
                                   "key           number  number\n"
                                   "────────────  ──────  ──────\n"
                                   "日本 and      111111  222222\n"
                                   "more words\n"
                                   "\n"
                                   "key           number  number\n"
                                   "────────────  ──────  ──────\n"
                                   "日本 and      333333  444444\n"
                                   "more words\n");
    scope_text_free(&out);
    scope_report_free(report);
}

static struct scope_report *hostile_report(void)
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

/* No byte that acts: no control but the newline that ends a line, no
 * direction mark, nothing that is not UTF-8. */
static void assert_inert(const char *bytes)
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

static void hostile_names_stay_text_everywhere(void **state)
{
    (void)state;
    struct scope_report *report = hostile_report();
    for (enum scope_output output = SCOPE_OUTPUT_TABLE;
         output <= SCOPE_OUTPUT_HTML; output++) {
        struct scope_text out = write_as(report, output, 80);
        assert_inert(out.bytes);
        assert_non_null(strstr(out.bytes, "cmd()"));
        if (output == SCOPE_OUTPUT_HTML || output == SCOPE_OUTPUT_MARKDOWN)
            assert_null(strstr(out.bytes, "<script"));
        scope_text_free(&out);
    }
    scope_report_free(report);
}

static void csv_guards_formulas(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_table *table = scope_report_table(report, "t", "t");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "a", "a", 0, NULL);
    static const char *const texts[] = {"=1+1", "+1",      "-1",    "@x",
                                        " =1",  "a,\"b\"", "plain", "\uff1d1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scope_table_row(table);
        scope_cell_text(table, texts[i]);
    }
    expect(report, SCOPE_OUTPUT_CSV, 0,
           "table,a,doubt\n"
           "t,\"'=1+1\",no\n"
           "t,\"'+1\",no\n"
           "t,\"'-1\",no\n"
           "t,\"'@x\",no\n"
           "t,\"' =1\",no\n"
           "t,\"a,\"\"b\"\"\",no\n"
           "t,plain,no\n"
           "t,\"'\uff1d1\",no\n");
    scope_report_free(report);
}

static void gnuplot_gets_quoted_labels(void **state)
{
    (void)state;
    struct scope_report *report = hostile_report();
    const struct scope_plot *plot = report->items[4].plot;
    struct scope_text script = {0};
    scope_plot_script(plot, SCOPE_DRAWING_SVG, &script);
    assert_inert(script.bytes);
    /* A label's own quote is doubled, and the label ends where it should. */
    assert_non_null(strstr(script.bytes,
                           "set title '=cmd()|''<script>alert(\"1\")</script>"
                           "\\n\\x1b[31m`id`\uFFFD\\u202e%s'\n"));
    /* Names of ticks are formats. */
    assert_non_null(strstr(script.bytes, ", '%%s' 1)"));
    assert_non_null(strstr(script.bytes, "noenhanced"));
    scope_text_free(&script);
    scope_heat_script(report->items[5].heat, SCOPE_DRAWING_SVG, &script);
    assert_inert(script.bytes);
    assert_non_null(strstr(script.bytes, "set x2tics ('=cmd()|''<script>"));
    scope_text_free(&script);
    scope_report_free(report);
}

/* Each begins where the one below ends; what is missing takes no room. */
static void stacked_bars_stand_on_each_other(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_axis x = {.label = ""}, y = {.label = "y"};
    struct scope_plot *plot = scope_report_plot(report, "p", "", &x, &y);
    const double places[] = {0, 1};
    scope_plot_add(plot, SCOPE_MARK_STACK, "a", places, (double[]){2, NAN}, 2);
    scope_plot_add(plot, SCOPE_MARK_STACK, "b", places, (double[]){3, -4}, 2);
    scope_plot_add(plot, SCOPE_MARK_STACK, "c", places, (double[]){5, 7}, 2);
    scope_plot_add(plot, SCOPE_MARK_STACK, "nothing", places, (double[]){0, 0},
                   2);
    struct scope_text script = {0};
    scope_plot_script(plot, SCOPE_DRAWING_SVG, &script);
    assert_non_null(strstr(script.bytes, "$d0 << EOD\n0 2 -0.36 0.36 0 2\n"
                                         "EOD\n"
                                         "$d1 << EOD\n0 5 -0.36 0.36 2 5\n"
                                         "EOD\n"
                                         "$d2 << EOD\n0 10 -0.36 0.36 5 10\n"
                                         "1 7 0.64 1.36 0 7\n"
                                         "EOD\n"));
    assert_null(strstr(script.bytes, "nothing"));
    assert_non_null(strstr(script.bytes, "set yrange [0:*]"));
    scope_text_free(&script);
    scope_report_free(report);
}

/* Slanted names have a margin that they reach into. */
static void names_that_do_not_fit_are_slanted(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_axis axis = {.label = ""};
    const char *names[] = {"one", "two", "three"};
    const char *longer[] = {"a policy of 1000 rules, at 20000 a second",
                            "a policy of 2000 rules, at 20000 a second",
                            "a policy of 3000 rules, at 20000 a second"};
    for (int i = 0; i < 2; i++) {
        struct scope_plot *plot =
            scope_report_plot(report, "p", "", &axis, &axis);
        scope_plot_add(plot, SCOPE_MARK_BARS, "", (double[]){0, 1, 2},
                       (double[]){1, 2, 3}, 3);
        scope_plot_names(plot, i ? longer : names, 3);
        struct scope_text script = {0};
        scope_plot_script(plot, SCOPE_DRAWING_SVG, &script);
        assert_int_equal(strstr(script.bytes, "rotate by 30") != NULL, i);
        assert_int_equal(strstr(script.bytes, "set lmargin") != NULL, i);
        assert_int_equal(strstr(script.bytes, "at 20000 a second") != NULL, 0);
        scope_text_free(&script);
    }
    scope_report_free(report);
}

static struct scope_report *heat_report(bool log)
{
    struct scope_report *report = scope_report_new("heat");
    scope_report_heat(report, "calls", "Syscalls",
                      &(struct scope_heat){
                          .row_label = "syscall",
                          .column_label = "policy",
                          .rows = (const char *[]){"read", "writev"},
                          .row_count = 2,
                          .columns = (const char *[]){"tcp", "http", "=x"},
                          .column_count = 3,
                          .values = (double[]){1500, 2000.5, NAN, 0, -1, 4e6},
                          .value_label = "time per request",
                          .unit = SCOPE_UNIT_NS,
                          .log = log});
    return report;
}

static void heat_maps_are_tables_without_colours(void **state)
{
    (void)state;
    struct scope_report *report = heat_report(true);
    expect(report, SCOPE_OUTPUT_TABLE, 80,
           "Syscalls (time per request)\n"
           "syscall   tcp    http       =x\n"
           "           µs      µs       µs\n"
           "───────  ────  ──────  ───────\n"
           "read     1.50    2.00        -\n"
           "writev      0  -0.001  4000.00\n"
           "\n"
           "1 plot not shown here: scope analyze draws them with -o FILE.html "
           "or --plots FOLDER\n");
    expect(report, SCOPE_OUTPUT_CSV, 0,
           "table,row,column,value_ns,doubt\n"
           "calls,read,tcp,1500,no\n"
           "calls,read,http,2000.5,no\n"
           "calls,read,\"'=x\",,no\n"
           "calls,writev,tcp,0,no\n"
           "calls,writev,http,-1,no\n"
           "calls,writev,\"'=x\",4000000,no\n");
    expect(report, SCOPE_OUTPUT_MARKDOWN, 0,
           "# heat\n"
           "\n"
           "### Syscalls (time per request)\n"
           "\n"
           "| syscall | tcp (µs) | http (µs) | =x (µs) |\n"
           "| --- | ---: | ---: | ---: |\n"
           "| read | 1.50 | 2.00 | - |\n"
           "| writev | 0 | -0.001 | 4000.00 |\n");
    struct scope_text out = write_as(report, SCOPE_OUTPUT_JSON, 0);
    json_t *root = json_loads(out.bytes, JSON_REJECT_DUPLICATES, NULL);
    json_t *heat = json_array_get(json_object_get(root, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(heat, "type")),
                        "heat");
    assert_true(json_is_true(json_object_get(heat, "log")));
    json_t *rows = json_object_get(heat, "rows");
    assert_int_equal(json_array_size(rows), 6);
    json_t *row = json_array_get(rows, 5);
    assert_string_equal(json_string_value(json_object_get(row, "column")),
                        "=x");
    assert_int_equal(json_integer_value(json_object_get(row, "value_ns")),
                     4000000);
    assert_true(
        json_is_null(json_object_get(json_array_get(rows, 2), "value_ns")));
    json_decref(root);
    scope_text_free(&out);
    scope_report_free(report);
}

/* On a scale of logarithms 0 and -1 have no colour; else they do. */
static void heat_maps_colour_what_has_a_value(void **state)
{
    (void)state;
    for (int log = 0; log < 2; log++) {
        struct scope_report *report = heat_report(log);
        struct scope_text script = {0};
        assert_true(scope_heat_drawable(report->items[0].heat));
        scope_heat_script(report->items[0].heat, SCOPE_DRAWING_SVG, &script);
        assert_int_equal(strstr(script.bytes, "set logscale cb") != NULL, log);
        const char *cells = strstr(script.bytes, "$cells << EOD\n");
        assert_non_null(cells);
        int lines = 0;
        for (const char *at = strchr(cells, '\n') + 1;
             strncmp(at, "EOD", 3) != 0; at = strchr(at, '\n') + 1)
            lines++;
        assert_int_equal(lines, log ? 3 : 5);
        scope_text_free(&script);
        scope_report_free(report);
    }
    struct scope_report *report = scope_report_new("");
    scope_report_heat(report, "h", "",
                      &(struct scope_heat){.row_label = "",
                                           .column_label = "",
                                           .value_label = "",
                                           .rows = (const char *[]){"a"},
                                           .row_count = 1,
                                           .columns = (const char *[]){"b"},
                                           .column_count = 1,
                                           .values = (double[]){NAN}});
    assert_false(scope_heat_drawable(report->items[0].heat));
    scope_report_free(report);
}

/* CIE 1976 lightness of sRGB. */
static double lightness(unsigned colour)
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    double luminance = 0;
    for (int i = 0; i < 3; i++) {
        double part = (colour >> (16 - 8 * i) & 255) / 255.0;
        luminance +=
            weights[i] *
            (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return luminance > 0.008856 ? 116 * cbrt(luminance) - 16
                                : 903.3 * luminance;
}

/* Printed in grey, or seen without a kind of cone, the order is kept. */
static void heat_colours_darken_evenly(void **state)
{
    (void)state;
    double first = lightness(scope_heat_colours[0]);
    double last = lightness(scope_heat_colours[SCOPE_HEAT_COLOURS - 1]);
    double step = (first - last) / (SCOPE_HEAT_COLOURS - 1);
    assert_true(step > 7);
    for (int i = 1; i < SCOPE_HEAT_COLOURS; i++) {
        double got = lightness(scope_heat_colours[i - 1]) -
                     lightness(scope_heat_colours[i]);
        assert_true(got > 0.7 * step && got < 1.3 * step);
    }
}

/* A long one leaves room for the data and shows that it goes on. */
static void gnuplot_gets_short_labels(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_axis axis = {.label = "x"};
    struct scope_plot *plot = scope_report_plot(report, "p", "", &axis, &axis);
    char name[200];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    scope_plot_add(plot, SCOPE_MARK_LINE, name, (double[]){0, 1},
                   (double[]){1, 2}, 2);
    struct scope_text script = {0};
    scope_plot_script(plot, SCOPE_DRAWING_SVG, &script);
    name[80] = '\0';
    char *wanted = scope_format(" title '%s…'\n", name);
    assert_non_null(strstr(script.bytes, wanted));
    free(wanted);
    scope_text_free(&script);
    scope_report_free(report);
}

static void ids_are_file_names_and_unique(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    assert_string_equal(scope_report_table(report, "../A b", "")->id, "-----b");
    assert_string_equal(scope_report_table(report, "t", "")->id, "t");
    assert_string_equal(scope_report_table(report, "t", "")->id, "t-2");
    assert_string_equal(scope_report_table(report, "", "")->id, "unnamed");
    scope_report_free(report);
}

static void utf8_is_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *inert;
    } cases[] = {
        {"a\xc0\xaf", "a\uFFFD\uFFFD"},                   /* overlong */
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},           /* surrogate */
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* too great */
        {"\xe2\x82", "\uFFFD\uFFFD"},                     /* cut off */
        {"\u20ac\U0001f600", "\u20ac\U0001f600"},
        {"\r\x7f\xc2\x85\u2028\u200b", "\\x0d\\x7f\\x85\\u2028\\u200b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *inert = scope_inert(cases[i].text);
        assert_string_equal(inert, cases[i].inert);
        free(inert);
    }
    assert_int_equal(scope_text_width("a\u0301\u65e5"), 3);
    assert_int_equal(scope_text_fit("\u65e5\u672c", 3), 3);
}

static void numbers_read_back_exactly(void **state)
{
    (void)state;
    static const double values[] = {0.1,    1e15 + 0.3, 1.0 / 3,
                                    5e-324, -0.0,       1.7976931348623157e308};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[64];
        scope_exact_number(text, sizeof text, values[i]);
        assert_true(strtod(text, NULL) == values[i]);
    }
    char text[64];
    scope_exact_number(text, sizeof text, 0.1);
    assert_string_equal(text, "0.1");
}

static void an_empty_plot_is_said_to_be_empty(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_axis axis = {.label = "x", .scale = SCOPE_AXIS_LOG};
    struct scope_plot *plot = scope_report_plot(report, "p", "", &axis, &axis);
    scope_plot_add(plot, SCOPE_MARK_LINE, "", (double[]){-1, NAN, 1},
                   (double[]){1, 1, 0}, 3);
    struct scope_text picture = {0};
    struct scope_err err = {0};
    assert_int_equal(
        scope_item_draw(&report->items[0], SCOPE_DRAWING_SVG, &picture, &err),
        SCOPE_NOT_FOUND);
    assert_string_equal(err.text, "plot p has no point that could be drawn");
    scope_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_tables_are_aligned_and_share_scales),
        cmocka_unit_test(csv_is_exact_and_in_base_units),
        cmocka_unit_test(markdown_has_units_in_its_headings),
        cmocka_unit_test(json_keeps_every_digit),
        cmocka_unit_test(groups_share_a_unit_column),
        cmocka_unit_test(wide_tables_fold_into_parts),
        cmocka_unit_test(hostile_names_stay_text_everywhere),
        cmocka_unit_test(csv_guards_formulas),
        cmocka_unit_test(gnuplot_gets_quoted_labels),
        cmocka_unit_test(gnuplot_gets_short_labels),
        cmocka_unit_test(stacked_bars_stand_on_each_other),
        cmocka_unit_test(names_that_do_not_fit_are_slanted),
        cmocka_unit_test(heat_maps_are_tables_without_colours),
        cmocka_unit_test(heat_maps_colour_what_has_a_value),
        cmocka_unit_test(heat_colours_darken_evenly),
        cmocka_unit_test(ids_are_file_names_and_unique),
        cmocka_unit_test(utf8_is_read_strictly),
        cmocka_unit_test(numbers_read_back_exactly),
        cmocka_unit_test(an_empty_plot_is_said_to_be_empty),
    };
    return cmocka_run_group_tests_name("present", tests, NULL, NULL);
}
