/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports on standard output: the --format row that commands share, and what
 * the terminal there can show. */
#ifndef SRC_OUTPUT_H
#define SRC_OUTPUT_H

#include "lib/present/present.h"

#include <scope/option.h>

/* table, csv, json, markdown: indices are those of enum scope_output. */
extern const char *const scope_formats[];

/* The row of the field that says how a command's output is written. */
#define SCOPE_OPTION_FORMAT(config, field)                                     \
    SCOPE_OPTION_CHOICE(config, field, "format", .choices = scope_formats,     \
                        .fallback = "table",                                   \
                        .help = "what the output is written as")

/* The style for standard output: as wide and as colourful as the terminal
 * there is; NO_COLOR is heeded. */
struct scope_style scope_output_style(enum scope_output output);

/* Writes the report there; main() notices if it does not arrive. */
enum scope_code scope_output_print(const struct scope_report *report,
                                   int format,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
