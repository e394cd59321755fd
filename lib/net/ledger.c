/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds up what the threads of a driver have handed over, and emits it. */
#include "lib/net/timings.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

void scope_ledger_init(struct scope_ledger *ledger,
                       const struct scope_ledger_plan *plan)
{
    *ledger = (struct scope_ledger){.plan = *plan};
    while (plan->kinds && plan->kinds[ledger->kind_count])
        ledger->kind_count++;
    ledger->tallies = scope_alloc(plan->threads, sizeof(struct scope_tally *));
    ledger->before = scope_alloc(plan->threads, sizeof *ledger->before);
    scope_timings_init(&ledger->sum, ledger->kind_count);
    scope_timing_init(&ledger->latency);
    scope_timing_init(&ledger->service);
}

void scope_ledger_free(struct scope_ledger *ledger)
{
    scope_timings_free(&ledger->sum, ledger->kind_count);
    scope_hist_free(&ledger->latency);
    scope_hist_free(&ledger->service);
    free(ledger->tallies);
    free(ledger->before);
}

/* Every instance is there from the first sweep on, so that a counter's first
 * step is seen. */
static void name_instances(struct scope_ledger *ledger, struct scope_sink *sink)
{
    ledger->self = scope_instance(sink, NULL, "");
    for (size_t i = 0; i < ledger->kind_count; i++)
        ledger->kinds[i] = scope_instance(sink, NULL, ledger->plan.kinds[i]);
    for (unsigned i = 0; i < SCOPE_FAULT_COUNT; i++)
        ledger->errors[i] = scope_instance(sink, NULL, scope_fault_word(i));
    ledger->named = true;
}

static void add_all(uint64_t *sum, const uint64_t *part, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += part[i];
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
    sum->waited += part->waited;
    sum->outstanding += part->outstanding;
    sum->capacity += part->capacity;
    sum->connections += part->connections;
    add_all(sum->kinds, part->kinds, SCOPE_KINDS_MAX);
    add_all(sum->errors, part->errors, SCOPE_FAULT_COUNT);
    add_all(sum->own, part->own, SCOPE_OWN_MAX);
}

/* The set that the thread does not record into. */
static struct scope_timings *other_set(struct scope_tally *tally)
{
    return tally->timings == &tally->sets[0] ? &tally->sets[1]
                                             : &tally->sets[0];
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
    const struct scope_ledger_plan *plan = &ledger->plan;
    scope_emit_u64(sink, SCOPE_LOAD_REQUESTS, self, sum->requests);
    scope_emit_u64(sink, SCOPE_LOAD_INTENDED, self, sum->intended);
    scope_emit_u64(sink, SCOPE_LOAD_UNSENT, self, sum->unsent);
    scope_emit_u64(sink, SCOPE_LOAD_OUTSTANDING, self, sum->outstanding);
    scope_emit_u64(sink, SCOPE_TALLY_CAPACITY, self, sum->capacity);
    scope_emit_u64(sink, SCOPE_LOAD_CONNECTIONS, self, sum->connections);
    scope_emit_u64(sink, SCOPE_LOAD_CONNECTS, self, sum->connects);
    scope_emit_u64(sink, SCOPE_LOAD_SENT, self, sum->sent);
    scope_emit_u64(sink, SCOPE_LOAD_RECEIVED, self, sum->received);
    scope_emit_u64(sink, SCOPE_TALLY_RETRIES, self, sum->retries);
    scope_emit_u64(sink, SCOPE_TALLY_CUT, self, sum->cut);
    if (plan->open)
        scope_emit_u64(sink, SCOPE_TALLY_WAITED, self, sum->waited);
    for (size_t i = 0; i < ledger->kind_count; i++)
        scope_emit_u64(sink,
                       plan->statuses ? (unsigned)SCOPE_LOAD_STATUS
                                      : (unsigned)SCOPE_TALLY_ANSWERS,
                       ledger->kinds[i], sum->kinds[i]);
    for (size_t i = 0; i < SCOPE_FAULT_COUNT; i++)
        scope_emit_u64(sink, SCOPE_LOAD_ERRORS, ledger->errors[i],
                       sum->errors[i]);
    for (size_t i = 0; i < ledger->other_count; i++)
        scope_emit_u64(sink, SCOPE_LOAD_ERRORS, ledger->others[i].instance,
                       ledger->others[i].count);
    for (unsigned i = 0; i < plan->own; i++)
        scope_emit_u64(sink, SCOPE_TALLY_COUNT + i, self, sum->own[i]);
    if (ledger->rate > 0)
        scope_emit_f64(sink, SCOPE_LOAD_RATE, self, ledger->rate);
}

