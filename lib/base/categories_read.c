/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of categories: docs/categories.md says what they hold. */
#include "lib/base/categories.h"

#include "lib/base/data_files.h"
#include "lib/base/text.h"

#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct scope_categories *categories;
    struct scope_err *err;
    bool included; /* reading a file that another one names */
};

static enum scope_code read_file(struct reader *reader,
                                 const struct scope_yaml *root);

static enum scope_code unknown(struct reader *reader,
                               const struct scope_yaml *node, const char *what,
                               const char *const *known, size_t count)
{
    scope_fail_at(reader->err, &node->place, "unknown %s %s", what,
                  node->scalar);
    const char *near = scope_nearest(node->scalar, known, count);
    if (near)
        return scope_hint(reader->err, "did you mean %s?", near);
    struct scope_text all = {0};
    for (size_t i = 0; i < count; i++)
        scope_text_add(&all, "%s%s", i ? ", " : "", known[i]);
    scope_hint(reader->err, "known here: %s", all.bytes);
    scope_text_free(&all);
    return SCOPE_USAGE;
}

static enum scope_code check_keys(struct reader *reader,
                                  const struct scope_yaml *mapping,
                                  const char *const *known, size_t count)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct scope_yaml *key = &mapping->items[i * 2];
        size_t at = 0;
        while (at < count && strcmp(known[at], key->scalar) != 0)
            at++;
        if (at == count)
            return unknown(reader, key, "key", known, count);
    }
    return SCOPE_OK;
}

static enum scope_code read_text(struct reader *reader,
                                 const struct scope_yaml *node,
                                 const char *what, size_t longest,
                                 const char **text)
{
    *text = "";
    if (node->kind != SCOPE_YAML_SCALAR || scope_yaml_is_null(node) ||
        !*node->scalar)
        return scope_fail_at(reader->err, &node->place, "%s wants a text",
                             what);
    if (strlen(node->scalar) > longest)
        return scope_fail_at(reader->err, &node->place,
                             "%s has more than %zu bytes", what, longest);
    *text = node->scalar;
    return SCOPE_OK;
}

static enum scope_code add_pattern(struct reader *reader,
                                   const struct scope_yaml *node,
                                   const char *key,
                                   struct scope_patterns *patterns)
{
    const char *text;
    enum scope_code code =
        read_text(reader, node, key, SCOPE_LONGEST_PATTERN, &text);
    if (code)
        return code;
    patterns->items = scope_realloc(patterns->items, patterns->count + 1,
                                    sizeof *patterns->items);
    patterns->items[patterns->count++] = scope_strdup(text);
    return SCOPE_OK;
}

static enum scope_code read_patterns(struct reader *reader,
                                     const struct scope_yaml *rule,
                                     const char *key,
                                     struct scope_patterns *patterns)
{
    const struct scope_yaml *node = scope_yaml_get(rule, key);
    if (!node)
        return SCOPE_OK;
    if (node->kind != SCOPE_YAML_SEQUENCE)
        return add_pattern(reader, node, key, patterns);
    if (!node->count || node->count > SCOPE_MOST_PATTERNS)
        return scope_fail_at(reader->err, &node->place,
                             "%s wants 1 to %d patterns", key,
                             SCOPE_MOST_PATTERNS);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < node->count; i++)
        code = add_pattern(reader, &node->items[i], key, patterns);
    return code;
}

/* 1, 0, or -1 where the key is absent. */
static enum scope_code read_flag(struct reader *reader,
                                 const struct scope_yaml *rule, const char *key,
                                 int *flag)
{
    static const char *const words[] = {"no", "yes", "false", "true"};
    const struct scope_yaml *node = scope_yaml_get(rule, key);
    *flag = -1;
    if (!node)
        return SCOPE_OK;
    for (int i = 0; node->kind == SCOPE_YAML_SCALAR && i < 4; i++)
        if (strcmp(words[i], node->scalar) == 0) {
            *flag = i % 2;
            return SCOPE_OK;
        }
    return scope_fail_at(reader->err, &node->place, "%s wants yes or no", key);
}

static enum scope_code read_flags(struct reader *reader,
                                  const struct scope_yaml *node,
                                  struct scope_rule *rule)
{
    int kernel, leaf;
    enum scope_code code = read_flag(reader, node, "kernel", &kernel);
    if (!code)
        code = read_flag(reader, node, "leaf", &leaf);
    if (code)
        return code;
    rule->leaf = leaf == 1;
    rule->side = kernel < 0 ? SCOPE_SIDE_ANY
                 : kernel   ? SCOPE_SIDE_KERNEL
                            : SCOPE_SIDE_USER;
    return SCOPE_OK;
}

