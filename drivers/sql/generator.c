/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws values. */
#include "drivers/sql/generator.h"

#include <scope/alloc.h>
#include <string.h>

void sql_value_free(struct sql_value *value)
{
    free(value->room);
    *value = (struct sql_value){0};
}

void sql_generator_free(struct sql_generator *generator)
{
    for (size_t i = 0; i < generator->count; i++)
        free(generator->constants[i].text);
    free(generator->constants);
    free(generator->pattern);
    free(generator->taken);
    *generator = (struct sql_generator){0};
}

static void set_integer(struct sql_value *value, int64_t integer)
{
    char *at = value->digits + sizeof value->digits;
    uint64_t rest = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    *--at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (integer < 0)
        *--at = '-';
    value->kind = SQL_INTEGER;
    value->integer = integer;
    value->text = at;
    value->length = (size_t)(value->digits + sizeof value->digits - 1 - at);
}

/* Room for a text of the generator, made when it is first drawn. */
static char *text_room(struct sql_value *value, size_t most)
{
    if (!value->room)
        value->room = scope_alloc(most + 1, 1);
    return value->room;
}

static void finish_text(struct sql_value *value, size_t length)
{
    value->room[length] = '\0';
    value->kind = SQL_TEXT;
    value->text = value->room;
    value->length = length;
}

static void draw_string(const struct sql_generator *generator,
                        struct sql_random *random, struct sql_value *value)
{
    static const char symbols[] = "abcdefghijklmnopqrstuvwxyz234567";
    char *text = text_room(value, (size_t)generator->high);
    size_t length = (size_t)generator->low;
    uint64_t span = (uint64_t)(generator->high - generator->low);
    if (span)
        length += sql_random_below(random, span + 1);
    uint64_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        if (i % 12 == 0)
            bits = sql_random_next(random);
        text[i] = symbols[bits & 31];
        bits >>= 5;
    }
    finish_text(value, length);
}

static void draw_pattern(const struct sql_generator *generator,
                         struct sql_random *random, struct sql_value *value)
{
    size_t length = strlen(generator->pattern);
    char *text = text_room(value, length);
    for (size_t i = 0; i < length; i++) {
        char c = generator->pattern[i];
        if (c == '#')
            c = (char)('0' + sql_random_below(random, 10));
        else if (c == '@')
            c = (char)('a' + sql_random_below(random, 26));
        text[i] = c;
    }
    finish_text(value, length);
}

static void set_constant(struct sql_value *value,
                         const struct sql_constant *constant)
{
    value->kind = constant->kind;
    value->integer = constant->integer;
    value->text = constant->text;
    value->length = constant->text ? strlen(constant->text) : 0;
}

void sql_generator_draw(const struct sql_generator *generator,
                        struct sql_source *source, struct sql_value *value)
{
    struct sql_random *random = &source->random;
    uint64_t span = (uint64_t)generator->high - (uint64_t)generator->low + 1;
    uint64_t start = (uint64_t)generator->low;
    uint64_t number;
    switch (generator->shape) {
    case SQL_CONSTANT:
        set_constant(value, &generator->constants[0]);
        return;
    case SQL_UNIFORM:
        /* A span of 0 is all 2^64. */
        number =
            span ? sql_random_below(random, span) : sql_random_next(random);
        set_integer(value, (int64_t)(start + number));
        return;
    case SQL_ZIPF:
        number = sql_zipf_draw(&generator->zipf, random) - 1;
        set_integer(value, (int64_t)(start + number));
        return;
    case SQL_STRING:
        draw_string(generator, random, value);
        return;
    case SQL_PATTERN:
        draw_pattern(generator, random, value);
        return;
    case SQL_CHOICE:
        number = sql_random_below(random, generator->count);
        set_constant(value, &generator->constants[number]);
        return;
    case SQL_SEQUENCE:
        number = source->rows ? source->row
                              : atomic_fetch_add_explicit(generator->taken, 1,
                                                          memory_order_relaxed);
        set_integer(value, (int64_t)(start + number));
        return;
    case SQL_CONNECTION:
        set_integer(value, (int64_t)(start + source->connection));
        return;
    }
}
