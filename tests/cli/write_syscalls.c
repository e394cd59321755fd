/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adds a trial with known system calls to a store:
 *
 *     write_syscalls FILE times|counts|bare|lost|hostile READS [KEY=VALUE]...
 *
 * The window is 10 s to 40 s, with 1000 requests and a sweep a second. Of the
 * role sidecar, the first process makes READS reads a request (10 more and 10
 * less in turn each second; 500 a second give EAGAIN, the others move 100
 * bytes), one epoll_wait of 800 us, and from 12 s on close: 300 in the first
 * second and then 100 a second. The second makes a read a request and 100
 * unnamed calls a second. A read takes 1 us. Each uses 20 ms of CPU time a
 * second, and counting adds 150 ns to a call. Outside the window everything is
 * ten times as much. counts: without times; bare: without results, too, and
 * close is not told apart; lost: 3000 calls a second are.
 */
#include "lib/store/writer.h"

#include <scope/load.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

enum { FIRST = 9, BEGIN = 10, CLOSES = 12, END = 40, LAST = 41, COLUMNS = 24 };

static const char hostile[] =
    "=cmd()|'\"><script>alert(1)</script><img src=x onerror=alert(2)>\n"
    "\033]0;title\a`id`$(id)\xff\xe2\x80\xae%s";

static struct scope_err err;

static void must(enum scope_code code)
{
    if (code == SCOPE_OK)
        return;
    fprintf(stderr, "write_syscalls: %s\n", err.text);
    exit(1);
}

#define COUNTER(text, base)                                                    \
    {                                                                          \
        .name = (text), .semantics = SCOPE_COUNTER, .value = SCOPE_U64,        \
        .unit = SCOPE_UNIT_##base, .domain = "syscall", .help = "known"        \
    }

enum { CALLS, BYTES, TIME, LONGEST, LATENCY, ERRORS, LOST, COST };
static const struct scope_metric metrics[] = {
    [CALLS] = COUNTER("calls", COUNT),
    [BYTES] = COUNTER("bytes", BYTES),
    [TIME] = COUNTER("time", NS),
    [LONGEST] = {.name = "time.max",
                 .semantics = SCOPE_GAUGE,
                 .value = SCOPE_U64,
                 .unit = SCOPE_UNIT_NS,
                 .domain = "syscall",
                 .help = "known"},
    [LATENCY] = {.name = "latency",
                 .semantics = SCOPE_HISTOGRAM,
                 .value = SCOPE_HIST,
                 .unit = SCOPE_UNIT_NS,
                 .domain = "syscall",
                 .help = "known"},
    [ERRORS] = COUNTER("errors", COUNT),
    [LOST] = {.name = "lost",
              .semantics = SCOPE_COUNTER,
              .value = SCOPE_U64,
              .unit = SCOPE_UNIT_COUNT,
              .help = "known"},
    [COST] = {.name = "cost",
              .semantics = SCOPE_GAUGE,
              .value = SCOPE_U64,
              .unit = SCOPE_UNIT_NS,
              .help = "known"},
};

/* A column: what it grows by each second of the window, or is. */
struct column {
    unsigned metric;
    uint32_t target;
    const char *instance;
    uint64_t each;
    int wobble; /* more and less in turn */
    bool late;  /* a close */
};

static uint64_t times_as_much(int second)
{
    return second > BEGIN && second <= END ? 1 : 10;
}

static uint64_t growth(const struct column *column, int second)
{
    if (column->late && second < CLOSES)
        return 0;
    if (column->late && second == CLOSES)
        return 300;
    uint64_t wobble = (uint64_t)column->wobble;
    return (column->each + (second % 2 ? wobble : -wobble)) *
           times_as_much(second);
}

static void write_hist(struct scope_writer *writer, unsigned column,
                       uint64_t calls, int second)
{
    struct scope_hist hist;
    size_t size;
    must(scope_hist_init(&hist, 1, 3600 * S, 3, &err));
    scope_hist_record(&hist, 1000, calls * times_as_much(second));
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    must(scope_writer_hist(writer, 0, column, (second - 1) * S, second * S,
                           bytes, size, &err));
    free(bytes);
    scope_hist_free(&hist);
}

static void write_sweeps(struct scope_writer *writer,
                         const struct column *columns, unsigned count)
{
    uint64_t values[COLUMNS] = {0};
    for (unsigned i = 0; i < count; i++)
        must(scope_writer_series(writer, 0, i, &metrics[columns[i].metric],
                                 columns[i].target, columns[i].instance, &err));
    for (int second = FIRST; second <= LAST; second++) {
        uint64_t present = 0;
        for (unsigned i = 0; i < count; i++) {
            const struct column *column = &columns[i];
            bool gauge = metrics[column->metric].semantics == SCOPE_GAUGE;
            if (column->metric == LATENCY) {
                write_hist(writer, i, column->each, second);
                continue;
            }
            values[i] =
                gauge ? column->each : values[i] + growth(column, second);
            if (!column->late || second >= CLOSES)
                present |= UINT64_C(1) << i;
        }
        must(scope_writer_sweep(writer, 0, second * S, values, &present, count,
                                &err));
    }
}

