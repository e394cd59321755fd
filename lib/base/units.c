/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Units. Integers (durations, sizes, counts) are read as exact decimals, so
 * that what is written back is what was read; only rates, ratios and numbers
 * go through floating point.
 */
#include "lib/base/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* digits * 10^exponent, and what followed the number. */
struct decimal {
    bool negative;
    unsigned __int128 digits;
    int exponent;
    const char *rest;
};

struct suffix {
    const char *text;
    uint64_t factor;
};

/* No text of this many significant digits overflows 128 bits. */
#define MOST_DIGITS 37
#define MOST_EXPONENT 400
/* No sensible number is longer; keeps hostile ones cheap. */
#define LONGEST 100

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_exponent(struct decimal *number)
{
    const char *at = number->rest;
    if (*at != 'e' && *at != 'E')
        return true;
    at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return false;
    int exponent = 0;
    for (; is_digit(*at); at++) {
        exponent = exponent * 10 + (*at - '0');
        if (exponent > MOST_EXPONENT)
            return false;
    }
    number->exponent += negative ? -exponent : exponent;
    number->rest = at;
    return true;
}

/* [+-]digits[.digits][e[+-]digits] */
static bool read_decimal(const char *text, struct decimal *number)
{
    *number = (struct decimal){.negative = *text == '-'};
    if (strnlen(text, LONGEST + 1) > LONGEST)
        return false;
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    int significant = 0;
    bool fraction = false;
    for (; is_digit(*text) || (*text == '.' && !fraction); text++) {
        if (*text == '.') {
            fraction = true;
            if (!is_digit(text[1]))
                return false;
            continue;
        }
        number->digits = number->digits * 10 + (unsigned)(*text - '0');
        number->exponent -= fraction;
        if (number->digits && ++significant > MOST_DIGITS)
            return false;
    }
    number->rest = text;
    return read_exponent(number);
}

/* number * factor as an integer, rounded half up where `round` allows a
 * remainder; false when it does not fit or must not be rounded. */
static bool scale_decimal(const struct decimal *number, uint64_t factor,
                          bool round, unsigned __int128 limit,
                          unsigned __int128 *out)
{
    unsigned __int128 value;
    if (__builtin_mul_overflow(number->digits, factor, &value))
        return false;
    for (int i = 0; i < number->exponent && value; i++)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    bool half = false;
    for (int i = 0; i > number->exponent && (value || half); i--) {
        if (value % 10 && !round)
            return false;
        half = value % 10 >= 5;
        value /= 10;
    }
    value += half;
    *out = value;
    return value <= limit;
}

static const struct suffix *find_suffix(const struct suffix *table,
                                        size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].text, text) == 0)
            return &table[i];
    return NULL;
}

static enum scope_code not_a(const char *what, const char *text,
                             const char *accepted, struct scope_err *err)
{
    enum scope_code code =
        scope_fail(err, SCOPE_USAGE, 0, "'%s' is not a %s", text, what);
    scope_hint(err, "write %s", accepted);
    return code;
}

static enum scope_code too_large(const char *what, const char *text,
                                 struct scope_err *err)
{
    return scope_fail(err, SCOPE_USAGE, 0, "'%s' is too large for a %s", text,
                      what);
}

static const struct suffix multiples[] = {
    {"", 1},           {"k", 1000},          {"M", 1000000},
    {"G", 1000000000}, {"T", 1000000000000},
};

enum scope_code scope_parse_int(const char *text, int64_t *value,
                                struct scope_err *err)
{
    static const char what[] = "whole number";
    struct decimal number;
    const struct suffix *multiple = NULL;
    if (read_decimal(text, &number))
        multiple = find_suffix(multiples, COUNT_OF(multiples), number.rest);
    if (!multiple)
        return not_a(what, text, "a number such as 5, 1e6 or 10k", err);
    unsigned __int128 limit = (unsigned __int128)INT64_MAX + number.negative;
    unsigned __int128 magnitude;
    if (!scale_decimal(&number, multiple->factor, true, limit, &magnitude))
        return too_large(what, text, err);
    if (!scale_decimal(&number, multiple->factor, false, limit, &magnitude))
        return not_a(what, text, "a number such as 5, 1e6 or 10k", err);
    *value =
        number.negative ? (int64_t) - (__int128)magnitude : (int64_t)magnitude;
    return SCOPE_OK;
}

enum scope_code scope_parse_size(const char *text, uint64_t *bytes,
                                 struct scope_err *err)
{
    static const struct suffix suffixes[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
        {"KiB", UINT64_C(1) << 10},
        {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30},
        {"TiB", UINT64_C(1) << 40},
    };
    static const char accepted[] =
        "bytes such as 512, or a number and B, kB, MB, GB, TB (powers of "
        "1000), KiB, MiB, GiB or TiB (powers of 1024)";
    struct decimal number;
    const struct suffix *suffix = NULL;
    if (read_decimal(text, &number) && !number.negative)
        suffix = find_suffix(suffixes, COUNT_OF(suffixes), number.rest);
    if (!suffix)
        return not_a("size", text, accepted, err);
    unsigned __int128 value;
    if (!scale_decimal(&number, suffix->factor, true, UINT64_MAX, &value))
        return too_large("size", text, err);
    if (!scale_decimal(&number, suffix->factor, false, UINT64_MAX, &value))
        return not_a("size", text, "a whole number of bytes", err);
    *bytes = (uint64_t)value;
    return SCOPE_OK;
}

