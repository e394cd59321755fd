/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of /proc/PID/maps: executable memory in it, line by line. */
#ifndef CYCLES_MAPS_H
#define CYCLES_MAPS_H

#include "collectors/cycles/symbols.h"

#include <stddef.h>

typedef void (*maps_found)(void *closure, const struct cycles_map *map);

/* Calls found for each well-formed line of executable memory; the path is in
 * text, which is changed. text is terminated by a NUL at length. */
void maps_parse(char *text, size_t length, maps_found found, void *closure);

/* A whole file of /proc, NUL-terminated, to free(); NULL with errno set. At
 * most limit bytes. */
char *maps_read(const char *path, size_t limit, size_t *length);

#endif
