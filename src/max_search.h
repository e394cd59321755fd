/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds the highest rate at which trials still pass: doubles it until one
 * fails (halves it, when the first one does), bisects down to a precision,
 * and confirms what it found with whole trials, stepping down where they fail.
 * Knows nothing of trials: it is told what came of each rate that it gave.
 */
#ifndef SRC_MAX_SEARCH_H
#define SRC_MAX_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum search_outcome {
    SEARCH_PASSED = 1,
    SEARCH_FAILED, /* a threshold was missed */
    SEARCH_DRIVER, /* the generator was not fit: it says nothing of the
                      server */
};

enum max_phase {
    MAX_GROW = 1, /* doubling; or halving, when nothing has passed */
    MAX_BISECT,
    MAX_CONFIRM, /* a whole trial at the rate found */
    MAX_FOUND,
    MAX_NONE, /* no rate passes */
};

struct max_search {
    double factor, precision;
    double least, most; /* rates worth trying */
    double passed;      /* the highest rate that passed, 0: none */
    double failed;      /* the lowest above it that failed, INFINITY: none */
    enum search_outcome failure; /* of that one */
    enum max_phase phase;
    double rate;        /* to be tried now */
    bool again;         /* the same once more: the generator hiccuped */
    unsigned good, bad; /* confirmations at this rate */
    double step_down;   /* share of the rate, when the next one fails */
    bool late;          /* out of time: confirms once what has passed */
};

/* precision: share of the rate, 0.02; most: the highest rate to try. */
void max_search_begin(struct max_search *search, double from, double factor,
                      double precision, double most);
/* Whether there is another rate to try: search->rate, as search->phase. */
bool max_search_goes_on(const struct max_search *search);
/* What came of it. */
void max_search_tell(struct max_search *search, enum search_outcome outcome);
/* There is no time left to search: what has passed is confirmed once. */
void max_search_hurry(struct max_search *search);
/* The rate was confirmed by as many trials as it takes. */
bool max_search_confirmed(const struct max_search *search);

#endif