/* Longest first: scope_format_duration picks the first that is exact. */
static const struct suffix durations[] = {
    {"d", UINT64_C(86400000000000)},
    {"h", UINT64_C(3600000000000)},
    {"m", UINT64_C(60000000000)},
    {"s", 1000000000},
    {"ms", 1000000},
    {"us", 1000},
    {"ns", 1},
};

enum scope_code scope_parse_duration(const char *text, int64_t *ns,
                                     struct scope_err *err)
{
    static const char accepted[] =
        "a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)";
    struct decimal number;
    const struct suffix *suffix = NULL;
    if (read_decimal(text, &number) && !number.negative) {
        if (!number.digits && !*number.rest) {
            *ns = 0;
            return SCOPE_OK;
        }
        suffix = find_suffix(durations, COUNT_OF(durations), number.rest);
        if (!suffix && !*number.rest) {
            enum scope_code code = scope_fail(
                err, SCOPE_USAGE, 0, "'%s' is a duration without a unit", text);
            scope_hint(err, "write %s", accepted);
            return code;
        }
    }
    if (!suffix)
        return not_a("duration", text, accepted, err);
    unsigned __int128 value;
    if (!scale_decimal(&number, suffix->factor, true, INT64_MAX, &value))
        return too_large("duration", text, err);
    *ns = (int64_t)value;
    return SCOPE_OK;
}

/* The number at the start of text as a double, correctly rounded; grammar as
 * read_decimal, so neither nan nor inf nor hexadecimal. */
static bool read_double(const char *text, double *value, const char **rest)
{
    struct decimal number;
    if (!read_decimal(text, &number))
        return false;
    char *end;
    *value = strtod(text, &end);
    *rest = number.rest;
    return end == number.rest && isfinite(*value);
}

enum scope_code scope_parse_rate(const char *text, double *per_second,
                                 struct scope_err *err)
{
    static const struct {
        const char *text;
        double seconds;
    } periods[] = {{"", 1}, {"/s", 1}, {"/m", 60}, {"/h", 3600}};
    double value;
    const char *rest;
    if (read_double(text, &value, &rest) && value >= 0)
        for (size_t i = 0; i < COUNT_OF(multiples); i++) {
            size_t length = strlen(multiples[i].text);
            if (strncmp(rest, multiples[i].text, length) != 0)
                continue;
            for (size_t j = 0; j < COUNT_OF(periods); j++) {
                if (strcmp(rest + length, periods[j].text) != 0)
                    continue;
                value *= (double)multiples[i].factor;
                if (!isfinite(value))
                    return too_large("rate", text, err);
                *per_second = value / periods[j].seconds;
                return SCOPE_OK;
            }
        }
    return not_a("rate", text,
                 "a number per second, or with /s, /m or /h: 1000, 10k, 500/s, "
                 "30/m",
                 err);
}

enum scope_code scope_parse_ratio(const char *text, double *ratio,
                                  struct scope_err *err)
{
    double value;
    const char *rest;
    if (!read_double(text, &value, &rest) || (*rest && strcmp(rest, "%") != 0))
        return not_a("ratio", text, "0.05 or 5%", err);
    *ratio = *rest ? value / 100 : value;
    return SCOPE_OK;
}

enum scope_code scope_parse_number(const char *text, double *number,
                                   struct scope_err *err)
{
    const char *rest;
    if (!read_double(text, number, &rest) || *rest)
        return not_a("number", text, "digits such as 3, 0.5 or 1e-6", err);
    return SCOPE_OK;
}

static const char *const unit_words[] = {
    [SCOPE_UNIT_COUNT] = "count",
    [SCOPE_UNIT_BYTES] = "bytes",
    [SCOPE_UNIT_NS] = "ns",
    [SCOPE_UNIT_RATIO] = "ratio",
    [SCOPE_UNIT_HERTZ] = "hertz",
    [SCOPE_UNIT_SECOND] = "s",
    [SCOPE_UNIT_BYTERATE] = "bytes_per_second",
};

const char *scope_unit_word(enum scope_unit unit)
{
    return (size_t)unit < COUNT_OF(unit_words) ? unit_words[unit] : NULL;
}

enum scope_unit scope_unit_of(const char *word)
{
    for (size_t i = 1; i < COUNT_OF(unit_words); i++)
        if (strcmp(unit_words[i], word) == 0)
            return (enum scope_unit)i;
    return 0;
}

struct scale {
    double factor;
    const char *symbol;
};

