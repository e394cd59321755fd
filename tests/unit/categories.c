/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rules make of stacks, what is wrong with files of them, and that the
 * installed ones name functions that exist. */
#include "lib/base/categories.h"
#include "lib/base/data_files.h"
#include "lib/base/glob.h"
#include "lib/base/text.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scope_categories *read_text(const char *text)
{
    struct scope_categories *categories;
    struct scope_err err = {0};
    if (scope_categories_read("in.yaml", text, strlen(text), &categories, &err))
        fail_msg("%s", err.text);
    return categories;
}

/* A profile of one stack, from its outermost frame in: "k:NAME" is in the
 * kernel, "MODULE!NAME" of a module, else of "/bin/program". */
static uint32_t add_stack(struct scope_profile *profile, const char *frames)
{
    char *copy = scope_strdup(frames), *rest = copy;
    uint32_t stack = 0;
    for (char *frame; (frame = strsep(&rest, " "));) {
        bool kernel = strncmp(frame, "k:", 2) == 0;
        char *bang = strchr(frame, '!');
        const char *module = kernel ? "[kernel]" : "/bin/program";
        if (bang) {
            *bang = '\0';
            module = frame;
        }
        struct scope_function function = {
            .symbol = bang ? bang + 1 : frame + (kernel ? 2 : 0),
            .module = scope_profile_module(profile, module, ""),
            .kernel = kernel,
            .named = true};
        stack = scope_profile_stack(profile, stack,
                                    scope_profile_function(profile, &function));
    }
    free(copy);
    return stack;
}

static void assert_sorted(const struct scope_categories *categories,
                          const char *frames, const char *wanted)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    uint32_t stack = add_stack(profile, frames);
    uint32_t *sorted = scope_categories_sort(categories, profile);
    const char *got = scope_categories_name(categories, sorted[stack]);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s is %s, not %s", frames, got, wanted);
    free(sorted);
    scope_profile_free(profile);
}

/* The names of the categories that cover the stack, in order. */
static void assert_covered(const struct scope_categories *categories,
                           const char *frames, const char *wanted)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    uint32_t stack = add_stack(profile, frames);
    size_t words;
    uint64_t *cover = scope_categories_cover(categories, profile, &words);
    struct scope_text got = {0};
    for (size_t c = 0; c < scope_categories_count(categories); c++)
        if (cover[stack * words + c / 64] & UINT64_C(1) << c % 64)
            scope_text_add(&got, "%s%s", got.length ? " " : "",
                           scope_categories_name(categories, c));
    assert_string_equal(got.bytes ? got.bytes : "", wanted);
    scope_text_free(&got);
    free(cover);
    scope_profile_free(profile);
}

static void globs_match_whole_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"tcp_*", "tcp_ack", true},
        {"tcp_*", "xtcp_ack", false},
        {"tcp_*", "tcp_", true},
        {"*_lock", "spin_lock", true},
        {"*_lock", "spin_lock_bh", false},
        {"*a*b", "xaybzb", true},
        {"*a*b", "xbya", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"operator[]", "operator[]", true},
        {"[kernel]", "k", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"**", "anything", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (scope_glob(cases[i].pattern, cases[i].name,
                       strlen(cases[i].name)) != cases[i].matches)
            fail_msg("%s and %s", cases[i].pattern, cases[i].name);
    /* What makes a regular expression take for ever is over at once. */
    char name[4001];
    memset(name, 'a', 4000);
    name[4000] = '\0';
    assert_false(scope_glob("*a*a*a*a*a*a*a*a*a*a*a*a*b", name, 4000));
}

