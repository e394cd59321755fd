/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/symbols_case.h"

#include "collectors/cycles/demangle.h"
#include "tests/unit/unit.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>

struct scope_profile *profile;
struct cycles_symbols *symbols;

int symbols_begin(void **state)
{
    (void)state;
    profile = scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    symbols = cycles_symbols_new(profile);
    return 0;
}

int symbols_end(void **state)
{
    (void)state;
    cycles_symbols_free(symbols);
    scope_profile_free(profile);
    return 0;
}

const struct scope_function *function_at(struct cycles_space *space,
                                         uint64_t address)
{
    uint32_t number = cycles_space_function(space, address, false);
    return &profile->functions[number];
}

const char *path_of(const struct scope_function *function)
{
    return profile->modules[function->module].path;
}

void assert_named(struct cycles_space *space, uint64_t address,
                  const char *name, const char *path)
{
    const struct scope_function *function = function_at(space, address);
    assert_string_equal(function->symbol, name);
    assert_string_equal(path_of(function), path);
    assert_true(function->named);
    assert_false(function->kernel);
}

void assert_program(struct cycles_space *space, const struct program *program,
                    const char *path)
{
    static const char *const names[][2] = {
        {"alpha", "alpha"},          {"beta", "beta"},
        {"gamma", "gamma_"},         {"compare", "compare"},
        {"sorter", "sorter"},        {"handler", "handler"},
        {"victim", "victim"},        {"cxx", "scope::Burn::run"},
        {"rust_old", "scope::burn"}, {"rust_new", "mycrate::foo"},
    };
    /* Built without libiberty names stay mangled, these are the last three. */
    char *readable = demangle("_ZN5scope4Burn3runEi");
    size_t count = sizeof names / sizeof *names - (readable ? 0 : 3);
    free(readable);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = program_at(program, names[i][0]);
        assert_named(space, at, names[i][1], path);
        assert_named(space, at + 1, names[i][1], path);
    }
    /* Where a call returns to is of the function before. */
    uint64_t at = program_at(program, "beta");
    uint32_t number = cycles_space_function(space, at, true);
    assert_string_not_equal(profile->functions[number].symbol, "beta");
    number = cycles_space_function(space, at + 1, true);
    assert_string_equal(profile->functions[number].symbol, "beta");
}

void build_id_of(const char *path, char id[128])
{
    char *command = scope_format("readelf -n '%s' 2>/dev/null | "
                                 "sed -n 's/.*Build ID: //p'",
                                 path);
    FILE *from = popen(command, "r");
    id[0] = '\0';
    if (from && fgets(id, 128, from))
        id[strcspn(id, "\n")] = '\0';
    if (from)
        pclose(from);
    free(command);
}
