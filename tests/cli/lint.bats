#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The lint of directions holds for the tree, and finds what it looks for.
load scope.bash

lint() {
    sh "$SCOPE_SOURCE/tests/lint/includes.sh" "$@"
}

setup() {
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/include/scope" "$tree/lib/store" "$tree/collectors" \
        "$tree/build/collectors/.libs"
}

@test "this tree and what was built of it" {
    lint "$SCOPE_SOURCE" "$SCOPE_BUILD"
}

@test "an include against the direction is named" {
    echo '#include "lib/store/reader.h"' >"$tree/collectors/bad.c"
    echo '#include "lib/host/sink.h"' >"$tree/lib/store/bad.c"
    printf '#include <scope/plugin.h>\n#include <stdio.h>\n' \
        >"$tree/collectors/good.c"
    run lint "$tree" "$tree/build"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [ "${lines[0]}" = 'lib/store/bad.c:1:#include "lib/host/sink.h": this folder must not include it' ]
    [ "${lines[1]}" = 'collectors/bad.c:1:#include "lib/store/reader.h": this folder must not include it' ]
}

@test "what a plugin exports and takes is checked" {
    cp "$SCOPE_SOURCE"/include/scope/*.h "$tree/include/scope/"
    cp "$SCOPE_BUILD/scope" "$tree/build/scope"
    [ ! -e "$SCOPE_BUILD/.libs/scope" ] ||
        cp "$SCOPE_BUILD/.libs/scope" "$tree/build/scope"
    echo 'void *scope_settings_new(void); int scope_plugin; void *leak(void) { return scope_settings_new(); }' |
        ${CC:-cc} -x c -shared -fPIC -o "$tree/build/collectors/.libs/bad.so" -
    echo 'SCOPE_API void scope_absent(int number);' \
        >>"$tree/include/scope/err.h"
    run lint "$tree" "$tree/build"
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "scope_absent: in the contract but not in the program" ]
    [ "${lines[1]}" = "collectors/.libs/bad.so: exports leak beside scope_plugin" ]
    [ "${lines[2]}" = "collectors/.libs/bad.so: takes scope_settings_new, which is not in the contract" ]
    [ "${#lines[@]}" -eq 3 ]
}
