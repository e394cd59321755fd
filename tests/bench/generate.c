/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated samples; generate.h defines them. */
#include "tests/bench/generate.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

enum kind {
    STILL,
    SELDOM,
    EVENTS,
    BUSY,
    BYTES,
    TICKS,
    MEMORY,
    LEVEL,
    DECIMAL,
    NOISE,
    KINDS,
};

static const unsigned shares[KINDS] = {6, 8, 24, 26, 6, 6, 6, 6, 6, 6};

/* splitmix64, Steele, Lea and Flood, OOPSLA 2014. */
static uint64_t random_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
    return (double)(random_bits(state) >> 11) * 0x1p-53;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return (uint64_t)(uniform(state) * (double)limit);
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(1 - uniform(state)));
    return radius * cos(6.283185307179586 * uniform(state));
}

static uint64_t poisson(uint64_t *state, double mean)
{
    double limit = exp(-mean);
    uint64_t count = 0;
    for (double product = uniform(state); product > limit; count++)
        product *= uniform(state);
    return count;
}

struct series {
    enum kind kind;
    double size;    /* what a step is like */
    uint64_t value; /* of all but doubles; decimals in hundredths */
    bool burst;
};

static enum kind kind_of(unsigned place)
{
    unsigned kind = 0;
    while (place >= shares[kind])
        place -= shares[kind++];
    return (enum kind)kind;
}

static struct series series_new(enum kind kind, uint64_t *state)
{
    struct series series = {.kind = kind, .value = below(state, 100000000)};
    if (kind == EVENTS)
        series.size = 0.1 * pow(60, uniform(state));
    else if (kind == BUSY)
        series.size = 200 * pow(100, uniform(state));
    else if (kind == BYTES)
        series.size = 20 + 380 * uniform(state);
    else if (kind == TICKS)
        series.value *= 10000000;
    else if (kind == MEMORY)
        series.value *= 4096;
    else if (kind == DECIMAL || kind == LEVEL)
        series.value %= 10000;
    return series;
}

static uint64_t packets(struct series *series, uint64_t *state)
{
    if (below(state, 20) == 0)
        series->burst = !series->burst;
    uint64_t count =
        below(state, (uint64_t)series->size / (series->burst ? 1 : 20) + 1);
    uint64_t bytes = 0;
    for (; count; count--)
        bytes += below(state, 3) ? 1514 : 66 + below(state, 400);
    return bytes;
}

static uint64_t walk(uint64_t value, uint64_t most, uint64_t *state)
{
    uint64_t step = below(state, 2 * most + 1);
    return value + step < most ? value : value + step - most;
}

static uint64_t next_value(struct series *series, uint64_t *state)
{
    uint64_t *value = &series->value;
    double step;
    switch (series->kind) {
    case SELDOM:
        if (below(state, 200) == 0)
            *value += 1 + below(state, 3);
        break;
    case EVENTS:
        *value += poisson(state, series->size);
        break;
    case BUSY:
        step = series->size * (1 + 0.3 * normal(state));
        *value += step > 0 ? (uint64_t)step : 0;
        break;
    case BYTES:
        *value += packets(series, state);
        break;
    case TICKS:
        *value += poisson(state, 2) * 10000000;
        break;
    case MEMORY:
        if (below(state, 10) == 0)
            *value = walk(*value / 4096, 64, state) * 4096;
        break;
    case LEVEL:
        *value = walk(*value, 8, state);
        break;
    case DECIMAL:
        *value = walk(*value, 5, state);
        break;
    default:
        break;
    }
    return *value;
}

static uint64_t sample(struct series *series, uint64_t *state)
{
    uint64_t bits = next_value(series, state);
    double number;
    if (series->kind == DECIMAL)
        number = (double)bits / 100;
    else if (series->kind == NOISE)
        number = uniform(state);
    else
        return bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

void generate(struct generated *set, size_t series, size_t sweeps)
{
    uint64_t state = 20;
    struct series *all = scope_alloc(series, sizeof *all);
    set->series = series;
    set->sweeps = sweeps;
    set->times = scope_alloc(sweeps, sizeof *set->times);
    set->values = scope_alloc(sweeps * series, sizeof *set->values);
    set->f64 = scope_alloc(series, sizeof *set->f64);
    /* 37 and 100 have no common factor: every place of a hundred once. */
    for (size_t i = 0; i < series; i++) {
        all[i] = series_new(kind_of((unsigned)(i * 37 % 100)), &state);
        set->f64[i] = all[i].kind == DECIMAL || all[i].kind == NOISE;
    }
    for (size_t sweep = 0; sweep < sweeps; sweep++) {
        set->times[sweep] =
            (int64_t)(1000000000 + sweep * 100000000 + below(&state, 60000));
        for (size_t i = 0; i < series; i++)
            set->values[sweep * series + i] = sample(&all[i], &state);
    }
    free(all);
}

void generated_free(struct generated *set)
{
    free(set->times);
    free(set->values);
    free(set->f64);
}

struct scope_metric generated_metric(const struct generated *set, size_t series)
{
    return (struct scope_metric){
        .name = set->f64[series] ? "gauge" : "counter",
        .semantics = set->f64[series] ? SCOPE_GAUGE : SCOPE_COUNTER,
        .value = set->f64[series] ? SCOPE_F64 : SCOPE_U64,
        .unit = SCOPE_UNIT_COUNT,
        .domain = "series",
        .help = "generated",
    };
}
