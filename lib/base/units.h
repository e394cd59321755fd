/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units: texts to base units, and base units to text for people. */
#ifndef LIB_BASE_UNITS_H
#define LIB_BASE_UNITS_H

#include <scope/err.h>
#include <scope/metric.h>
#include <stddef.h>
#include <stdint.h>

/* Each takes the whole text or fails with SCOPE_USAGE and what it accepts;
 * overflow, nan and inf are refused. */
enum scope_code scope_parse_int(const char *text, int64_t *value,
                                struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_parse_size(const char *text, uint64_t *bytes,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_parse_duration(const char *text, int64_t *ns,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_parse_rate(const char *text, double *per_second,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_parse_ratio(const char *text, double *ratio,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_parse_number(const char *text, double *number,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* "count", "bytes", "ns", "ratio", "hertz", "bytes_per_second", "s": the
 * store's word; and back, 0 when unknown. */
const char *scope_unit_word(enum scope_unit unit);
enum scope_unit scope_unit_of(const char *word);

/*
 * A value for people with `digits` significant digits and a scaled unit:
 * 1234567 ns "1.23 ms", 2097152 bytes "2.00 MiB", 0.053 ratio "5.30 %",
 * 12345 count "12.3 k", NAN "-". Writes at most size bytes, returns out.
 */
char *scope_format_value(char *out, size_t size, double value,
                         enum scope_unit unit, int digits);

/* The same split, so that a column or an axis can share one scale: the factor
 * to divide by for a value of this magnitude and the scaled unit's symbol. */
double scope_unit_scale(double magnitude, enum scope_unit unit,
                        const char **symbol);

/* "10ms", "1.5s": the shortest exact text that scope_parse_duration reads
 * back. */
char *scope_format_duration(char *out, size_t size, int64_t ns);

#endif
