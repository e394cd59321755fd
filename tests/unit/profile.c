/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles: tables without repetition, pieces that add up, damaged ones, and
 * the way through a store. */
#include "tests/unit/store_case.h"

#include <scope/alloc.h>
#include <scope/profile.h>

static uint32_t add_function(struct scope_profile *profile, const char *symbol)
{
    uint32_t module = scope_profile_module(profile, "/usr/sbin/haproxy", "ab");
    return scope_profile_function(
        profile, &(struct scope_function){
                     .symbol = symbol, .module = module, .named = true});
}

static uint32_t add_owner(struct scope_profile *profile, const char *name)
{
    return scope_profile_owner(
        profile,
        &(struct scope_owner){
            .kind = SCOPE_OWNER_TARGET, .target = 3, .pid = 42, .name = name});
}

/* samples[i] more on main;work;leaf i. */
static void sample(struct scope_profile *profile, const char *const *leaves,
                   const uint64_t *samples, size_t count)
{
    uint32_t owner = add_owner(profile, "haproxy");
    uint32_t stack =
        scope_profile_stack(profile, 0, add_function(profile, "main"));
    stack = scope_profile_stack(profile, stack, add_function(profile, "work"));
    for (size_t i = 0; i < count; i++) {
        uint32_t leaf = scope_profile_stack(profile, stack,
                                            add_function(profile, leaves[i]));
        scope_profile_add(profile, owner, leaf, samples[i], samples[i] * 10);
    }
}

static uint64_t samples_of(const struct scope_profile *profile,
                           const char *leaf)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        const struct scope_stack *stack = &profile->stacks[count->stack];
        if (strcmp(profile->functions[stack->function].symbol, leaf) == 0) {
            assert_int_equal(count->weight, count->samples * 10);
            sum += count->samples;
        }
    }
    return sum;
}

static enum scope_code join_all(struct scope_profile **joined,
                                const struct scope_profile *profile,
                                int64_t start_ns, int64_t from_ns,
                                int64_t to_ns)
{
    size_t size;
    uint8_t *piece =
        scope_profile_piece(profile, start_ns, start_ns + 100, &size);
    enum scope_code code =
        scope_profile_join(joined, piece, size, from_ns, to_ns, err);
    free(piece);
    return code;
}

static void test_tables_hold_everything_once(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    (void)state;
    for (int round = 0; round < 3; round++)
        sample(profile, (const char *[]){"read", "write"}, (uint64_t[]){2, 5},
               2);
    assert_int_equal(profile->module_count, 1);
    assert_int_equal(profile->function_count, 4);
    assert_int_equal(profile->stack_count, 5);
    assert_int_equal(profile->owner_count, 1);
    uint32_t stack = 0;
    uint32_t main_function = profile->stacks[1].function;
    assert_true(scope_profile_has_stack(profile, 0, main_function, &stack));
    assert_int_equal(stack, 1);
    assert_false(scope_profile_has_stack(profile, 1, main_function, &stack));
    assert_int_equal(stack, 1);
    assert_int_equal(profile->stack_count, 5);
    assert_int_equal(profile->count_count, 2);
    assert_int_equal(samples_of(profile, "read"), 6);
    assert_int_equal(samples_of(profile, "write"), 15);
    assert_int_equal(profile->stacks[0].depth, 0);
    assert_int_equal(profile->stacks[4].depth, 3);
    /* Same name, other meaning */
    size_t before = profile->function_count;
    scope_profile_function(
        profile, &(struct scope_function){.symbol = "read", .named = false});
    scope_profile_function(profile, &(struct scope_function){.symbol = "read",
                                                             .named = true,
                                                             .kernel = true});
    assert_int_equal(profile->function_count, before + 2);
    scope_profile_free(profile);
}

