/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long an answer is held back: a fixed time, or a draw from a
 * distribution. */
#ifndef BACKENDS_HTTP_DELAY_H
#define BACKENDS_HTTP_DELAY_H

#include "lib/net/random.h"

#include <scope/err.h>
#include <stdbool.h>

enum delay_kind {
    DELAY_FIXED,       /* a */
    DELAY_UNIFORM,     /* a to b */
    DELAY_EXPONENTIAL, /* mean a */
    DELAY_NORMAL,      /* mean a, standard deviation b; below 0 is 0 */
    DELAY_LOGNORMAL,   /* median a; shape is the deviation of the logarithm */
    DELAY_PARETO,      /* at least a; shape is the exponent of the tail */
};

struct delay {
    enum delay_kind kind;
    int64_t a_ns, b_ns;
    double shape;
};

/* What the parser accepts, for people. */
extern const char *const delay_forms;
#define DELAY_MAX_NS (INT64_C(3600) * 1000000000)

/* "5ms", "uniform:1ms:9ms", "exponential:5ms", "normal:5ms:1ms",
 * "lognormal:5ms:0.5", "pareto:1ms:1.5". */
enum scope_code delay_parse(struct delay *delay, const char *text,
                            struct scope_err *err) SCOPE_MUST_CHECK;

/* 0 to DELAY_MAX_NS. */
int64_t delay_draw(const struct delay *delay, struct scope_random *random);

#endif
