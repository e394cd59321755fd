/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search for the rate that makes a share of a CPU: see the header. */
#include "src/cpu_search.h"

#include <math.h>

#define GROWTH 4         /* most by which the rate rises at once */
#define INSET 0.1        /* of the bracket, that a guess keeps from its ends */
#define CLOSE 0.005      /* rates nearer than this are the same */
#define SATURATED 0.95   /* answered among intended, below which it is */
#define FLAT_GROWTH 0.05 /* of the share while the rate doubles: no growth */

void cpu_search_begin(struct cpu_search *search, double target,
                      double tolerance, double from, double most)
{
    *search = (struct cpu_search){
        .target = target,
        .tolerance = tolerance,
        .most = most,
        .least_steps = 3,
        .most_steps = 24,
        .rate = fmin(from, most),
        .best_off = INFINITY,
        .low_off = -target,
    };
}

static double tidy(double rate)
{
    double unit = pow(10, floor(log10(rate)) - 3);
    return round(rate / unit) * unit;
}

static void end(struct cpu_search *search, enum cpu_end how)
{
    search->end = how;
    if (how == CPU_FOUND || how == CPU_LATE)
        search->rate = search->best_rate;
}

/* Nothing lies above the target yet: where a line through the origin meets it,
 * a little beyond, so that the next step is likely to bracket it. */
static void grow(struct cpu_search *search, double cpu)
{
    double rate = search->rate;
    bool risen = search->last_rate > 0 && rate > search->last_rate * 1.5;
    if (risen && cpu - search->last_cpu < FLAT_GROWTH * search->last_cpu)
        search->flat++;
    else
        search->flat = 0;
    if (search->flat >= 3) {
        end(search, CPU_FLAT);
        return;
    }
    if (rate >= search->most) {
        end(search, search->limit ? search->limit : CPU_MOST);
        return;
    }
    search->last_rate = rate;
    search->last_cpu = cpu;
    double factor = cpu > 0 ? search->target / cpu * 1.1 : GROWTH;
    search->rate =
        fmin(tidy(rate * fmin(fmax(factor, 1.05), GROWTH)), search->most);
}

/* Everything lies above: less, down to hardly any load. */
static void shrink(struct cpu_search *search, double cpu)
{
    double factor = fmax(search->target / cpu * 0.9, 1.0 / 16);
    search->rate = search->rate * factor;
    if (search->rate < 1)
        end(search, CPU_IDLE);
    else
        search->rate = tidy(search->rate);
}

static void guess(struct cpu_search *search)
{
    double width = search->high - search->low;
    double rate = search->low - search->low_off * width /
                                    (search->high_off - search->low_off);
    rate = fmax(rate, search->low + INSET * width);
    rate = tidy(fmin(rate, search->high - INSET * width));
    if (width < CLOSE * search->high || rate <= search->low ||
        rate >= search->high)
        end(search, CPU_FOUND);
    else
        search->rate = rate;
}

/* Illinois: an end that stays twice counts half. */
static void bracket(struct cpu_search *search, double off)
{
    if (off < 0) {
        search->low = search->rate;
        search->low_off = off;
        if (search->side < 0)
            search->high_off /= 2;
        search->side = -1;
    } else {
        search->high = search->rate;
        search->high_off = off;
        if (search->side > 0)
            search->low_off /= 2;
        search->side = 1;
    }
}

/* The step says nothing of the process: its load was not what it was to be. */
static void unfit(struct cpu_search *search, enum cpu_end how)
{
    if (!search->again) {
        search->again = true;
        return;
    }
    /* A limit above the target is one that a search can stay below. */
    if (search->best_rate > 0 && search->rate > search->best_rate * 1.1 &&
        search->steps < search->most_steps / 2) {
        search->again = false;
        search->limit = how;
        search->most = tidy((search->best_rate + search->rate) / 2);
        search->rate = search->most;
        return;
    }
    end(search, how);
}

void cpu_search_tell(struct cpu_search *search, const struct cpu_step *step)
{
    search->steps++;
    double off = step->cpu - search->target;
    if (isnan(off) || !step->driver_fit) {
        unfit(search, CPU_DRIVER);
        return;
    }
    /* Overloaded and still below: it cannot be driven further. */
    if (off < -search->tolerance && step->achieved < SATURATED) {
        unfit(search, CPU_SATURATED);
        return;
    }
    search->again = false;
    if (fabs(off) < search->best_off) {
        search->best_off = fabs(off);
        search->best_rate = search->rate;
    }
    bracket(search, off);
    if (fabs(off) <= search->tolerance && search->steps >= search->least_steps)
        end(search, CPU_FOUND);
    else if (search->steps >= search->most_steps)
        end(search, CPU_LATE);
    else if (!(search->high > 0))
        grow(search, step->cpu);
    else if (!(search->low > 0))
        shrink(search, step->cpu);
    else
        guess(search);
}

bool cpu_search_correct(struct cpu_search *search, double cpu)
{
    /* In proportion: never the wrong way, whatever the noise. */
    double rate =
        cpu > 0 ? tidy(search->rate * search->target / cpu) : search->rate;
    rate = fmin(fmax(rate, search->rate / 2), search->rate * 2);
    rate = fmin(rate, search->most);
    if (fabs(rate - search->rate) < CLOSE * search->rate)
        return false;
    search->rate = rate;
    return true;
}
