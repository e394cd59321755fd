/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generators as a workload file says them. */
#include "drivers/sql/generator.h"

#include "lib/base/units.h"

#include <scope/alloc.h>
#include <string.h>

#define MOST_TEXT (1 << 20)
#define MOST_CHOICES 10000

struct reader {
    struct sql_generator *generator;
    const struct sql_sizes *sizes;
    const struct scope_yaml *given; /* the mapping */
    struct scope_err *err;
};

static const char *const words[] = {
    [SQL_UNIFORM] = "uniform",       [SQL_ZIPF] = "zipf",
    [SQL_STRING] = "string",         [SQL_PATTERN] = "pattern",
    [SQL_CHOICE] = "choice",         [SQL_SEQUENCE] = "sequence",
    [SQL_CONNECTION] = "connection",
};
enum { SHAPES = sizeof words / sizeof *words };

static bool is_number(const char *text)
{
    double number;
    struct scope_err unsaid;
    return scope_parse_number(text, &number, &unsaid) == SCOPE_OK;
}

/* A plain integer has no unit here: 10k is a text, as it would be in SQL. */
static bool is_integer(const char *text, int64_t *integer)
{
    const char *digits = text + (*text == '-');
    struct scope_err unsaid;
    return *digits && strspn(digits, "0123456789") == strlen(digits) &&
           scope_parse_int(text, integer, &unsaid) == SCOPE_OK;
}

static enum scope_code read_constant(struct reader *reader,
                                     const struct scope_yaml *node,
                                     struct sql_constant *constant)
{
    if (node->kind != SCOPE_YAML_SCALAR)
        return scope_fail_at(reader->err, &node->place,
                             "a value is expected here");
    if (strlen(node->scalar) > MOST_TEXT)
        return scope_fail_at(reader->err, &node->place,
                             "a text has at most %d bytes", MOST_TEXT);
    *constant = (struct sql_constant){.kind = SQL_TEXT};
    if (scope_yaml_is_null(node)) {
        constant->kind = SQL_NULL;
        return SCOPE_OK;
    }
    if (node->plain && is_integer(node->scalar, &constant->integer))
        constant->kind = SQL_INTEGER;
    else if (node->plain && is_number(node->scalar))
        constant->kind = SQL_NUMBER;
    constant->text = scope_strdup(node->scalar);
    return SCOPE_OK;
}

static enum scope_code read_choice(struct reader *reader,
                                   const struct scope_yaml *node)
{
    struct sql_generator *generator = reader->generator;
    if (node->kind != SCOPE_YAML_SEQUENCE || !node->count ||
        node->count > MOST_CHOICES)
        return scope_fail_at(reader->err, &node->place,
                             "choice wants a list of 1 to %d values",
                             MOST_CHOICES);
    generator->constants =
        scope_alloc(node->count, sizeof *generator->constants);
    generator->count = node->count;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code = read_constant(reader, &node->items[i], &generator->constants[i]);
    return code;
}

/* INTEGER or rows(TABLE); text is cut up. */
static enum scope_code read_end(struct reader *reader,
                                const struct scope_yaml *node, char *text,
                                int64_t *end)
{
    struct scope_err why = {0};
    size_t length = strlen(text);
    if (strncmp(text, "rows(", 5) == 0 && text[length - 1] == ')') {
        text[length - 1] = '\0';
        const struct sql_sizes *sizes = reader->sizes;
        if (sizes && sizes->rows(sizes->closure, text + 5, end))
            return SCOPE_OK;
        return scope_fail_at(reader->err, &node->place, "there is no table %s",
                             text + 5);
    }
    if (scope_parse_int(text, end, &why) == SCOPE_OK)
        return SCOPE_OK;
    return scope_fail_at(reader->err, &node->place,
                         "%s is neither an integer nor rows(TABLE)", text);
}

static enum scope_code read_range(struct reader *reader,
                                  const struct scope_yaml *node,
                                  bool may_be_one)
{
    struct sql_generator *generator = reader->generator;
    const char *word = words[generator->shape];
    const char *dots = NULL;
    if (node->kind == SCOPE_YAML_SCALAR)
        dots = strstr(node->scalar, "..");
    if (node->kind != SCOPE_YAML_SCALAR || (!dots && !may_be_one))
        return scope_fail_at(reader->err, &node->place,
                             "%s wants a range like 1..1000", word);
    char *low = scope_strdup(node->scalar);
    char *high = low;
    if (dots) {
        low[dots - node->scalar] = '\0';
        high += dots - node->scalar + 2;
    }
    enum scope_code code = SCOPE_OK;
    if (dots)
        code = read_end(reader, node, low, &generator->low);
    if (code == SCOPE_OK)
        code = read_end(reader, node, high, &generator->high);
    if (!dots)
        generator->low = generator->high;
    free(low);
    if (code == SCOPE_OK && generator->low > generator->high)
        code = scope_fail_at(reader->err, &node->place,
                             "%s: the range %s is empty", word, node->scalar);
    return code;
}

