/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of what servos say: all but the name is written once. */
#ifndef DRIVERS_OCO_SCRIPT_H
#define DRIVERS_OCO_SCRIPT_H

#include "drivers/oco/servo.h"
#include "lib/net/url.h"

struct oco_words {
    char *bytes;
    size_t size;
};

struct oco_script {
    unsigned reports;      /* of each measurement and adjustment */
    struct oco_words head; /* up to the name */
    /* From after the name, by step; a step that reports has one for each. */
    struct oco_words *tails[OCO_STEP_COUNT];
    size_t longest;          /* bytes of a message without its name, at most */
    char *list, *statistics; /* whole requests */
};

/* account must be percent-encoded; token NULL: none. Free with
 * oco_script_free. */
void oco_script_write(struct oco_script *script, const struct scope_url *server,
                      const char *account, const char *token, unsigned reports);
void oco_script_free(struct oco_script *script);

/* Writes the servo's message; out has room for the longest and the name. */
size_t oco_script_say(const struct oco_script *script,
                      const struct oco_servo *servo, char *out);

/* text with what a path segment cannot hold as it is percent-encoded; to
 * free(). */
char *oco_script_segment(const char *text);

#endif
