/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sinks. A value finds its column through one table lookup; columns are made
 * when a metric is first emitted for an instance, so a sweep in the steady
 * state allocates nothing.
 */
#include "lib/host/sink.h"

#include "lib/base/clock.h"

#include <stdio.h>
#include <string.h>

#define NO_COLUMN 0 /* in the table: column + 1 */

struct instance {
    uint32_t target;
    char *name;
};

struct scope_sink {
    unsigned source;
    const struct scope_host *host;
    struct scope_outlet outlet;
    int64_t time_ns;      /* of the sweep being taken */
    int64_t last_hist_ns; /* of the sweep before it */

    struct instance *instances;
    size_t instance_count, instance_room;
    uint32_t *slots; /* hash of instances: index + 1, 0 empty */
    size_t slot_count;

    uint32_t *table; /* instance by metric: column + 1 */
    size_t table_room;
    size_t columns, column_room;
    uint64_t *values, *present;
    bool from_zero;
    size_t known; /* columns before this sweep */

    struct scope_text frame;
    uint64_t unreported; /* lost since the last event that said so */
    struct scope_sink_totals totals;
};

void scope_host_init(struct scope_host *host, const struct scope_metric *table,
                     int64_t interval_ns)
{
    *host = (struct scope_host){.interval_ns = interval_ns};
    for (; table && table->name; table++)
        scope_metric_add(host, table);
}

static char *copy(const char *text)
{
    return text ? scope_strdup(text) : NULL;
}

unsigned scope_metric_add(struct scope_host *host,
                          const struct scope_metric *metric)
{
    host->metrics = scope_grow(host->metrics, &host->room, host->count,
                               sizeof *host->metrics);
    struct scope_metric *row = &host->metrics[host->count];
    *row = *metric;
    row->name = copy(metric->name);
    row->domain = copy(metric->domain);
    row->help = copy(metric->help);
    return (unsigned)host->count++;
}

int64_t scope_host_interval_ns(const struct scope_host *host)
{
    return host->interval_ns;
}

