/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML: trees with places, and one error at file:line:column for each hostile
 * or malformed input. */
#include "lib/base/yaml.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static enum scope_code parse(const char *text, struct scope_yaml_file **file,
                             struct scope_err *err)
{
    return scope_yaml_parse("a.yaml", text, strlen(text), file, err);
}

static void a_tree_knows_its_places(void **state)
{
    (void)state;
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    assert_int_equal(parse("a: 1\nb:\n  - x\n  - 'y'\nc: {d: }\n", &file, &err),
                     SCOPE_OK);
    const struct scope_yaml *root = scope_yaml_root(file);
    assert_int_equal(root->kind, SCOPE_YAML_MAPPING);
    assert_int_equal(root->count, 3);
    assert_string_equal(scope_yaml_get(root, "a")->scalar, "1");
    const struct scope_yaml *items = scope_yaml_get(root, "b");
    assert_int_equal(items->kind, SCOPE_YAML_SEQUENCE);
    assert_int_equal(items->count, 2);
    assert_true(items->items[0].plain);
    assert_false(items->items[1].plain);
    assert_string_equal(items->items[1].scalar, "y");
    assert_int_equal(items->items[1].place.line, 4);
    assert_int_equal(items->items[1].place.column, 5);
    assert_string_equal(items->items[1].place.file, "a.yaml");
    const struct scope_yaml *mapping = scope_yaml_get(root, "c");
    assert_true(scope_yaml_is_null(scope_yaml_get(mapping, "d")));
    assert_null(scope_yaml_get(root, "z"));
    assert_null(scope_yaml_get(items, "z"));
    scope_yaml_free(file);
}

static void nothing_is_an_empty_mapping(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "# only a comment\n", "\n\n"};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        struct scope_yaml_file *file;
        assert_int_equal(parse(empty[i], &file, NULL), SCOPE_OK);
        assert_int_equal(scope_yaml_root(file)->kind, SCOPE_YAML_MAPPING);
        assert_int_equal(scope_yaml_root(file)->count, 0);
        scope_yaml_free(file);
    }
}

static void faults_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } faults[] = {
        {"a: 1\nb: 2\na: 3\nb: 4\n", "a.yaml:3:1: the key 'a' is given twice"},
        {"a: &x 1\n", "a.yaml:1:4: anchors and aliases are not accepted"},
        {"a: &x [1]\n", "a.yaml:1:4: anchors and aliases are not accepted"},
        {"- *x\n", "a.yaml:1:3: anchors and aliases are not accepted"},
        {"a: !!int 1\n", "a.yaml:1:4: tags are not accepted"},
        {"a: !x {}\n", "a.yaml:1:4: tags are not accepted"},
        {"%TAG ! tag:x,2000:\n---\na: 1\n",
         "a.yaml:1:1: tags are not accepted"},
        {"a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document is not accepted"},
        {"a: \"x\\0y\"\n", "a.yaml:1:4: a NUL character is not accepted"},
        {"a: 1\nb: \xff\n", "a.yaml:2:4: invalid leading UTF-8 octet"},
        {"a: 1\nb: \x01\n", "a.yaml:2:4: control characters are not allowed"},
        {"{a: 1", "a.yaml:2:1: while parsing a flow mapping, did not find "
                  "expected ',' or '}'"},
        {"[1, 2}", "a.yaml:1:6: while parsing a flow sequence, did not find "
                   "expected ',' or ']'"},
        {"a: 'x\n", "a.yaml:2:1: while scanning a quoted scalar, found "
                    "unexpected end of stream"},
        {"a:\n\tb: 1\n", "a.yaml:2:1: while scanning for the next token, found "
                         "character that cannot start any token"},
        {"? [1]\n: 2\n", "a.yaml:1:3: a key must be a plain word"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct scope_yaml_file *file;
        struct scope_err err = {0};
        assert_int_equal(parse(faults[i].text, &file, &err), SCOPE_USAGE);
        assert_string_equal(err.text, faults[i].message);
        assert_null(file);
    }
}

static void a_nul_byte_is_refused_where_it_is(void **state)
{
    (void)state;
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    assert_int_equal(
        scope_yaml_parse("a.yaml", "a: 1\nb: \0\n", 10, &file, &err),
        SCOPE_USAGE);
    assert_string_equal(err.text,
                        "a.yaml:2:4: control characters are not allowed");
}

/* count times text, then the end; to free(). */
static char *repeat(const char *text, size_t count)
{
    struct scope_text out = {0};
    for (size_t i = 0; i < count; i++)
        scope_text_add(&out, "%s", text);
    return scope_text_take(&out);
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    char *deep = repeat("[", 100000);
    assert_int_equal(parse(deep, &file, &err), SCOPE_USAGE);
    assert_string_equal(err.text,
                        "a.yaml:1:65: nested more than 64 levels deep");
    free(deep);
    char *open = repeat("[", 64);
    char *shut = repeat("]", 64);
    char *allowed = scope_format("%s%s", open, shut);
    assert_int_equal(parse(allowed, &file, &err), SCOPE_OK);
    scope_yaml_free(file);
    free(allowed);
    free(shut);
    free(open);
}

