/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes stores whose figures are known beforehand:
 *
 *     write_store known|invalid|hostile|empty|single|undriven|PROFILE FILE
 *
 * known: the window is 10 s to 14 s. Two processes of the role sidecar use 100
 * and 50 ms of CPU time a second, 1 and 3 MiB of memory, and write 2000 bytes
 * each; 1000 requests a second are answered, of which the n-th of each second
 * takes n microseconds. Before and after the window everything is ten times as
 * much.
 *
 * PROFILE: as known, with the profile that write_profile.h describes: profile;
 * profile-changed, in which it is so; profile-pmu, in cycles; profile-undriven,
 * without requests; profile-lossy, which loses 5 samples a second; and
 * profile-hostile, with the names of hostile.
 */
#include "lib/store/writer.h"
#include "tests/cli/write_profile.h"

#include <scope/load.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

static const char hostile[] =
    "=cmd()|'\"><script>alert(1)</script><img src=x onerror=alert(2)>\n"
    "\033]0;title\a`id`$(id)\xff\xe2\x80\xae%s";

static struct scope_err err;

static void must(enum scope_code code)
{
    if (code == SCOPE_OK)
        return;
    fprintf(stderr, "write_store: %s\n", err.text);
    exit(1);
}

static const struct scope_metric metrics[] = {
    {.name = "process.cpu",
     .semantics = SCOPE_COUNTER,
     .value = SCOPE_U64,
     .unit = SCOPE_UNIT_NS,
     .help = "CPU time"},
    {.name = "process.memory.resident",
     .semantics = SCOPE_GAUGE,
     .value = SCOPE_U64,
     .unit = SCOPE_UNIT_BYTES,
     .help = "memory in use"},
    {.name = "process.io.write.chars",
     .semantics = SCOPE_COUNTER,
     .value = SCOPE_U64,
     .unit = SCOPE_UNIT_BYTES,
     .help = "bytes written"},
    {.name = "process.faults.major",
     .semantics = SCOPE_COUNTER,
     .value = SCOPE_U64,
     .unit = SCOPE_UNIT_COUNT,
     .help = "never happens"},
};

enum {
    METRICS = sizeof metrics / sizeof *metrics,
};

static const struct scope_metric load[] = {SCOPE_LOAD_METRICS};

/* Inside the window 1, outside 10. */
static uint64_t times_as_much(int second)
{
    return second > 10 && second <= 14 ? 1 : 10;
}

static void write_processes(struct scope_writer *writer, const char *name,
                            const char *role, int from, int to)
{
    static const uint64_t each[2][METRICS] = {
        {100000000, 1 << 20, 2000, 0},
        {50000000, 3 << 20, 2000, 0},
    };
    must(scope_writer_source(writer, 0, "proc", false, "1", NULL, 0, S, &err));
    for (unsigned p = 0; p < 2; p++) {
        struct scope_target target = {.id = p + 1,
                                      .kind = SCOPE_TARGET_PROCESS,
                                      .pid = (pid_t)(100 + p),
                                      .tid = (pid_t)(100 + p),
                                      .start_ticks = 7,
                                      .name = name,
                                      .role = role};
        must(scope_writer_target(writer, &target, 9 * S, &err));
        for (unsigned m = 0; m < METRICS; m++)
            must(scope_writer_series(writer, 0, p * METRICS + m, &metrics[m],
                                     p + 1, "", &err));
    }
    uint64_t values[2 * METRICS] = {0};
    for (int second = from; second <= to; second++) {
        for (unsigned p = 0; p < 2; p++)
            for (unsigned m = 0; m < METRICS; m++) {
                uint64_t *value = &values[p * METRICS + m];
                uint64_t now = each[p][m] * times_as_much(second);
                *value =
                    metrics[m].semantics == SCOPE_GAUGE ? now : *value + now;
            }
        must(scope_writer_sweep(writer, 0, second * S, values,
                                (uint64_t[]){(1 << 2 * METRICS) - 1},
                                2 * METRICS, &err));
    }
}

