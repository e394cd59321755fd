/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stat, loadavg, softirqs and interrupts: what the CPUs do. */
#include "collectors/proc/scan.h"
#include "collectors/proc/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_TIME_COUNT (METRIC_CPU_GUEST_NICE - METRIC_CPU_USER + 1)

/* The times of a cpu line; old kernels have fewer. */
static void emit_times(struct system *system, const char *at, unsigned first,
                       uint32_t instance)
{
    uint64_t ticks;
    for (unsigned i = 0; i < CPU_TIME_COUNT && scan_u64(&at, &ticks); i++)
        system_emit(system, first + i, instance,
                    ticks * system->reader->tick_ns);
}

static void parse_stat_line(struct system *system, struct system_file *file,
                            const char *line, size_t length)
{
    static const struct {
        const char *key;
        unsigned metric;
    } rest[] = {
        {"intr", METRIC_INTR_TOTAL},       {"ctxt", METRIC_SWITCHES},
        {"processes", METRIC_FORKS},       {"procs_running", METRIC_RUNNING},
        {"procs_blocked", METRIC_BLOCKED}, {"softirq", METRIC_SOFTIRQ_TOTAL},
    };
    const char *at = line + length;
    uint64_t value;
    bool fresh;
    if (scan_is(line, length, "cpu")) {
        emit_times(system, at, METRIC_CPU_USER, system->self);
    } else if (strncmp(line, "cpu", 3) == 0) {
        struct slot *slot = layout_find(&file->layout, line, length, &fresh);
        if (fresh)
            slot->instance = system_instance(system, slot->key);
        emit_times(system, at, METRIC_PERCPU_USER, slot->instance);
    } else {
        for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
            if (scan_is(line, length, rest[i].key) && scan_u64(&at, &value))
                system_emit(system, rest[i].metric, system->self, value);
    }
}

void parse_stat(struct system *system, struct system_file *file,
                const char *text)
{
    layout_begin(&file->layout);
    for (const char *line = text; *line; line = scan_line(line))
        parse_stat_line(system, file, line, scan_word(line));
    layout_end(&file->layout);
}

/* "0.22 1.03 2.00 3/456 789" */
void parse_loadavg(struct system *system, struct system_file *file,
                   const char *text)
{
    const char *at = text;
    (void)file;
    for (unsigned i = 0; i < 3; i++) {
        char *end;
        double load = strtod(at, &end);
        if (end == at)
            return;
        scope_emit_f64(system->reader->sink, METRIC_LOAD1 + i, system->self,
                       load);
        at = end;
    }
    uint64_t running;
    uint64_t total;
    if (scan_u64(&at, &running) && *at++ == '/' && scan_u64(&at, &total))
        system_emit(system, METRIC_TASKS, system->self, total);
}

/* The header names the CPUs that are online: "CPU0 CPU2 CPU3". */
static void learn_cpus(struct system *system, struct system_file *file,
                       const char *header, size_t length)
{
    file->cpu_count = 0;
    for (const char *at = scan_blanks(header); !scan_is_end(*at);) {
        size_t word = scan_word(at);
        char name[32];
        snprintf(name, sizeof name, "cpu%.*s", word > 3 ? (int)(word - 3) : 0,
                 at + (word > 3 ? 3 : 0));
        file->cpus = scope_grow(file->cpus, &file->cpu_room, file->cpu_count,
                                sizeof *file->cpus);
        file->cpus[file->cpu_count++] = system_instance(system, name);
        at = scan_blanks(at + word);
    }
    free(file->sums);
    free(file->header);
    file->sums = scope_alloc(file->cpu_count, sizeof *file->sums);
    file->header = scope_alloc(length + 1, 1);
    memcpy(file->header, header, length);
}

/* The key with what acts on the line: "24:virtio0-input.0". */
static uint32_t name_line(struct system *system, const char *key, size_t length,
                          const char *rest)
{
    const char *end = strchrnul(rest, '\n');
    const char *last = end;
    while (last > rest && last[-1] != ' ')
        last--;
    char *name = last == end || !scan_is_digit(*key)
                     ? scope_format("%.*s", (int)length, key)
                     : scope_format("%.*s:%.*s", (int)length, key,
                                    (int)(end - last), last);
    uint32_t instance = system_instance(system, name);
    free(name);
    return instance;
}

/* A matrix of lines by CPUs: emitted as the sums of both. */
static void parse_matrix(struct system *system, struct system_file *file,
                         const char *text, unsigned by_line, unsigned by_cpu)
{
    size_t length = (size_t)(strchrnul(text, '\n') - text);
    if (!file->header || strlen(file->header) != length ||
        memcmp(file->header, text, length) != 0)
        learn_cpus(system, file, text, length);
    memset(file->sums, 0, file->cpu_count * sizeof *file->sums);
    layout_begin(&file->layout);
    for (const char *line = scan_line(text); *line; line = scan_line(line)) {
        const char *key = scan_blanks(line);
        size_t size = strcspn(key, ":\n");
        const char *at = key + size;
        uint64_t sum = 0;
        uint64_t value;
        bool fresh;
        if (*at != ':')
            continue;
        at++;
        for (size_t i = 0; i < file->cpu_count && scan_u64(&at, &value); i++) {
            file->sums[i] += value;
            sum += value;
        }
        struct slot *slot = layout_find(&file->layout, key, size, &fresh);
        if (fresh)
            slot->instance = name_line(system, key, size, at);
        system_emit(system, by_line, slot->instance, sum);
    }
    layout_end(&file->layout);
    for (size_t i = 0; i < file->cpu_count; i++)
        system_emit(system, by_cpu, file->cpus[i], file->sums[i]);
}

void parse_softirqs(struct system *system, struct system_file *file,
                    const char *text)
{
    parse_matrix(system, file, text, METRIC_SOFTIRQS, METRIC_SOFTIRQS_CPU);
}

void parse_interrupts(struct system *system, struct system_file *file,
                      const char *text)
{
    parse_matrix(system, file, text, METRIC_INTERRUPTS, METRIC_INTERRUPTS_CPU);
}
