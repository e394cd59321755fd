/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/reply.h"

#include <inttypes.h>
#include <jansson.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

const char oco_reply_ok[] = "{\"status\":\"ok\",\"message\":null}";

/* The settings of the application that is usually shown. */
static const char example_adjust[] =
    "{\"state\":{\"application\":{\"components\":{"
    "\"web\":{\"settings\":{\"cpu\":{\"value\":1},"
    "\"replicas\":{\"value\":3}}},"
    "\"java\":{\"settings\":{\"mem\":{\"value\":2},"
    "\"GCTimeRatio\":{\"value\":99}}},"
    "\"db\":{\"settings\":{\"cpu\":{\"value\":1},"
    "\"commit_delay\":{\"value\":0}}}}}}}";

const char *oco_reply_command(enum oco_command command)
{
    static const char *const replies[] = {
        [OCO_DESCRIBE] = "{\"cmd\":\"DESCRIBE\",\"param\":{}}",
        [OCO_MEASURE] = "{\"cmd\":\"MEASURE\",\"param\":{}}",
    };
    return replies[command];
}

enum scope_code oco_reply_adjust(char **reply, const char *text,
                                 const char *path, struct scope_err *err)
{
    const size_t strict = JSON_REJECT_DUPLICATES;
    const char *where = path ? path : "the option adjust";
    json_error_t error;
    if (text && path)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "adjust and adjust-file are both given");
    json_t *payload =
        path ? json_load_file(path, strict, &error)
             : json_loads(text ? text : example_adjust, strict, &error);
    if (!payload) {
        scope_fail(err, SCOPE_USAGE, 0, "read what to adjust from %s: %s",
                   where, error.text);
        return scope_hint(err, "line %d, column %d; it must be a JSON object",
                          error.line, error.column);
    }
    if (!json_is_object(payload)) {
        json_decref(payload);
        return scope_fail(err, SCOPE_USAGE, 0,
                          "what to adjust, in %s, is not a JSON object", where);
    }
    char *param = json_dumps(payload, JSON_COMPACT);
    json_decref(payload);
    if (!param)
        return scope_fail(err, SCOPE_FAILED, 0, "write %s as JSON", where);
    *reply = scope_format("{\"cmd\":\"ADJUST\",\"param\":%s}", param);
    free(param);
    return SCOPE_OK;
}

char *oco_reply_list(const struct scope_names *names, size_t *size)
{
    static const char of_each[] =
        "\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"},";
    const size_t each = SCOPE_NAME_MAX + sizeof of_each + 1;
    char *list = scope_alloc(names->count * each + 3, 1);
    char *at = list;
    *at++ = '{';
    for (uint64_t i = 0; i < names->count; i++) {
        *at++ = '"';
        at += scope_names_put(names, i, at);
        at = stpcpy(at, of_each);
    }
    at[-1] = '}'; /* instead of the last comma */
    *at = '\0';
    *size = (size_t)(at - list);
    return scope_realloc(list, *size + 1, 1);
}

/* As short as reads back the same, and a number with a fraction to readers
 * that tell the two apart. */
static void put_average(char *out, size_t room, double average)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, room, "%.*g", digits, average);
        if (strtod(out, NULL) == average)
            break;
    }
    if (!strpbrk(out, ".e"))
        strncat(out, ".0", room - strlen(out) - 1);
}

size_t oco_reply_statistics(char *out, const struct oco_statistics *statistics)
{
    if (!statistics->apps)
        return (size_t)snprintf(out, OCO_REPLY_MAX,
                                "{\"n\":0,\"average\":null,\"min\":null,"
                                "\"max\":null}");
    char average[40];
    put_average(average, sizeof average,
                (double)statistics->sum / (double)statistics->apps);
    return (size_t)snprintf(out, OCO_REPLY_MAX,
                            "{\"n\":%" PRIu64 ",\"average\":%s,\"min\":%" PRIu64
                            ",\"max\":%" PRIu64 "}",
                            statistics->apps, average, statistics->min,
                            statistics->max);
}

/* Writes it as JSON and drops it. */
static size_t put_json(char *out, json_t *json)
{
    size_t size = json_dumpb(json, out, OCO_REPLY_MAX - 1,
                             JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(json);
    out[size] = '\0';
    return size;
}

/* At most six bytes come of each: an escape of ASCII's controls, and of what
 * is beyond ASCII. */
enum { DETAIL_MAX = (OCO_REPLY_MAX - 64) / 6 };

size_t oco_reply_detail(char *out, const char *fmt, ...)
{
    char text[DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_t *detail = json_string(text);
    if (!detail) {
        for (char *at = text; *at; at++)
            if ((unsigned char)*at >= 0x80)
                *at = '?';
        detail = json_string(text);
    }
    return put_json(out, json_pack("{s:o}", "detail", detail));
}

size_t oco_reply_complaint(char *out, const struct oco_complaint *complaint)
{
    json_t *loc = json_pack("[s]", "body");
    for (int i = 0; i < 2 && complaint->keys[i]; i++)
        json_array_append_new(loc, json_string(complaint->keys[i]));
    if (complaint->position >= 0)
        json_array_append_new(loc, json_integer(complaint->position));
    return put_json(out,
                    json_pack("{s:[{s:o,s:s,s:s}]}", "detail", "loc", loc,
                              "msg", complaint->text, "type", complaint->type));
}