static void symbols_lose_what_compilers_added(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"tcp_ack.isra.0", "tcp_ack"},
        {"f.constprop.0.isra.1", "f"},
        {"f.cold", "f"},
        {"f.llvm.123", "f"},
        {"haproxy+0x1a2b0", "haproxy+0x1a2b0"},
        {"f.collection", "f.collection"},
        {"a::b(int, char*) const", "a::b"},
        {"a::b(c (*)(int)) [clone .cold]", "a::b"},
        {"a::operator()(int) const", "a::operator()"},
        {"a::{lambda(int)#1}::operator()(int) const",
         "a::{lambda(int)#1}::operator()"},
        {"(anonymous namespace)::f()", "(anonymous namespace)::f"},
        {"a::(anonymous namespace)", "a::(anonymous namespace)"},
        {"f() &&", "f"},
        {")", ")"},
        {"()", "()"},
        {"", ""},
        {"std::__1::vector<int>::push_back[abi:v15000](int&&)",
         "std::__1::vector<int>::push_back[abi:v15000]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t base = scope_symbol_base(cases[i][0], strlen(cases[i][0]));
        char *got = scope_format("%.*s", (int)base, cases[i][0]);
        assert_string_equal(got, cases[i][1]);
        free(got);
    }
}

static const char plain[] = "title: t\n"
                            "rules:\n"
                            "  - {category: moves, symbol: [memcpy, memset*]}\n"
                            "  - {category: parse, symbol: parse_*}\n"
                            "  - {category: tcp, kernel: yes, symbol: tcp_*}\n"
                            "  - {category: entry, leaf: yes, symbol: entry}\n"
                            "  - {category: lib, module: 'lib*.so*'}\n"
                            "otherwise:\n"
                            "  - {category: rest, kernel: no}\n";

static void the_innermost_frame_that_matches_decides(void **state)
{
    (void)state;
    struct scope_categories *categories = read_text(plain);
    assert_sorted(categories, "main parse_line memcpy", "moves");
    assert_sorted(categories, "main parse_line helper", "parse");
    assert_sorted(categories, "main helper", "rest");
    assert_sorted(categories, "/usr/lib/libx.so.1!f", "lib");
    assert_sorted(categories, "/usr/lib/libx.so.1!f main", "lib");
    assert_sorted(categories, "/opt/libx.so/y!f", "rest");
    assert_covered(categories, "main parse_line memcpy", "moves parse");
    assert_covered(categories, "main", "rest");
    scope_categories_free(categories);
}

/* What ran in the kernel is not given to whoever called it. */
static void the_kernel_is_a_side_of_its_own(void **state)
{
    (void)state;
    struct scope_categories *categories = read_text(plain);
    assert_sorted(categories, "parse_line k:entry k:tcp_ack k:lock", "tcp");
    assert_sorted(categories, "parse_line k:entry k:lock", "uncategorised");
    assert_sorted(categories, "parse_line k:entry", "entry");
    assert_sorted(categories, "parse_line entry helper", "parse");
    assert_covered(categories, "parse_line k:entry k:lock",
                   "parse uncategorised");
    assert_covered(categories, "parse_line k:tcp_ack k:lock", "parse tcp");
    scope_categories_free(categories);
}

static void rules_can_ask_for_the_whole_stack(void **state)
{
    (void)state;
    struct scope_categories *categories =
        read_text("title: t\n"
                  "rules:\n"
                  "  - {category: tls, symbol: mem*, within: SSL_*}\n"
                  "  - {category: moves, symbol: memcpy}\n"
                  "  - {category: reading, within: on_read}\n"
                  "  - {category: parse, symbol: parse_*}\n"
                  "otherwise:\n"
                  "  - {category: main, within: main}\n");
    assert_sorted(categories, "main SSL_write memcpy", "tls");
    assert_sorted(categories, "main f memcpy", "moves");
    assert_sorted(categories, "main on_read memcpy", "moves");
    assert_sorted(categories, "main on_read f", "reading");
    assert_sorted(categories, "main on_read parse_x", "reading");
    assert_sorted(categories, "main parse_x", "parse");
    assert_sorted(categories, "main memset SSL_x", "tls");
    assert_sorted(categories, "main f", "main");
    assert_sorted(categories, "f", "uncategorised");
    assert_sorted(categories, "on_read k:f", "reading");
    assert_covered(categories, "main on_read parse_x SSL_write memcpy",
                   "tls moves reading parse");
    /* Of a stack's callers alone less is known than of the stack. */
    assert_covered(categories, "main memcpy", "moves");
    scope_categories_free(categories);
}

