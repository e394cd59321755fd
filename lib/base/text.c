/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one string builder. */
#include "lib/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for length more bytes and the NUL. */
static void reserve(struct scope_text *text, size_t length)
{
    text->bytes = scope_grow(text->bytes, &text->room, text->length + length,
                             sizeof *text->bytes);
}

void scope_text_put(struct scope_text *text, const void *bytes, size_t length)
{
    reserve(text, length);
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void scope_text_char(struct scope_text *text, char c)
{
    scope_text_put(text, &c, 1);
}

void scope_text_add(struct scope_text *text, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (length >= 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->bytes + text->length, (size_t)length + 1, fmt, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

char *scope_text_take(struct scope_text *text)
{
    char *bytes = text->bytes ? text->bytes : scope_strdup("");
    *text = (struct scope_text){0};
    return bytes;
}

void scope_text_free(struct scope_text *text)
{
    free(text->bytes);
    *text = (struct scope_text){0};
}