static void write_hist(struct scope_writer *writer, unsigned column, int second)
{
    struct scope_hist hist;
    must(scope_hist_init(&hist, 1, 3600 * S, 3, &err));
    for (int64_t i = 1; i <= 1000; i++)
        scope_hist_record(&hist, i * 1000 * (int64_t)times_as_much(second), 1);
    size_t size;
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    must(scope_writer_hist(writer, 1, column, (second - 1) * S, second * S,
                           bytes, size, &err));
    free(bytes);
    scope_hist_free(&hist);
}

static void write_load(struct scope_writer *writer, const char *instance)
{
    uint64_t values[SCOPE_LOAD_COUNT] = {0};
    double rate = 1000, busiest = 0.25;
    must(scope_writer_source(writer, 1, "http", true, "1", NULL, 0, S, &err));
    for (unsigned i = 0; i < SCOPE_LOAD_COUNT; i++)
        must(scope_writer_series(writer, 1, i, &load[i], 0,
                                 load[i].domain ? instance : "", &err));
    memcpy(&values[SCOPE_LOAD_RATE], &rate, sizeof rate);
    memcpy(&values[SCOPE_LOAD_BUSIEST], &busiest, sizeof busiest);
    uint64_t present = (1U << SCOPE_LOAD_COUNT) - 1;
    present &= ~(1ULL << SCOPE_LOAD_LATENCY | 1ULL << SCOPE_LOAD_SERVICE |
                 1ULL << SCOPE_LOAD_DELAY);
    for (int second = 9; second <= 15; second++) {
        values[SCOPE_LOAD_REQUESTS] += 1000 * times_as_much(second);
        values[SCOPE_LOAD_CPU_USER] += 200000000;
        values[SCOPE_LOAD_CPU_SYSTEM] += 50000000;
        must(scope_writer_sweep(writer, 1, second * S, values, &present,
                                SCOPE_LOAD_COUNT, &err));
        write_hist(writer, SCOPE_LOAD_LATENCY, second);
        write_hist(writer, SCOPE_LOAD_SERVICE, second);
        write_hist(writer, SCOPE_LOAD_DELAY, second);
    }
}

static void write_known_profile(struct scope_writer *writer, const char *kind,
                                const char *name)
{
    const struct known_profile known = {
        .pmu = strcmp(kind, "profile-pmu") == 0,
        .changed = strcmp(kind, "profile-changed") == 0,
        .lost = strcmp(kind, "profile-lossy") == 0 ? 5 : 0,
        .hostile = strcmp(kind, "profile-hostile") == 0 ? hostile : NULL,
        .name = name,
    };
    write_profile(writer, &known);
}

static void write_trial(struct scope_writer *writer, const char *kind)
{
    bool bad = strstr(kind, "hostile") != NULL;
    bool single = strcmp(kind, "single") == 0;
    const char *name = bad ? hostile : "haproxy";
    const struct scope_label label = {bad ? hostile : "rate",
                                      bad ? hostile : "1000"};
    const struct scope_label fact = {"cpu", bad ? hostile : "Z80"};
    int64_t id;
    must(scope_writer_begin(writer, 9 * S, 1700000000 * S, &label, 1, &fact, 1,
                            &id, &err));
    write_processes(writer, name, bad ? "" : "sidecar", single ? 12 : 9,
                    single ? 12 : 15);
    if (!strstr(kind, "undriven") && !single)
        write_load(writer, bad ? hostile : "2xx");
    if (strncmp(kind, "profile", strlen("profile")) == 0)
        write_known_profile(writer, kind, name);
    if (bad)
        must(scope_writer_event(writer, 11 * S, SCOPE_EVENT_WARNING, 1, 1,
                                hostile, &err));
    must(scope_writer_end(writer, 10 * S, 14 * S, SCOPE_TRIAL_COMPLETE, &err));
    const struct scope_check checks[] = {
        {.name = "rate", .passed = true, .reason = "1000/s of 1000/s"},
        {.name = "send-delay",
         .passed = !bad && strcmp(kind, "invalid") != 0,
         .reason = bad ? hostile : "requests were sent late"},
    };
    must(scope_writer_judge(writer, id, checks, 2, &err));
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "write_store: KIND FILE\n");
        return 2;
    }
    struct scope_writer *writer = NULL;
    must(scope_writer_open(argv[2], &writer, &err));
    if (strcmp(argv[1], "empty") != 0)
        write_trial(writer, argv[1]);
    must(scope_writer_close(writer, &err));
    return 0;
}
