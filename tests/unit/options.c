/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option tables: every type in and out, every complaint in words. */
#include "lib/base/options.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const sizes[] = {"small", "large", NULL};

struct config {
    bool threads;
    int64_t count, interval_ns;
    uint64_t size;
    double rate, share, number;
    const char *url, *file, *key;
    int shape;
    struct scope_list events, labels;
};

static const struct scope_option table[] = {
    SCOPE_OPTION_BOOL(struct config, threads, "threads", .fallback = "no",
                      .help = "a"),
    SCOPE_OPTION_INT(struct config, count, "count", .fallback = "3", .min = "1",
                     .max = "10k", .help = "b"),
    SCOPE_OPTION_DURATION(struct config, interval_ns, "interval",
                          .fallback = "100ms", .min = "10ms", .help = "c"),
    SCOPE_OPTION_SIZE(struct config, size, "size", .fallback = "64KiB",
                      .help = "d"),
    SCOPE_OPTION_RATE(struct config, rate, "rate", .help = "e"),
    SCOPE_OPTION_RATIO(struct config, share, "share", .fallback = "5%",
                       .max = "1", .help = "f"),
    SCOPE_OPTION_NUMBER(struct config, number, "number", .help = "g"),
    SCOPE_OPTION_STRING(struct config, url, "url", .required = true,
                        .value = "URL", .help = "where to send"),
    SCOPE_OPTION_PATH(struct config, file, "file", .help = "i"),
    SCOPE_OPTION_STRING(struct config, key, "key", .secret = true, .help = "j"),
    SCOPE_OPTION_CHOICE(struct config, shape, "shape", .choices = sizes,
                        .fallback = "large", .help = "k"),
    SCOPE_OPTION_LIST(struct config, events, "events",
                      .fallback = "faults,switches", .help = "l"),
    SCOPE_OPTION_REPEAT(struct config, labels, "label", .help = "m"),
    SCOPE_OPTION_END,
};

static struct scope_settings *fresh(void)
{
    return scope_settings_new(table, sizeof(struct config), "perf.");
}

static const struct config *config_of(const struct scope_settings *settings)
{
    return scope_settings_config(settings);
}

static void set(struct scope_settings *settings, const char *name,
                const char *value)
{
    struct scope_err err = {0};
    if (scope_settings_set(settings, name, value, NULL, &err))
        fail_msg("%s", err.text);
}

static void the_table_is_good(void **state)
{
    (void)state;
    struct scope_err err = {0};
    assert_int_equal(scope_options_check(table, sizeof(struct config), &err),
                     SCOPE_OK);
    assert_int_equal(scope_options_check(NULL, 0, &err), SCOPE_OK);
}

static void defaults_fill_every_field(void **state)
{
    (void)state;
    struct scope_settings *settings = fresh();
    const struct config *config = config_of(settings);
    assert_false(config->threads);
    assert_int_equal(config->count, 3);
    assert_int_equal(config->interval_ns, 100000000);
    assert_int_equal(config->size, 65536);
    assert_true(config->rate == 0);
    assert_true(config->share == 0.05);
    assert_null(config->url);
    assert_int_equal(config->shape, 1);
    assert_int_equal(config->events.count, 2);
    assert_string_equal(config->events.items[1], "switches");
    assert_int_equal(config->labels.count, 0);
    assert_false(scope_settings_given(settings, "interval"));
    scope_settings_free(settings);
}

static void settings_replace_defaults_and_lists_grow(void **state)
{
    (void)state;
    struct scope_settings *settings = fresh();
    const struct config *config = config_of(settings);
    set(settings, "threads", NULL);
    set(settings, "interval", "20ms");
    set(settings, "events", "a\\,b,c\\\\");
    set(settings, "events", "d");
    set(settings, "label", "x=1,2");
    set(settings, "label", "y");
    assert_true(config->threads);
    assert_int_equal(config->interval_ns, 20000000);
    assert_true(scope_settings_given(settings, "interval"));
    assert_int_equal(config->events.count, 3);
    assert_string_equal(config->events.items[0], "a,b");
    assert_string_equal(config->events.items[1], "c\\");
    assert_string_equal(config->events.items[2], "d");
    assert_int_equal(config->labels.count, 2);
    assert_string_equal(config->labels.items[0], "x=1,2");
    scope_settings_free(settings);
}

