/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's code in a process's own memory, which no file has. */
#ifndef CYCLES_VDSO_H
#define CYCLES_VDSO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The bytes that the process has mapped there, or when they cannot be read
 * scope's own, which are the same for programs of the same word size. To
 * free(); NULL: neither can be had. */
uint8_t *vdso_image(pid_t pid, uint64_t start, size_t size);

#endif
