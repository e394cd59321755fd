/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Turns a report (<scope/report.h>) into bytes: the only place that knows
 * output formats.
 */
#ifndef LIB_PRESENT_PRESENT_H
#define LIB_PRESENT_PRESENT_H

#include "lib/base/text.h"

#include <scope/report.h>

enum scope_output {
    SCOPE_OUTPUT_TABLE, /* for a terminal, `width` columns wide */
    SCOPE_OUTPUT_CSV,
    SCOPE_OUTPUT_JSON,
    SCOPE_OUTPUT_MARKDOWN,
    SCOPE_OUTPUT_HTML, /* one self-contained file with inline SVG plots */
};

struct scope_style {
    enum scope_output output;
    int width;  /* terminal columns; 0: do not fold */
    bool color; /* may use terminal attributes */
    /* Markdown: where the plots were drawn and as what ("svg", "png"), to be
     * linked; NULL: they were not. */
    const char *plots, *plot_format;
};

/* The format that a file's suffix means (.html .csv .json .md); false: none. */
bool scope_output_of(const char *path, enum scope_output *output);

struct scope_report *scope_report_new(const char *title);
void scope_report_free(struct scope_report *report);

/* Appends the whole report to out. HTML needs gnuplot for plots: without it
 * the report says so in each plot's place. */
enum scope_code scope_report_write(const struct scope_report *report,
                                   const struct scope_style *style,
                                   struct scope_text *out,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* One cell of a CSV line, or one JSON string with its quotes, for output that
 * is too long to be a report: hostile bytes are made inert in the same way. */
void scope_csv_text(struct scope_text *out, const char *text);
void scope_json_text(struct scope_text *out, const char *text);

/* Draws every plot that has data as <folder>/<id>.svg or .png with gnuplot,
 * making the folder; SCOPE_UNAVAILABLE when gnuplot is not installed. */
enum scope_code scope_report_draw(const struct scope_report *report,
                                  const char *folder, const char *format,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
