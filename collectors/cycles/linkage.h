/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls into other files go through entries of the procedure linkage table,
 * which no symbol names: "read@plt". */
#ifndef CYCLES_LINKAGE_H
#define CYCLES_LINKAGE_H

#include "collectors/cycles/table.h"

#include <libelf.h>

/* Entries of x86-64 and AArch64 files; tag is kept with each. */
void linkage_add(struct table *table, Elf *elf, uint32_t tag);

#endif