static void effective_values_set_themselves_again(void **state)
{
    (void)state;
    struct scope_settings *settings = fresh();
    set(settings, "threads", "on");
    set(settings, "rate", "10k/m");
    set(settings, "size", "1MB");
    set(settings, "events", "a\\,b,c");
    set(settings, "url", "http://[::1]/?a=1,2");
    set(settings, "key", "hunter2");
    static const struct {
        const char *name, *text;
    } shown[] = {
        {"threads", "yes"},    {"count", "3"},
        {"interval", "100ms"}, {"size", "1000000"},
        {"share", "0.05"},     {"url", "http://[::1]/?a=1,2"},
        {"key", "***"},        {"shape", "large"},
        {"events", "a\\,b,c"}, {"rate", "166.66666666666666"},
    };
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        char *text = scope_settings_text(
            settings, scope_options_find(table, shown[i].name));
        assert_non_null(text);
        assert_string_equal(text, shown[i].text);
        free(text);
    }
    assert_null(
        scope_settings_text(settings, scope_options_find(table, "number")));
    assert_null(
        scope_settings_text(settings, scope_options_find(table, "file")));
    scope_settings_free(settings);
}

static void faults_are_named_with_what_is_accepted(void **state)
{
    (void)state;
    static const struct scope_place place = {"a.yaml", 3, 7};
    static const struct {
        const char *name, *value;
        bool in_file;
        const char *text, *hint;
    } faults[] = {
        {"intervall", "1s", false, "unknown option perf.intervall",
         "did you mean perf.interval?"},
        {"interval", "10", false,
         "perf.interval: '10' is a duration without a unit",
         "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)"},
        {"interval", "1ms", true,
         "a.yaml:3:7: perf.interval: '1ms' is below the minimum of 10ms", ""},
        {"count", "11k", false, "perf.count: '11k' is above the maximum of 10k",
         ""},
        {"share", "200%", false, "perf.share: '200%' is above the maximum of 1",
         ""},
        {"shape", "larg", false,
         "perf.shape: 'larg' is not one of small, large",
         "did you mean large?"},
        {"threads", "maybe", false,
         "perf.threads: 'maybe' is neither yes nor no",
         "write yes, no, true, false, on or off"},
        {"events", "a,,b", false, "perf.events: 'a,,b' has an empty item", ""},
        {"url", NULL, false, "perf.url needs a value", "write perf.url=URL"},
    };
    struct scope_settings *settings = fresh();
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct scope_err err = {0};
        assert_int_equal(
            scope_settings_set(settings, faults[i].name, faults[i].value,
                               faults[i].in_file ? &place : NULL, &err),
            SCOPE_USAGE);
        assert_string_equal(err.text, faults[i].text);
        assert_string_equal(err.hint, faults[i].hint);
    }
    scope_settings_free(settings);
}

static void required_options_are_asked_for(void **state)
{
    (void)state;
    struct scope_settings *settings = fresh();
    struct scope_err err = {0};
    assert_int_equal(scope_settings_finish(settings, &err), SCOPE_USAGE);
    assert_string_equal(err.text, "perf.url is required");
    assert_string_equal(err.hint, "write perf.url=URL: where to send");
    set(settings, "url", "x");
    assert_int_equal(scope_settings_finish(settings, &err), SCOPE_OK);
    scope_settings_free(settings);
}

