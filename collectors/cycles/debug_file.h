/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The separate file that a stripped program's symbols were put in. */
#ifndef CYCLES_DEBUG_FILE_H
#define CYCLES_DEBUG_FILE_H

#include <libelf.h>

/* A descriptor of the file for elf, which was mapped from path below root, or
 * -1. Debug servers on the network are never asked. */
int debug_file_open(int root, const char *path, Elf *elf, const char *build_id);

#endif