static void test_many_entries_keep_their_numbers(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cycles", SCOPE_UNIT_COUNT, 4000);
    struct scope_profile *joined = NULL;
    uint32_t owner = add_owner(profile, "x");
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", i);
        uint32_t function = add_function(profile, name);
        assert_int_equal(function, i);
        uint32_t stack = scope_profile_stack(profile, i, function);
        assert_int_equal(stack, i + 1);
        scope_profile_add(profile, owner, stack, 1, 7);
    }
    assert_int_equal(profile->stacks[20000].depth, 20000);
    MUST(join_all(&joined, profile, 0, 0, INT64_MAX));
    assert_int_equal(joined->stack_count, 20001);
    assert_int_equal(joined->count_count, 20000);
    assert_string_equal(joined->functions[19999].symbol, "f19999");
    assert_int_equal(joined->stacks[20000].depth, 20000);
    assert_string_equal(joined->event, "cycles");
    assert_int_equal(joined->unit, SCOPE_UNIT_COUNT);
    scope_profile_free(profile);
    scope_profile_free(joined);
}

static void test_pieces_add_up(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    struct scope_profile *all = NULL;
    struct scope_profile *window = NULL;
    (void)state;
    sample(profile, (const char *[]){"read"}, (uint64_t[]){3}, 1);
    MUST(join_all(&all, profile, 0, 0, INT64_MAX));
    MUST(join_all(&window, profile, 0, 100, 200));
    scope_profile_kept(profile);
    sample(profile, (const char *[]){"read", "write"}, (uint64_t[]){4, 1}, 2);
    MUST(join_all(&all, profile, 100, 0, INT64_MAX));
    MUST(join_all(&window, profile, 100, 100, 200));
    scope_profile_kept(profile);
    sample(profile, (const char *[]){"epoll"}, (uint64_t[]){9}, 1);
    MUST(join_all(&all, profile, 200, 0, INT64_MAX));
    MUST(join_all(&window, profile, 200, 100, 200));
    assert_int_equal(samples_of(all, "read"), 7);
    assert_int_equal(samples_of(all, "write"), 1);
    assert_int_equal(samples_of(all, "epoll"), 9);
    /* Of a part of the time: the names of all, the counts of that part. */
    assert_int_equal(samples_of(window, "read"), 4);
    assert_int_equal(samples_of(window, "write"), 1);
    assert_int_equal(samples_of(window, "epoll"), 0);
    scope_profile_free(all);
    scope_profile_free(window);
    scope_profile_free(profile);
}

static void test_what_was_not_kept_comes_again(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    struct scope_profile *joined = NULL;
    size_t size;
    (void)state;
    sample(profile, (const char *[]){"read"}, (uint64_t[]){3}, 1);
    free(scope_profile_piece(profile, 0, 100, &size)); /* lost */
    sample(profile, (const char *[]){"read"}, (uint64_t[]){4}, 1);
    MUST(join_all(&joined, profile, 100, 0, INT64_MAX));
    assert_int_equal(samples_of(joined, "read"), 7);
    scope_profile_free(joined);
    scope_profile_free(profile);
}

static void test_a_missing_piece_is_noticed(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    struct scope_profile *joined = NULL;
    (void)state;
    sample(profile, (const char *[]){"read"}, (uint64_t[]){3}, 1);
    scope_profile_kept(profile);
    sample(profile, (const char *[]){"write"}, (uint64_t[]){3}, 1);
    assert_int_equal(join_all(&joined, profile, 0, 0, INT64_MAX),
                     SCOPE_CORRUPT);
    scope_profile_free(joined);
    scope_profile_free(profile);
}

/* Cut anywhere or with any byte changed, a piece is refused or is another
 * well-formed one. */
