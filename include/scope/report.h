/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an analyzer makes: a sequence of headings, paragraphs, tables and
 * plots. It says what the numbers are; lib/present decides how they look in a
 * terminal, CSV, JSON, Markdown or HTML. Strings are copied and may hold
 * anything, hostile bytes too: every output makes them inert.
 */
#ifndef SCOPE_REPORT_H
#define SCOPE_REPORT_H

#include <scope/err.h>
#include <scope/metric.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scope_report;
struct scope_table;
struct scope_plot;

SCOPE_API void scope_report_heading(struct scope_report *report,
                                    const char *text);
SCOPE_API void scope_report_text(struct scope_report *report, const char *fmt,
                                 ...) SCOPE_PRINTF(2, 3);
/* As text, but set apart: the figures beside it are to be doubted. */
SCOPE_API void scope_report_warning(struct scope_report *report,
                                    const char *fmt, ...) SCOPE_PRINTF(2, 3);

/* id: stable, lower case, digits and '-': names files and is found in JSON. One
 * that is taken gets a number. */
SCOPE_API struct scope_table *scope_report_table(struct scope_report *report,
                                                 const char *id,
                                                 const char *title);

enum scope_column_kind {
    SCOPE_COLUMN_TEXT = 1,
    SCOPE_COLUMN_NUMBER,  /* right-aligned, scaled by its unit for people, full
                             precision in base units in CSV and JSON */
    SCOPE_COLUMN_APART,   /* a number that shares no scale with its row's */
    SCOPE_COLUMN_UNIT,    /* empty cells, filled in: the unit of the row's
                             numbers that have their own (scope_cell_unit) */
    SCOPE_COLUMN_MACHINE, /* text or numbers for CSV and JSON only: what would
                             be noise or repetition for people */
};

/* Columns first, all of them, then rows. name is the machine's (CSV header,
 * JSON key; a number's base unit is appended: "p99_ns"), heading the person's.
 * hint explains it (HTML title), or NULL. */
SCOPE_API void scope_table_column(struct scope_table *table,
                                  enum scope_column_kind kind, const char *name,
                                  const char *heading, enum scope_unit unit,
                                  const char *hint);
/* Begins a row; cells follow from left to right, missing ones stay empty. */
SCOPE_API void scope_table_row(struct scope_table *table);
/* As scope_table_row, and begins a group: its rows are to be compared, so they
 * share their scales, and people see a text that repeats itself once. */
SCOPE_API void scope_table_group(struct scope_table *table);
/* Marks the row begun last as one to be doubted. */
SCOPE_API void scope_table_doubt(struct scope_table *table);
/* What the mark of such rows means, in place of "to be doubted: see the
 * verdict". */
SCOPE_API void scope_table_legend(struct scope_table *table, const char *text);
SCOPE_API void scope_cell_text(struct scope_table *table, const char *text);
/* NAN is shown as "-" (null in JSON). */
SCOPE_API void scope_cell_number(struct scope_table *table, double value);
/* A number of another unit than its column's (series of different units in one
 * table). A SCOPE_COLUMN_UNIT column shows that of the row's first one. */
SCOPE_API void scope_cell_unit(struct scope_table *table, double value,
                               enum scope_unit unit);
SCOPE_API void scope_cell_empty(struct scope_table *table);
/* Explains the cell added last (HTML title). */
SCOPE_API void scope_cell_hint(struct scope_table *table, const char *hint);

enum scope_axis_scale {
    SCOPE_AXIS_LINEAR = 0,
    SCOPE_AXIS_LOG,
    SCOPE_AXIS_PERCENTILE, /* x = quantile in [0, 1), drawn as -log10(1 - x)
                              with ticks 50 %, 90 %, 99 %, 99.9 % ... */
};

struct scope_axis {
    const char *label; /* without the unit, which is appended */
    enum scope_unit unit;
    enum scope_axis_scale scale;
    bool from_zero;
};

SCOPE_API struct scope_plot *scope_report_plot(struct scope_report *report,
                                               const char *id,
                                               const char *title,
                                               const struct scope_axis *x,
                                               const struct scope_axis *y);

enum scope_mark {
    SCOPE_MARK_LINE = 1,
    SCOPE_MARK_STEPS,
    SCOPE_MARK_POINTS,
    SCOPE_MARK_DASHES, /* a broken line in the colour of the curve before */
    SCOPE_MARK_BARS,   /* x counts 0, 1, ...; names by scope_plot_names */
    SCOPE_MARK_STACK,  /* as bars, on top of the stacked ones before */
};

/* One data set; x and y are copied; a NAN breaks the line. */
SCOPE_API void scope_plot_add(struct scope_plot *plot, enum scope_mark mark,
                              const char *label, const double *x,
                              const double *y, size_t count);
/* Names of the places on the x axis, for bars. */
SCOPE_API void scope_plot_names(struct scope_plot *plot,
                                const char *const *names, size_t count);

/*
 * A heat map: one value for each pair of a row and a column, given row by row;
 * NAN: none. log: colours by the logarithm (a value <= 0 then has none).
 * Everything is copied. Without pictures it is a table.
 */
struct scope_heat {
    const char *row_label, *column_label; /* what the names are */
    const char *const *rows, *const *columns;
    size_t row_count, column_count;
    const double *values;
    const char *value_label; /* without the unit */
    enum scope_unit unit;
    bool log;
};
SCOPE_API void scope_report_heat(struct scope_report *report, const char *id,
                                 const char *title,
                                 const struct scope_heat *heat);

/*
 * A flame graph: the tree of stacks, each frame as wide as what it and what it
 * called cost. In a page it can be searched and zoomed into; elsewhere its
 * widest paths are listed; CSV and JSON have all frames. A differential one
 * has the widths of one side, and colours for what changed against the other.
 */
struct scope_flame;
struct scope_flame_spec {
    enum scope_unit unit;
    const char *cost; /* what the costs are: "CPU time", "CPU time a request" */
    double requests;  /* that all costs are for, so that they are given for
                         one, too; 0: not known, or they are already */
    double least;     /* people are not shown frames of a smaller share */
    bool inverted;    /* a frame's children are its callers: drawn downwards */
    const char *side, *against; /* differential: the names of both; or NULL */
};
SCOPE_API struct scope_flame *
scope_report_flame(struct scope_report *report, const char *id,
                   const char *title, const struct scope_flame_spec *spec);
/* What a colour means, in the order of groups 0, 1, ...; the last is drawn
 * grey. Not of a differential one. */
SCOPE_API void scope_flame_group(struct scope_flame *flame, const char *name);
struct scope_flame_frame {
    unsigned parent;        /* number of the caller's frame; 0 the root */
    const char *name;       /* what the box says */
    const char *detail;     /* module, said when pointed at; or NULL */
    unsigned group;         /* beyond the last: drawn without a colour */
    double self;            /* cost that ended here, not in callees */
    uint64_t samples;       /* that it is known from */
    double other;           /* differential: the same of the other side, made */
    uint64_t other_samples; /* comparable (scaled) by the caller */
};
/* The number of the frame, from 1 on; parents come first. */
SCOPE_API unsigned scope_flame_add(struct scope_flame *flame,
                                   const struct scope_flame_frame *frame);

#endif
