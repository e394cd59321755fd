/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of CPUs. */
#include "lib/net/pin.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool read_number(const char **text, unsigned long *number)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *number = strtoul(*text, &end, 10);
    *text = end;
    return !errno && *number < CPU_SETSIZE;
}

/* "3" or "3-5" */
static bool read_range(const char *text, unsigned long *first,
                       unsigned long *last)
{
    if (!read_number(&text, first))
        return false;
    *last = *first;
    if (*text == '-') {
        text++;
        if (!read_number(&text, last))
            return false;
    }
    return !*text && *first <= *last;
}

enum scope_code scope_pins_parse(struct scope_pins *pins,
                                 const struct scope_list *list,
                                 struct scope_err *err)
{
    cpu_set_t usable;
    CPU_ZERO(&usable);
    CPU_ZERO(&pins->allowed);
    pins->count = 0;
    if (sched_getaffinity(0, sizeof usable, &usable))
        return scope_fail(err, SCOPE_FAILED, errno, "sched_getaffinity");
    for (size_t i = 0; i < list->count; i++) {
        unsigned long first;
        unsigned long last;
        if (!read_range(list->items[i], &first, &last))
            return scope_fail(err, SCOPE_USAGE, 0,
                              "cpus: %s is not a CPU or a range like 2-5",
                              list->items[i]);
        for (unsigned long cpu = first; cpu <= last; cpu++) {
            if (!CPU_ISSET(cpu, &usable))
                return scope_fail(err, SCOPE_USAGE, 0,
                                  "cpus: CPU %lu is not there or not allowed",
                                  cpu);
            CPU_SET(cpu, &pins->allowed);
        }
    }
    pins->count = (size_t)CPU_COUNT(&pins->allowed);
    return SCOPE_OK;
}

int scope_pins_cpu(const struct scope_pins *pins, size_t thread)
{
    if (!pins->count)
        return -1;
    size_t left = thread % pins->count;
    int cpu = 0;
    while (!CPU_ISSET((size_t)cpu, &pins->allowed) || left--)
        cpu++;
    return cpu;
}
