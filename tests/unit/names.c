/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbered names: what is written is read back, and nothing else is. */
#include "tests/unit/unit.h"

#include "lib/net/names.h"

static const char *name_of(const struct scope_names *names, uint64_t number)
{
    static char name[SCOPE_NAME_MAX + 1];
    size_t size = scope_names_put(names, number, name);
    assert_int_equal(size, strlen(name));
    assert_true(size <= SCOPE_NAME_MAX);
    return name;
}

static struct scope_names parse(const char *pattern, uint64_t count)
{
    struct scope_names names;
    struct scope_err err = {0};
    if (scope_names_parse(&names, pattern, count, &err) != SCOPE_OK)
        fail_msg("%s: %s", pattern, err.text);
    return names;
}

static void names_are_written_and_found(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        uint64_t count;
        const char *first, *last;
    } cases[] = {
        {"app%05d", 5, "app00000", "app00004"},
        {"app%05d", 100000, "app00000", "app99999"},
        {"app%05d", 100001, "app000000", "app100000"},
        {"app%02d", 1000, "app000", "app999"},
        {"app%d", 12, "app0", "app11"},
        {"%d", 1, "0", "0"},
        {"a-1.b_~%03dz", 7, "a-1.b_~000z", "a-1.b_~006z"},
        {"app%09d", UINT64_MAX, "app00000000000000000000",
         "app18446744073709551614"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scope_names names = parse(cases[i].pattern, cases[i].count);
        uint64_t number;
        assert_string_equal(name_of(&names, 0), cases[i].first);
        assert_string_equal(name_of(&names, cases[i].count - 1), cases[i].last);
        for (uint64_t n = 0; n < cases[i].count && n < 100001; n++) {
            const char *name = name_of(&names, n);
            if (strlen(name) >= 20 + names.before)
                break;
            assert_true(scope_names_find(&names, name, strlen(name), &number));
            assert_int_equal(number, n);
        }
    }
}

static void other_names_are_not_found(void **state)
{
    (void)state;
    static const char *const strangers[] = {
        "",
        "app",
        "app00005",
        "app0000",
        "app000000",
        "app000001",
        "APP00000",
        "app0000a",
        "app+0000",
        "app-0001",
        "app 0001",
        "app00001 ",
        "xapp00001",
        "app0000१",
        "app00000.",
        "pp00000",
        "app00000000000000000000000000000000000000000000",
        "app18446744073709551616"};
    struct scope_names names = parse("app%05d", 5);
    uint64_t number = 99;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (scope_names_find(&names, strangers[i], strlen(strangers[i]),
                             &number))
            fail_msg("'%s' was found", strangers[i]);
    assert_int_equal(number, 99);
    /* A name is its bytes, not a text that ends with a NUL. */
    assert_false(scope_names_find(&names, "app00001\0x", 10, &number));
    names = parse("%dx", 50);
    assert_false(scope_names_find(&names, "07x", 3, &number));
    assert_false(scope_names_find(&names, "x", 1, &number));
    assert_true(scope_names_find(&names, "7x", 2, &number));
}

static void bad_patterns_are_refused(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "",
        "app",
        "app%",
        "app%5d",
        "app%0d",
        "app%010d",
        "%d%d",
        "app%s",
        "app%05x",
        "app/%05d",
        "a b%05d",
        "app%05d\n",
        "app%%",
        "äpp%05d",
        "app%05d/..",
        "app%-5d",
        "app%ld",
        "%n",
        "a23456789012345678901234567890123456789012345678901234567890%d",
        "a234567890123456789012345678901234567890123456%d"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct scope_names names;
        struct scope_err err = {0};
        if (scope_names_parse(&names, patterns[i], 5, &err) != SCOPE_USAGE)
            fail_msg("'%s' was accepted", patterns[i]);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_written_and_found),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(bad_patterns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