static const struct scale counts[] = {
    {1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"},
};
static const struct scale rates[] = {
    {1, "/s"},    {1e3, "k/s"},  {1e6, "M/s"},
    {1e9, "G/s"}, {1e12, "T/s"}, {1e15, "P/s"},
};
static const struct scale byterates[] = {
    {1, "B/s"},        {0x1p10, "KiB/s"}, {0x1p20, "MiB/s"},
    {0x1p30, "GiB/s"}, {0x1p40, "TiB/s"}, {0x1p50, "PiB/s"},
};
static const struct scale sizes[] = {
    {1, "B"},        {0x1p10, "KiB"}, {0x1p20, "MiB"},
    {0x1p30, "GiB"}, {0x1p40, "TiB"}, {0x1p50, "PiB"},
};
static const struct scale times[] = {
    {1, "ns"},
    {1e3, "µs"},
    {1e6, "ms"},
    {1e9, "s"},
};
static const struct scale seconds[] = {{1, "s"}};
static const struct scale ratios[] = {{0.01, "%"}};
static const struct scale plain[] = {{1, ""}};

double scope_unit_scale(double magnitude, enum scope_unit unit,
                        const char **symbol)
{
    static const struct {
        const struct scale *scales;
        size_t count;
    } of_unit[] = {
        [0] = {plain, COUNT_OF(plain)},
        [SCOPE_UNIT_COUNT] = {counts, COUNT_OF(counts)},
        [SCOPE_UNIT_BYTES] = {sizes, COUNT_OF(sizes)},
        [SCOPE_UNIT_NS] = {times, COUNT_OF(times)},
        [SCOPE_UNIT_RATIO] = {ratios, COUNT_OF(ratios)},
        [SCOPE_UNIT_HERTZ] = {rates, COUNT_OF(rates)},
        [SCOPE_UNIT_BYTERATE] = {byterates, COUNT_OF(byterates)},
        [SCOPE_UNIT_SECOND] = {seconds, COUNT_OF(seconds)},
    };
    size_t index = (size_t)unit < COUNT_OF(of_unit) ? unit : 0;
    const struct scale *scales = of_unit[index].scales;
    size_t best = 0;
    for (size_t i = 1; i < of_unit[index].count; i++)
        if (fabs(magnitude) >= scales[i].factor)
            best = i;
    *symbol = scales[best].symbol;
    return scales[best].factor;
}

/* Decimals that give value `digits` significant digits; -1: too small for
 * that to be readable. */
static int decimals_for(double value, int digits)
{
    if (value == 0)
        return 0;
    int exponent = (int)floor(log10(fabs(value)));
    if (exponent < -4)
        return -1;
    return digits - 1 > exponent ? digits - 1 - exponent : 0;
}

char *scope_format_value(char *out, size_t size, double value,
                         enum scope_unit unit, int digits)
{
    if (isnan(value)) {
        snprintf(out, size, "-");
        return out;
    }
    /* The scale fits the rounded value: 999999 is 1.00 M, not 1000 k. */
    char rounded[64];
    snprintf(rounded, sizeof rounded, "%.*e", digits - 1, value);
    const char *symbol;
    double magnitude = strtod(rounded, NULL);
    double factor = scope_unit_scale(magnitude, unit, &symbol);
    double scaled = value / factor;
    double shown = magnitude / factor;
    bool whole = factor == 1 && scaled == trunc(scaled);
    int decimals = whole ? 0 : decimals_for(shown, digits);
    const char *gap = *symbol && strcmp(symbol, "/s") != 0 ? " " : "";
    if (!isfinite(scaled) || decimals < 0)
        snprintf(out, size, "%.*g%s%s", digits, scaled, gap, symbol);
    else
        snprintf(out, size, "%.*f%s%s", decimals, scaled, gap, symbol);
    return out;
}

/* ns / factor in decimal, exactly; false when that takes an unending
 * fraction. */
static bool format_exactly(char *out, size_t size, uint64_t ns,
                           const struct suffix *unit)
{
    char fraction[24];
    size_t places = 0;
    uint64_t rest = ns % unit->factor;
    for (; rest && places < 18; places++) {
        unsigned __int128 next = (unsigned __int128)rest * 10;
        fraction[places] = (char)('0' + (int)(next / unit->factor));
        rest = (uint64_t)(next % unit->factor);
    }
    fraction[places] = '\0';
    snprintf(out, size, "%llu%s%s%s", (unsigned long long)(ns / unit->factor),
             places ? "." : "", fraction, unit->text);
    return rest == 0;
}

char *scope_format_duration(char *out, size_t size, int64_t ns)
{
    if (ns <= 0) {
        snprintf(out, size, "0");
        return out;
    }
    char best[64] = "";
    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        char text[64];
        if (!format_exactly(text, sizeof text, (uint64_t)ns, &durations[i]))
            continue;
        /* 1.5s rather than 1500ms, but 10ms rather than 0.01s. */
        if (text[0] != '0' && (!*best || strlen(text) < strlen(best)))
            memcpy(best, text, sizeof best);
    }
    snprintf(out, size, "%s", best);
    return out;
}
