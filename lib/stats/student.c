/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions, from GSL. */
#include "lib/stats/student.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <pthread.h>

static void silence(void)
{
    gsl_set_error_handler_off();
}

double scope_student_factor(double level, double freedom)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence);
    if (!(level > 0 && level < 1 && freedom > 0))
        return NAN;
    return gsl_cdf_tdist_Pinv(0.5 + level / 2, freedom);
}
