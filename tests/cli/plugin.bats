#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope plugin new: a plugin of each kind is written, built out of tree with
# its own Makefile, loaded, and run by the command that hosts it.
load scope.bash

setup() {
    cd "$BATS_TEST_TMPDIR"
    chmod 755 .
}

# Makes and builds a plugin of KIND called my_KIND in a folder of that name.
build_new() {
    scope plugin new "$1" "my_$1" >/dev/null
    make -s -C "my_$1" SCOPE_INCLUDE="$SCOPE_SOURCE/include" \
        CFLAGS="-Wall -Wextra -Werror"
    export SCOPE_PLUGIN_PATH=$PWD/my_$1
    scope plugin check "my_$1/my_$1.so"
}

@test "plugins of every kind keep the contract" {
    [ -x "$SCOPE_BUILD/tests/contract/plugins" ] || skip "built without cmocka"
    path=
    for kind in collector driver backend proxy policy analyzer; do
        build_new $kind
        path=$path:$PWD/my_$kind
    done
    # Away from bats' descriptors, which a child would keep open.
    SCOPE_PLUGIN_PATH=$path "$SCOPE_BUILD/tests/contract/plugins" \
        >contract.log 2>&1 3>&- </dev/null || { cat contract.log; false; }
}

@test "a new collector collects, a new analyzer counts it" {
    build_new analyzer
    analyzer=$SCOPE_PLUGIN_PATH
    build_new collector
    export SCOPE_PLUGIN_PATH=$SCOPE_PLUGIN_PATH:$analyzer:$SCOPE_BUILD/analyzers/.libs
    run scope collect --all -C my_collector.windows=2 -i 20ms \
        --duration 200ms -o new.scope
    # 4: a busy machine missed sweeps, which is not what is asked here.
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    run scope analyze -A my_analyzer --format csv new.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *trial* ]]
    [ "$(scope store dump new.scope | grep -c my_collector)" -gt 1 ]
}

@test "a new driver drives" {
    build_new driver
    export SCOPE_PLUGIN_PATH=$SCOPE_PLUGIN_PATH:$SCOPE_BUILD/analyzers/.libs
    run scope drive my_driver --size 64KiB --duration 300ms --format json \
        -o new.scope
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    [ "$(scope store dump new.scope | grep -c requests)" -gt 0 ]
}

@test "a new backend serves until it is told to end" {
    build_new backend
    "$SCOPE_BUILD/scope" serve my_backend --answer "hello there" >bound 3>&- &
    server=$!
    for _ in $(seq 100); do [ -s bound ] && break; sleep 0.05; done
    IFS=: read -r address port <bound
    exec 9<>"/dev/tcp/$address/$port"
    read -r -t 5 line <&9
    exec 9>&-
    [ "$line" = "hello there" ]
    kill -TERM "$server"
    wait "$server"
}

@test "a new plugin does not overwrite, and has a name" {
    scope plugin new collector mine
    fails_with 2 "scope plugin: make the folder mine: File exists" \
        "name another with --folder" plugin new collector mine
    fails_with 2 "scope plugin: 'Mine' is no name for a plugin" \
        "write a lower-case letter, then letters, digits and '_', 64 at most" \
        plugin new collector Mine
    fails_with 2 "scope plugin: 'colector' is no kind of plugin" \
        "did you mean collector?" plugin new colector mine
    fails_with 2 "scope plugin: what to do with a plugin is not said" \
        "write scope plugin new KIND NAME, or scope plugin check FILE" plugin
}
