/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolves frames and counts stacks. */
#include "collectors/cycles/stacks.h"

#include <limits.h>

/* Frames of the user's part that are unwound; the kernel has a limit of its own
 * for what it walks (kernel.perf_event_max_stack). */
#define UNWIND 256
#define FRAMES 1024

/* Functions of a stack, innermost first. */
struct frames {
    uint32_t items[FRAMES];
    size_t count;
};

static void push(struct frames *frames, uint32_t function)
{
    if (frames->count < FRAMES)
        frames->items[frames->count++] = function;
}

/* The function of something that has no address of ours. */
static uint32_t stand_in(const struct cycles_stacks *stacks, const char *name)
{
    const struct scope_function function = {
        .symbol = name,
        .module = scope_profile_module(stacks->profile, "[unknown]", ""),
        .named = true,
    };
    return scope_profile_function(stacks->profile, &function);
}

/* The kernel's address, or the one before it when a call returns there. */
static void push_kernel(const struct cycles_stacks *stacks,
                        struct frames *frames, uint64_t ip, bool caller)
{
    push(frames, cycles_symbols_kernel(stacks->symbols, ip - caller));
}

/* What the kernel walked. The first address of each part is where it was, the
 * others are where calls return to. */
static void push_chain(const struct cycles_stacks *stacks,
                       struct cycles_space *space,
                       const struct cycles_sample *sample,
                       struct frames *frames)
{
    uint64_t part = sample->kernel ? PERF_CONTEXT_KERNEL : PERF_CONTEXT_USER;
    bool caller = false;
    for (size_t i = 0; i < sample->chain_count; i++) {
        uint64_t ip = sample->chain[i];
        if (ip >= PERF_CONTEXT_MAX) {
            part = ip;
            caller = false;
            continue;
        }
        if (part == PERF_CONTEXT_KERNEL)
            push_kernel(stacks, frames, ip, caller);
        else if (part == PERF_CONTEXT_USER && space)
            push(frames, cycles_space_function(space, ip, caller));
        caller = true;
    }
}

static void push_unwound(struct cycles_stacks *stacks,
                         struct cycles_space *space,
                         const struct cycles_sample *sample,
                         struct frames *frames)
{
    uint64_t ips[UNWIND];
    bool cut = false;
    size_t count = cycles_space_unwind(space, sample->regs, sample->stack,
                                       sample->stack_size, ips, UNWIND, &cut);
    for (size_t i = 0; i < count; i++)
        push(frames, cycles_space_function(space, ips[i], i > 0));
    stacks->cut += cut;
}

static void resolve(struct cycles_stacks *stacks, struct cycles_task *task,
                    const struct cycles_sample *sample, struct frames *frames)
{
    struct cycles_space *space =
        task->kernel ? NULL : cycles_task_space(stacks->tasks, task);
    push_chain(stacks, space, sample, frames);
    if (space && sample->regs)
        push_unwound(stacks, space, sample, frames);
    if (frames->count)
        return;
    /* Stacks are not wanted, or cannot be had. */
    if (sample->guest)
        push(frames, stand_in(stacks, "[guest]"));
    else if (sample->kernel)
        push_kernel(stacks, frames, sample->ip, false);
    else if (space)
        push(frames, cycles_space_function(space, sample->ip, false));
}

/* The stack's number; UINT32_MAX: it would be one too many. */
static uint32_t find_stack(const struct cycles_stacks *stacks,
                           const struct frames *frames)
{
    struct scope_profile *profile = stacks->profile;
    uint32_t stack = 0;
    for (size_t i = frames->count; i-- > 0;)
        if (profile->stack_count < stacks->most)
            stack = scope_profile_stack(profile, stack, frames->items[i]);
        else if (!scope_profile_has_stack(profile, stack, frames->items[i],
                                          &stack))
            return UINT32_MAX;
    return stack;
}

void cycles_stacks_add(struct cycles_stacks *stacks,
                       const struct cycles_record *record)
{
    const struct cycles_sample *sample = &record->sample;
    struct cycles_task *task = cycles_tasks_find(stacks->tasks, record->pid);
    uint32_t stack = UINT32_MAX;
    stacks->samples++;
    stacks->weight += sample->period;
    if (task->target) {
        task->target->samples++;
        task->target->weight += sample->period;
    }
    /* Functions are as many as stacks at most. */
    if (stacks->profile->function_count < stacks->most) {
        struct frames frames = {.count = 0};
        resolve(stacks, task, sample, &frames);
        stack = find_stack(stacks, &frames);
    }
    if (stack == UINT32_MAX) {
        stacks->spilled++;
        stack = scope_profile_stack(stacks->profile, 0,
                                    stand_in(stacks, "[other stacks]"));
    }
    scope_profile_add(stacks->profile, cycles_task_owner(stacks->tasks, task),
                      stack, 1, sample->period);
}
