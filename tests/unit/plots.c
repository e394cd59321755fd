/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots and heat maps: what gnuplot is told, what they are where nothing can be
 * drawn, and that hostile names stay text in them. */
#include "lib/present/gnuplot.h"
#include "lib/present/heat_script.h"
#include "tests/unit/present_case.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gnuplot_gets_quoted_labels),
        cmocka_unit_test(gnuplot_gets_short_labels),
        cmocka_unit_test(stacked_bars_stand_on_each_other),
        cmocka_unit_test(names_that_do_not_fit_are_slanted),
        cmocka_unit_test(heat_maps_are_tables_without_colours),
        cmocka_unit_test(heat_maps_colour_what_has_a_value),
        cmocka_unit_test(heat_colours_darken_evenly),
        cmocka_unit_test(an_empty_plot_is_said_to_be_empty),
    };
    return cmocka_run_group_tests_name("plots", tests, NULL, NULL);
}