static enum scope_code read_zipf(struct reader *reader,
                                 const struct scope_yaml *node)
{
    struct sql_generator *generator = reader->generator;
    enum scope_code code = read_range(reader, node, false);
    if (code != SCOPE_OK)
        return code;
    double skew = 0.99;
    struct scope_err why;
    const struct scope_yaml *said = scope_yaml_get(reader->given, "skew");
    if (said && (said->kind != SCOPE_YAML_SCALAR ||
                 scope_parse_number(said->scalar, &skew, &why) != SCOPE_OK ||
                 skew < 0.01 || skew > 100))
        return scope_fail_at(reader->err, &said->place,
                             "skew wants a number from 0.01 to 100");
    uint64_t span = (uint64_t)generator->high - (uint64_t)generator->low;
    if (span >= UINT64_C(1) << 52)
        return scope_fail_at(reader->err, &node->place,
                             "zipf: a range has at most 2^52 numbers");
    sql_zipf_init(&generator->zipf, span + 1, skew);
    return SCOPE_OK;
}

static enum scope_code read_length(struct reader *reader,
                                   const struct scope_yaml *node)
{
    struct sql_generator *generator = reader->generator;
    enum scope_code code = read_range(reader, node, true);
    if (code == SCOPE_OK && (generator->low < 0 || generator->high > MOST_TEXT))
        code = scope_fail_at(reader->err, &node->place,
                             "string: a length is 0 to %d", MOST_TEXT);
    return code;
}

static enum scope_code read_pattern(struct reader *reader,
                                    const struct scope_yaml *node)
{
    if (node->kind != SCOPE_YAML_SCALAR || strlen(node->scalar) > MOST_TEXT)
        return scope_fail_at(reader->err, &node->place,
                             "pattern wants a text of at most %d bytes",
                             MOST_TEXT);
    reader->generator->pattern = scope_strdup(node->scalar);
    return SCOPE_OK;
}

static enum scope_code read_start(struct reader *reader,
                                  const struct scope_yaml *node)
{
    struct sql_generator *generator = reader->generator;
    struct scope_err why;
    if (node->kind != SCOPE_YAML_SCALAR ||
        scope_parse_int(node->scalar, &generator->low, &why) != SCOPE_OK)
        return scope_fail_at(reader->err, &node->place,
                             "%s wants the first number",
                             words[generator->shape]);
    generator->taken = scope_alloc(1, sizeof *generator->taken);
    atomic_init(generator->taken, 0);
    return SCOPE_OK;
}

static enum scope_code read_shape(struct reader *reader,
                                  const struct scope_yaml *node)
{
    switch (reader->generator->shape) {
    case SQL_UNIFORM:
        return read_range(reader, node, false);
    case SQL_ZIPF:
        return read_zipf(reader, node);
    case SQL_STRING:
        return read_length(reader, node);
    case SQL_PATTERN:
        return read_pattern(reader, node);
    case SQL_CHOICE:
        return read_choice(reader, node);
    default:
        return read_start(reader, node);
    }
}

static bool is_among(const char *const *also, const char *key)
{
    for (; also && *also; also++)
        if (strcmp(*also, key) == 0)
            return true;
    return false;
}

static enum sql_shape shape_of(const char *key)
{
    for (unsigned i = 1; i < SHAPES; i++)
        if (strcmp(words[i], key) == 0)
            return (enum sql_shape)i;
    return SQL_CONSTANT;
}

static enum scope_code unknown(struct reader *reader,
                               const struct scope_yaml *key)
{
    scope_fail_at(reader->err, &key->place, "unknown key %s", key->scalar);
    const char *near = scope_nearest(key->scalar, words + 1, SHAPES - 1);
    if (near)
        return scope_hint(reader->err, "did you mean %s?", near);
    return scope_hint(reader->err, "values come from a constant, uniform, "
                                   "zipf, string, pattern, choice, sequence "
                                   "or connection");
}

enum scope_code sql_generator_read(struct sql_generator *generator,
                                   const struct scope_yaml *node,
                                   const struct sql_sizes *sizes,
                                   const char *const *also,
                                   struct scope_err *err)
{
    *generator = (struct sql_generator){.shape = SQL_CONSTANT};
    struct reader reader = {
        .generator = generator, .sizes = sizes, .given = node, .err = err};
    if (node->kind != SCOPE_YAML_MAPPING) {
        generator->constants = scope_alloc(1, sizeof *generator->constants);
        generator->count = 1;
        return read_constant(&reader, node, generator->constants);
    }
    const struct scope_yaml *said = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const struct scope_yaml *key = &node->items[i * 2];
        if (is_among(also, key->scalar))
            continue;
        enum sql_shape shape = shape_of(key->scalar);
        bool skew =
            strcmp(key->scalar, "skew") == 0 && scope_yaml_get(node, "zipf");
        if (shape == SQL_CONSTANT && !skew)
            return unknown(&reader, key);
        if (skew)
            continue;
        if (said)
            return scope_fail_at(err, &key->place,
                                 "%s: the value comes from %s already",
                                 key->scalar, words[generator->shape]);
        said = &node->items[i * 2 + 1];
        generator->shape = shape;
    }
    if (!said)
        return scope_fail_at(err, &node->place,
                             "it does not say where the value comes from");
    return read_shape(&reader, said);
}
