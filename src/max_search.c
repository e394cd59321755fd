/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search for the highest rate: see the header. */
#include "src/max_search.h"

#include <math.h>

/* A rate that people can read, finer than the precision asks for: four
 * significant digits, or whole requests a second. */
static double tidy(double rate)
{
    double unit = pow(10, floor(log10(rate)) - 3);
    if (unit < 1 && rate >= 100)
        unit = 1;
    return round(rate / unit) * unit;
}

void max_search_begin(struct max_search *search, double from, double factor,
                      double precision, double most)
{
    *search = (struct max_search){
        .factor = factor,
        .precision = precision,
        .least = fmin(1, from),
        .most = most,
        .failed = INFINITY,
        .phase = MAX_GROW,
        .rate = fmin(from, most),
        .step_down = precision,
    };
}

bool max_search_goes_on(const struct max_search *search)
{
    return search->phase < MAX_FOUND;
}

bool max_search_confirmed(const struct max_search *search)
{
    return search->phase == MAX_FOUND && search->good > search->bad;
}

static void confirm(struct max_search *search, double rate)
{
    search->phase = MAX_CONFIRM;
    search->rate = rate;
    search->good = search->bad = 0;
}

/* Between what passed and what failed: bisects or is done. */
static void narrow(struct max_search *search)
{
    double low = search->passed, high = search->failed;
    double middle = tidy((low + high) / 2);
    if (high - low <= search->precision * high || middle <= low ||
        middle >= high) {
        confirm(search, low);
        return;
    }
    search->phase = MAX_BISECT;
    search->rate = middle;
}

static void passed(struct max_search *search)
{
    search->passed = search->rate;
    if (isfinite(search->failed))
        narrow(search);
    else if (search->rate >= search->most)
        confirm(search, search->rate);
    else
        search->rate = fmin(search->rate * search->factor, search->most);
}

static void failed(struct max_search *search, enum search_outcome outcome)
{
    search->failed = search->rate;
    search->failure = outcome;
    if (search->passed > 0)
        narrow(search);
    else if (search->rate <= search->least)
        search->phase = MAX_NONE;
    else
        search->rate = fmax(tidy(search->rate / search->factor), search->least);
}

/* The best of three, so that one hiccup neither finds nor loses a rate. */
static void confirmed(struct max_search *search, enum search_outcome outcome)
{
    search->good += outcome == SEARCH_PASSED;
    search->bad += outcome != SEARCH_PASSED;
    if (outcome == SEARCH_PASSED && search->rate > search->passed)
        search->passed = search->rate;
    if ((search->good && !search->bad) || search->good == 2 || search->late) {
        search->phase = MAX_FOUND;
        return;
    }
    if (search->bad < 2)
        return;
    search->failed = search->rate;
    search->failure = outcome;
    search->passed = 0; /* what steps said of it has not held */
    double rate = search->step_down < 1
                      ? tidy(search->rate * (1 - search->step_down))
                      : 0;
    search->step_down *= 2;
    if (rate >= search->rate || rate < search->least)
        search->phase = MAX_NONE;
    else
        confirm(search, rate);
}

void max_search_tell(struct max_search *search, enum search_outcome outcome)
{
    if (search->phase == MAX_CONFIRM) {
        confirmed(search, outcome);
        return;
    }
    /* A generator that was not fit may be the next time. */
    bool again = outcome == SEARCH_DRIVER && !search->again;
    search->again = again;
    if (again)
        return;
    if (outcome == SEARCH_PASSED)
        passed(search);
    else
        failed(search, outcome);
}

void max_search_hurry(struct max_search *search)
{
    search->late = true;
    if (search->phase == MAX_CONFIRM) {
        if (search->good + search->bad)
            search->phase = search->good ? MAX_FOUND : MAX_NONE;
        return;
    }
    if (search->phase > MAX_CONFIRM)
        return;
    if (search->passed > 0)
        confirm(search, search->passed);
    else
        search->phase = MAX_NONE;
}
