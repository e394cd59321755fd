/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Categories inside: what was read from a file, and what sorts by it. */
#ifndef LIB_BASE_CATEGORIES_H
#define LIB_BASE_CATEGORIES_H

#include "lib/base/yaml.h"

#include <scope/categories.h>

enum {
    SCOPE_MOST_CATEGORIES = 256,
    SCOPE_MOST_RULES = 4096,    /* of a file and what it includes */
    SCOPE_MOST_PATTERNS = 4096, /* of a rule's key */
    SCOPE_LONGEST_PATTERN = 512,
    SCOPE_MOST_WITHIN = 64,    /* rules with `within`: bits of a word */
    SCOPE_MOST_MATCHED = 4096, /* bytes of a name that patterns see */
};

/* None: the key is absent and says nothing. Else one of them must match. */
struct scope_patterns {
    char **items;
    size_t count;
};

enum scope_side {
    SCOPE_SIDE_ANY,
    SCOPE_SIDE_USER,
    SCOPE_SIDE_KERNEL,
};

struct scope_rule {
    uint32_t category;
    struct scope_patterns module, symbol; /* of the frame */
    struct scope_patterns within;         /* of any frame of the stack */
    enum scope_side side;
    bool leaf;    /* only where the sample ended */
    unsigned bit; /* with `within`: the rule's bit, in the order of rules */
};

struct scope_rules {
    struct scope_rule *items;
    size_t count, room;
};

struct scope_category {
    char *name, *help;
};

struct scope_categories {
    char *title;
    struct scope_category *items;
    size_t count, room; /* without what no rule matches */
    struct scope_rules rules;
    struct scope_rules otherwise;
    unsigned bits; /* rules with `within` */
};

/* Reads a document that is not a file of its own; name stands for it in
 * messages. */
enum scope_code scope_categories_read(const char *name, const char *bytes,
                                      size_t size,
                                      struct scope_categories **categories,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

/* Whether the rule's patterns match a function: all but `within`. */
bool scope_rule_matches(const struct scope_rule *rule,
                        const struct scope_profile *profile,
                        const struct scope_function *function);
/* Whether its patterns of `within` match it. */
bool scope_rule_surrounds(const struct scope_rule *rule,
                          const struct scope_function *function);

#endif
