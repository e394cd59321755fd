/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for counting by BPF where it was not built. */
#include "collectors/syscalls/counter.h"

static enum scope_code probe(const struct syscalls_config *config,
                             struct scope_err *err)
{
    (void)config;
    scope_fail(err, SCOPE_UNAVAILABLE, 0, "scope was built without BPF");
    return scope_hint(err, "build it where libbpf-dev and clang are installed, "
                           "on x86-64 or 64-bit Arm");
}

/* Nothing but probe is called of a way whose probe refuses. */
const struct syscalls_way syscalls_by_bpf = {.name = "bpf", .probe = probe};
