/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error lines: filled once where the failure is known, prefixed on the way up.
 */
#include "lib/base/inert.h"

#include <scope/err.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *text;
} codes[] = {
#define X(name, exit_status, words)                                            \
    [SCOPE_##name] = {.status = (exit_status), .text = (words)},
    SCOPE_CODES(X)
#undef X
};

/* One line stays one line, and a terminal cannot be spoken to through it. */
static void make_inert(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        uint32_t code;
        size_t length = scope_utf8_next(from, &code);
        bool invalid = code == 0xfffd && length == 1;
        if (invalid || scope_code_acts(code)) {
            *to++ = '?';
        } else {
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    *to = '\0';
}

/* Appends ": " and tail to the line that vsnprintf said to be length long; what
 * does not fit is cut. */
static void append(char *text, size_t size, int length, const char *tail)
{
    if (length < 0 || (size_t)length + 3 > size)
        return;
    char *at = text + length;
    size_t room = size - (size_t)length - 3;
    size_t tail_length = strnlen(tail, room);
    memcpy(at, ": ", 2);
    memcpy(at + 2, tail, tail_length);
    at[2 + tail_length] = '\0';
}

enum scope_code(scope_fail)(struct scope_err *err, enum scope_code code,
                            int sys, const char *fmt, ...)
{
    if (!err)
        return code;
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (sys)
        append(text, sizeof text, length, strerror(sys));
    make_inert(text);
    memcpy(err->text, text, sizeof text);
    err->code = code;
    err->sys = sys;
    err->hint[0] = '\0';
    return code;
}

enum scope_code scope_prefix(struct scope_err *err, const char *fmt, ...)
{
    if (!err)
        return SCOPE_FAILED;
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    append(text, sizeof text, length, err->text);
    make_inert(text);
    memcpy(err->text, text, sizeof text);
    return err->code;
}

enum scope_code scope_hint(struct scope_err *err, const char *fmt, ...)
{
    if (!err)
        return SCOPE_FAILED;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
    make_inert(err->hint);
    return err->code;
}

int scope_code_status(enum scope_code code)
{
    return (size_t)code < sizeof codes / sizeof *codes ? codes[code].status : 1;
}

const char *scope_code_text(enum scope_code code)
{
    return (size_t)code < sizeof codes / sizeof *codes ? codes[code].text
                                                       : "unknown error";
}
