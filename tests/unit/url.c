/* SPDX-License-Identifier: GPL-3.0-or-later */
/* URLs taken apart, and CPUs listed. */
#include "lib/net/url.h"
#include "lib/net/pin.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static void urls_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *port, *authority, *target;
        bool secure;
    } good[] = {
        {"https://h/x", "h", "443", "h", "/x", true},
        {"HTTPS://h:80", "h", "80", "h:80", "/", true},
        {"http://h", "h", "80", "h", "/", false},
        {"HTTP://h/", "h", "80", "h", "/", false},
        {"http://h:", "h", "80", "h:", "/", false},
        {"http://h:8080/a/b?c=d&e", "h", "8080", "h:8080", "/a/b?c=d&e", false},
        {"http://h?q", "h", "80", "h", "/?q", false},
        {"http://h/a#part", "h", "80", "h", "/a", false},
        {"http://h#part", "h", "80", "h", "/", false},
        {"http://127.0.0.1:1/", "127.0.0.1", "1", "127.0.0.1:1", "/", false},
        {"http://[::1]:65535/x", "::1", "65535", "[::1]:65535", "/x", false},
        {"http://[fe80::1]/", "fe80::1", "80", "[fe80::1]", "/", false},
        {"http://h/a:b@c", "h", "80", "h", "/a:b@c", false},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct scope_url url;
        struct scope_err err = {0};
        if (scope_url_parse(&url, good[i].text, &err) != SCOPE_OK)
            fail_msg("%s", err.text);
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.port, good[i].port);
        assert_string_equal(url.authority, good[i].authority);
        assert_string_equal(url.target, good[i].target);
        assert_int_equal(url.secure, good[i].secure);
        scope_url_free(&url);
    }
}

static void bad_urls_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "h",
        "http:/h",
        "http://",
        "http://:1",
        "http://[]/",
        "http://[::1",
        "http://[::1]x",
        "http://h:x",
        "http://h:-1",
        "http://h:0",
        "http://h:99999",
        "http://h:000080",
        "http://a b/",
        "http://h/\n",
        "http://h/\x7f",
        "http://h/\xc3\xa9",
        "http://u:p@h/",
        "http://h/<",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_url url;
        struct scope_err err = {0};
        if (scope_url_parse(&url, bad[i], &err) != SCOPE_USAGE)
            fail_msg("%s was accepted", bad[i]);
        assert_string_not_equal(err.hint, "");
        scope_url_free(&url);
    }
}

static void an_address_is_found_for_both_families(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int family;
    } known[] = {{"127.0.0.1", AF_INET}, {"::1", AF_INET6}};
    for (size_t i = 0; i < 2; i++) {
        struct scope_addresses addresses;
        struct scope_err err = {0};
        assert_int_equal(scope_resolve(known[i].host, "80", &addresses, &err),
                         SCOPE_OK);
        assert_int_equal(addresses.count, 1);
        assert_int_equal(addresses.items[0].bytes.ss_family, known[i].family);
        scope_addresses_free(&addresses);
    }
    struct scope_addresses none;
    struct scope_err err = {0};
    assert_int_equal(scope_resolve("bad..name", "80", &none, &err),
                     SCOPE_NOT_FOUND);
    assert_non_null(strstr(err.text, "bad..name"));
}

static void cpus_take_turns(void **state)
{
    (void)state;
    struct scope_pins pins;
    const struct scope_list none = {0};
    assert_int_equal(scope_pins_parse(&pins, &none, NULL), SCOPE_OK);
    assert_int_equal(scope_pins_cpu(&pins, 0), -1);

    cpu_set_t usable;
    assert_int_equal(sched_getaffinity(0, sizeof usable, &usable), 0);
    int first = 0;
    while (!CPU_ISSET((size_t)first, &usable))
        first++;
    char text[16];
    snprintf(text, sizeof text, "%d", first);
    const char *const items[] = {text, text};
    const struct scope_list twice = {.count = 2, .items = items};
    assert_int_equal(scope_pins_parse(&pins, &twice, NULL), SCOPE_OK);
    assert_int_equal(pins.count, 1);
    for (size_t thread = 0; thread < 3; thread++)
        assert_int_equal(scope_pins_cpu(&pins, thread), first);

    CPU_ZERO(&pins.allowed);
    CPU_SET(3, &pins.allowed);
    CPU_SET(5, &pins.allowed);
    pins.count = 2;
    static const int turns[] = {3, 5, 3, 5, 3};
    for (size_t thread = 0; thread < 5; thread++)
        assert_int_equal(scope_pins_cpu(&pins, thread), turns[thread]);
}

static void cpus_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "x",     "-1",    "1-",
                                      "2-1",  "1x",    " 1",    "1,2",
                                      "1023", "99999", "0-1023"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_pins pins;
        const struct scope_list list = {.count = 1, .items = &bad[i]};
        if (scope_pins_parse(&pins, &list, NULL) != SCOPE_USAGE)
            fail_msg("%s was accepted", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(an_address_is_found_for_both_families),
        cmocka_unit_test(cpus_take_turns),
        cmocka_unit_test(cpus_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
