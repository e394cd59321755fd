/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A text that grows: the one string builder. Zero-initialise, add, take or
 * free. bytes is always terminated by a NUL that length does not count, or
 * NULL when nothing was added.
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <scope/plugin.h>
#include <stddef.h>

struct scope_text {
    char *bytes;
    size_t length, room;
};

/* scope_text_add() is in <scope/plugin.h>. */
void scope_text_put(struct scope_text *text, const void *bytes, size_t length);
void scope_text_char(struct scope_text *text, char c);
/* The string to free(), never NULL; text is empty again. */
char *scope_text_take(struct scope_text *text);
void scope_text_free(struct scope_text *text);

#endif
