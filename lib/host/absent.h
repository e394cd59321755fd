/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this build is without, since a library was missing when it was
 * configured. The one list of it is made by configure.ac (SCOPE_BRINGS). */
#ifndef LIB_HOST_ABSENT_H
#define LIB_HOST_ABSENT_H

#include <scope/plugin.h>

struct scope_absent {
    const char *kind; /* "driver", ... of a plugin; else "feature" */
    const char *name;
    const char *package; /* of Debian, that would bring it */
};

/* Number `index`, NULL at the end. */
const struct scope_absent *scope_absent_at(size_t index);
/* The plugin, or NULL. */
const struct scope_absent *scope_absent_find(enum scope_kind kind,
                                             const char *name);

#endif
