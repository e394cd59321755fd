/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binds threads to CPUs that a user listed: 1, 4-7. */
#ifndef LIB_NET_PIN_H
#define LIB_NET_PIN_H

#include <sched.h>
#include <scope/err.h>
#include <scope/option.h>

struct scope_pins {
    size_t count;
    cpu_set_t allowed; /* what was listed */
};

/* An empty list binds nothing. Fails for a CPU that this process may not use.
 */
enum scope_code scope_pins_parse(struct scope_pins *pins,
                                 const struct scope_list *list,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* The CPU of thread number `thread`: they take turns. -1: none. */
int scope_pins_cpu(const struct scope_pins *pins, size_t thread);

#endif
