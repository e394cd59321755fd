/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as every JSON output of scope writes them. */
#ifndef LIB_PRESENT_JSON_VALUE_H
#define LIB_PRESENT_JSON_VALUE_H

#include "lib/base/text.h"

#include <jansson.h>
#include <stdint.h>

/* A number, whole ones as such, null when it is none. */
json_t *scope_json_number(double value);
/* A text, whatever its bytes. */
json_t *scope_json_string(const char *text);
/* CLOCK_REALTIME as RFC 3339, in UTC, to the nanosecond. */
json_t *scope_json_time(int64_t realtime_ns);
/* Appends it, indented, with a newline; takes it over. */
void scope_json_write(json_t *json, struct scope_text *out);

#endif
