/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and stacks of the processes whose ids are given: what an address costs
 * that was asked for before, one that was not, the kernel's table; and what
 * unwinding the stack costs that a process has now, against libdwfl doing the
 * same with the same registers and copy of the stack, in turns, in CPU time.
 * Both must find the same stack. Exit status 1 when they do not, or when a
 * target is missed.
 */
#include "collectors/cycles/symbols.h"

#include <elf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__

enum { FRAMES = 128, STACK = 32768, ADDRESSES = 4096, ROUNDS = 7, TIMES = 400 };
/* At most. */
static const double hot_ns = 50, cold_us = 20, kernel_ms = 200, against = 0.2;

static int missed;

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void report(const char *what, double value, const char *unit,
                   double target)
{
    bool ok = value <= target;
    printf("%-44s %9.2f %-3s target %g: %s\n", what, value, unit, target,
           ok ? "met" : "MISSED");
    missed |= !ok;
}

struct sample {
    pid_t pid;
    struct user_regs_struct user;
    uint64_t regs[17];
    uint8_t stack[STACK];
    size_t stack_size;
};

static bool stop(struct sample *sample)
{
    struct user_regs_struct *r = &sample->user;
    struct iovec iov = {.iov_base = r, .iov_len = sizeof *r};
    int status;
    if (ptrace(PTRACE_SEIZE, sample->pid, 0, 0) ||
        ptrace(PTRACE_INTERRUPT, sample->pid, 0, 0) ||
        waitpid(sample->pid, &status, __WALL) != sample->pid ||
        ptrace(PTRACE_GETREGSET, sample->pid, NT_PRSTATUS, &iov))
        return false;
    const uint64_t order[] = {r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi,
                              r->rbp, r->rsp, r->rip, r->r8,  r->r9,  r->r10,
                              r->r11, r->r12, r->r13, r->r14, r->r15};
    memcpy(sample->regs, order, sizeof order);
    char *path = scope_format("/proc/%d/mem", (int)sample->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    ssize_t got = fd < 0 ? -1 : pread(fd, sample->stack, STACK, (off_t)r->rsp);
    if (fd >= 0)
        close(fd);
    sample->stack_size = got > 0 ? (size_t)got : 0;
    return got > 0;
}

struct stack {
    uint64_t ips[FRAMES];
    size_t count;
};

/* libdwfl over the same sample. */
static pid_t next_thread(Dwfl *dwfl, void *closure, void **thread)
{
    (void)dwfl;
    struct sample *sample = closure;
    if (*thread)
        return 0;
    *thread = closure;
    return sample->pid;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word,
                        void *closure)
{
    (void)dwfl;
    const struct sample *sample = closure;
    uint64_t at = address - sample->user.rsp;
    if (at > sample->stack_size || sample->stack_size - at < sizeof *word)
        return false;
    memcpy(word, sample->stack + at, sizeof *word);
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *closure)
{
    const struct user_regs_struct *r = &((struct sample *)closure)->user;
    const Dwarf_Word words[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi,
                                r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
                                r->r12, r->r13, r->r14, r->r15, r->rip};
    return dwfl_thread_state_registers(thread, 0, 17, words);
}

static int take_frame(Dwfl_Frame *frame, void *closure)
{
    struct stack *stack = closure;
    Dwarf_Addr pc;
    if (!dwfl_frame_pc(frame, &pc, NULL) || stack->count == FRAMES)
        return DWARF_CB_ABORT;
    stack->ips[stack->count++] = pc;
    return DWARF_CB_OK;
}

static int no_debug_file(Dwfl_Module *module, void **data, const char *name,
                         Dwarf_Addr base, const char *file, const char *link,
                         GElf_Word checksum, char **found)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link;
    (void)checksum, (void)found;
    return -1;
}

