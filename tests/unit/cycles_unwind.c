/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stacks of a program that keeps no frame pointers and has stopped where it is
 * known to: through its own functions, through libc's, through a signal.
 */
#include "tests/unit/symbols_case.h"
#include "tests/unit/unit.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#define STACK_SIZE 65528
#define MOST_FRAMES 64

/* What perf would have sampled. */
struct sample {
    uint64_t regs[64];
    uint8_t stack[STACK_SIZE];
    size_t stack_size;
};

#if defined(__x86_64__)
static uint64_t perf_order(const struct user_regs_struct *r, uint64_t *regs)
{
    const uint64_t order[] = {r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi,
                              r->rbp, r->rsp, r->rip, r->r8,  r->r9,  r->r10,
                              r->r11, r->r12, r->r13, r->r14, r->r15};
    memcpy(regs, order, sizeof order);
    return r->rsp;
}
#elif defined(__aarch64__)
static uint64_t perf_order(const struct user_regs_struct *r, uint64_t *regs)
{
    memcpy(regs, r->regs, sizeof r->regs);
    regs[31] = r->sp;
    regs[32] = r->pc;
    return r->sp;
}
#else
static uint64_t perf_order(const struct user_regs_struct *r, uint64_t *regs)
{
    (void)r, (void)regs;
    return 0;
}
#endif

static void take_sample(pid_t pid, struct sample *sample, size_t stack_size)
{
    struct user_regs_struct user;
    struct iovec iov = {.iov_base = &user, .iov_len = sizeof user};
    assert_return_code(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov), errno);
    uint64_t top = perf_order(&user, sample->regs);
    char *path = scope_format("/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_return_code(fd, errno);
    ssize_t got = pread(fd, sample->stack, stack_size, (off_t)top);
    assert_true(got > 0);
    sample->stack_size = (size_t)got;
    close(fd);
    free(path);
}

/* The names of a stack, innermost first, "libc" of what nobody names there. */
struct stack {
    const char *names[MOST_FRAMES];
    size_t count;
    bool cut;
};

static struct stack unwind(struct cycles_space *space,
                           const struct sample *sample)
{
    struct stack stack = {0};
    uint64_t ips[MOST_FRAMES];
    stack.count =
        cycles_space_unwind(space, sample->regs, sample->stack,
                            sample->stack_size, ips, MOST_FRAMES, &stack.cut);
    for (size_t i = 0; i < stack.count; i++) {
        uint32_t number = cycles_space_function(space, ips[i], i > 0);
        const struct scope_function *function = &profile->functions[number];
        stack.names[i] = function->named ? function->symbol : "-";
    }
    return stack;
}

static struct stack stack_of(const char *program_name, const char *line,
                             size_t stack_size)
{
    static struct sample sample;
    char *path = program_path(program_name);
    struct program *program = program_start(path, NULL);
    program_stop(program, line);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    take_sample(program->pid, &sample, stack_size);
    struct stack stack = unwind(space, &sample);
    cycles_space_free(space);
    program_go_on(program);
    program_end(program);
    free(path);
    return stack;
}

static void say(const struct stack *stack)
{
    for (size_t i = 0; i < stack->count; i++)
        print_message("  %zu %s\n", i, stack->names[i]);
}

/* From number on: exactly these, NULL ends; "*" for any number of libc's. */
static void assert_stack(const struct stack *stack, const char *const *expected)
{
    size_t at = 0;
    for (; *expected; expected++) {
        if (strcmp(*expected, "*") == 0) {
            while (at < stack->count && expected[1] &&
                   strcmp(stack->names[at], expected[1]) != 0)
                at++;
            continue;
        }
        if (at >= stack->count || strcmp(stack->names[at], *expected) != 0) {
            say(stack);
            fail_msg("frame %zu is not %s", at, *expected);
        }
        at++;
    }
    if (at != stack->count) {
        say(stack);
        fail_msg("there are %zu frames, not %zu", stack->count, at);
    }
    assert_false(stack->cut);
}

static void assert_deep(const char *program)
{
    struct stack stack = stack_of(program, "deep", STACK_SIZE);
    /* Between main and _start is libc's. */
    static const char *const expected[] = {"kill", "gamma_", "beta",   "alpha",
                                           "main", "*",      "_start", NULL};
    assert_stack(&stack, expected);
    assert_in_range(stack.count, 7, 8);
}

static void own_functions(void **state)
{
    (void)state;
    assert_deep("functions-pie");
    assert_deep("functions-fixed");
    assert_deep("functions-static");
    assert_deep("functions-staticpie");
    assert_deep("functions-high");
    assert_deep("functions-linked");
}

static void stripped(void **state)
{
    (void)state;
    struct stack stack = stack_of("functions-stripped", "deep", STACK_SIZE);
    assert_in_range(stack.count, 7, 8);
    assert_string_equal(stack.names[0], "kill");
    assert_string_equal(stack.names[3], "-");
}

