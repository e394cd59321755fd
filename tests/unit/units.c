/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units: what is read, what is refused, and what people are shown. */
#include "lib/base/units.h"
#include "tests/unit/unit.h"

#include <math.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void durations_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"0", 0},
        {"1ns", 1},
        {"10ms", 10000000},
        {"1.5s", 1500000000},
        {"0.1us", 100},
        {"2m", 120000000000},
        {"1h", 3600000000000},
        {"1.5d", 129600000000000},
        {"1e3us", 1000000},
        {"0.3333333333s", 333333333},
        {"9223372036854775807ns", INT64_MAX},
        {"9223372036.854775807s", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t ns = -1;
        struct scope_err err = {0};
        assert_int_equal(scope_parse_duration(good[i].text, &ns, &err),
                         SCOPE_OK);
        assert_int_equal(ns, good[i].ns);
    }
}

static void bad_durations_say_what_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"10", "'10' is a duration without a unit"},
        {"", "'' is not a duration"},
        {"-1s", "'-1s' is not a duration"},
        {"1 s", "'1 s' is not a duration"},
        {"1sec", "'1sec' is not a duration"},
        {"nan", "'nan' is not a duration"},
        {"0x10s", "'0x10s' is not a duration"},
        {"1.s", "'1.s' is not a duration"},
        {"1e99s", "'1e99s' is too large for a duration"},
        {"9223372036854775808ns",
         "'9223372036854775808ns' is too large for a duration"},
        {"300000d", "'300000d' is too large for a duration"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t ns = -1;
        struct scope_err err = {0};
        assert_int_equal(scope_parse_duration(bad[i].text, &ns, &err),
                         SCOPE_USAGE);
        assert_string_equal(err.text, bad[i].message);
        assert_int_equal(ns, -1);
    }
    int64_t ns;
    struct scope_err err = {0};
    assert_int_equal(scope_parse_duration("10", &ns, &err), SCOPE_USAGE);
    assert_string_equal(err.hint, "write a number and a unit: 10ms, 1.5s, 2m "
                                  "(ns, us, ms, s, m, h, d)");
}

static void durations_are_written_shortest_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } shown[] = {
        {0, "0"},
        {1, "1ns"},
        {10000000, "10ms"},
        {1500000000, "1.5s"},
        {60000000000, "1m"},
        {90000000000, "90s"},
        {86400000000000, "1d"},
        {1000000001, "1.000000001s"},
        {INT64_MAX, "9223372036.854775807s"},
    };
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        char text[64];
        assert_string_equal(
            scope_format_duration(text, sizeof text, shown[i].ns),
            shown[i].text);
    }
    for (int64_t ns = 1; ns < INT64_MAX / 7; ns = ns * 7 + 3) {
        char text[64];
        int64_t back;
        assert_int_equal(
            scope_parse_duration(scope_format_duration(text, sizeof text, ns),
                                 &back, NULL),
            SCOPE_OK);
        assert_int_equal(back, ns);
    }
}

static void sizes_tell_powers_of_1000_from_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"512", 512},
        {"512B", 512},
        {"64KiB", 65536},
        {"1MB", 1000000},
        {"1.5kB", 1500},
        {"0.5MiB", 524288},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        uint64_t bytes = 1;
        assert_int_equal(scope_parse_size(good[i].text, &bytes, NULL),
                         SCOPE_OK);
        assert_true(bytes == good[i].bytes);
    }
    static const char *const bad[] = {"64K",  "64k", "-1",
                                      "0.5B", "",    "18446744073709551616",
                                      "1 MB", "inf", "20000000TiB"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint64_t bytes;
        assert_int_equal(scope_parse_size(bad[i], &bytes, NULL), SCOPE_USAGE);
    }
}

static void whole_numbers_do_not_lose_a_bit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"-5", -5},
        {"+5", 5},
        {"1e6", 1000000},
        {"10k", 10000},
        {"1.5k", 1500},
        {"2M", 2000000},
        {"9007199254740993", INT64_C(9007199254740993)},
        {"-9223372036854775808", INT64_MIN},
        {"9223372036854775807", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t value = 0;
        assert_int_equal(scope_parse_int(good[i].text, &value, NULL), SCOPE_OK);
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {
        "",     "x",  "1.5", "0.0001k", "9223372036854775808",
        "1e19", "5 ", "5kk", "--5",     "1e"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t value;
        assert_int_equal(scope_parse_int(bad[i], &value, NULL), SCOPE_USAGE);
    }
}

