/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors: a function that can fail returns a code and fills one line.
 *
 * Below main() nobody prints or exits. The caller owns the struct scope_err
 * (usually on its stack, zeroed); passing NULL discards the text. A message
 * says what was attempted and on what; the reason (errno) is appended; the
 * hint says what to do about it. main() prints both and takes the exit status
 * from the code.
 */
#ifndef SCOPE_ERR_H
#define SCOPE_ERR_H

#include <stdarg.h>

#define SCOPE_API __attribute__((visibility("default")))
#define SCOPE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SCOPE_MUST_CHECK __attribute__((warn_unused_result))

/* code, exit status of the program that ends with it, one word for logs */
#define SCOPE_CODES(X)                                                         \
    X(OK, 0, "ok")                                                             \
    X(FAILED, 1, "failed")                                                     \
    X(IO, 1, "input/output error")                                             \
    X(CORRUPT, 1, "corrupt data")                                              \
    X(NOT_FOUND, 1, "not found")                                               \
    X(BUSY, 1, "busy")                                                         \
    X(USAGE, 2, "usage or configuration error")                                \
    X(THRESHOLD, 3, "threshold hit")                                           \
    X(PARTIAL, 4, "partial or invalid data")                                   \
    X(UNAVAILABLE, 5, "not possible on this machine")                          \
    X(PERM, 5, "not permitted")

enum scope_code {
#define X(name, status, text) SCOPE_##name,
    SCOPE_CODES(X)
#undef X
};

struct scope_err {
    enum scope_code code;
    int sys;        /* errno at the failure, 0 if none */
    char text[512]; /* one line, no newline, control characters escaped */
    char hint[256]; /* what to do, or "" */
};

/*
 * Fills err with the formatted text, ": " and strerror(sys) when sys != 0,
 * and clears the hint. Returns code, so that one can `return scope_fail(...)`.
 */
SCOPE_API enum scope_code scope_fail(struct scope_err *err,
                                     enum scope_code code, int sys,
                                     const char *fmt, ...) SCOPE_PRINTF(4, 5);

#ifdef __clang_analyzer__
/* What it returns, in words that a static analyzer understands. */
#define scope_fail(err, code, ...)                                             \
    ((void)(scope_fail)(err, code, __VA_ARGS__), (code))
#endif

/* Puts "formatted: " before the text; returns err->code. For the way up. */
SCOPE_API enum scope_code scope_prefix(struct scope_err *err, const char *fmt,
                                       ...) SCOPE_PRINTF(2, 3);

/* Sets the hint; returns err->code. */
SCOPE_API enum scope_code scope_hint(struct scope_err *err, const char *fmt,
                                     ...) SCOPE_PRINTF(2, 3);

/* The exit status and the words of a code. */
SCOPE_API int scope_code_status(enum scope_code code);
SCOPE_API const char *scope_code_text(enum scope_code code);

#endif
