/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports in every format: what they look like, and that hostile names stay
 * text in each. */
#include "lib/base/inert.h"
#include "tests/unit/present_case.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

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
        cmocka_unit_test(ids_are_file_names_and_unique),
        cmocka_unit_test(utf8_is_read_strictly),
        cmocka_unit_test(numbers_read_back_exactly),
    };
    return cmocka_run_group_tests_name("present", tests, NULL, NULL);
}