/* The number of a category, which is added when it is new. */
static enum scope_code find_category(struct reader *reader,
                                     const struct scope_yaml *node,
                                     uint32_t *index)
{
    struct scope_categories *categories = reader->categories;
    const char *name;
    enum scope_code code = read_text(reader, node, "category", 64, &name);
    if (code)
        return code;
    if (strcmp(name, scope_categories_name(categories, categories->count)) == 0)
        return scope_fail_at(reader->err, &node->place,
                             "\"%s\" is what no rule matches; choose another "
                             "name",
                             name);
    for (*index = 0; *index < categories->count; (*index)++)
        if (strcmp(categories->items[*index].name, name) == 0)
            return SCOPE_OK;
    if (categories->count == SCOPE_MOST_CATEGORIES)
        return scope_fail_at(reader->err, &node->place,
                             "there are more than %d categories",
                             SCOPE_MOST_CATEGORIES);
    categories->items =
        scope_grow(categories->items, &categories->room, categories->count,
                   sizeof *categories->items);
    categories->items[categories->count++] = (struct scope_category){
        .name = scope_strdup(name), .help = scope_strdup("")};
    return SCOPE_OK;
}

static void free_patterns(struct scope_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->items[i]);
    free(patterns->items);
}

static void free_rule(struct scope_rule *rule)
{
    free_patterns(&rule->module);
    free_patterns(&rule->symbol);
    free_patterns(&rule->within);
}

static enum scope_code fill_rule(struct reader *reader,
                                 const struct scope_yaml *node,
                                 struct scope_rule *rule)
{
    static const char *const known[] = {
        "category", "help", "module", "symbol", "within", "kernel", "leaf"};
    if (node->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(reader->err, &node->place,
                             "a rule is a mapping: category, and what matches");
    enum scope_code code =
        check_keys(reader, node, known, sizeof known / sizeof *known);
    if (code)
        return code;
    const struct scope_yaml *name = scope_yaml_get(node, "category");
    if (!name)
        return scope_fail_at(reader->err, &node->place,
                             "the rule names no category");
    code = find_category(reader, name, &rule->category);
    if (!code)
        code = read_patterns(reader, node, "module", &rule->module);
    if (!code)
        code = read_patterns(reader, node, "symbol", &rule->symbol);
    if (!code)
        code = read_patterns(reader, node, "within", &rule->within);
    if (!code)
        code = read_flags(reader, node, rule);
    if (!code && !rule->module.count && !rule->symbol.count &&
        !rule->within.count && !rule->side)
        return scope_fail_at(reader->err, &node->place,
                             "the rule says nothing of what matches: module, "
                             "symbol, within or kernel");
    return code;
}

/* The sentence that a category's first rule with one says. */
static enum scope_code read_help(struct reader *reader,
                                 const struct scope_yaml *node,
                                 uint32_t category)
{
    const struct scope_yaml *help = scope_yaml_get(node, "help");
    const char *text;
    if (!help)
        return SCOPE_OK;
    enum scope_code code = read_text(reader, help, "help", 1000, &text);
    struct scope_category *one = &reader->categories->items[category];
    if (code || *one->help)
        return code;
    free(one->help);
    one->help = scope_strdup(text);
    return SCOPE_OK;
}

static enum scope_code read_rule(struct reader *reader,
                                 const struct scope_yaml *node,
                                 struct scope_rules *rules)
{
    struct scope_categories *categories = reader->categories;
    if (categories->rules.count + categories->otherwise.count ==
        SCOPE_MOST_RULES)
        return scope_fail_at(reader->err, &node->place,
                             "there are more than %d rules", SCOPE_MOST_RULES);
    struct scope_rule rule = {0};
    enum scope_code code = fill_rule(reader, node, &rule);
    if (!code)
        code = read_help(reader, node, rule.category);
    if (!code && rule.within.count) {
        rule.bit = categories->bits;
        if (categories->bits++ == SCOPE_MOST_WITHIN)
            code = scope_fail_at(reader->err, &node->place,
                                 "more than %d rules have within",
                                 SCOPE_MOST_WITHIN);
    }
    if (code) {
        free_rule(&rule);
        return code;
    }
    rules->items =
        scope_grow(rules->items, &rules->room, rules->count, sizeof rule);
    rules->items[rules->count++] = rule;
    return SCOPE_OK;
}

static enum scope_code read_rules(struct reader *reader,
                                  const struct scope_yaml *root,
                                  const char *key, struct scope_rules *rules)
{
    const struct scope_yaml *node = scope_yaml_get(root, key);
    if (!node || scope_yaml_is_null(node))
        return SCOPE_OK;
    if (node->kind != SCOPE_YAML_SEQUENCE)
        return scope_fail_at(reader->err, &node->place,
                             "%s wants a list of rules", key);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < node->count; i++)
        code = read_rule(reader, &node->items[i], rules);
    return code;
}

