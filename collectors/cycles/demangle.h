/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C++ and Rust names as they are written, without parameters. */
#ifndef CYCLES_DEMANGLE_H
#define CYCLES_DEMANGLE_H

/* To free(); NULL when the name is not a mangled one: it stays as it is. */
char *demangle(const char *symbol);

#endif