static void modules_are_matched_by_name_or_path(void **state)
{
    (void)state;
    struct scope_categories *categories =
        read_text("title: t\n"
                  "rules:\n"
                  "  - {category: mine, module: /opt/*/haproxy}\n"
                  "  - {category: haproxy, module: haproxy}\n"
                  "  - {category: kernel, module: '[kernel]'}\n");
    assert_sorted(categories, "/usr/sbin/haproxy!f", "haproxy");
    assert_sorted(categories, "/opt/x/haproxy!f", "mine");
    assert_sorted(categories, "k:f", "kernel");
    assert_sorted(categories, "/haproxy/x!f", "uncategorised");
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    struct scope_function function = {
        .symbol = "f",
        .module =
            scope_profile_module(profile, "/usr/sbin/haproxy (deleted)", "")};
    uint32_t stack = scope_profile_stack(
        profile, 0, scope_profile_function(profile, &function));
    uint32_t *sorted = scope_categories_sort(categories, profile);
    assert_string_equal(scope_categories_name(categories, sorted[stack]),
                        "haproxy");
    assert_string_equal(scope_categories_name(categories, sorted[0]),
                        "uncategorised");
    free(sorted);
    scope_profile_free(profile);
    scope_categories_free(categories);
}

static void faults_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error, *hint;
    } cases[] = {
        {"[]", "in.yaml:1:1: categories are a mapping: title, rules", ""},
        {"rules: []", "in.yaml:1:1: there is no title", ""},
        {"title: t", "in.yaml:1:1: there is no rule", ""},
        {"titel: t", "in.yaml:1:1: unknown key titel", "did you mean title?"},
        {"title: []", "in.yaml:1:8: title wants a text", ""},
        {"title: t\nrules: x", "in.yaml:2:8: rules wants a list of rules", ""},
        {"title: t\nrules:\n  - x\n",
         "in.yaml:3:5: a rule is a mapping: category, and what matches", ""},
        {"title: t\nrules:\n  - symbol: x\n",
         "in.yaml:3:5: the rule names no category", ""},
        {"title: t\nrules:\n  - category: x\n",
         "in.yaml:3:5: the rule says nothing of what matches: module, symbol, "
         "within or kernel",
         ""},
        {"title: t\nrules:\n  - {category: x, symbl: y}\n",
         "in.yaml:3:19: unknown key symbl", "did you mean symbol?"},
        {"title: t\nrules:\n  - {category: x, kernel: maybe}\n",
         "in.yaml:3:27: kernel wants yes or no", ""},
        {"title: t\nrules:\n  - {category: x, symbol: []}\n",
         "in.yaml:3:27: symbol wants 1 to 4096 patterns", ""},
        {"title: t\nrules:\n  - {category: x, symbol: [[a]]}\n",
         "in.yaml:3:28: symbol wants a text", ""},
        {"title: t\nrules:\n  - {category: uncategorised, symbol: a}\n",
         "in.yaml:3:16: \"uncategorised\" is what no rule matches; choose "
         "another name",
         ""},
        {"title: t\ninclude: ../x\nrules:\n  - {category: x, symbol: a}\n",
         "in.yaml:2:10: include wants the name of installed categories, not a "
         "path",
         ""},
        {"title: t\ninclude: kernle\nrules:\n  - {category: x, symbol: a}\n",
         "in.yaml:2:10: there are no categories named 'kernle'",
         "did you mean kernel? There are envoy, haproxy, kernel, nginx, "
         "sidecar, tax"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scope_categories *categories;
        struct scope_err err = {0};
        assert_int_equal(scope_categories_read("in.yaml", cases[i].text,
                                               strlen(cases[i].text),
                                               &categories, &err),
                         SCOPE_USAGE);
        assert_null(categories);
        assert_string_equal(err.text, cases[i].error);
        assert_string_equal(err.hint, cases[i].hint);
    }
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    struct scope_text text = {0};
    struct scope_categories *categories;
    struct scope_err err = {0};
    scope_text_add(&text, "title: t\nrules:\n");
    for (int i = 0; i < 65; i++)
        scope_text_add(&text, "  - {category: c, within: f%d}\n", i);
    assert_int_equal(scope_categories_read("in.yaml", text.bytes, text.length,
                                           &categories, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text,
                        "in.yaml:67:5: more than 64 rules have within");
    text.length = 0;
    scope_text_add(&text, "title: t\nrules:\n");
    for (int i = 0; i < 257; i++)
        scope_text_add(&text, "  - {category: c%d, symbol: f}\n", i);
    assert_int_equal(scope_categories_read("in.yaml", text.bytes, text.length,
                                           &categories, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text,
                        "in.yaml:259:16: there are more than 256 categories");
    scope_text_free(&text);
}

/* A file that includes others: its own rules come first, and only its own say
 * what is to be done with the rest. */
static void files_build_on_others(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "categories/base.yaml",
              "title: base\nrules:\n  - {category: b, symbol: 'f*'}\n"
              "otherwise:\n  - {category: never, symbol: '*'}\n");
    tree_file(tree, "categories/top.yaml",
              "title: top\ninclude: [base]\nrules:\n"
              "  - {category: a, symbol: fa, help: first of all}\n");
    tree_file(tree, "categories/twice.yaml",
              "title: twice\ninclude: top\nrules:\n"
              "  - {category: a, symbol: fa}\n");
    char *before = scope_strdup(getenv("SCOPE_DATA_PATH"));
    char *path = scope_format("%s:%s", tree, before);
    setenv("SCOPE_DATA_PATH", path, 1);
    struct scope_categories *categories;
    struct scope_err err = {0};
    assert_int_equal(scope_categories_load("top", &categories, &err), SCOPE_OK);
    assert_string_equal(scope_categories_title(categories), "top");
    assert_int_equal(scope_categories_count(categories), 3);
    assert_string_equal(scope_categories_help(categories, 0), "first of all");
    assert_string_equal(scope_categories_help(categories, 2),
                        "no rule of the file matches it");
    assert_sorted(categories, "fa", "a");
    assert_sorted(categories, "fb", "b");
    assert_sorted(categories, "x", "uncategorised");
    scope_categories_free(categories);
    assert_int_equal(scope_categories_load("twice", &categories, &err),
                     SCOPE_USAGE);
    assert_non_null(strstr(err.text, "categories/top.yaml:2:10: a file that is "
                                     "included cannot include others"));
    assert_int_equal(scope_categories_load("tpo", &categories, &err),
                     SCOPE_NOT_FOUND);
    assert_non_null(strstr(err.hint, "did you mean top?"));
    setenv("SCOPE_DATA_PATH", "/nowhere", 1);
    assert_int_equal(scope_categories_load("top", &categories, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text,
                        "SCOPE_DATA_PATH: read the folder /nowhere: No such "
                        "file or directory");
    setenv("SCOPE_DATA_PATH", before, 1);
    free(path);
    free(before);
    tree_remove(tree);
}

/* Names of functions, each with what it is sorted into. */
struct known {
    char *file, *category, *module, *symbol;
};

struct list {
    struct known *items;
    size_t count, room;
};

static void read_known(struct list *list, const char *file)
{
    char *path = scope_format("%s/tests/unit/symbols/%s.txt",
                              getenv("SCOPE_SOURCE"), file);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    char line[4096];
    while (fgets(line, sizeof line, in)) {
        char *rest = line;
        struct known known = {.file = scope_strdup(file)};
        line[strcspn(line, "\n")] = '\0';
        known.category = scope_strdup(strsep(&rest, "\t"));
        known.module = scope_strdup(strsep(&rest, "\t"));
        assert_non_null(rest);
        known.symbol = scope_strdup(rest);
        list->items = scope_grow(list->items, &list->room, list->count,
                                 sizeof *list->items);
        list->items[list->count++] = known;
    }
    fclose(in);
    free(path);
}

static void free_known(struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].file);
        free(list->items[i].category);
        free(list->items[i].module);
        free(list->items[i].symbol);
    }
    free(list->items);
}

