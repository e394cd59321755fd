/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of categories from anywhere is one error, or sorts every stack into
 * one of them, which covers it. */
#include "tests/fuzz/target.h"

#include "lib/base/categories.h"

#include <stdlib.h>

static uint32_t add(struct scope_profile *profile, uint32_t parent,
                    const char *module, const char *symbol, bool kernel)
{
    struct scope_function function = {
        .symbol = symbol,
        .module = scope_profile_module(profile, module, ""),
        .kernel = kernel,
        .named = true};
    return scope_profile_stack(profile, parent,
                               scope_profile_function(profile, &function));
}

static void sort_all(struct scope_categories *categories)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    uint32_t user = add(profile, 0, "/usr/sbin/haproxy", "main", false);
    user = add(profile, user, "/usr/sbin/haproxy (deleted)",
               "a::b<c>(int (*)(char)) const [clone .cold]", false);
    uint32_t kernel = add(profile, user, "[kernel]", "do_syscall_64", true);
    add(profile, kernel, "[kernel]", "tcp_ack.isra.0", true);
    add(profile, user, "/lib/x86_64-linux-gnu/libc.so.6", "memcpy", false);
    size_t words;
    uint32_t *sorted = scope_categories_sort(categories, profile);
    uint64_t *cover = scope_categories_cover(categories, profile, &words);
    for (size_t s = 0; s < profile->stack_count; s++) {
        uint32_t c = sorted[s];
        TARGET_ASSERT(c < scope_categories_count(categories));
        TARGET_ASSERT(scope_categories_name(categories, c)[0]);
        TARGET_ASSERT(!s ||
                      (cover[s * words + c / 64] & UINT64_C(1) << c % 64));
    }
    free(cover);
    free(sorted);
    scope_profile_free(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct scope_categories *categories;
    struct scope_err err = {0};
    if (scope_categories_read("in", (const char *)bytes, size, &categories,
                              &err) == SCOPE_OK) {
        sort_all(categories);
        scope_categories_free(categories);
    } else {
        TARGET_ASSERT(err.code == SCOPE_USAGE && err.text[0]);
        TARGET_ASSERT(!categories);
    }
    return 0;
}
