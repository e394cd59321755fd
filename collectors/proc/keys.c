/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of keys and values, one a line: status, io, meminfo, cpu.stat. */
#include "collectors/proc/proc.h"
#include "collectors/proc/scan.h"

#include <string.h>

/* The length of the key a line begins with: up to ':' or a blank. */
static size_t key_length(const char *line)
{
    size_t length = 0;
    while (line[length] != ':' && line[length] != ' ' && line[length] != '\t' &&
           !scan_is_end(line[length]))
        length++;
    return length;
}

/* The value behind the key. */
static const char *behind_key(const char *key, size_t length)
{
    const char *at = key + length;
    return at + (*at == ':');
}

static void look_up(struct slot *slot, const struct known_key *keys,
                    size_t count, const char *rest)
{
    uint64_t ignored;
    slot->metric = METRIC_NONE;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(slot->key, keys[i].key) != 0)
            continue;
        slot->metric = keys[i].metric;
        slot->scale = keys[i].scale;
    }
    if (scan_u64(&rest, &ignored) && strncmp(rest, " kB", 3) == 0)
        slot->scale *= 1024;
}

void keys_emit(const struct reader *reader, struct layout *layout,
               const struct known_key *keys, size_t count, const char *text,
               uint32_t instance)
{
    layout_begin(layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        bool fresh;
        uint64_t value;
        size_t length = key_length(line);
        struct slot *slot = layout_find(layout, line, length, &fresh);
        const char *rest = behind_key(line, length);
        if (fresh)
            look_up(slot, keys, count, rest);
        if (slot->metric != METRIC_NONE && scan_u64(&rest, &value))
            scope_emit_u64(reader->sink, slot->metric, instance,
                           value * slot->scale);
    }
    layout_end(layout);
}

void keys_emit_open(const struct reader *reader, struct layout *layout,
                    classify_fn *classify, const struct scope_target *target,
                    const char *text)
{
    layout_begin(layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        bool fresh;
        uint64_t value;
        size_t length = key_length(line);
        if (!length)
            continue;
        struct slot *slot = layout_find(layout, line, length, &fresh);
        const char *rest = behind_key(line, length);
        if (fresh) {
            classify(slot, rest, reader);
            if (slot->metric != METRIC_NONE)
                slot->instance =
                    scope_instance(reader->sink, target, slot->key);
        }
        if (slot->metric != METRIC_NONE && scan_u64(&rest, &value))
            scope_emit_u64(reader->sink, slot->metric, slot->instance,
                           value * slot->scale);
    }
    layout_end(layout);
}

void pressure_emit(const struct reader *reader, const char *text, unsigned some,
                   unsigned full, uint32_t instance)
{
    for (const char *line = text; *line; line = scan_line(line)) {
        const char *end = strchrnul(line, '\n');
        const char *total = memmem(line, (size_t)(end - line), "total=", 6);
        uint64_t us;
        if (!total)
            continue;
        total += 6;
        if (scan_u64(&total, &us))
            scope_emit_u64(reader->sink, *line == 's' ? some : full, instance,
                           us * 1000);
    }
}
