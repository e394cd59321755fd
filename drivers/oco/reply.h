/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a reply is what a servo must be told. */
#ifndef DRIVERS_OCO_REPLY_H
#define DRIVERS_OCO_REPLY_H

#include "drivers/oco/servo.h"

#include <stddef.h>

enum { OCO_REPLY_MAX = 1024 * 1024, OCO_REPLY_KNOWN_MAX = 4096 };

enum oco_judgement {
    OCO_RIGHT,
    OCO_SLEEP, /* instead of another command: ask again later */
    /* Errors, under these names. */
    OCO_WRONG_STATUS,
    OCO_WRONG_BODY,
    OCO_WRONG_COMMAND,
    OCO_NOT_OK,
    OCO_JUDGEMENT_COUNT,
};
extern const char *const oco_judgement_names[]; /* of the errors */

/* The last body that was right, by what was wanted: the same bytes are right
 * again. One a thread, zeroed at first. */
struct oco_known {
    struct {
        size_t size;
        char bytes[OCO_REPLY_KNOWN_MAX];
    } bodies[OCO_WANTED_COUNT];
};

/* detail gets words for an error. */
enum oco_judgement oco_reply_judge(struct oco_known *known,
                                   enum oco_wanted wanted, unsigned status,
                                   const char *body, size_t size, char *detail,
                                   size_t detail_size);

#endif