static void secrets_stay_out_of_messages(void **state)
{
    (void)state;
    struct secret {
        int64_t pin;
    };
    static const struct scope_option secrets[] = {
        SCOPE_OPTION_INT(struct secret, pin, "pin", .secret = true,
                         .help = "a"),
        SCOPE_OPTION_END,
    };
    struct scope_settings *settings =
        scope_settings_new(secrets, sizeof(struct secret), "");
    struct scope_err err = {0};
    assert_int_equal(scope_settings_set(settings, "pin", "hunter2", NULL, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text, "pin: the value is not accepted");
    scope_settings_free(settings);
}

static void bad_tables_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct scope_option row, second;
        const char *text;
    } bad[] = {
        {.row =
             SCOPE_OPTION_BOOL(struct config, threads, "Threads", .help = "a"),
         .text = "option 'Threads': a name is a lower-case letter, then "
                 "letters, digits, '-' and '_'"},
        {.row = SCOPE_OPTION_BOOL(struct config, threads, "a", .help = "a"),
         .second = SCOPE_OPTION_BOOL(struct config, threads, "a", .help = "a"),
         .text = "option 'a' is in the table twice"},
        {.row = SCOPE_OPTION_BOOL(struct config, threads, "a", .help = "a",
                                  .letter = 'x'),
         .second = SCOPE_OPTION_BOOL(struct config, threads, "b", .help = "a",
                                     .letter = 'x'),
         .text = "options 'a' and 'b' share the letter 'x'"},
        {.row = SCOPE_OPTION_BOOL(struct config, threads, "a"),
         .text = "option 'a' has no help"},
        {.row = {.name = "a", .help = "a", .type = (enum scope_type)77},
         .text = "option 'a' has no known type"},
        {.row = {.name = "a",
                 .help = "a",
                 .type = SCOPE_TYPE_INT,
                 .offset = sizeof(struct config) - 4},
         .text = "option 'a' lies outside the configuration struct"},
        {.row = SCOPE_OPTION_CHOICE(struct config, shape, "a", .help = "a"),
         .text = "option 'a': a choice, and nothing else, has choices"},
        {.row = SCOPE_OPTION_BOOL(struct config, threads, "a", .help = "a",
                                  .min = "no"),
         .text = "option 'a': a bool has no limits"},
        {.row = SCOPE_OPTION_INT(struct config, count, "a", .help = "a",
                                 .fallback = "x"),
         .text = "option 'a': the default: a: 'x' is not a whole number"},
        {.row = SCOPE_OPTION_INT(struct config, count, "a", .help = "a",
                                 .min = "5", .max = "4"),
         .text = "option 'a': the minimum: a: '5' is above the maximum of 4"},
        {.row = SCOPE_OPTION_INT(struct config, count, "a", .help = "a",
                                 .min = "5", .fallback = "4"),
         .text = "option 'a': the default: a: '4' is below the minimum of 5"},
        {.row = SCOPE_OPTION_INT(struct config, count, "a", .help = "a",
                                 .required = true, .fallback = "4"),
         .text = "option 'a' is required and has a default"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct scope_option rows[] = {bad[i].row, bad[i].second,
                                            SCOPE_OPTION_END};
        struct scope_err err = {0};
        assert_int_equal(scope_options_check(rows, sizeof(struct config), &err),
                         SCOPE_FAILED);
        assert_string_equal(err.text, bad[i].text);
    }
}

static void nearest_names(void **state)
{
    (void)state;
    static const char *const names[] = {"interval", "duration", "rate",
                                        "connections"};
    assert_string_equal(scope_nearest("inteval", names, 4), "interval");
    assert_string_equal(scope_nearest("raet", names, 4), "rate");
    assert_string_equal(scope_nearest("dur", names, 4), "duration");
    assert_null(scope_nearest("zzz", names, 4));
    assert_null(scope_nearest("", names, 4));
    char longer[2000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_null(scope_nearest(longer, names, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_good),
        cmocka_unit_test(defaults_fill_every_field),
        cmocka_unit_test(settings_replace_defaults_and_lists_grow),
        cmocka_unit_test(effective_values_set_themselves_again),
        cmocka_unit_test(faults_are_named_with_what_is_accepted),
        cmocka_unit_test(required_options_are_asked_for),
        cmocka_unit_test(secrets_stay_out_of_messages),
        cmocka_unit_test(bad_tables_are_refused),
        cmocka_unit_test(nearest_names),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