static void emit_hist(struct scope_sink *sink, unsigned metric,
                      uint32_t instance, struct scope_hist *hist)
{
    if (!hist->total)
        return;
    scope_emit_hist(sink, metric, instance, hist);
    scope_hist_reset(hist);
}

/* In a closed loop nothing waits for its time: latency is service. */
static void emit_timings(struct scope_ledger *ledger, struct scope_sink *sink)
{
    const uint32_t self = ledger->self;
    const bool open = ledger->plan.open;
    struct scope_timings *sum = &ledger->sum;
    for (size_t i = 0; i < ledger->kind_count; i++) {
        struct scope_kind_timings *kind = &sum->kinds[i];
        if (!kind->used || !kind->service.total)
            continue;
        if (i < ledger->kind_count - ledger->plan.parts) {
            scope_hist_merge(&ledger->service, &kind->service);
            scope_hist_merge(&ledger->latency,
                             open ? &kind->latency : &kind->service);
        }
        if (open)
            emit_hist(sink, SCOPE_TALLY_KIND_LATENCY, ledger->kinds[i],
                      &kind->latency);
        emit_hist(sink, SCOPE_TALLY_KIND_SERVICE, ledger->kinds[i],
                  &kind->service);
    }
    emit_hist(sink, SCOPE_LOAD_LATENCY, self, &ledger->latency);
    emit_hist(sink, SCOPE_LOAD_SERVICE, self, &ledger->service);
    emit_hist(sink, SCOPE_LOAD_DELAY, self, &sum->delay);
    emit_hist(sink, SCOPE_TALLY_CONNECT, self, &sum->connect);
    emit_hist(sink, SCOPE_TALLY_HANDSHAKE, self, &sum->handshake);
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

static void tell(struct scope_sink *sink, const struct scope_first *first)
{
    scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1, "first error \"%s\": %s",
                first->name, first->detail);
}

static void tell_faults(struct scope_ledger *ledger, struct scope_tally *tally,
                        struct scope_sink *sink)
{
    for (unsigned i = 0; i < SCOPE_FAULT_COUNT; i++) {
        if (ledger->told[i] || !tally->copy.errors[i])
            continue;
        ledger->told[i] = true;
        tell(sink, &tally->first[i]);
    }
}

/* The place of a name, made when it is new and there is room. */
static size_t find_other(struct scope_ledger *ledger, const char *name,
                         struct scope_sink *sink)
{
    size_t at = 0;
    while (at < ledger->other_count &&
           strcmp(ledger->others[at].name, name) != 0)
        at++;
    if (at < ledger->other_count || at == SCOPE_NAMED_MAX)
        return at;
    memcpy(ledger->others[at].name, name, SCOPE_NAME_SIZE);
    ledger->others[at].instance = scope_instance(sink, NULL, name);
    ledger->other_count++;
    return at;
}

/* Names that find no place count as other errors. */
static void add_named(struct scope_ledger *ledger,
                      const struct scope_tally *tally, struct scope_sink *sink,
                      struct scope_counts *sum)
{
    for (size_t i = 0; i < SCOPE_NAMED_MAX && tally->copy.named[i]; i++) {
        size_t at = find_other(ledger, tally->named[i].name, sink);
        if (at == SCOPE_NAMED_MAX) {
            sum->errors[SCOPE_FAULT_OTHER] += tally->copy.named[i];
            continue;
        }
        ledger->others[at].count += tally->copy.named[i];
        if (!ledger->others[at].told)
            tell(sink, &tally->named[i]);
        ledger->others[at].told = true;
    }
}

void scope_ledger_emit(struct scope_ledger *ledger, struct scope_sink *sink)
{
    if (!ledger->named)
        name_instances(ledger, sink);
    struct scope_counts sum = {0};
    double busiest = -1;
    for (size_t i = 0; i < ledger->other_count; i++)
        ledger->others[i].count = 0;
    for (size_t i = 0; i < ledger->plan.threads; i++) {
        struct scope_tally *tally = ledger->tallies[i];
        double share = share_of(&tally->copy, &ledger->before[i]);
        busiest = share > busiest ? share : busiest;
        add(&sum, &tally->copy);
        add_named(ledger, tally, sink, &sum);
        scope_timings_move(&ledger->sum, other_set(tally), ledger->kind_count);
        tell_faults(ledger, tally, sink);
        ledger->before[i] = tally->copy;
    }
    emit_counts(ledger, &sum, sink);
    emit_timings(ledger, sink);
    emit_cpu(ledger, busiest, sink);
}
