/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of the server beside the load: the list of applications and
 * its statistics, and GOODBYE at the end. Each waits for the answer. */
#ifndef DRIVERS_OCO_SERVER_H
#define DRIVERS_OCO_SERVER_H

#include "drivers/oco/fleet.h"

/* Names the fleet's applications as the server does. */
enum scope_code oco_server_list(struct oco_fleet *fleet,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/* SCOPE_NOT_FOUND: the server answers, but has none. */
enum scope_code oco_server_statistics(const struct oco_fleet *fleet,
                                      struct oco_spread *spread,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

/* After the load: says GOODBYE for the servos that said HELLO; *said of *all
 * were heard. Fails when the connection does; what was said counts. */
enum scope_code oco_server_goodbye(struct oco_fleet *fleet, size_t *said,
                                   size_t *all,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
