/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file that was mapped, and no other that has taken its name since. */
#ifndef CYCLES_SOURCE_H
#define CYCLES_SOURCE_H

#include "collectors/cycles/symbols.h"

/* A descriptor of the mapped file, or -1 when it cannot be had or what is
 * there cannot be shown to be it. */
int source_open(pid_t pid, const struct cycles_map *map);

#endif
