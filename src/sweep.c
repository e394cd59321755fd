/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps: reads their values, and orders their combinations. */
#include "src/sweep.h"

#include "lib/base/units.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

#define MOST_TURNS 10000
#define MOST_VALUES 1000

const char *const sweep_orders[] = {
    [SWEEP_INTERLEAVED] = "interleaved",
    [SWEEP_SHUFFLED] = "shuffled",
    [SWEEP_GROUPED] = "grouped",
    NULL,
};

struct reader {
    const char *text; /* the whole */
    enum scope_type type;
    struct sweep *sweep;
    size_t room;
    struct scope_err *err;
};

static enum scope_code complain(const struct reader *reader, const char *what)
{
    scope_fail(reader->err, SCOPE_USAGE, 0, "--sweep %s: %s", reader->text,
               what);
    return scope_hint(reader->err,
                      "write NAME=1,2,4 or NAME=1k..32k*2 or NAME=10..50+10");
}

/* Takes the value over. */
static enum scope_code add(struct reader *reader, char *value)
{
    struct sweep *sweep = reader->sweep;
    sweep->values = scope_grow(sweep->values, &reader->room, sweep->count,
                               sizeof *sweep->values);
    sweep->values[sweep->count++] = value;
    return sweep->count <= MOST_VALUES ? SCOPE_OK
                                       : complain(reader, "too many values");
}

/* A number of the option's type in its base unit; of a placeholder as a size
 * if it can be one. */
static enum scope_code parse(const struct reader *reader, const char *text,
                             double *number)
{
    uint64_t size = 0;
    int64_t whole = 0;
    enum scope_code code;
    switch (reader->type) {
    case SCOPE_TYPE_DURATION:
        code = scope_parse_duration(text, &whole, reader->err);
        *number = (double)whole;
        return code;
    case SCOPE_TYPE_RATE:
        return scope_parse_rate(text, number, reader->err);
    case SCOPE_TYPE_RATIO:
        return scope_parse_ratio(text, number, reader->err);
    case SCOPE_TYPE_NUMBER:
        return scope_parse_number(text, number, reader->err);
    case SCOPE_TYPE_INT:
        code = scope_parse_int(text, &whole, reader->err);
        *number = (double)whole;
        return code;
    default:
        break;
    }
    code = scope_parse_size(text, &size, reader->err);
    *number = (double)size;
    if (code == SCOPE_OK || reader->type == SCOPE_TYPE_SIZE)
        return code;
    return scope_parse_number(text, number, reader->err);
}

/* Back to a text that the option takes. */
static char *print(const struct reader *reader, double number)
{
    char text[64];
    switch (reader->type) {
    case SCOPE_TYPE_DURATION:
        return scope_strdup(
            scope_format_duration(text, sizeof text, llround(number)));
    case SCOPE_TYPE_INT:
    case SCOPE_TYPE_SIZE:
        return scope_format("%.0f", number);
    default:
        return scope_format("%.12g", number);
    }
}

/* FROM..TO*FACTOR or FROM..TO+STEP; at is the sign. */
static enum scope_code read_range(struct reader *reader, const char *values,
                                  const char *dots, const char *at)
{
    double from = 0, to = 0, by = 0;
    bool grows = *at == '*';
    char *first = scope_format("%.*s", (int)(dots - values), values);
    char *last = scope_format("%.*s", (int)(at - dots - 2), dots + 2);
    enum scope_code code = parse(reader, first, &from);
    if (code == SCOPE_OK)
        code = parse(reader, last, &to);
    if (code == SCOPE_OK)
        code = grows ? scope_parse_number(at + 1, &by, reader->err)
                     : parse(reader, at + 1, &by);
    free(first);
    free(last);
    if (code != SCOPE_OK)
        return scope_prefix(reader->err, "--sweep %s", reader->text);
    if (to < from)
        return complain(reader, "it ends before it begins");
    if (grows && (by <= 1 || from <= 0))
        return complain(reader, "a factor is above 1, and begins above 0");
    if (!grows && by <= 0)
        return complain(reader, "a step is above 0");
    for (size_t i = 0; code == SCOPE_OK; i++) {
        /* From the start each time, so that roundings do not add up. */
        double value =
            grows ? from * pow(by, (double)i) : from + by * (double)i;
        if (value > to * (1 + 1e-9))
            break;
        code = add(reader, print(reader, value));
    }
    return code;
}