static enum scope_code include(struct reader *reader,
                               const struct scope_yaml *node)
{
    const char *name;
    char *path = NULL;
    struct scope_yaml_file *file = NULL;
    struct reader inner = *reader;
    inner.included = true;
    enum scope_code code = read_text(reader, node, "include", 255, &name);
    if (code)
        return code;
    if (strchr(name, '/'))
        return scope_fail_at(reader->err, &node->place,
                             "include wants the name of installed categories, "
                             "not a path");
    code = scope_data_file_find("categories", name, &path, reader->err);
    if (code) {
        struct scope_err why = *reader->err;
        scope_fail_at(reader->err, &node->place, "%s", why.text);
        scope_hint(reader->err, "%s", why.hint);
        return SCOPE_USAGE;
    }
    code = scope_yaml_read(path, &file, reader->err);
    if (!code)
        code = read_file(&inner, scope_yaml_root(file));
    scope_yaml_free(file);
    free(path);
    return code;
}

/* The rules of what a file includes come behind its own; what is to be done
 * with the rest only the file itself says. */
static enum scope_code read_includes(struct reader *reader,
                                     const struct scope_yaml *root)
{
    const struct scope_yaml *node = scope_yaml_get(root, "include");
    if (!node || scope_yaml_is_null(node))
        return SCOPE_OK;
    if (reader->included)
        return scope_fail_at(reader->err, &node->place,
                             "a file that is included cannot include others");
    if (node->kind != SCOPE_YAML_SEQUENCE)
        return include(reader, node);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < node->count; i++)
        code = include(reader, &node->items[i]);
    return code;
}

static enum scope_code read_file(struct reader *reader,
                                 const struct scope_yaml *root)
{
    static const char *const known[] = {"title", "include", "rules",
                                        "otherwise"};
    struct scope_categories *categories = reader->categories;
    if (root->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(reader->err, &root->place,
                             "categories are a mapping: title, rules");
    enum scope_code code =
        check_keys(reader, root, known, sizeof known / sizeof *known);
    const struct scope_yaml *title = scope_yaml_get(root, "title");
    const char *text = "";
    if (!code && title)
        code = read_text(reader, title, "title", 200, &text);
    if (!code && !title)
        return scope_fail_at(reader->err, &root->place, "there is no title");
    if (!code && !reader->included)
        categories->title = scope_strdup(text);
    if (!code)
        code = read_rules(reader, root, "rules", &categories->rules);
    if (!code && !reader->included)
        code = read_rules(reader, root, "otherwise", &categories->otherwise);
    if (!code)
        code = read_includes(reader, root);
    return code;
}

/* Bits in the order in which rules are tried: those of what is included came
 * behind, and so did what is tried last. */
static enum scope_code finish(struct scope_categories *categories,
                              const struct scope_yaml *root,
                              struct scope_err *err)
{
    unsigned bit = 0;
    for (size_t i = 0; i < categories->rules.count; i++)
        if (categories->rules.items[i].within.count)
            categories->rules.items[i].bit = bit++;
    for (size_t i = 0; i < categories->otherwise.count; i++)
        if (categories->otherwise.items[i].within.count)
            categories->otherwise.items[i].bit = bit++;
    if (!categories->count)
        return scope_fail_at(err, &root->place, "there is no rule");
    return SCOPE_OK;
}

static enum scope_code make(struct scope_yaml_file *file,
                            struct scope_categories **categories,
                            struct scope_err *err)
{
    *categories = scope_alloc(1, sizeof **categories);
    struct reader reader = {.categories = *categories, .err = err};
    enum scope_code code = read_file(&reader, scope_yaml_root(file));
    if (!code)
        code = finish(*categories, scope_yaml_root(file), err);
    if (code) {
        scope_categories_free(*categories);
        *categories = NULL;
    }
    scope_yaml_free(file);
    return code;
}

enum scope_code scope_categories_read(const char *name, const char *bytes,
                                      size_t size,
                                      struct scope_categories **categories,
                                      struct scope_err *err)
{
    struct scope_yaml_file *file;
    *categories = NULL;
    enum scope_code code = scope_yaml_parse(name, bytes, size, &file, err);
    return code ? code : make(file, categories, err);
}

enum scope_code scope_categories_load(const char *name,
                                      struct scope_categories **categories,
                                      struct scope_err *err)
{
    char *path;
    struct scope_yaml_file *file = NULL;
    *categories = NULL;
    enum scope_code code = scope_data_file_find("categories", name, &path, err);
    if (!code)
        code = scope_yaml_read(path, &file, err);
    free(path);
    return code ? code : make(file, categories, err);
}

static void free_rules(struct scope_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        free_rule(&rules->items[i]);
    free(rules->items);
}

void scope_categories_free(struct scope_categories *categories)
{
    if (!categories)
        return;
    for (size_t i = 0; i < categories->count; i++) {
        free(categories->items[i].name);
        free(categories->items[i].help);
    }
    free_rules(&categories->rules);
    free_rules(&categories->otherwise);
    free(categories->items);
    free(categories->title);
    free(categories);
}
