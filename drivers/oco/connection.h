/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The protocol: connections that carry what servos say, each whichever servo
 * has waited longest. There are never more connections than servos. */
#ifndef DRIVERS_OCO_CONNECTION_H
#define DRIVERS_OCO_CONNECTION_H

#include "drivers/oco/fleet.h"

/* Its closure is a struct oco_fleet. */
extern const struct scope_protocol oco_protocol;

#endif
