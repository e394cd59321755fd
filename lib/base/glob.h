/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns on names of functions and files: '*' stands for any bytes, '?' for
 * one, everything else for itself, so that "operator[]" and "[kernel]" need no
 * quoting. A pattern matches a whole name.
 */
#ifndef LIB_BASE_GLOB_H
#define LIB_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Takes at most pattern's length times name's steps, whatever they hold. */
bool scope_glob(const char *pattern, const char *name, size_t length);

/*
 * The length of a function's name without what a compiler added: the suffix of
 * a clone (".isra.0", ".part.0", ".cold", " [clone .cold]", ".llvm.123"), and
 * in demangled C++ the last list of parameters and what follows it
 * ("a::b(int) const" is "a::b"). The whole length when there is nothing.
 */
size_t scope_symbol_base(const char *symbol, size_t length);

#endif
