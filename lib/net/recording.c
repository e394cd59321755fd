/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded requests: SECONDS METHOD PATH [BODY-SIZE], a line each. */
#include "lib/net/recording.h"

#include <errno.h>
#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 10000000, FIELDS = 4 };
#define BODY_MAX (UINT64_C(1) << 30)

struct reading {
    struct scope_requests *requests;
    const struct scope_requests_options *options;
    struct scope_err *err;
    size_t line, room;
    size_t time_room;
    double first_s, last_s;
    size_t largest; /* body */
    int64_t *times_ns;
};

static enum scope_code SCOPE_PRINTF(2, 3)
    refuse(const struct reading *reading, const char *fmt, ...)
{
    char text[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    scope_fail(reading->err, SCOPE_USAGE, 0, "%s:%zu: %s",
               reading->options->replay, reading->line, text);
    return scope_hint(reading->err, "a line is SECONDS METHOD PATH "
                                    "[BODY-SIZE]: 0.25 GET /index.html");
}

static size_t split(char *line, char *fields[FIELDS + 1])
{
    size_t count = 0;
    char *rest = line;
    char *field;
    while (count <= FIELDS && (field = strtok_r(rest, " \t\r\n", &rest)))
        fields[count++] = field;
    return count;
}

static bool read_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value) && *value >= 0;
}

/* Methods are few: the same words are kept once. */
static const char *method_of(struct reading *reading, const char *word)
{
    const struct scope_requests *requests = reading->requests;
    if (requests->count) {
        const char *last = requests->items[requests->count - 1].method;
        if (strcmp(last, word) == 0)
            return last;
    }
    return scope_requests_keep(reading->requests, word);
}

static enum scope_code add(struct reading *reading, double time_s,
                           const char *method, const char *target, double body)
{
    struct scope_requests *requests = reading->requests;
    size_t i = requests->count;
    if (i == LINES_MAX)
        return refuse(reading, "more than %d requests", LINES_MAX);
    if (!i)
        reading->first_s = time_s;
    else if (time_s < reading->last_s)
        return refuse(reading, "its time is before that of the line above");
    reading->last_s = time_s;
    double speed = reading->options->speed > 0 ? reading->options->speed : 1;
    double at_ns = (time_s - reading->first_s) * 1e9 / speed;
    if (at_ns > 0x1p60)
        return refuse(reading, "its time is too far from the first");
    requests->items =
        scope_grow(requests->items, &reading->room, i, sizeof *requests->items);
    reading->times_ns = scope_grow(reading->times_ns, &reading->time_room, i,
                                   sizeof *reading->times_ns);
    requests->items[i] = scope_requests_make(
        requests, method_of(reading, method),
        scope_requests_keep(requests, target), (size_t)body);
    reading->times_ns[i] = (int64_t)(at_ns + 0.5);
    if (requests->items[i].body_size > reading->largest)
        reading->largest = requests->items[i].body_size;
    requests->count++;
    return SCOPE_OK;
}

static enum scope_code read_line(struct reading *reading, char *line)
{
    char *fields[FIELDS + 1];
    double time_s;
    double body = 0;
    line[strcspn(line, "#\n")] = '\0';
    size_t count = split(line, fields);
    if (!count)
        return SCOPE_OK;
    if (count < 3 || count > FIELDS)
        return refuse(reading, "it has %zu fields", count);
    if (!read_number(fields[0], &time_s))
        return refuse(reading, "%.40s is not a time in seconds", fields[0]);
    if (fields[2][0] != '/' || scope_url_bad_byte(fields[2]))
        return refuse(reading, "%.80s is not a path", fields[2]);
    if (count == FIELDS &&
        (!read_number(fields[3], &body) || body > (double)BODY_MAX))
        return refuse(reading, "%.40s is not a size of a body", fields[3]);
    if (scope_requests_check_method(fields[1], reading->err) != SCOPE_OK)
        return scope_prefix(reading->err, "%s:%zu", reading->options->replay,
                            reading->line);
    return add(reading, time_s, fields[1], fields[2], body);
}

static enum scope_code read_lines(struct reading *reading, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    enum scope_code code = SCOPE_OK;
    while (code == SCOPE_OK && getline(&line, &room, file) >= 0) {
        reading->line++;
        code = read_line(reading, line);
    }
    free(line);
    if (code == SCOPE_OK && ferror(file))
        code = scope_fail(reading->err, SCOPE_FAILED, errno, "replay: read %s",
                          reading->options->replay);
    if (code == SCOPE_OK && !reading->requests->count)
        code =
            scope_fail(reading->err, SCOPE_USAGE, 0,
                       "replay: %s holds no request", reading->options->replay);
    return code;
}

enum scope_code
scope_recording_read(struct scope_requests *requests,
                     const struct scope_requests_options *options,
                     uint64_t seed, struct scope_err *err)
{
    struct reading reading = {
        .requests = requests, .options = options, .err = err};
    if (options->urls.count > 1)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "replay: one url says which server is meant");
    if (options->body_size || options->body_file)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "replay: the recording says how large bodies are");
    FILE *file = fopen(options->replay, "r");
    if (!file)
        return scope_fail(err, SCOPE_USAGE, errno, "replay: open %s",
                          options->replay);
    free(requests->items);
    requests->items = NULL;
    requests->count = 0;
    enum scope_code code = read_lines(&reading, file);
    fclose(file);
    scope_requests_fill(requests, reading.largest,
                        (enum scope_fill)options->body_fill, seed);
    requests->order = scope_alloc(requests->count, sizeof *requests->order);
    for (size_t i = 0; i < requests->count; i++) {
        requests->items[i].body = requests->body;
        requests->order[i] = (uint32_t)i;
    }
    requests->order_count = requests->count;
    requests->timetable.times_ns = reading.times_ns;
    if (options->speed > 0)
        requests->timetable.count = requests->count;
    return code;
}
