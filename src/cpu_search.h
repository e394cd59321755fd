/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds the rate at which a process uses a given share of a CPU. CPU over rate
 * rises, but it is measured with noise: the search grows the rate until the
 * share lies between two of them, then takes the Illinois variant of regula
 * falsi (Dowell and Jarratt, BIT 11, 1971), kept away from the ends of its
 * bracket. Knows nothing of trials: it is told what came of each rate.
 */
#ifndef SRC_CPU_SEARCH_H
#define SRC_CPU_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum cpu_end {
    CPU_GOES_ON,
    CPU_FOUND,     /* within the tolerance, or as near as rates can be told
                      apart */
    CPU_SATURATED, /* the server answers no more before it uses that much */
    CPU_DRIVER,    /* the generator can do no more */
    CPU_FLAT,      /* more load costs no more CPU: it is not this process's */
    CPU_IDLE,      /* it uses more than that with hardly any load */
    CPU_MOST,      /* at the highest rate allowed it uses less */
    CPU_LATE,      /* out of time or steps */
};

/* What a trial at a rate came to. */
struct cpu_step {
    double cpu;      /* share, NAN: not measured */
    double achieved; /* answered among intended */
    bool driver_fit; /* the generator kept its schedule */
};

struct cpu_search {
    double target, tolerance; /* shares: 0.6, 0.02 */
    double most;              /* the highest rate to try */
    unsigned least_steps, most_steps;
    unsigned steps;
    double rate; /* to be tried now; when found: the rate */
    enum cpu_end end;
    /* The bracket, and the shares above target at its ends; as the Illinois
     * variant weighs them. high 0: none above yet. */
    double low, low_off, high, high_off;
    int side;         /* which end was replaced last: -1, 0, 1 */
    double best_rate; /* nearest to the target so far */
    double best_off;
    double last_rate, last_cpu; /* while it grows */
    unsigned flat;              /* steps in which more load cost no more */
    bool again;                 /* the same once more */
    enum cpu_end limit;         /* what made `most` lower than asked for */
};

void cpu_search_begin(struct cpu_search *search, double target,
                      double tolerance, double from, double most);
/* What came of search->rate; look at search->end then. */
void cpu_search_tell(struct cpu_search *search, const struct cpu_step *step);
/* A whole trial at the rate found missed the share: corrects the rate by it;
 * false when that would not change it. */
bool cpu_search_correct(struct cpu_search *search, double cpu);

#endif
