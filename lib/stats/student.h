/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distributions, from GSL. Its error handler, which would end the program, is
 * off from the first use on; what GSL cannot compute is NAN here.
 */
#ifndef LIB_STATS_STUDENT_H
#define LIB_STATS_STUDENT_H

/* The factor of a two-sided interval at the given level (0 < level < 1) under
 * Student's t with freedom > 0 degrees of freedom, not necessarily whole. */
double scope_student_factor(double level, double freedom);

#endif