static void the_number_of_values_is_limited(void **state)
{
    (void)state;
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    char *many = repeat("- x\n", 100001);
    assert_int_equal(parse(many, &file, &err), SCOPE_USAGE);
    assert_string_equal(err.text,
                        "a.yaml:100000:3: more than 100000 values in one file");
    free(many);
}

static void a_huge_file_is_not_read(void **state)
{
    (void)state;
    char path[] = "/tmp/scope-yaml.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 100 << 20), 0);
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    assert_int_equal(scope_yaml_read(path, &file, &err), SCOPE_USAGE);
    char message[200];
    snprintf(message, sizeof message, "%s:1:1: the file is larger than 16 MiB",
             path);
    assert_string_equal(err.text, message);
    close(fd);
    unlink(path);
    assert_int_equal(scope_yaml_read(path, &file, &err), SCOPE_USAGE);
    snprintf(message, sizeof message, "open %s: No such file or directory",
             path);
    assert_string_equal(err.text, message);
    assert_int_equal(scope_yaml_read("/dev/zero", &file, &err), SCOPE_USAGE);
    assert_string_equal(err.text,
                        "/dev/zero:1:1: the file is larger than 16 MiB");
}

struct config {
    int64_t interval_ns;
    bool threads;
    struct scope_list events;
    const char *url;
};

static const struct scope_option table[] = {
    SCOPE_OPTION_DURATION(struct config, interval_ns, "interval",
                          .fallback = "1s", .help = "a"),
    SCOPE_OPTION_BOOL(struct config, threads, "threads", .fallback = "no",
                      .help = "b"),
    SCOPE_OPTION_LIST(struct config, events, "events", .help = "c"),
    SCOPE_OPTION_STRING(struct config, url, "url", .help = "d"),
    SCOPE_OPTION_END,
};

static enum scope_code apply(const char *text, struct scope_settings **settings,
                             struct scope_err *err)
{
    struct scope_yaml_file *file;
    enum scope_code code = parse(text, &file, err);
    assert_int_equal(code, SCOPE_OK);
    *settings = scope_settings_new(table, sizeof(struct config), "perf.");
    code = scope_settings_yaml(*settings, scope_yaml_root(file), err);
    scope_yaml_free(file);
    return code;
}

static void a_mapping_becomes_settings(void **state)
{
    (void)state;
    struct scope_settings *settings;
    struct scope_err err = {0};
    assert_int_equal(apply("interval: 10ms\nthreads:\nevents: [a, 'b,c']\n"
                           "url: \"http://x/?a=1,b=2\"\n",
                           &settings, &err),
                     SCOPE_OK);
    const struct config *config = scope_settings_config(settings);
    assert_int_equal(config->interval_ns, 10000000);
    assert_true(config->threads);
    assert_int_equal(config->events.count, 2);
    assert_string_equal(config->events.items[1], "b,c");
    assert_string_equal(config->url, "http://x/?a=1,b=2");
    scope_settings_free(settings);
}

static void bad_settings_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *hint;
    } faults[] = {
        {"intervall: 1s\n", "a.yaml:1:1: unknown option perf.intervall",
         "did you mean perf.interval?"},
        {"url: x\ninterval: 10\n",
         "a.yaml:2:11: perf.interval: '10' is a duration without a unit",
         "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)"},
        {"interval: {a: 1}\n",
         "a.yaml:1:11: interval takes a value, not a mapping", ""},
        {"interval: [1s]\n",
         "a.yaml:1:12: perf.interval takes one value, not a list", ""},
        {"events: [[a]]\n",
         "a.yaml:1:10: events: an item must be a plain value", ""},
        {"interval:\n", "a.yaml:1:10: perf.interval needs a value",
         "write perf.interval=DURATION"},
        {"- a\n", "a.yaml:1:1: a mapping of options is expected here", ""},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct scope_settings *settings;
        struct scope_err err = {0};
        assert_int_equal(apply(faults[i].text, &settings, &err), SCOPE_USAGE);
        assert_string_equal(err.text, faults[i].message);
        assert_string_equal(err.hint, faults[i].hint);
        scope_settings_free(settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_knows_its_places),
        cmocka_unit_test(nothing_is_an_empty_mapping),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(a_nul_byte_is_refused_where_it_is),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(the_number_of_values_is_limited),
        cmocka_unit_test(a_huge_file_is_not_read),
        cmocka_unit_test(a_mapping_becomes_settings),
        cmocka_unit_test(bad_settings_have_a_place),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
