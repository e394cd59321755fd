/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control groups, of the unified hierarchy or of several v1 ones. */
#ifndef PROC_CGROUP_H
#define PROC_CGROUP_H

#include "collectors/proc/proc.h"

struct cgroups;

enum scope_code cgroups_open(struct reader *reader, const struct config *config,
                             struct cgroups **cgroups,
                             struct scope_err *err) SCOPE_MUST_CHECK;
void cgroups_close(struct cgroups *cgroups);
void cgroups_attach(struct cgroups *cgroups, const struct scope_target *target);
void cgroups_detach(struct cgroups *cgroups, const struct scope_target *target);
void cgroups_sample(struct cgroups *cgroups);

#endif
