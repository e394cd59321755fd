/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the values of parameters and of generated rows come from, as a
 * workload file says it:
 *
 *   42  "text"  ~                  always this (~: NULL)
 *   {uniform: 1..1000}             an integer, each equally likely
 *   {zipf: 1..1000, skew: 0.99}    an integer, 1 the most frequent
 *   {string: 20}  {string: 5..20}  letters and digits
 *   {pattern: "##-@@"}             # a digit, @ a letter, the rest as it is
 *   {choice: [a, b, c]}            one of them
 *   {sequence: 1}                  1, 2, 3 ... over the whole load
 *   {connection: 1}                the number of the connection, from 1
 *
 * An end of a range may be rows(TABLE), how many rows that table is made with.
 */
#ifndef DRIVERS_SQL_GENERATOR_H
#define DRIVERS_SQL_GENERATOR_H

#include "drivers/sql/random.h"
#include "lib/base/yaml.h"

#include <stdatomic.h>

enum sql_value_kind {
    SQL_NULL,
    SQL_INTEGER, /* text is its digits */
    SQL_NUMBER,  /* text is a number as SQL writes it */
    SQL_TEXT,
};

/* Owned by whoever draws; free with sql_value_free. */
struct sql_value {
    enum sql_value_kind kind;
    int64_t integer;
    const char *text; /* NUL-terminated; lives until the next draw */
    size_t length;
    char *room; /* for texts that are made */
    char digits[24];
};

void sql_value_free(struct sql_value *value);

/* What a constant says. */
struct sql_constant {
    enum sql_value_kind kind;
    int64_t integer;
    char *text;
};

enum sql_shape {
    SQL_CONSTANT,
    SQL_UNIFORM,
    SQL_ZIPF,
    SQL_STRING,
    SQL_PATTERN,
    SQL_CHOICE,
    SQL_SEQUENCE,
    SQL_CONNECTION,
};

struct sql_generator {
    enum sql_shape shape;
    int64_t low, high; /* of a range or a length; low: the start */
    struct sql_zipf zipf;
    char *pattern;
    size_t count;
    struct sql_constant *constants;
    atomic_uint_fast64_t *taken; /* of a sequence; shared by all threads */
};

/* What a draw depends on. */
struct sql_source {
    struct sql_random random;
    uint64_t connection; /* its number, from 0 */
    bool rows;           /* a row of a table is made: */
    uint64_t row;        /* its number, from 0: a sequence's */
};

/* How many rows a table is made with; false when there is no such table. */
struct sql_sizes {
    const void *closure;
    bool (*rows)(const void *closure, const char *table, int64_t *rows);
};

/* Reads one; the keys in `also`, NULL at the end, are the caller's. Free with
 * sql_generator_free, also after a failure. */
enum scope_code sql_generator_read(struct sql_generator *generator,
                                   const struct scope_yaml *node,
                                   const struct sql_sizes *sizes,
                                   const char *const *also,
                                   struct scope_err *err) SCOPE_MUST_CHECK;
void sql_generator_free(struct sql_generator *generator);

void sql_generator_draw(const struct sql_generator *generator,
                        struct sql_source *source, struct sql_value *value);

#endif
