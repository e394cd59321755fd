/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a piece of a profile, alone and after another: what is taken
 * must be well-formed and come out of a piece of its own unchanged.
 */
#include "tests/fuzz/target.h"

#include <scope/profile.h>
#include <string.h>

static void check(const struct scope_profile *profile)
{
    for (size_t i = 0; i < profile->function_count; i++)
        TARGET_ASSERT(profile->functions[i].module < profile->module_count);
    for (size_t i = 1; i < profile->stack_count; i++) {
        const struct scope_stack *stack = &profile->stacks[i];
        TARGET_ASSERT(stack->parent < i);
        TARGET_ASSERT(stack->function < profile->function_count);
        TARGET_ASSERT(stack->depth == profile->stacks[stack->parent].depth + 1);
    }
    for (size_t i = 0; i < profile->count_count; i++) {
        TARGET_ASSERT(profile->counts[i].owner < profile->owner_count);
        TARGET_ASSERT(profile->counts[i].stack < profile->stack_count);
    }
}

/* A piece of all of it gives the same again. */
static void check_again(const struct scope_profile *profile)
{
    struct scope_profile *again = NULL;
    struct scope_err err;
    size_t size, same;
    uint8_t *piece = scope_profile_piece(profile, 0, 1, &size);
    TARGET_ASSERT(scope_profile_join(&again, piece, size, 0, 1, &err) ==
                  SCOPE_OK);
    uint8_t *second = scope_profile_piece(again, 0, 1, &same);
    TARGET_ASSERT(size == same && memcmp(piece, second, size) == 0);
    free(piece);
    free(second);
    scope_profile_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct scope_profile *profile = NULL;
    struct scope_err err;
    size_t first = size ? bytes[0] % size : 0;
    if (scope_profile_join(&profile, bytes, size, 0, INT64_MAX, &err) ==
        SCOPE_OK) {
        check(profile);
        check_again(profile);
        /* The second piece goes on where nothing was kept: refused, or empty */
        if (scope_profile_join(&profile, bytes + first, size - first, 0,
                               INT64_MAX, &err) == SCOPE_OK)
            check(profile);
    }
    scope_profile_free(profile);
    return 0;
}
