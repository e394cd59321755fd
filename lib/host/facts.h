/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Facts about the node that a reader of a measurement wants to know: the
 * manifest of a trial, and what `scope doctor` shows.
 */
#ifndef LIB_HOST_FACTS_H
#define LIB_HOST_FACTS_H

#include <scope/dataset.h>
#include <stddef.h>
#include <sys/types.h>

/* Keys are dotted ("cpu.model", "kernel.release"); a fact that this machine
 * does not tell is absent. */
struct scope_facts {
    struct scope_label *items;
    size_t count, room;
};

void scope_facts_node(struct scope_facts *facts);
/* What a measured process runs: "<prefix>.exe", and ".command" (its arguments)
 * when wanted. */
void scope_facts_process(struct scope_facts *facts, const char *prefix,
                         pid_t pid, bool command);
void scope_facts_add(struct scope_facts *facts, const char *key,
                     const char *fmt, ...) SCOPE_PRINTF(3, 4);
const char *scope_facts_get(const struct scope_facts *facts, const char *key);
void scope_facts_free(struct scope_facts *facts);

#endif