static const char *const files[] = {"envoy", "haproxy", "kernel",
                                    "nginx", "sidecar", "tax"};
enum {
    FILES = sizeof files / sizeof *files,
};

/* A rule that has one pattern alone, of symbols or of modules. */
static bool known_to_any(const struct list *list, const struct scope_rule *rule,
                         char *pattern, bool module)
{
    struct scope_rule alone = *rule;
    struct scope_patterns one = {.items = &pattern, .count = 1};
    if (module)
        alone.module = one;
    else
        alone.symbol = one;
    for (size_t i = 0; i < list->count; i++) {
        bool kernel = strcmp(list->items[i].module, "[kernel]") == 0;
        struct scope_module of = {.path = list->items[i].module};
        struct scope_profile profile = {.modules = &of, .module_count = 1};
        struct scope_function function = {.symbol = list->items[i].symbol,
                                          .kernel = kernel};
        if (scope_rule_matches(&alone, &profile, &function))
            return true;
    }
    return false;
}

static void check_rules(const struct list *list,
                        const struct scope_categories *categories,
                        const struct scope_rules *rules, const char *file)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct scope_rule *rule = &rules->items[i];
        for (size_t j = 0; j < rule->symbol.count + rule->module.count; j++) {
            bool module = j >= rule->symbol.count;
            char *pattern = module ? rule->module.items[j - rule->symbol.count]
                                   : rule->symbol.items[j];
            if (!known_to_any(list, rule, pattern, module))
                fail_msg("%s.yaml: %s: nothing is known that %s matches", file,
                         scope_categories_name(categories, rule->category),
                         pattern);
        }
    }
}

