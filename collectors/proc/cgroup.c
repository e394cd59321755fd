/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a control group: one table, v2's names first, v1's beside. */
#include "collectors/proc/cgroup.h"

#include "collectors/proc/scan.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct group_file {
    int fd; /* -1: not there, or not wanted */
    bool v1;
    uint32_t instance; /* pressure: the resource's */
    struct layout layout;
};

struct cgroup {
    const struct scope_target *target;
    uint32_t instance;
    bool sampled;
    struct group_file *files; /* one a row of the table */
};

struct cgroups {
    struct reader *reader;
    unsigned groups;
    const char *mounts;
    struct cgroup **items;
    size_t count, room;
};

static const char *const group_names[] = {
    "cpu", "memory", "io", "pids", "pressure", NULL,
};
enum group { CPU, MEMORY, IO, PIDS, PRESSURE };

typedef void parse_fn(struct cgroups *cgroups, struct cgroup *cgroup,
                      struct group_file *file, unsigned metric,
                      const char *text);

static void parse_value(struct cgroups *cgroups, struct cgroup *cgroup,
                        struct group_file *file, unsigned metric,
                        const char *text)
{
    uint64_t value;
    (void)file;
    if (scan_u64(&text, &value)) /* not "max" */
        scope_emit_u64(cgroups->reader->sink, metric, cgroup->instance, value);
}

/* cpu.stat of both versions; cpuacct.stat, whose keys are in ticks. */
static void parse_cpu(struct cgroups *cgroups, struct cgroup *cgroup,
                      struct group_file *file, unsigned metric,
                      const char *text)
{
    uint64_t tick = cgroups->reader->tick_ns;
    const struct known_key keys[] = {
        {"usage_usec", METRIC_CGROUP_CPU, 1000},
        {"user_usec", METRIC_CGROUP_USER, 1000},
        {"system_usec", METRIC_CGROUP_SYSTEM, 1000},
        {"nr_periods", METRIC_CGROUP_PERIODS, 1},
        {"nr_throttled", METRIC_CGROUP_THROTTLED, 1},
        {"throttled_usec", METRIC_CGROUP_THROTTLED_TIME, 1000},
        {"throttled_time", METRIC_CGROUP_THROTTLED_TIME, 1},
        {"nr_bursts", METRIC_CGROUP_BURSTS, 1},
        {"burst_usec", METRIC_CGROUP_BURST_TIME, 1000},
        {"burst_time", METRIC_CGROUP_BURST_TIME, 1},
        {"user", METRIC_CGROUP_USER, tick},
        {"system", METRIC_CGROUP_SYSTEM, tick},
    };
    (void)metric;
    keys_emit(cgroups->reader, &file->layout, keys, sizeof keys / sizeof *keys,
              text, cgroup->instance);
}

