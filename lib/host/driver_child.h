/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs in a driver's process, and the commands it takes. */
#ifndef LIB_HOST_DRIVER_CHILD_H
#define LIB_HOST_DRIVER_CHILD_H

#include "lib/host/loader.h"

#include <sys/types.h>

struct scope_driver_command {
    int64_t start_ns, warmup_ns, duration_ns;
    int64_t stop; /* not 0: end now */
};

/* Opens, drives and closes; reads commands from control and writes frames to
 * frames. Returns the exit status of the process. */
int scope_driver_child(const struct scope_loaded *loaded, const void *config,
                       unsigned source, int64_t interval_ns, pid_t parent,
                       int control, int frames);

#endif