static void test_damage(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    size_t size;
    (void)state;
    sample(profile, (const char *[]){"read", "<b>\n"}, (uint64_t[]){3, 1}, 2);
    uint8_t *piece = scope_profile_piece(profile, 0, 100, &size);
    for (size_t cut = 0; cut < size; cut++) {
        struct scope_profile *joined = NULL;
        assert_int_equal(
            scope_profile_join(&joined, piece, cut, 0, INT64_MAX, err),
            SCOPE_CORRUPT);
        scope_profile_free(joined);
    }
    for (size_t at = 0; at < size; at++)
        for (unsigned flip = 1; flip < 256; flip++) {
            struct scope_profile *joined = NULL;
            piece[at] ^= (uint8_t)flip;
            enum scope_code code =
                scope_profile_join(&joined, piece, size, 0, INT64_MAX, err);
            assert_true(code == SCOPE_OK || code == SCOPE_CORRUPT);
            for (size_t i = 0; code == SCOPE_OK && i < joined->count_count; i++)
                assert_true(joined->counts[i].stack < joined->stack_count);
            scope_profile_free(joined);
            piece[at] ^= (uint8_t)flip;
        }
    free(piece);
    scope_profile_free(profile);
}

static void test_long_names_are_cut(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    struct scope_profile *joined = NULL;
    (void)state;
    char *name = scope_alloc(100001, 1);
    memset(name, 'n', 100000);
    uint32_t first = add_function(profile, name);
    assert_int_equal(add_function(profile, name), first);
    assert_int_equal(strlen(profile->functions[first].symbol), 65535);
    MUST(join_all(&joined, profile, 0, 0, INT64_MAX));
    assert_int_equal(strlen(joined->functions[first].symbol), 65535);
    free(name);
    scope_profile_free(joined);
    scope_profile_free(profile);
}

static void store_piece(struct scope_writer *writer,
                        struct scope_profile *profile, int64_t start_ns)
{
    size_t size;
    uint8_t *piece =
        scope_profile_piece(profile, start_ns, start_ns + 100, &size);
    MUST(scope_writer_artifact(writer, "cycles.profile", SCOPE_PROFILE_TYPE,
                               piece, size, err));
    scope_profile_kept(profile);
    free(piece);
}

static void test_through_a_store(void **state)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    int64_t id;
    struct scope_writer *writer = begin_store(path_of("profile.scope"), &id);
    (void)state;
    MUST(scope_writer_artifact(writer, "haproxy.cfg", "text/plain", "listen", 6,
                               err));
    sample(profile, (const char *[]){"read"}, (uint64_t[]){3}, 1);
    store_piece(writer, profile, 0);
    sample(profile, (const char *[]){"write"}, (uint64_t[]){5}, 1);
    store_piece(writer, profile, 100);
    MUST(scope_writer_end(writer, 0, 200, SCOPE_TRIAL_COMPLETE, err));
    MUST(scope_writer_close(writer, err));
    scope_profile_free(profile);

    struct scope_dataset *dataset = open_store(path_of("profile.scope"));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    uint8_t *bytes;
    assert_int_equal(trial->artifact_count, 3);
    assert_string_equal(trial->artifacts[0].name, "haproxy.cfg");
    assert_string_equal(trial->artifacts[0].type, "text/plain");
    assert_int_equal(trial->artifacts[0].size, 6);
    MUST(
        scope_artifact_read(dataset, trial, &trial->artifacts[0], &bytes, err));
    assert_memory_equal(bytes, "listen", 6);
    free(bytes);
    MUST(
        scope_trial_profile(dataset, trial, "cycles", 100, 200, &profile, err));
    assert_int_equal(samples_of(profile, "read"), 0);
    assert_int_equal(samples_of(profile, "write"), 5);
    scope_profile_free(profile);
    assert_int_equal(
        scope_trial_profile(dataset, trial, "cyc", 0, INT64_MAX, &profile, err),
        SCOPE_NOT_FOUND);
    assert_null(profile);
    scope_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_hold_everything_once),
        cmocka_unit_test(test_many_entries_keep_their_numbers),
        cmocka_unit_test(test_pieces_add_up),
        cmocka_unit_test(test_what_was_not_kept_comes_again),
        cmocka_unit_test(test_a_missing_piece_is_noticed),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_through_a_store),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