static enum scope_code read_list(struct reader *reader, const char *values)
{
    enum scope_code code = SCOPE_OK;
    for (const char *at = values; code == SCOPE_OK;) {
        size_t length = strcspn(at, ",");
        if (!length)
            return complain(reader, "a value is missing");
        code = add(reader, scope_format("%.*s", (int)length, at));
        if (!at[length])
            break;
        at += length + 1;
    }
    return code;
}

enum scope_code sweep_read(const char *text, sweep_type *type,
                           const void *closure, struct sweep *sweep,
                           struct scope_err *err)
{
    struct reader reader = {.text = text, .sweep = sweep, .err = err};
    const char *equals = strchr(text, '=');
    *sweep = (struct sweep){0};
    if (!equals || equals == text || !equals[1])
        return complain(&reader, "it is not NAME=VALUES");
    sweep->name = scope_format("%.*s", (int)(equals - text), text);
    reader.type = type(closure, sweep->name);
    const char *dots = strstr(equals + 1, "..");
    const char *at = dots ? strpbrk(dots + 2, "*+") : NULL;
    if (dots && at)
        return read_range(&reader, equals + 1, dots, at);
    if (dots && reader.type != SCOPE_TYPE_NONE &&
        reader.type != SCOPE_TYPE_STRING && reader.type != SCOPE_TYPE_PATH)
        return complain(&reader, "a range needs a factor or a step");
    return read_list(&reader, equals + 1);
}

void sweep_free(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++)
        free(sweep->values[i]);
    free(sweep->values);
    free(sweep->name);
    *sweep = (struct sweep){0};
}

enum scope_code sweep_points(const struct sweep *sweeps, size_t count,
                             int64_t repeats, size_t *points,
                             struct scope_err *err)
{
    *points = 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(sweeps[i].name, sweeps[j].name) == 0)
                return scope_fail(err, SCOPE_USAGE, 0,
                                  "--sweep %s is given twice", sweeps[i].name);
        *points *= sweeps[i].count;
        if (*points * (size_t)repeats > MOST_TURNS)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "the sweeps make more than %d trials",
                              MOST_TURNS);
    }
    return SCOPE_OK;
}

/* Steele, Lea and Flood's SplitMix64 (OOPSLA 2014): the same everywhere. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Fisher and Yates. */
static void shuffle(struct sweep_turn *turns, size_t count, uint64_t *state)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = random_next(state) % left;
        struct sweep_turn turn = turns[left - 1];
        turns[left - 1] = turns[other];
        turns[other] = turn;
    }
}

struct sweep_turn *sweep_turns(size_t points, size_t repeats,
                               enum sweep_order order, uint64_t seed)
{
    struct sweep_turn *turns = scope_alloc(points * repeats, sizeof *turns);
    for (size_t i = 0; i < points * repeats; i++)
        turns[i] = order == SWEEP_GROUPED
                       ? (struct sweep_turn){.point = i / repeats,
                                             .repeat = i % repeats}
                       : (struct sweep_turn){.point = i % points,
                                             .repeat = i / points};
    for (size_t i = 0; i < repeats && order == SWEEP_SHUFFLED; i++)
        shuffle(turns + i * points, points, &seed);
    return turns;
}

const char *sweep_value(const struct sweep *sweeps, size_t count, size_t sweep,
                        size_t point)
{
    for (size_t i = count; i-- > sweep + 1;)
        point /= sweeps[i].count;
    return sweeps[sweep].values[point % sweeps[sweep].count];
}
