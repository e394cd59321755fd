/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values that workloads draw for parameters: their distributions, and how
 * they are written into a statement. */
#include "drivers/sql/driver.h"
#include "drivers/sql/reader.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void read_generator(struct sql_generator *generator, const char *yaml)
{
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    assert_int_equal(scope_yaml_parse("v", yaml, strlen(yaml), &file, &err),
                     SCOPE_OK);
    if (sql_generator_read(generator,
                           scope_yaml_get(scope_yaml_root(file), "v"), NULL,
                           NULL, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    scope_yaml_free(file);
}

/* Of a million draws, how many were each of 1..count. */
static void draw_counts(const char *yaml, uint64_t *counts, size_t count)
{
    struct sql_generator generator;
    struct sql_value value = {0};
    read_generator(&generator, yaml);
    memset(counts, 0, count * sizeof *counts);
    for (uint64_t i = 0; i < 1000000; i++) {
        /* As a request does: a stream of its own. */
        struct sql_source source = {.random = sql_random_stream(42, i)};
        sql_generator_draw(&generator, &source, &value);
        assert_int_equal(value.kind, SQL_INTEGER);
        assert_true(value.integer >= 1 && value.integer <= (int64_t)count);
        assert_int_equal(strtoll(value.text, NULL, 10), value.integer);
        assert_int_equal(strlen(value.text), value.length);
        counts[value.integer - 1]++;
    }
    sql_generator_free(&generator);
    sql_value_free(&value);
}

/* Pearson's chi-square of counts against shares. */
static double chi_square(const uint64_t *counts, const double *shares,
                         size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double expected = 1e6 * shares[i];
        double off = (double)counts[i] - expected;
        sum += off * off / expected;
    }
    return sum;
}

/* 99.9 % of chi-squares with 99 degrees of freedom lie below 148.23; the seed
 * is fixed, so this passes for ever or fails for ever. */
#define CHI_SQUARE_99 148.23

static void uniform_integers_are_uniform(void **state)
{
    (void)state;
    uint64_t counts[100];
    double shares[100];
    for (size_t i = 0; i < 100; i++)
        shares[i] = 0.01;
    draw_counts("v: {uniform: 1..100}", counts, 100);
    assert_true(chi_square(counts, shares, 100) < CHI_SQUARE_99);
}

static void zipf_follows_its_law(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        double skew;
    } cases[] = {
        {"v: {zipf: 1..100}", 0.99},
        {"v: {zipf: 1..100, skew: 1}", 1},
        {"v: {zipf: 1..100, skew: 0.3}", 0.3},
        {"v: {zipf: 1..100, skew: 2.5}", 2.5},
    };
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        uint64_t counts[100];
        double shares[100];
        double sum = 0;
        for (size_t i = 0; i < 100; i++)
            sum += shares[i] = pow((double)(i + 1), -cases[c].skew);
        for (size_t i = 0; i < 100; i++)
            shares[i] /= sum;
        draw_counts(cases[c].yaml, counts, 100);
        assert_true(chi_square(counts, shares, 100) < CHI_SQUARE_99);
    }
}

static void ranges_reach_the_limits_of_integers(void **state)
{
    (void)state;
    struct sql_generator generator;
    struct sql_value value = {0};
    struct sql_source source = {.random = {1}};
    read_generator(&generator,
                   "v: {uniform: -9223372036854775808..9223372036854775807}");
    int negative = 0;
    for (int i = 0; i < 1000; i++) {
        sql_generator_draw(&generator, &source, &value);
        assert_int_equal(strtoll(value.text, NULL, 10), value.integer);
        negative += value.integer < 0;
    }
    assert_true(negative > 400 && negative < 600);
    sql_generator_free(&generator);
    read_generator(&generator, "v: {uniform: -9223372036854775808.."
                               "-9223372036854775808}");
    sql_generator_draw(&generator, &source, &value);
    assert_string_equal(value.text, "-9223372036854775808");
    sql_generator_free(&generator);
    sql_value_free(&value);
}

