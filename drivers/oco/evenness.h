/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the load was even, and whether the server saw the same: said at the
 * end, in words. */
#ifndef DRIVERS_OCO_EVENNESS_H
#define DRIVERS_OCO_EVENNESS_H

#include "drivers/oco/fleet.h"

#include <scope/sink.h>

/* What the server's own statistics said. */
struct oco_testimony {
    bool known_before, known_after;
    struct oco_spread before, after;
};

void oco_evenness_tell(const struct oco_fleet *fleet,
                       const struct oco_testimony *testimony,
                       struct scope_sink *sink);

#endif
