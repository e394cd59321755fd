/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a library, which a static program cannot. */
#ifndef TESTS_PROGRAMS_FUNCTIONS_H
#define TESTS_PROGRAMS_FUNCTIONS_H

#include <stdint.h>

/* What spins: the program's own functions, then those of the library. */
extern uint64_t (*functions_hot)(uint64_t rounds);
extern uint64_t (*functions_warm)(uint64_t rounds);

void functions_load(const char *path);

#endif
