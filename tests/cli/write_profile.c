/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/cli/write_profile.h"

#include <scope/profile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

static struct scope_err err;

static void must(enum scope_code code)
{
    if (code == SCOPE_OK)
        return;
    fprintf(stderr, "write_profile: %s\n", err.text);
    exit(1);
}

enum owner {
    FIRST,
    SECOND,
    POSTGRES,
    KSOFTIRQD,
};

static const struct {
    enum owner owner;
    const char *path; /* a function of the kernel after '^' */
    unsigned count, changed;
} stacks[] = {
    {FIRST, "main;run_poll_loop;process_stream", 7, 7},
    {FIRST, "main;run_poll_loop;process_stream;http_analyze", 30, 60},
    {FIRST, "main;run_poll_loop;_do_poll;^do_syscall_64;^ep_poll", 20, 20},
    {FIRST, "main;cold", 3, 0},
    {FIRST, "main;fresh", 0, 12},
    {SECOND, "main;run_poll_loop;process_stream;http_analyze", 10, 10},
    {POSTGRES, "main;work", 40, 40},
    {KSOFTIRQD, "^net_rx_action", 5, 5},
};

static uint32_t add_function(struct scope_profile *profile, const char *symbol)
{
    bool kernel = *symbol == '^';
    struct scope_function function = {
        .symbol = symbol + kernel,
        .module = scope_profile_module(
            profile, kernel ? "[kernel]" : "/usr/sbin/haproxy",
            kernel ? "" : "0a1b2c3d"),
        .kernel = kernel,
        .named = true,
    };
    return scope_profile_function(profile, &function);
}

static uint32_t add_stack(struct scope_profile *profile, const char *path)
{
    char *copy = strdup(path), *rest = copy, *symbol;
    uint32_t stack = 0;
    while ((symbol = strsep(&rest, ";")))
        stack =
            scope_profile_stack(profile, stack, add_function(profile, symbol));
    free(copy);
    return stack;
}

static uint32_t add_owner(struct scope_profile *profile, enum owner owner,
                          const char *name)
{
    const struct scope_owner owners[] = {
        [FIRST] = {SCOPE_OWNER_TARGET, 1, 100, name},
        [SECOND] = {SCOPE_OWNER_TARGET, 2, 101, name},
        [POSTGRES] = {SCOPE_OWNER_OTHER, 0, 0, "postgres"},
        [KSOFTIRQD] = {SCOPE_OWNER_KERNEL, 0, 0, "ksoftirqd/0"},
    };
    return scope_profile_owner(profile, &owners[owner]);
}

static void add_second(struct scope_profile *profile,
                       const struct known_profile *known, unsigned times)
{
    uint64_t each = known->pmu ? 1000 : 10000000;
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        uint64_t count = known->changed ? stacks[i].changed : stacks[i].count;
        if (!count)
            continue;
        scope_profile_add(profile,
                          add_owner(profile, stacks[i].owner, known->name),
                          add_stack(profile, stacks[i].path), count * times,
                          count * times * each);
    }
    if (known->hostile) {
        uint32_t bad =
            scope_profile_stack(profile, add_stack(profile, "main"),
                                add_function(profile, known->hostile));
        scope_profile_add(profile, add_owner(profile, FIRST, known->name), bad,
                          times, times * each);
    }
}

static void add_series(struct scope_writer *writer)
{
    static const struct scope_metric metrics[] = {
        {.name = "samples",
         .semantics = SCOPE_COUNTER,
         .value = SCOPE_U64,
         .unit = SCOPE_UNIT_COUNT,
         .help = "samples"},
        {.name = "lost",
         .semantics = SCOPE_COUNTER,
         .value = SCOPE_U64,
         .unit = SCOPE_UNIT_COUNT,
         .help = "samples that were lost"},
    };
    must(
        scope_writer_source(writer, 2, "cycles", false, "1", NULL, 0, S, &err));
    must(scope_writer_series(writer, 2, 0, &metrics[0], 1, "", &err));
    must(scope_writer_series(writer, 2, 1, &metrics[0], 2, "", &err));
    must(scope_writer_series(writer, 2, 2, &metrics[1], 0, "", &err));
}

void write_profile(struct scope_writer *writer,
                   const struct known_profile *known)
{
    struct scope_profile *profile =
        scope_profile_new(known->pmu ? "cycles" : "cpu-clock",
                          known->pmu ? SCOPE_UNIT_COUNT : SCOPE_UNIT_NS, 99);
    uint64_t values[3] = {0};
    add_series(writer);
    for (int second = 9; second <= 15; second++) {
        unsigned times = second > 10 && second <= 14 ? 1 : 10;
        size_t size;
        add_second(profile, known, times);
        uint8_t *piece =
            scope_profile_piece(profile, (second - 1) * S, second * S, &size);
        must(scope_writer_artifact(writer, "cycles.profile", SCOPE_PROFILE_TYPE,
                                   piece, size, &err));
        scope_profile_kept(profile);
        free(piece);
        values[0] += 60ULL * times;
        values[1] += 10ULL * times;
        values[2] += known->lost;
        must(scope_writer_sweep(writer, 2, second * S, values, (uint64_t[]){7},
                                3, &err));
    }
    scope_profile_free(profile);
}
