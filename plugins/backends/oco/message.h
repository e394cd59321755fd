/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A servo's message: {"event": WORD, "param": OBJECT or null}. Of param only
 * "progress" matters, a whole number; other keys, those that newer servos add
 * beside event and param among them, are let pass. What is not of this form is
 * refused with a complaint in the words of the API's other implementation.
 */
#ifndef PLUGINS_BACKENDS_OCO_MESSAGE_H
#define PLUGINS_BACKENDS_OCO_MESSAGE_H

#include "plugins/backends/oco/apps.h"

enum { OCO_WORD_MAX = 64 }; /* kept of a word that is no event */

struct oco_complaint {
    /* Where in the body: keys, NULL after the last, or a byte of text that is
     * no JSON. */
    const char *keys[3];
    int position; /* -1: the keys say it */
    const char *type;
    char text[192]; /* valid UTF-8 */
};

/* False with a complaint. word is the event, cut to what fits. */
bool oco_message_read(struct oco_message *message, char word[OCO_WORD_MAX + 1],
                      const char *body, size_t size,
                      struct oco_complaint *complaint);

#endif
