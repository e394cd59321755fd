/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which endpoint a path names, and for whom. */
#ifndef PLUGINS_BACKENDS_OCO_ROUTE_H
#define PLUGINS_BACKENDS_OCO_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum oco_endpoint {
    OCO_NO_ENDPOINT,
    OCO_STATISTICS,
    OCO_LIST,
    OCO_SERVO,
    OCO_OPENAPI,
    OCO_PAGE,
};

enum { OCO_SEGMENT_MAX = 128 }; /* bytes of a name in a path */

struct oco_route {
    enum oco_endpoint endpoint;
    /* With what %XX stands for; "" where the endpoint has none. */
    char account[OCO_SEGMENT_MAX + 1], app[OCO_SEGMENT_MAX + 1];
};

/* A path that names no endpoint, or holds names that cannot be, gives
 * OCO_NO_ENDPOINT. */
void oco_route_read(struct oco_route *route, const char *path, size_t size);

#endif