static Dwfl *dwfl_open(struct sample *sample)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = no_debug_file,
    };
    static const Dwfl_Thread_Callbacks threads = {
        .next_thread = next_thread,
        .memory_read = read_memory,
        .set_initial_registers = set_registers,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    dwfl_report_begin(dwfl);
    dwfl_linux_proc_report(dwfl, sample->pid);
    dwfl_report_end(dwfl, NULL, NULL);
    dwfl_attach_state(dwfl, NULL, sample->pid, &threads, sample);
    return dwfl;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void compare(const struct stack *ours, const struct stack *theirs)
{
    size_t i = 0;
    while (i < ours->count && i < theirs->count &&
           ours->ips[i] == theirs->ips[i])
        i++;
    bool same = i == ours->count && i == theirs->count;
    printf("  %zu frames, libdwfl %zu: %s\n", ours->count, theirs->count,
           same ? "the same" : "THEY DIFFER");
    missed |= !same;
}

static void bench_unwind(struct cycles_symbols *symbols, struct sample *sample)
{
    struct cycles_space *space = cycles_space_new(symbols, sample->pid);
    Dwfl *dwfl = dwfl_open(sample);
    struct stack ours = {.count = 0}, theirs = {.count = 0};
    double first = cpu_ns(), ratios[ROUNDS], each[ROUNDS];
    bool cut;
    ours.count =
        cycles_space_unwind(space, sample->regs, sample->stack,
                            sample->stack_size, ours.ips, FRAMES, &cut);
    first = cpu_ns() - first;
    dwfl_getthread_frames(dwfl, sample->pid, take_frame, &theirs);
    compare(&ours, &theirs);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = cpu_ns();
        for (int i = 0; i < TIMES; i++)
            cycles_space_unwind(space, sample->regs, sample->stack,
                                sample->stack_size, ours.ips, FRAMES, &cut);
        double middle = cpu_ns();
        for (int i = 0; i < TIMES; i++) {
            theirs.count = 0;
            dwfl_getthread_frames(dwfl, sample->pid, take_frame, &theirs);
        }
        each[round] = (middle - begin) / TIMES / 1000;
        ratios[round] = (middle - begin) / (cpu_ns() - middle);
    }
    printf("  first time %.0f us, then %.2f us a stack\n", first / 1000,
           median(each, ROUNDS));
    report("  CPU time a stack, over libdwfl's", median(ratios, ROUNDS), "",
           against);
    dwfl_end(dwfl);
    cycles_space_free(space);
}

/* Addresses all over the code that the process has mapped. */
static size_t addresses_of(pid_t pid, uint64_t *addresses)
{
    char *path = scope_format("/proc/%d/maps", (int)pid), line[4352];
    FILE *maps = fopen(path, "re");
    size_t count = 0;
    free(path);
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 ||
            rights[2] != 'x' || !strchr(line, '/'))
            continue;
        unsigned long step = (end - start) / 512 + 1;
        for (unsigned long at = start; at < end && count < ADDRESSES;
             at += step)
            addresses[count++] = at;
    }
    if (maps)
        fclose(maps);
    return count;
}

static void bench_names(struct scope_profile *profile,
                        struct cycles_symbols *symbols, pid_t pid)
{
    static uint64_t addresses[ADDRESSES];
    size_t count = addresses_of(pid, addresses);
    struct cycles_space *space = cycles_space_new(symbols, pid);
    double begin = cpu_ns();
    for (size_t i = 0; i<count; i += count> 8 ? count / 8 : 1)
        cycles_space_function(space, addresses[i], false);
    double opened = cpu_ns() - begin;
    begin = cpu_ns();
    for (size_t i = 0; i < count; i++)
        cycles_space_function(space, addresses[i] + 1, false);
    double cold = (cpu_ns() - begin) / (double)count;
    begin = cpu_ns();
    for (int round = 0; round < 200; round++)
        for (size_t i = 0; i < count; i++)
            cycles_space_function(space, addresses[i] + 1, false);
    double hot = (cpu_ns() - begin) / (double)count / 200;
    printf("  %zu addresses, %zu functions; its files read in %.1f ms\n", count,
           profile->function_count, opened / 1e6);
    report("  an address for the first time", cold / 1000, "us", cold_us);
    report("  again", hot, "ns", hot_ns);
    cycles_space_free(space);
}

int main(int argc, char **argv)
{
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    double begin = cpu_ns();
    struct cycles_symbols *symbols = cycles_symbols_new(profile);
    report("the kernel's table", (cpu_ns() - begin) / 1e6, "ms", kernel_ms);
    for (int i = 1; i < argc; i++) {
        struct sample *sample = scope_alloc(1, sizeof *sample);
        sample->pid = atoi(argv[i]);
        printf("process %d\n", (int)sample->pid);
        bench_names(profile, symbols, sample->pid);
        if (stop(sample)) {
            bench_unwind(symbols, sample);
            ptrace(PTRACE_DETACH, sample->pid, 0, 0);
        } else {
            printf("  it cannot be stopped\n");
            missed = 1;
        }
        free(sample);
    }
    cycles_symbols_free(symbols);
    scope_profile_free(profile);
    return missed;
}

#else
int main(void)
{
    puts("unwinding is compared on x86_64 only");
    return 0;
}
#endif