static void rates_ratios_and_numbers(void **state)
{
    (void)state;
    double value;
    assert_int_equal(scope_parse_rate("10k", &value, NULL), SCOPE_OK);
    assert_true(value == 10000);
    assert_int_equal(scope_parse_rate("1.2k/s", &value, NULL), SCOPE_OK);
    assert_true(value == 1200);
    assert_int_equal(scope_parse_rate("30/m", &value, NULL), SCOPE_OK);
    assert_true(value == 0.5);
    assert_int_equal(scope_parse_rate("-1", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_rate("1/d", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_rate("inf", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_ratio("5%", &value, NULL), SCOPE_OK);
    assert_true(value == 0.05);
    assert_int_equal(scope_parse_ratio("0.05", &value, NULL), SCOPE_OK);
    assert_true(value == 0.05);
    assert_int_equal(scope_parse_ratio("5 %", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_number("1e-6", &value, NULL), SCOPE_OK);
    assert_true(value == 1e-6);
    assert_int_equal(scope_parse_number("1e400", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_number("nan", &value, NULL), SCOPE_USAGE);
    assert_int_equal(scope_parse_number("0x1p3", &value, NULL), SCOPE_USAGE);
}

static void endless_numbers_are_refused(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '0', sizeof text);
    text[1] = '.';
    text[sizeof text - 1] = '\0';
    int64_t value;
    assert_int_equal(scope_parse_int(text, &value, NULL), SCOPE_USAGE);
    memset(text, '9', sizeof text - 1);
    assert_int_equal(scope_parse_duration(text, &value, NULL), SCOPE_USAGE);
}

static void values_for_people(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum scope_unit unit;
        const char *text;
    } shown[] = {
        {1234567, SCOPE_UNIT_NS, "1.23 ms"},
        {2097152, SCOPE_UNIT_BYTES, "2.00 MiB"},
        {0.053, SCOPE_UNIT_RATIO, "5.30 %"},
        {12345, SCOPE_UNIT_COUNT, "12.3 k"},
        {NAN, SCOPE_UNIT_COUNT, "-"},
        {5, SCOPE_UNIT_COUNT, "5"},
        {5.5, SCOPE_UNIT_COUNT, "5.50"},
        {0, SCOPE_UNIT_NS, "0 ns"},
        {0, SCOPE_UNIT_RATIO, "0 %"},
        {999, SCOPE_UNIT_NS, "999 ns"},
        {999999, SCOPE_UNIT_COUNT, "1.00 M"},
        {-1500, SCOPE_UNIT_COUNT, "-1.50 k"},
        {250, SCOPE_UNIT_HERTZ, "250/s"},
        {25000, SCOPE_UNIT_HERTZ, "25.0 k/s"},
        {7.2e12, SCOPE_UNIT_NS, "7200 s"},
        {1e-9, SCOPE_UNIT_COUNT, "1e-09"},
        {0.0125, SCOPE_UNIT_COUNT, "0.0125"},
    };
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        char text[64];
        assert_string_equal(scope_format_value(text, sizeof text,
                                               shown[i].value, shown[i].unit,
                                               3),
                            shown[i].text);
    }
    char small[4];
    assert_string_equal(
        scope_format_value(small, sizeof small, 1234567, SCOPE_UNIT_NS, 3),
        "1.2");
}

static void unit_words_go_both_ways(void **state)
{
    (void)state;
    for (enum scope_unit unit = SCOPE_UNIT_COUNT; unit <= SCOPE_UNIT_SECOND;
         unit++) {
        assert_non_null(scope_unit_word(unit));
        assert_int_equal(scope_unit_of(scope_unit_word(unit)), unit);
    }
    assert_null(scope_unit_word(0));
    assert_null(scope_unit_word(99));
    assert_int_equal(scope_unit_of("furlong"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_exact),
        cmocka_unit_test(bad_durations_say_what_is_accepted),
        cmocka_unit_test(durations_are_written_shortest_and_read_back),
        cmocka_unit_test(sizes_tell_powers_of_1000_from_1024),
        cmocka_unit_test(whole_numbers_do_not_lose_a_bit),
        cmocka_unit_test(rates_ratios_and_numbers),
        cmocka_unit_test(endless_numbers_are_refused),
        cmocka_unit_test(values_for_people),
        cmocka_unit_test(unit_words_go_both_ways),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