static bool begins_with_any(const char *key, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(key, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

/* Keys of memory.stat are bytes but for these events, mm/memcontrol.c. */
static void classify_memory(struct slot *slot, const char *rest,
                            const struct reader *reader)
{
    static const char *const events[] = {
        "pg",      "workingset_", "thp_",       "zswp", "swpin_",
        "swpout_", "numa_",       "oom_group_", NULL,
    };
    (void)rest;
    (void)reader;
    const char *key = slot->key;
    if (strncmp(key, "total_", 6) == 0)
        key += 6;
    slot->metric = begins_with_any(key, events) ? METRIC_CGROUP_MEMORY_EVENT
                                                : METRIC_CGROUP_MEMORY_KIND;
}

/* v1: those below included are in the keys that begin with total_. */
static void classify_memory_v1(struct slot *slot, const char *rest,
                               const struct reader *reader)
{
    classify_memory(slot, rest, reader);
    if (strncmp(slot->key, "total_", 6) != 0)
        slot->metric = METRIC_NONE;
}

static void parse_memory(struct cgroups *cgroups, struct cgroup *cgroup,
                         struct group_file *file, unsigned metric,
                         const char *text)
{
    (void)metric;
    file->v1 |= strstr(text, "\ntotal_") != NULL;
    keys_emit_open(cgroups->reader, &file->layout,
                   file->v1 ? classify_memory_v1 : classify_memory,
                   cgroup->target, text);
}

static void classify_limit(struct slot *slot, const char *rest,
                           const struct reader *reader)
{
    (void)rest;
    (void)reader;
    slot->metric = METRIC_CGROUP_MEMORY_LIMIT;
}

static void parse_limits(struct cgroups *cgroups, struct cgroup *cgroup,
                         struct group_file *file, unsigned metric,
                         const char *text)
{
    (void)metric;
    keys_emit_open(cgroups->reader, &file->layout, classify_limit,
                   cgroup->target, text);
}

static struct slot *find_device(struct cgroups *cgroups, struct cgroup *cgroup,
                                struct group_file *file, const char *line,
                                size_t length)
{
    bool fresh;
    struct slot *slot = layout_find(&file->layout, line, length, &fresh);
    if (fresh)
        slot->instance =
            scope_instance(cgroups->reader->sink, cgroup->target, slot->key);
    return slot;
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void parse_io(struct cgroups *cgroups, struct cgroup *cgroup,
                     struct group_file *file, unsigned metric, const char *text)
{
    static const char *const keys[] = {
        "rbytes=", "wbytes=", "rios=", "wios=", "dbytes=", "dios=",
    };
    (void)metric;
    layout_begin(&file->layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        size_t length = scan_word(line);
        if (!length)
            continue;
        const struct slot *slot =
            find_device(cgroups, cgroup, file, line, length);
        for (const char *at = scan_blanks(line + length); !scan_is_end(*at);
             at = scan_blanks(at + scan_word(at)))
            for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
                const char *value = at + strlen(keys[i]);
                uint64_t number;
                if (strncmp(at, keys[i], strlen(keys[i])) == 0 &&
                    scan_u64(&value, &number))
                    scope_emit_u64(cgroups->reader->sink,
                                   METRIC_CGROUP_IO_READ_BYTES + i,
                                   slot->instance, number);
            }
    }
    layout_end(&file->layout);
}

/* v1: "8:0 Read 123", a line an operation; metric is that of reads, with that
 * of writes behind it, and discards four further on. */
static void parse_blkio(struct cgroups *cgroups, struct cgroup *cgroup,
                        struct group_file *file, unsigned metric,
                        const char *text)
{
    static const struct {
        const char *key;
        unsigned offset;
    } keys[] = {{"Read", 0}, {"Write", 1}, {"Discard", 4}};
    unsigned discard = metric == METRIC_CGROUP_IO_READ_BYTES
                           ? METRIC_CGROUP_IO_DISCARD_BYTES
                           : METRIC_CGROUP_IO_DISCARDS;
    layout_begin(&file->layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        size_t length = scan_word(line);
        const char *word = scan_blanks(line + length);
        size_t size = scan_word(word);
        const char *at = word + size;
        uint64_t value;
        if (!memchr(line, ':', length) || !scan_u64(&at, &value))
            continue;
        const struct slot *slot =
            find_device(cgroups, cgroup, file, line, length);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (scan_is(word, size, keys[i].key))
                scope_emit_u64(cgroups->reader->sink,
                               keys[i].offset == 4 ? discard
                                                   : metric + keys[i].offset,
                               slot->instance, value);
    }
    layout_end(&file->layout);
}

static void parse_pressure(struct cgroups *cgroups, struct cgroup *cgroup,
                           struct group_file *file, unsigned metric,
                           const char *text)
{
    (void)metric;
    (void)cgroup;
    pressure_emit(cgroups->reader, text, METRIC_CGROUP_PRESSURE_SOME,
                  METRIC_CGROUP_PRESSURE_FULL, file->instance);
}

/* v1: the hierarchy the file is in; NULL: it is one of v2. */
static const struct row {
    enum group group;
    const char *path, *v1;
    bool slow;
    parse_fn *parse;
    unsigned metric;
} rows[] = {
    {CPU, "cpu.stat", "cpu", false, parse_cpu, METRIC_NONE},
    {CPU, "cpuacct.usage", "cpuacct", false, parse_value, METRIC_CGROUP_CPU},
    {CPU, "cpuacct.stat", "cpuacct", false, parse_cpu, METRIC_NONE},
    {MEMORY, "memory.current", NULL, false, parse_value, METRIC_CGROUP_MEMORY},
    {MEMORY, "memory.usage_in_bytes", "memory", false, parse_value,
     METRIC_CGROUP_MEMORY},
    {IO, "io.stat", NULL, false, parse_io, METRIC_NONE},
    {IO, "blkio.throttle.io_service_bytes", "blkio", false, parse_blkio,
     METRIC_CGROUP_IO_READ_BYTES},
    {IO, "blkio.throttle.io_serviced", "blkio", false, parse_blkio,
     METRIC_CGROUP_IO_READS},
    {MEMORY, "memory.peak", NULL, true, parse_value, METRIC_CGROUP_MEMORY_PEAK},
    {MEMORY, "memory.max_usage_in_bytes", "memory", true, parse_value,
     METRIC_CGROUP_MEMORY_PEAK},
    {MEMORY, "memory.swap.current", NULL, true, parse_value,
     METRIC_CGROUP_SWAP},
    {MEMORY, "memory.failcnt", "memory", true, parse_value,
     METRIC_CGROUP_MEMORY_FAILS},
    {MEMORY, "memory.stat", "memory", true, parse_memory, METRIC_NONE},
    {MEMORY, "memory.events", NULL, true, parse_limits, METRIC_NONE},
    {PIDS, "pids.current", "pids", true, parse_value, METRIC_CGROUP_PIDS},
    {PIDS, "pids.peak", "pids", true, parse_value, METRIC_CGROUP_PIDS_PEAK},
    {PRESSURE, "cpu.pressure", NULL, false, parse_pressure, METRIC_NONE},
    {PRESSURE, "memory.pressure", NULL, false, parse_pressure, METRIC_NONE},
    {PRESSURE, "io.pressure", NULL, false, parse_pressure, METRIC_NONE},
};
#define ROWS (sizeof rows / sizeof *rows)

enum scope_code cgroups_open(struct reader *reader, const struct config *config,
                             struct cgroups **out, struct scope_err *err)
{
    unsigned groups;
    enum scope_code code =
        groups_parse(&config->cgroup, "cgroup", group_names, &groups, err);
    if (code)
        return code;
    struct cgroups *cgroups = scope_alloc(1, sizeof *cgroups);
    cgroups->reader = reader;
    cgroups->groups = groups;
    cgroups->mounts = config->cgroups;
    *out = cgroups;
    return SCOPE_OK;
}

static void close_cgroup(struct cgroup *cgroup)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (cgroup->files[i].fd >= 0)
            close(cgroup->files[i].fd);
        layout_free(&cgroup->files[i].layout);
    }
    free(cgroup->files);
    free(cgroup);
}

