/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a number means, declared once beside the code that reads it.
 */
#ifndef SCOPE_METRIC_H
#define SCOPE_METRIC_H

enum scope_semantics {
    SCOPE_COUNTER = 1, /* never falls while its source lives; the interesting
                          thing is its rate */
    SCOPE_GAUGE,       /* a level at the time of the sweep */
    SCOPE_HISTOGRAM,   /* a distribution of what happened since the last one */
};

enum scope_value {
    SCOPE_U64 = 1, /* also the type of every counter unless declared F64 */
    SCOPE_I64,
    SCOPE_F64,
    SCOPE_HIST, /* struct scope_hist */
};

/* Base units only: a collector converts KiB, clock ticks and the like. */
enum scope_unit {
    SCOPE_UNIT_COUNT = 1, /* things; the metric's name says which */
    SCOPE_UNIT_BYTES,
    SCOPE_UNIT_NS,       /* nanoseconds */
    SCOPE_UNIT_RATIO,    /* 1 = all of it */
    SCOPE_UNIT_HERTZ,    /* per second */
    SCOPE_UNIT_BYTERATE, /* bytes per second */
    SCOPE_UNIT_SECOND,   /* CLOCK_REALTIME or age, in seconds */
};

/* An array of these ends with SCOPE_METRIC_END; an index into it names the
 * metric in scope_emit_*(). */
struct scope_metric {
    const char *name; /* "process.cpu.user": lower case, '.', '_'; its full
                         name is <plugin>.<name> */
    enum scope_semantics semantics;
    enum scope_value value;
    enum scope_unit unit;
    const char *domain; /* what an instance is: "cpu", "device", "irq"; NULL:
                           the metric has one value a target */
    const char *help;   /* one sentence that says what is counted, and where
                           the figure comes from */
};

#define SCOPE_METRIC_END                                                       \
    {                                                                          \
        .name = NULL                                                           \
    }

#endif