static void texts_have_their_lengths_and_patterns(void **state)
{
    (void)state;
    struct sql_generator string, pattern;
    struct sql_value a = {0}, b = {0};
    struct sql_source source = {.random = {7}};
    bool lengths[9] = {false};
    read_generator(&string, "v: {string: 3..8}");
    read_generator(&pattern, "v: {pattern: 'x-##@@'}");
    for (int i = 0; i < 1000; i++) {
        sql_generator_draw(&string, &source, &a);
        assert_int_equal(a.kind, SQL_TEXT);
        assert_true(a.length >= 3 && a.length <= 8);
        assert_int_equal(strspn(a.text, "abcdefghijklmnopqrstuvwxyz234567"),
                         a.length);
        lengths[a.length] = true;
        sql_generator_draw(&pattern, &source, &b);
        assert_int_equal(b.length, 6);
        assert_memory_equal(b.text, "x-", 2);
        assert_int_equal(strspn(b.text + 2, "0123456789"), 2);
        assert_true(b.text[4] >= 'a' && b.text[5] <= 'z');
    }
    for (int i = 3; i <= 8; i++)
        assert_true(lengths[i]);
    sql_generator_free(&string);
    sql_generator_free(&pattern);
    sql_value_free(&a);
    sql_value_free(&b);
}

static void constants_are_what_they_look_like(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum sql_value_kind kind;
        const char *text;
    } cases[] = {
        {"v: 42", SQL_INTEGER, "42"},        {"v: -7", SQL_INTEGER, "-7"},
        {"v: '42'", SQL_TEXT, "42"},         {"v: 1.5", SQL_NUMBER, "1.5"},
        {"v: 10k", SQL_TEXT, "10k"},         {"v: ~", SQL_NULL, NULL},
        {"v: it's", SQL_TEXT, "it's"},       {"v: ''", SQL_TEXT, ""},
        {"v: {choice: [a]}", SQL_TEXT, "a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sql_generator generator;
        struct sql_value value = {0};
        struct sql_source source = {.random = {1}};
        read_generator(&generator, cases[i].yaml);
        sql_generator_draw(&generator, &source, &value);
        assert_int_equal(value.kind, cases[i].kind);
        if (cases[i].text)
            assert_string_equal(value.text, cases[i].text);
        sql_generator_free(&generator);
        sql_value_free(&value);
    }
}

static void sequences_and_connections_count(void **state)
{
    (void)state;
    struct sql_generator sequence, connection;
    struct sql_value value = {0};
    struct sql_source source = {.random = {1}, .connection = 4};
    read_generator(&sequence, "v: {sequence: 10}");
    read_generator(&connection, "v: {connection: 1}");
    for (int i = 0; i < 5; i++) {
        sql_generator_draw(&sequence, &source, &value);
        assert_int_equal(value.integer, 10 + i);
    }
    sql_generator_draw(&connection, &source, &value);
    assert_int_equal(value.integer, 5);
    source.rows = true;
    source.row = 100;
    sql_generator_draw(&sequence, &source, &value);
    assert_int_equal(value.integer, 110);
    sql_generator_free(&sequence);
    sql_generator_free(&connection);
    sql_value_free(&value);
}

static void literals_stay_within_their_quotes(void **state)
{
    (void)state;
    static const struct {
        enum sql_dialect dialect;
        struct sql_value value;
        const char *literal;
    } cases[] = {
        {SQL_PGSQL, {.kind = SQL_NULL}, "NULL"},
        {SQL_PGSQL, {.kind = SQL_INTEGER, .text = "5", .length = 1}, "5"},
        {SQL_PGSQL, {.kind = SQL_INTEGER, .text = "-5", .length = 2}, "(-5)"},
        {SQL_PGSQL,
         {.kind = SQL_TEXT, .text = "a'; --", .length = 6},
         "'a''; --'"},
        {SQL_PGSQL,
         {.kind = SQL_TEXT, .text = "\\'", .length = 2},
         "E'\\\\'''"},
        {SQL_MYSQL, {.kind = SQL_TEXT, .text = "\\'", .length = 2}, "'\\\\'''"},
        {SQL_MYSQL, {.kind = SQL_TEXT, .text = "", .length = 0}, "''"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scope_text text = {0};
        sql_literal(cases[i].dialect, &text, &cases[i].value);
        assert_string_equal(text.bytes, cases[i].literal);
        scope_text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_integers_are_uniform),
        cmocka_unit_test(zipf_follows_its_law),
        cmocka_unit_test(ranges_reach_the_limits_of_integers),
        cmocka_unit_test(texts_have_their_lengths_and_patterns),
        cmocka_unit_test(constants_are_what_they_look_like),
        cmocka_unit_test(sequences_and_connections_count),
        cmocka_unit_test(literals_stay_within_their_quotes),
    };
    return cmocka_run_group_tests_name("sql values", tests, NULL, NULL);
}
