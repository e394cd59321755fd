/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text from anywhere, made harmless. Names of processes, cgroups and labels
 * may hold any bytes; after this they are valid UTF-8 in which nothing moves a
 * cursor, starts a line or changes the direction of reading.
 */
#ifndef LIB_BASE_INERT_H
#define LIB_BASE_INERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that starts at text (not at its end) and its length; a byte
 * that begins none is U+FFFD of length 1. Surrogates and overlong forms are
 * refused. */
size_t scope_utf8_next(const char *text, uint32_t *code);

/* Whether a code point acts instead of being seen: controls, line separators,
 * direction marks and invisible characters (Unicode 15: categories Cc, Cf, Zl,
 * Zp, noncharacters), and private ones, whose look is unknown. */
bool scope_code_acts(uint32_t code);

/*
 * A copy to free(): what acts is written out ("\n", "\x1b", "\u202e"), invalid
 * bytes become U+FFFD. What is left is safe to print; quoting for a format is
 * the writer's.
 */
char *scope_inert(const char *text);

/* The same without writing out: only invalid bytes are replaced. For formats
 * that escape by themselves. */
char *scope_valid_utf8(const char *text);

/* The terminal columns of an inert text. */
int scope_text_width(const char *text);

/* The bytes of the longest prefix of an inert text that is at most width
 * columns wide; at least one character. */
size_t scope_text_fit(const char *text, int width);

#endif
