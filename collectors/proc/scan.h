/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scanning the text of proc. The text is terminated by a NUL; nothing here
 * moves past it or past a newline.
 */
#ifndef PROC_SCAN_H
#define PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool scan_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline const char *scan_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* The next number of the line; false, and *at where it was, when there is
 * none. */
static inline bool scan_u64(const char **at, uint64_t *value)
{
    const char *digit = scan_blanks(*at);
    if (!scan_is_digit(*digit))
        return false;
    uint64_t number = 0;
    do
        number = number * 10 + (uint64_t)(*digit++ - '0');
    while (scan_is_digit(*digit));
    *value = number;
    *at = digit;
    return true;
}

/* The same with a sign allowed. */
static inline bool scan_i64(const char **at, int64_t *value)
{
    const char *digit = scan_blanks(*at);
    bool negative = *digit == '-';
    uint64_t magnitude;
    digit += negative;
    if (!scan_is_digit(*digit) || !scan_u64(&digit, &magnitude))
        return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    *at = digit;
    return true;
}

static inline bool scan_is_end(char c)
{
    return c == '\0' || c == '\n';
}

/* The length of the word at at: up to a blank or the line's end. */
static inline size_t scan_word(const char *at)
{
    const char *end = at;
    while (*end != ' ' && *end != '\t' && !scan_is_end(*end))
        end++;
    return (size_t)(end - at);
}

/* Moves behind count words. */
static inline const char *scan_skip(const char *at, int count)
{
    while (count-- > 0) {
        at = scan_blanks(at);
        at += scan_word(at);
    }
    return at;
}

/* The start of the next line, or the end of the text. */
static inline const char *scan_line(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

/* Whether the word of this length at at is text. */
static inline bool scan_is(const char *at, size_t length, const char *text)
{
    return strncmp(at, text, length) == 0 && text[length] == '\0';
}

#endif
