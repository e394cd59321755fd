/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as every JSON output of scope writes them. */
#include "lib/present/json_value.h"

#include "lib/base/inert.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

json_t *scope_json_number(double value)
{
    if (!isfinite(value))
        return json_null();
    /* Whole numbers as such, up to where doubles skip some. */
    if (value == trunc(value) && fabs(value) <= 9007199254740992.0)
        return json_integer((json_int_t)value);
    return json_real(value);
}

json_t *scope_json_string(const char *text)
{
    char *valid = scope_valid_utf8(text);
    json_t *json = json_string(valid);
    free(valid);
    return json;
}

json_t *scope_json_time(int64_t realtime_ns)
{
    time_t seconds = realtime_ns / 1000000000;
    struct tm tm;
    char date[32];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    char *text = scope_format("%s.%09" PRId64 "Z", date,
                              (int64_t)(realtime_ns % 1000000000));
    json_t *json = json_string(text);
    free(text);
    return json;
}

void scope_json_write(json_t *json, struct scope_text *out)
{
    char *bytes = json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    scope_text_add(out, "%s\n", bytes);
    free(bytes);
    json_decref(json);
}
