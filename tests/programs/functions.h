/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a library, which a static program cannot. */
#ifndef TESTS_PROGRAMS_FUNCTIONS_H
#define TESTS_PROGRAMS_FUNCTIONS_H

void functions_load(const char *path);

#endif
