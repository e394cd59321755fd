/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arrival processes. */
#include "lib/net/pace.h"

#include <math.h>

const char *const scope_arrivals_words[] = {
    [SCOPE_ARRIVALS_CONSTANT] = "constant",
    [SCOPE_ARRIVALS_POISSON] = "poisson",
    [SCOPE_ARRIVALS_BURST] = "burst",
    [SCOPE_ARRIVALS_RAMP] = "ramp",
    NULL,
};

#define NS_PER_S 1e9

/* An exponential gap, by inversion of a number in (0, 1]. */
static double draw_gap(struct scope_pace *pace)
{
    double mean = NS_PER_S / pace->plan.rate * (double)pace->plan.threads;
    return -log(scope_random_unit(&pace->random)) * mean;
}

/* --- times by number ------------------------------------------------------ */

static void set_period(struct scope_pace *pace, double rate)
{
    double period = NS_PER_S / rate;
    if (period >= 0x1p63) {
        pace->period_ns = INT64_MAX;
        return;
    }
    pace->period_ns = (uint64_t)period;
    /* What is left of 1e9 = rate * period, exactly, so that the fraction has
     * more digits than a double quotient. */
    double rest = fma(-rate, (double)pace->period_ns, NS_PER_S) / rate;
    if (rest < 0) {
        pace->period_ns--;
        rest += 1;
    }
    pace->period_fraction = rest < 1 ? (uint64_t)(rest * 0x1p64) : UINT64_MAX;
}

static int64_t later(int64_t time_ns, int64_t by_ns)
{
    int64_t sum;
    return __builtin_add_overflow(time_ns, by_ns, &sum) ? INT64_MAX : sum;
}

/* Arrival number `number` at the constant rate, to the nearest ns. */
static int64_t constant_at(const struct scope_pace *pace, uint64_t number)
{
    unsigned __int128 fraction =
        (unsigned __int128)number * pace->period_fraction;
    unsigned __int128 time = (unsigned __int128)number * pace->period_ns +
                             (uint64_t)(fraction >> 64) +
                             ((uint64_t)(fraction >> 63) & 1);
    return time < INT64_MAX ? (int64_t)time : INT64_MAX;
}

/*
 * While the rate rises from a by k = (rate - a) / T a second, n = a t + k t^2/2
 * requests have arrived at t: t = 2 n / (a + sqrt(a^2 + 2 k n)), the form
 * without cancellation. After T the rate is constant.
 */
static int64_t ramp_at(const struct scope_pace *pace, uint64_t number)
{
    const struct scope_pace_plan *plan = &pace->plan;
    double seconds = (double)plan->ramp_ns / NS_PER_S;
    double whole = (plan->ramp_from + plan->rate) / 2 * seconds;
    uint64_t in_ramp = (uint64_t)ceil(whole);
    if (number >= in_ramp) {
        double first_s = ((double)in_ramp - whole) / plan->rate;
        return later(later(plan->ramp_ns, (int64_t)(first_s * NS_PER_S)),
                     constant_at(pace, number - in_ramp));
    }
    double n = (double)number;
    double a = plan->ramp_from;
    double k = (plan->rate - a) / seconds;
    double root = sqrt(fmax(a * a + 2 * k * n, 0));
    double time_s = n > 0 ? 2 * n / (a + root) : 0;
    return (int64_t)(time_s * NS_PER_S + 0.5);
}

static int64_t time_of(const struct scope_pace *pace, uint64_t number)
{
    const struct scope_pace_plan *plan = &pace->plan;
    switch (plan->arrivals) {
    case SCOPE_ARRIVALS_BURST: {
        uint64_t first;
        if (__builtin_mul_overflow(number / plan->burst, plan->burst, &first))
            return INT64_MAX;
        return constant_at(pace, first);
    }
    case SCOPE_ARRIVALS_RAMP:
        return ramp_at(pace, number);
    case SCOPE_ARRIVALS_TIMETABLE:
        return number < plan->timetable->count
                   ? plan->timetable->times_ns[number]
                   : INT64_MAX;
    case SCOPE_ARRIVALS_CONSTANT:
    case SCOPE_ARRIVALS_POISSON:
        break;
    }
    return constant_at(pace, number);
}

int64_t scope_pace_at(const struct scope_pace *pace, uint64_t index)
{
    unsigned __int128 number =
        (unsigned __int128)index * pace->plan.threads + pace->plan.thread;
    return number > UINT64_MAX ? INT64_MAX : time_of(pace, (uint64_t)number);
}

/* --- one after the other -------------------------------------------------- */

static void draw_next(struct scope_pace *pace)
{
    pace->exact_ns += draw_gap(pace);
    pace->next_ns =
        pace->exact_ns < 0x1p62 ? (int64_t)(pace->exact_ns + 0.5) : INT64_MAX;
}

void scope_pace_open(struct scope_pace *pace,
                     const struct scope_pace_plan *plan)
{
    *pace = (struct scope_pace){.plan = *plan};
    if (plan->arrivals != SCOPE_ARRIVALS_TIMETABLE)
        set_period(pace, plan->rate);
    if (plan->arrivals != SCOPE_ARRIVALS_POISSON) {
        pace->next_ns = scope_pace_at(pace, 0);
        return;
    }
    scope_random_seed(&pace->random, plan->seed ^ (plan->thread << 48));
    draw_next(pace);
}

void scope_pace_take(struct scope_pace *pace)
{
    pace->taken++;
    if (pace->plan.arrivals == SCOPE_ARRIVALS_POISSON)
        draw_next(pace);
    else
        pace->next_ns = scope_pace_at(pace, pace->taken);
}

/* Drawn arrivals are known only by drawing them, in a copy. */
static uint64_t drawn_before(const struct scope_pace *pace, int64_t time_ns)
{
    struct scope_pace ahead = *pace;
    while (ahead.next_ns < time_ns)
        scope_pace_take(&ahead);
    return ahead.taken;
}

uint64_t scope_pace_before(const struct scope_pace *pace, int64_t time_ns)
{
    if (pace->plan.arrivals == SCOPE_ARRIVALS_POISSON)
        return drawn_before(pace, time_ns);
    uint64_t low = pace->taken;
    uint64_t step = 1;
    while (scope_pace_at(pace, low + step) < time_ns)
        step *= 2;
    uint64_t high = low + step;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (scope_pace_at(pace, middle) < time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
