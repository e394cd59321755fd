/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error lines: the reason and prefixes are joined, and stay one inert line. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <scope/err.h>

static void fail_appends_the_reason(void **state)
{
    (void)state;
    struct scope_err err = {0};
    assert_int_equal(SCOPE_PERM,
                     scope_fail(&err, SCOPE_PERM, EACCES, "open %s", "x"));
    assert_string_equal(err.text, "open x: Permission denied");
    assert_int_equal(err.sys, EACCES);
    assert_int_equal(scope_code_status(err.code), 5);
}

static void prefix_goes_in_front_and_keeps_the_code(void **state)
{
    (void)state;
    struct scope_err err = {0};
    enum scope_code code = scope_fail(&err, SCOPE_USAGE, 0, "unknown key");
    scope_hint(&err, "did you mean %s?", "rate");
    code = scope_prefix(&err, "a.yaml:%d", 3);
    assert_int_equal(code, SCOPE_USAGE);
    assert_string_equal(err.text, "a.yaml:3: unknown key");
    assert_string_equal(err.hint, "did you mean rate?");
}

static void hostile_text_stays_one_inert_line(void **state)
{
    (void)state;
    struct scope_err err = {0};
    enum scope_code code =
        scope_fail(&err, SCOPE_FAILED, 0, "comm %s", "a\n\033[2Jb");
    assert_int_equal(code, SCOPE_FAILED);
    assert_string_equal(err.text, "comm a??[2Jb");
    code = scope_fail(&err, SCOPE_FAILED, 0, "comm %s", "\xff\u202e\u00e9");
    assert_int_equal(code, SCOPE_FAILED);
    assert_string_equal(err.text, "comm ??\u00e9");
}

static void long_text_is_cut_not_overrun(void **state)
{
    (void)state;
    struct scope_err err = {0};
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(scope_fail(&err, SCOPE_FAILED, ENOENT, "%s", text),
                     SCOPE_FAILED);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_appends_the_reason),
        cmocka_unit_test(prefix_goes_in_front_and_keeps_the_code),
        cmocka_unit_test(hostile_text_stays_one_inert_line),
        cmocka_unit_test(long_text_is_cut_not_overrun),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
