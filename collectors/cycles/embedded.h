/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The symbol table that some distributions embed in stripped programs, packed
 * with xz ("minidebuginfo"). */
#ifndef CYCLES_EMBEDDED_H
#define CYCLES_EMBEDDED_H

#include <stddef.h>

/* The unpacked file, to free(); NULL when it is damaged or larger than a symbol
 * table can be. */
char *embedded_unpack(const void *packed, size_t packed_size, size_t *size);

#endif
