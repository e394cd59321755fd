/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds up what the threads of a driver have handed over, and emits it. */
#include "lib/net/tally.h"

#include <stdio.h>
#include <sys/resource.h>

static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

void scope_ledger_init(struct scope_ledger *ledger, size_t count, double rate)
{
    *ledger = (struct scope_ledger){.count = count, .rate = rate};
    ledger->tallies = scope_alloc(count, sizeof(struct scope_tally *));
    ledger->before = scope_alloc(count, sizeof *ledger->before);
    scope_timings_init(&ledger->sum);
}

void scope_ledger_free(struct scope_ledger *ledger)
{
    scope_timings_free(&ledger->sum);
    free(ledger->tallies);
    free(ledger->before);
}

/* Every instance is there from the first sweep on, so that a counter's first
 * step is seen. */
static void name_instances(struct scope_ledger *ledger, struct scope_sink *sink)
{
    ledger->self = scope_instance(sink, NULL, "");
    for (size_t i = 0; i < 5; i++)
        ledger->status[i] = scope_instance(sink, NULL, classes[i]);
    for (unsigned i = 0; i < SCOPE_FAULT_COUNT; i++)
        ledger->errors[i] = scope_instance(sink, NULL, scope_fault_word(i));
    ledger->named = true;
}

static void add(struct scope_counts *sum, const struct scope_counts *part)
{
    sum->requests += part->requests;
    sum->intended += part->intended;
    sum->unsent += part->unsent;
    sum->connects += part->connects;
    sum->sent += part->sent;
    sum->received += part->received;
    sum->retries += part->retries;
    sum->cut += part->cut;
    sum->outstanding += part->outstanding;
    sum->connections += part->connections;
    for (size_t i = 0; i < 5; i++)
        sum->status[i] += part->status[i];
    for (size_t i = 0; i < SCOPE_FAULT_COUNT; i++)
        sum->errors[i] += part->errors[i];
}

/* The set that the thread does not record into is moved to the sum. */
static void gather(struct scope_ledger *ledger, struct scope_tally *tally)
{
    struct scope_timings *set =
        tally->timings == &tally->sets[0] ? &tally->sets[1] : &tally->sets[0];
    scope_hist_merge(&ledger->sum.latency, &set->latency);
    scope_hist_merge(&ledger->sum.service, &set->service);
    scope_hist_merge(&ledger->sum.delay, &set->delay);
    scope_timings_reset(set);
}

/* Of a CPU, since the last sweep; -1 in the first one, and for a thread that
 * had ended by then. */
static double share_of(const struct scope_counts *now,
                       const struct scope_counts *before)
{
    int64_t wall = now->time_ns - before->time_ns;
    if (!before->time_ns || wall <= 0)
        return -1;
    return (double)(now->cpu_ns - before->cpu_ns) / (double)wall;
}

static void emit_counts(const struct scope_ledger *ledger,
                        const struct scope_counts *sum, struct scope_sink *sink)
{
    const uint32_t self = ledger->self;
    scope_emit_u64(sink, SCOPE_LOAD_REQUESTS, self, sum->requests);
    scope_emit_u64(sink, SCOPE_LOAD_INTENDED, self, sum->intended);
    scope_emit_u64(sink, SCOPE_LOAD_UNSENT, self, sum->unsent);
    scope_emit_u64(sink, SCOPE_LOAD_OUTSTANDING, self, sum->outstanding);
    scope_emit_u64(sink, SCOPE_LOAD_CONNECTIONS, self, sum->connections);
    scope_emit_u64(sink, SCOPE_LOAD_CONNECTS, self, sum->connects);
    scope_emit_u64(sink, SCOPE_LOAD_SENT, self, sum->sent);
    scope_emit_u64(sink, SCOPE_LOAD_RECEIVED, self, sum->received);
    scope_emit_u64(sink, SCOPE_TALLY_RETRIES, self, sum->retries);
    scope_emit_u64(sink, SCOPE_TALLY_CUT, self, sum->cut);
    for (size_t i = 0; i < 5; i++)
        scope_emit_u64(sink, SCOPE_LOAD_STATUS, ledger->status[i],
                       sum->status[i]);
    for (size_t i = 0; i < SCOPE_FAULT_COUNT; i++)
        scope_emit_u64(sink, SCOPE_LOAD_ERRORS, ledger->errors[i],
                       sum->errors[i]);
    if (ledger->rate > 0)
        scope_emit_f64(sink, SCOPE_LOAD_RATE, self, ledger->rate);
}

/* In a closed loop nothing waits for its time: latency is service. */
static void emit_timings(struct scope_ledger *ledger, struct scope_sink *sink)
{
    bool open = ledger->rate > 0;
    struct scope_timings *sum = &ledger->sum;
    scope_emit_hist(sink, SCOPE_LOAD_LATENCY, ledger->self,
                    open ? &sum->latency : &sum->service);
    scope_emit_hist(sink, SCOPE_LOAD_SERVICE, ledger->self, &sum->service);
    if (open)
        scope_emit_hist(sink, SCOPE_LOAD_DELAY, ledger->self, &sum->delay);
    scope_timings_reset(sum);
}

static uint64_t in_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static void emit_cpu(const struct scope_ledger *ledger, double busiest,
                     struct scope_sink *sink)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    scope_emit_u64(sink, SCOPE_LOAD_CPU_USER, ledger->self,
                   in_ns(&usage.ru_utime));
    scope_emit_u64(sink, SCOPE_LOAD_CPU_SYSTEM, ledger->self,
                   in_ns(&usage.ru_stime));
    if (busiest >= 0)
        scope_emit_f64(sink, SCOPE_LOAD_BUSIEST, ledger->self, busiest);
}

static void tell_faults(struct scope_ledger *ledger, struct scope_tally *tally,
                        struct scope_sink *sink)
{
    for (unsigned i = 0; i < SCOPE_FAULT_COUNT; i++) {
        if (ledger->told[i] || !tally->copy.errors[i])
            continue;
        ledger->told[i] = true;
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1, "first error \"%s\": %s",
                    scope_fault_word(i), tally->first[i]);
    }
}

void scope_ledger_emit(struct scope_ledger *ledger, struct scope_sink *sink)
{
    if (!ledger->named)
        name_instances(ledger, sink);
    struct scope_counts sum = {0};
    double busiest = -1;
    for (size_t i = 0; i < ledger->count; i++) {
        struct scope_tally *tally = ledger->tallies[i];
        double share = share_of(&tally->copy, &ledger->before[i]);
        busiest = share > busiest ? share : busiest;
        add(&sum, &tally->copy);
        gather(ledger, tally);
        tell_faults(ledger, tally, sink);
        ledger->before[i] = tally->copy;
    }
    emit_counts(ledger, &sum, sink);
    emit_timings(ledger, sink);
    emit_cpu(ledger, busiest, sink);
}
