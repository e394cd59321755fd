/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Categories: which kind of work a function or a stack is, by ordered rules
 * read from a file (data/categories/NAME.yaml; docs/categories.md). The first
 * rule that matches wins; what none matches is a category of its own, the last.
 */
#ifndef SCOPE_CATEGORIES_H
#define SCOPE_CATEGORIES_H

#include <scope/profile.h>

struct scope_categories;

/*
 * name: a file's path (it holds a '/' or ends in ".yaml"), or the name of one
 * in SCOPE_DATA_PATH's or the installed categories folder. Errors are
 * at FILE:LINE:COLUMN; SCOPE_NOT_FOUND lists the names there are.
 */
SCOPE_API enum scope_code
scope_categories_load(const char *name, struct scope_categories **categories,
                      struct scope_err *err) SCOPE_MUST_CHECK;
SCOPE_API void scope_categories_free(struct scope_categories *categories);

SCOPE_API const char *
scope_categories_title(const struct scope_categories *categories);
/* How many there are, with the last one for what no rule matches. */
SCOPE_API size_t
scope_categories_count(const struct scope_categories *categories);
SCOPE_API const char *
scope_categories_name(const struct scope_categories *categories, size_t index);
/* One sentence for people, "" when the file gives none. */
SCOPE_API const char *
scope_categories_help(const struct scope_categories *categories, size_t index);

/*
 * Sorts every stack of a profile: exclusive[s] is the one category of the
 * samples that ended in stack s (so shares add up to 1). From the innermost
 * frame outwards, as long as kernel stays kernel and user code user code, the
 * first frame that a rule matches decides, by the first of its rules. The
 * array has profile->stack_count entries and is to be freed with free().
 */
SCOPE_API uint32_t *
scope_categories_sort(const struct scope_categories *categories,
                      const struct scope_profile *profile);

/*
 * Whether any rule of category c matches any frame of stack s, or s is sorted
 * into c, which makes its samples part of c's inclusive share: bit c % 64 of
 * word s * words + c / 64. To free().
 */
SCOPE_API uint64_t *
scope_categories_cover(const struct scope_categories *categories,
                       const struct scope_profile *profile, size_t *words);

#endif
