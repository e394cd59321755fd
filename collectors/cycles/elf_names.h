/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that an ELF file names: .symtab, .dynsym, .gnu_debugdata. */
#ifndef CYCLES_ELF_NAMES_H
#define CYCLES_ELF_NAMES_H

#include "collectors/cycles/table.h"

#include <libelf.h>

/* Functions from tables of this type (SHT_SYMTAB, SHT_DYNSYM), shift added to
 * their addresses; whether there was one. */
bool elf_names_add(struct table *table, Elf *elf, unsigned type,
                   uint64_t shift);
/* Those of the compressed table in .gnu_debugdata. */
void elf_names_add_embedded(struct table *table, Elf *elf);
/* After all were added. */
void elf_names_sort(struct table *table);

#endif
