/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Build-ids: what tells two builds of a program apart. */
#ifndef CYCLES_BUILD_ID_H
#define CYCLES_BUILD_ID_H

#include <libelf.h>

/* Room for one in hex and its NUL: 64 bytes are the longest that is kept. */
#define BUILD_ID_TEXT 129

/* Of a file, or "". */
void build_id_of_elf(Elf *elf, char text[BUILD_ID_TEXT]);
/* Of a file of notes such as /sys/kernel/notes, or "". */
void build_id_of_notes(const char *path, char text[BUILD_ID_TEXT]);

#endif
