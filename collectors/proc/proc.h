/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of proc share: the options, the room files are read into, and
 * which files are due in the present sweep. */
#ifndef PROC_PROC_H
#define PROC_PROC_H

#include "collectors/proc/file.h"
#include "collectors/proc/layout.h"
#include "collectors/proc/metrics.h"

#include <scope/plugin.h>

struct config {
    const char *root;    /* of proc */
    const char *cgroups; /* where the v1 hierarchies are mounted */
    bool threads;
    int64_t slow;
    struct scope_list system, process, thread, cgroup;
};

/* What all parts need to read and emit. */
struct reader {
    int root;
    bool real; /* root is this machine's proc: the pids in it are ours */
    uint64_t tick_ns;
    uint64_t page;
    uint64_t slow;  /* costly files are read once in so many sweeps */
    uint64_t sweep; /* number of the present one, from 0 */
    struct room room;
    struct scope_sink *sink; /* during sample and attach */
};

/* Whether a costly file is due: all in the first sweep, then spread by turn. */
static inline bool reader_due(const struct reader *reader, uint64_t turn)
{
    return reader->sweep == 0 || (reader->sweep + turn) % reader->slow == 0;
}

struct proc {
    struct reader reader;
    struct system *system;
    struct processes *processes;
    struct cgroups *cgroups;
};

/* Which of the named groups a list asks for, as bits by index; names ends with
 * NULL. "all" and "none" are words of every list. */
enum scope_code groups_parse(const struct scope_list *list, const char *option,
                             const char *const *names, unsigned *bits,
                             struct scope_err *err) SCOPE_MUST_CHECK;

/* A key that a file may have, and the metric it is. */
struct known_key {
    const char *key;
    unsigned metric;
    uint64_t scale;
};

/*
 * Emits the known keys of a text of lines "key value" or "key: value kB" for
 * one instance; layout remembers their order (one layout may serve all files
 * of a kind). values, when not NULL, gets a copy of each by its place in keys.
 */
void keys_emit(const struct reader *reader, struct layout *layout,
               const struct known_key *keys, size_t count, const char *text,
               uint32_t instance);

/* Emits an open set: classify gives each new key its metric (METRIC_NONE: not
 * wanted) and scale; its instance is made with its name. rest is what stands
 * behind the key. */
typedef void classify_fn(struct slot *slot, const char *rest,
                         const struct reader *reader);
void keys_emit_open(const struct reader *reader, struct layout *layout,
                    classify_fn *classify, const struct scope_target *target,
                    const char *text);

/* Emits one file of pressure: its "some" and "full" totals. */
void pressure_emit(const struct reader *reader, const char *text, unsigned some,
                   unsigned full, uint32_t instance);

#endif