static void every_installed_pattern_matches_a_real_name(void **state)
{
    (void)state;
    struct list list = {0};
    for (size_t i = 0; i < FILES; i++)
        read_known(&list, files[i]);
    for (size_t i = 0; i < FILES; i++) {
        struct scope_categories *categories;
        struct scope_err err = {0};
        if (scope_categories_load(files[i], &categories, &err))
            fail_msg("%s", err.text);
        check_rules(&list, categories, &categories->rules, files[i]);
        check_rules(&list, categories, &categories->otherwise, files[i]);
        for (size_t c = 0; c < scope_categories_count(categories); c++)
            if (!*scope_categories_help(categories, c))
                fail_msg("%s.yaml: %s has no help", files[i],
                         scope_categories_name(categories, c));
        scope_categories_free(categories);
    }
    free_known(&list);
}

static void real_names_are_sorted_as_they_were(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct list list = {0};
        struct scope_categories *categories;
        struct scope_err err = {0};
        read_known(&list, files[i]);
        assert_int_equal(scope_categories_load(files[i], &categories, &err),
                         SCOPE_OK);
        struct scope_profile *profile =
            scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
        uint32_t *stacks = scope_alloc(list.count, sizeof *stacks);
        for (size_t j = 0; j < list.count; j++) {
            const struct known *known = &list.items[j];
            struct scope_function function = {
                .symbol = known->symbol,
                .module = scope_profile_module(profile, known->module, ""),
                .kernel = strcmp(known->module, "[kernel]") == 0};
            stacks[j] = scope_profile_stack(
                profile, 0, scope_profile_function(profile, &function));
        }
        uint32_t *sorted = scope_categories_sort(categories, profile);
        for (size_t j = 0; j < list.count; j++)
            if (strcmp(scope_categories_name(categories, sorted[stacks[j]]),
                       list.items[j].category) != 0)
                fail_msg("%s.yaml: %s is %s, not %s", files[i],
                         list.items[j].symbol,
                         scope_categories_name(categories, sorted[stacks[j]]),
                         list.items[j].category);
        free(sorted);
        free(stacks);
        scope_profile_free(profile);
        scope_categories_free(categories);
        free_known(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_whole_names),
        cmocka_unit_test(symbols_lose_what_compilers_added),
        cmocka_unit_test(the_innermost_frame_that_matches_decides),
        cmocka_unit_test(the_kernel_is_a_side_of_its_own),
        cmocka_unit_test(rules_can_ask_for_the_whole_stack),
        cmocka_unit_test(modules_are_matched_by_name_or_path),
        cmocka_unit_test(faults_have_their_place),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(files_build_on_others),
        cmocka_unit_test(every_installed_pattern_matches_a_real_name),
        cmocka_unit_test(real_names_are_sorted_as_they_were),
    };
    return cmocka_run_group_tests_name("categories", tests, NULL, NULL);
}