static void write_calls(struct scope_writer *writer, const char *kind,
                        uint64_t reads)
{
    const char *read = strcmp(kind, "hostile") == 0 ? hostile : "read";
    char eagain[256];
    uint64_t each = reads * 1000;
    snprintf(eagain, sizeof eagain, "%s:EAGAIN", read);
    const struct column columns[] = {
        {CALLS, 1, read, each, 10, false},
        {CALLS, 1, "epoll_wait", 1000, 0, false},
        {CALLS, 2, read, 1000, 0, false},
        {CALLS, 2, "other", 100, 0, false},
        {LOST, 0, "", strcmp(kind, "lost") == 0 ? 3000 : 0, 0, false},
        {COST, 0, "", 150, 0, false},
        {CALLS, 1, "close", 100, 0, true}, /* bare ends before it */
        {BYTES, 1, read, (each - 500) * 100, 1000, false},
        {BYTES, 2, read, 100000, 0, false},
        {ERRORS, 1, eagain, 500, 0, false}, /* counts ends with it */
        {TIME, 1, read, each * 1000, 10000, false},
        {TIME, 1, "epoll_wait", 800000000, 0, false},
        {TIME, 1, "close", 0, 0, false},
        {TIME, 2, read, 1000000, 0, false},
        {TIME, 2, "other", 0, 0, false},
        {LONGEST, 1, read, 5000, 0, false},
        {LONGEST, 2, read, 4000, 0, false},
        {LATENCY, 1, read, each, 0, false},
        {LATENCY, 2, read, 1000, 0, false},
    };
    unsigned count = sizeof columns / sizeof *columns;
    if (strcmp(kind, "counts") == 0)
        count = 10;
    if (strcmp(kind, "bare") == 0)
        count = 6;
    write_sweeps(writer, columns, count);
}

static void write_cpu(struct scope_writer *writer)
{
    const struct scope_metric cpu = {.name = "process.cpu",
                                     .semantics = SCOPE_COUNTER,
                                     .value = SCOPE_U64,
                                     .unit = SCOPE_UNIT_NS,
                                     .help = "known"};
    uint64_t values[2] = {0};
    must(scope_writer_source(writer, 2, "proc", false, "1", NULL, 0, S, &err));
    for (unsigned p = 0; p < 2; p++)
        must(scope_writer_series(writer, 2, p, &cpu, p + 1, "", &err));
    for (int second = FIRST; second <= LAST; second++) {
        for (unsigned p = 0; p < 2; p++)
            values[p] += 20000000 * times_as_much(second);
        must(scope_writer_sweep(writer, 2, second * S, values, (uint64_t[]){3},
                                2, &err));
    }
}

static void write_load(struct scope_writer *writer)
{
    static const struct scope_metric load[] = {SCOPE_LOAD_METRICS};
    uint64_t values[SCOPE_LOAD_COUNT] = {0};
    uint64_t present = UINT64_C(1) << SCOPE_LOAD_REQUESTS;
    must(scope_writer_source(writer, 1, "http", true, "1", NULL, 0, S, &err));
    for (unsigned i = 0; i < SCOPE_LOAD_COUNT; i++)
        must(scope_writer_series(writer, 1, i, &load[i], 0,
                                 load[i].domain ? "2xx" : "", &err));
    for (int second = FIRST; second <= LAST; second++) {
        values[SCOPE_LOAD_REQUESTS] += 1000 * times_as_much(second);
        must(scope_writer_sweep(writer, 1, second * S, values, &present,
                                SCOPE_LOAD_COUNT, &err));
    }
}

static void write_trial(struct scope_writer *writer, const char *kind,
                        uint64_t reads, const struct scope_label *labels,
                        size_t count)
{
    int64_t id;
    must(scope_writer_begin(writer, FIRST * S, 1700000000 * S, labels, count,
                            NULL, 0, &id, &err));
    must(scope_writer_source(writer, 0, "syscalls", false, "1", NULL, 0, S,
                             &err));
    for (unsigned p = 1; p <= 2; p++) {
        const struct scope_target target = {
            .id = p,
            .kind = SCOPE_TARGET_PROCESS,
            .pid = (pid_t)(100 + p),
            .tid = (pid_t)(100 + p),
            .start_ticks = 7,
            .name = strcmp(kind, "hostile") == 0 ? hostile : "nginx",
            .role = strcmp(kind, "hostile") == 0 ? "" : "sidecar"};
        must(scope_writer_target(writer, &target, FIRST * S, &err));
    }
    write_calls(writer, kind, reads);
    write_load(writer);
    write_cpu(writer);
    must(scope_writer_end(writer, BEGIN * S, END * S, SCOPE_TRIAL_COMPLETE,
                          &err));
    const struct scope_check check = {
        .name = "rate", .passed = true, .reason = "1000/s of 1000/s"};
    must(scope_writer_judge(writer, id, &check, 1, &err));
}

int main(int argc, char **argv)
{
    struct scope_label labels[8];
    size_t count = 0;
    if (argc < 4 || argc > 4 + 8) {
        fprintf(stderr, "write_syscalls: FILE KIND READS [KEY=VALUE]...\n");
        return 2;
    }
    for (int i = 4; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            return 2;
        *equals = '\0';
        labels[count++] = (struct scope_label){argv[i], equals + 1};
    }
    struct scope_writer *writer = NULL;
    must(scope_writer_open(argv[1], &writer, &err));
    write_trial(writer, argv[2], strtoull(argv[3], NULL, 10), labels, count);
    must(scope_writer_close(writer, &err));
    return 0;
}
