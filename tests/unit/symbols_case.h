/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbols of running programs: what a test of them begins and ends with, and
 * what an address must be given. */
#ifndef TESTS_UNIT_SYMBOLS_CASE_H
#define TESTS_UNIT_SYMBOLS_CASE_H

#include "collectors/cycles/symbols.h"
#include "tests/unit/program.h"

extern struct scope_profile *profile;
extern struct cycles_symbols *symbols;

/* Makes and frees these two: a test's setup and teardown. */
int symbols_begin(void **state);
int symbols_end(void **state);

/* Valid until the next one is asked for: the table may move when it grows. */
const struct scope_function *function_at(struct cycles_space *space,
                                         uint64_t address);
const char *path_of(const struct scope_function *function);

/* Named so, of the module of that path, and not the kernel's. */
void assert_named(struct cycles_space *space, uint64_t address,
                  const char *name, const char *path);
/* All that the program told of. */
void assert_program(struct cycles_space *space, const struct program *program,
                    const char *path);
/* What readelf says of a file, "" when nothing. */
void build_id_of(const char *path, char id[128]);

#endif