void cgroups_close(struct cgroups *cgroups)
{
    if (!cgroups)
        return;
    for (size_t i = 0; i < cgroups->count; i++)
        close_cgroup(cgroups->items[i]);
    free(cgroups->items);
    free(cgroups);
}

/* Where the target's own directory has it, or else the v1 hierarchy it belongs
 * to, under the same path. */
static int open_row(const struct cgroups *cgroups,
                    const struct scope_target *target, const struct row *row)
{
    char *path = scope_format("%s/%s", target->cgroup, row->path);
    int fd = file_open(AT_FDCWD, path);
    free(path);
    if (fd >= 0 || !row->v1)
        return fd;
    path = scope_format("%s/%s%s/%s", cgroups->mounts, row->v1, target->name,
                        row->path);
    fd = file_open(AT_FDCWD, path);
    free(path);
    return fd;
}

void cgroups_attach(struct cgroups *cgroups, const struct scope_target *target)
{
    struct scope_sink *sink = cgroups->reader->sink;
    struct cgroup *cgroup = scope_alloc(1, sizeof *cgroup);
    cgroup->target = target;
    cgroup->instance = scope_instance(sink, target, "");
    cgroup->files = scope_alloc(ROWS, sizeof *cgroup->files);
    for (size_t i = 0; i < ROWS; i++) {
        struct group_file *file = &cgroup->files[i];
        file->fd = cgroups->groups >> rows[i].group & 1
                       ? open_row(cgroups, target, &rows[i])
                       : -1;
        if (file->fd < 0 || rows[i].group != PRESSURE)
            continue;
        char *resource = scope_strdup(rows[i].path);
        *strchr(resource, '.') = '\0';
        file->instance = scope_instance(sink, target, resource);
        free(resource);
    }
    cgroups->items = scope_grow(cgroups->items, &cgroups->room, cgroups->count,
                                sizeof *cgroups->items);
    cgroups->items[cgroups->count++] = cgroup;
}

void cgroups_detach(struct cgroups *cgroups, const struct scope_target *target)
{
    for (size_t i = 0; i < cgroups->count; i++) {
        if (cgroups->items[i]->target != target)
            continue;
        close_cgroup(cgroups->items[i]);
        cgroups->items[i] = cgroups->items[--cgroups->count];
        return;
    }
}

void cgroups_sample(struct cgroups *cgroups)
{
    struct reader *reader = cgroups->reader;
    for (size_t i = 0; i < cgroups->count; i++) {
        struct cgroup *cgroup = cgroups->items[i];
        bool due = !cgroup->sampled || reader_due(reader, cgroup->target->id);
        cgroup->sampled = true;
        for (size_t j = 0; j < ROWS; j++) {
            struct group_file *file = &cgroup->files[j];
            size_t length;
            if (file->fd < 0 || (rows[j].slow && !due))
                continue;
            const char *text =
                file_read(file->fd, &reader->room, true, &length);
            if (text)
                rows[j].parse(cgroups, cgroup, file, rows[j].metric, text);
        }
    }
}