/* The strings are the host's own copies; the rows are const only to others. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void scope_host_free(struct scope_host *host)
{
    for (size_t i = 0; i < host->count; i++) {
        free_text(host->metrics[i].name);
        free_text(host->metrics[i].domain);
        free_text(host->metrics[i].help);
    }
    free(host->metrics);
    *host = (struct scope_host){0};
}

struct scope_sink *scope_sink_new(unsigned source,
                                  const struct scope_host *host,
                                  struct scope_outlet outlet)
{
    struct scope_sink *sink = scope_alloc(1, sizeof *sink);
    sink->source = source;
    sink->host = host;
    sink->outlet = outlet;
    sink->last_hist_ns = scope_now_ns();
    return sink;
}

void scope_sink_free(struct scope_sink *sink)
{
    if (!sink)
        return;
    for (size_t i = 0; i < sink->instance_count; i++)
        free(sink->instances[i].name);
    free(sink->instances);
    free(sink->slots);
    free(sink->table);
    free(sink->values);
    free(sink->present);
    scope_text_free(&sink->frame);
    free(sink);
}

static bool put(struct scope_sink *sink)
{
    if (sink->outlet.put(sink->outlet.closure, sink->frame.bytes,
                         sink->frame.length))
        return true;
    sink->totals.lost++;
    sink->unreported++;
    return false;
}

/* FNV-1a, 64 bit. */
static size_t hash(uint32_t target, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ target;
    h *= UINT64_C(0x100000001b3);
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

static uint32_t *find_slot(const struct scope_sink *sink, uint32_t target,
                           const char *name)
{
    size_t mask = sink->slot_count - 1;
    for (size_t i = hash(target, name) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &sink->slots[i];
        if (!*slot)
            return slot;
        const struct instance *have = &sink->instances[*slot - 1];
        if (have->target == target && strcmp(have->name, name) == 0)
            return slot;
    }
}

static void rehash(struct scope_sink *sink)
{
    free(sink->slots);
    sink->slot_count = sink->slot_count ? sink->slot_count * 2 : 64;
    sink->slots = scope_alloc(sink->slot_count, sizeof *sink->slots);
    for (size_t i = 0; i < sink->instance_count; i++)
        *find_slot(sink, sink->instances[i].target, sink->instances[i].name) =
            (uint32_t)i + 1;
}

uint32_t scope_instance(struct scope_sink *sink,
                        const struct scope_target *target, const char *name)
{
    uint32_t id = target ? target->id : 0;
    if (sink->slot_count < 2 * (sink->instance_count + 1))
        rehash(sink);
    uint32_t *slot = find_slot(sink, id, name);
    if (*slot)
        return *slot - 1;
    size_t metrics = sink->host->count;
    size_t before = sink->table_room;
    sink->table =
        scope_grow(sink->table, &sink->table_room,
                   (sink->instance_count + 1) * metrics, sizeof *sink->table);
    memset(sink->table + before, 0,
           (sink->table_room - before) * sizeof *sink->table);
    sink->instances = scope_grow(sink->instances, &sink->instance_room,
                                 sink->instance_count, sizeof *sink->instances);
    sink->instances[sink->instance_count] =
        (struct instance){.target = id, .name = scope_strdup(name)};
    *slot = (uint32_t)++sink->instance_count;
    return *slot - 1;
}

/* Makes a column; NO_COLUMN when it could not be announced. */
static uint32_t add_column(struct scope_sink *sink, unsigned metric,
                           uint32_t instance)
{
    const struct instance *of = &sink->instances[instance];
    if (sink->columns >= SCOPE_COLUMNS_MAX)
        return NO_COLUMN;
    scope_frame_series(&sink->frame, sink->source, (unsigned)sink->columns,
                       &sink->host->metrics[metric], of->target, of->name);
    if (!put(sink))
        return NO_COLUMN;
    if (sink->columns == sink->column_room) {
        size_t room = sink->column_room ? sink->column_room * 2 : 256;
        sink->values = scope_realloc(sink->values, room, sizeof *sink->values);
        sink->present =
            scope_realloc(sink->present, room / 64, sizeof *sink->present);
        memset(sink->present + sink->column_room / 64, 0,
               (room - sink->column_room) / 8);
        sink->column_room = room;
    }
    sink->columns++;
    return sink->table[instance * sink->host->count + metric] =
               (uint32_t)sink->columns;
}

/* The column of a value, or NO_COLUMN when it has none. */
static uint32_t column_of(struct scope_sink *sink, unsigned metric,
                          uint32_t instance, enum scope_value type)
{
    if (metric >= sink->host->count || instance >= sink->instance_count ||
        sink->host->metrics[metric].value != type) {
        sink->totals.misused++;
        return NO_COLUMN;
    }
    uint32_t column = sink->table[instance * sink->host->count + metric];
    return column ? column : add_column(sink, metric, instance);
}

static void emit(struct scope_sink *sink, unsigned metric, uint32_t instance,
                 enum scope_value type, uint64_t bits)
{
    uint32_t column = column_of(sink, metric, instance, type);
    if (column == NO_COLUMN)
        return;
    column--;
    sink->values[column] = bits;
    sink->present[column / 64] |= UINT64_C(1) << column % 64;
    sink->totals.values++;
}

void scope_emit_u64(struct scope_sink *sink, unsigned metric, uint32_t instance,
                    uint64_t value)
{
    emit(sink, metric, instance, SCOPE_U64, value);
}

void scope_emit_i64(struct scope_sink *sink, unsigned metric, uint32_t instance,
                    int64_t value)
{
    emit(sink, metric, instance, SCOPE_I64, (uint64_t)value);
}

void scope_emit_f64(struct scope_sink *sink, unsigned metric, uint32_t instance,
                    double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    emit(sink, metric, instance, SCOPE_F64, bits);
}

void scope_emit_hist(struct scope_sink *sink, unsigned metric,
                     uint32_t instance, const struct scope_hist *hist)
{
    uint32_t column = column_of(sink, metric, instance, SCOPE_HIST);
    if (column == NO_COLUMN || !hist->total)
        return;
    size_t size = 0;
    uint8_t *bytes = scope_hist_encode(hist, &size);
    scope_frame_hist(&sink->frame, sink->source, column - 1, sink->last_hist_ns,
                     sink->time_ns, bytes, size);
    free(bytes);
    put(sink);
    sink->totals.values++;
}

bool scope_artifact(struct scope_sink *sink, const char *name, const char *type,
                    const void *bytes, size_t size)
{
    if (size > SCOPE_FRAME_MAX / 2)
        return false;
    scope_frame_artifact(&sink->frame, sink->source, sink->time_ns, name, type,
                         bytes, size);
    /* Not lost when there is no room: its owner keeps it. */
    return sink->outlet.put(sink->outlet.closure, sink->frame.bytes,
                            sink->frame.length);
}

void scope_event(struct scope_sink *sink, enum scope_event_kind kind,
                 const struct scope_target *target, uint64_t count,
                 const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    scope_frame_event(&sink->frame, sink->source, scope_now_ns(), kind,
                      target ? target->id : 0, count, text);
    put(sink);
}

int64_t scope_sweep_ns(const struct scope_sink *sink)
{
    return sink->time_ns;
}

void scope_sink_begin(struct scope_sink *sink, int64_t time_ns)
{
    sink->time_ns = time_ns;
    if (sink->unreported) {
        uint64_t lost = sink->unreported;
        sink->unreported = 0;
        scope_event(sink, SCOPE_EVENT_LOST, NULL, lost,
                    "%llu frames had no room on the way to the store",
                    (unsigned long long)lost);
        if (sink->unreported)
            sink->unreported = lost;
    }
}

void scope_sink_from_zero(struct scope_sink *sink)
{
    sink->from_zero = true;
}

static bool is_counter(const struct scope_sink *sink, size_t column)
{
    for (size_t i = 0; i < sink->instance_count; i++)
        for (size_t m = 0; m < sink->host->count; m++)
            if (sink->table[i * sink->host->count + m] == column + 1)
                return sink->host->metrics[m].semantics == SCOPE_COUNTER;
    return false;
}

/* A sweep of zeros for the counters that are new in this one. */
static void put_zeros(struct scope_sink *sink)
{
    size_t words = (sink->columns + 63) / 64;
    uint64_t *present = scope_alloc(words, sizeof *present);
    uint64_t *zeros = scope_alloc(sink->columns, sizeof *zeros);
    bool any = false;
    for (size_t i = sink->known; i < sink->columns; i++)
        if (is_counter(sink, i)) {
            present[i / 64] |= UINT64_C(1) << (i % 64);
            any = true;
        }
    if (any) {
        scope_frame_sweep(&sink->frame, sink->source, sink->time_ns - 1, zeros,
                          present, sink->columns);
        put(sink);
    }
    free(present);
    free(zeros);
}

bool scope_sink_end(struct scope_sink *sink)
{
    if (sink->from_zero && sink->totals.sweeps && sink->columns > sink->known &&
        sink->time_ns - 1 > sink->last_hist_ns)
        put_zeros(sink);
    sink->known = sink->columns;
    scope_frame_sweep(&sink->frame, sink->source, sink->time_ns, sink->values,
                      sink->present, sink->columns);
    sink->last_hist_ns = sink->time_ns;
    if (sink->present)
        memset(sink->present, 0, (sink->columns + 63) / 64 * 8);
    sink->totals.sweeps++;
    return put(sink);
}

struct scope_sink_totals scope_sink_totals(const struct scope_sink *sink)
{
    return sink->totals;
}