static void through_libc(void **state)
{
    (void)state;
    struct stack stack = stack_of("functions-pie", "sort", STACK_SIZE);
    static const char *const expected[] = {
        "kill", "compare", "*", "sorter", "main", "*", "_start", NULL};
    assert_stack(&stack, expected);
    bool sorts = false;
    for (size_t i = 2; i < stack.count; i++)
        sorts = sorts || strncmp(stack.names[i], "qsort", 5) == 0;
    assert_true(sorts);
}

/* Where the program's linkage table has kill. */
static uint64_t kill_entry(struct cycles_space *space, uint64_t near)
{
    uint64_t at = near & ~UINT64_C(4095);
    for (; at < near; at += 8) {
        uint32_t number = cycles_space_function(space, at, false);
        if (strcmp(profile->functions[number].symbol, "kill@plt") == 0)
            return at;
    }
    fail_msg("no entry of kill was found");
    return 0;
}

/* As if it had been sampled on its way to kill: nothing is pushed yet. */
static void in_linkage_table(void **state)
{
    (void)state;
    static struct sample sample;
    char *path = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    program_stop(program, "deep");
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    take_sample(program->pid, &sample, STACK_SIZE);
    uint64_t entry = kill_entry(space, program_at(program, "alpha"));
    sample.regs[8] = sample.regs[32] = entry;
    struct stack stack = unwind(space, &sample);
    static const char *const expected[] = {
        "kill@plt", "gamma_", "beta", "alpha", "main", "*", "_start", NULL};
    assert_stack(&stack, expected);
    cycles_space_free(space);
    program_go_on(program);
    program_end(program);
    free(path);
}

/* Code that no file is behind keeps a frame pointer, or nothing is known. */
static void by_frame_pointer(void **state)
{
    (void)state;
    static struct sample sample;
    char *path = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    program_obey(program, "jit");
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    const uint64_t top = 0x7ffc00000000, beta = program_at(program, "beta") + 1;
    uint64_t words[32] = {[4] = top + 64, [5] = beta};
    memcpy(sample.stack, words, sizeof words);
    sample.stack_size = sizeof words;
    sample.regs[6] = sample.regs[29] = top + 32;
    sample.regs[7] = sample.regs[31] = top;
    sample.regs[8] = sample.regs[32] = program_at(program, "jit") + 8;
    struct stack stack = unwind(space, &sample);
    assert_int_equal(stack.count, 2);
    assert_string_equal(stack.names[0], "Script:~first /app.js:1:1");
    assert_string_equal(stack.names[1], "beta");
    /* What it leads to is no code. */
    words[5] = top;
    memcpy(sample.stack, words, sizeof words);
    stack = unwind(space, &sample);
    assert_int_equal(stack.count, 1);
    cycles_space_free(space);
    char *map = scope_format("/tmp/perf-%d.map", (int)program->pid);
    program_end(program);
    unlink(map);
    free(map);
    free(path);
}

static void through_a_signal(void **state)
{
    (void)state;
    struct stack stack = stack_of("functions-pie", "signal", STACK_SIZE);
    static const char *const expected[] = {
        "kill", "handler", "*", "victim", "main", "*", "_start", NULL};
    assert_stack(&stack, expected);
    /* The trampoline and the call that was interrupted, and nothing more. */
    assert_string_equal(stack.names[3], "kill");
    assert_string_equal(stack.names[4], "victim");
}

static void copy_that_ends(void **state)
{
    (void)state;
    struct stack stack = stack_of("functions-pie", "deep", 64);
    assert_true(stack.cut);
    assert_in_range(stack.count, 2, 3);
    assert_string_equal(stack.names[0], "kill");
    assert_string_equal(stack.names[1], "gamma_");
}

static void nonsense(void **state)
{
    (void)state;
    char *path = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    /* Registers and stacks of any content end somewhere. */
    static struct sample sample;
    uint64_t random = 7, ips[MOST_FRAMES];
    for (int i = 0; i < 2000; i++) {
        for (size_t j = 0; j < 33; j++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            sample.regs[j] = random >> (random >> 60);
        }
        for (size_t j = 0; j < 512; j++) {
            uint64_t word = j % 3 ? program_at(program, "alpha") + j
                                  : sample.regs[7] + j * 8;
            memcpy(sample.stack + j * 8, &word, 8);
        }
        sample.regs[8] = sample.regs[32] =
            program_at(program, i % 2 ? "beta" : "alpha") + (uint64_t)i % 64;
        bool cut;
        size_t count = cycles_space_unwind(space, sample.regs, sample.stack,
                                           4096, ips, MOST_FRAMES, &cut);
        assert_in_range(count, 1, MOST_FRAMES);
        assert_int_equal(ips[0], sample.regs[8]);
    }
    cycles_space_free(space);
    program_end(program);
    free(path);
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, symbols_begin, symbols_end)
    const struct CMUnitTest tests[] = {
        CASE(own_functions),    CASE(stripped),         CASE(through_libc),
        CASE(in_linkage_table), CASE(through_a_signal), CASE(copy_that_ends),
        CASE(by_frame_pointer), CASE(nonsense),
    };
    if (!cycles_regs_mask)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
