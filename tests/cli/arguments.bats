#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The command line: what is refused says so once, with the nearest name and
# exit status 2; what is accepted is accepted in every spelling.
load scope.bash

@test "no command, an unknown one, an unknown option" {
    fails_with 2 "scope: no command is given" "see scope help"
    fails_with 2 "scope: unknown command 'colect'" "did you mean collect?" colect
    fails_with 2 "scope: unknown command 'zzzz'" "see scope help" zzzz
    fails_with 2 "scope: unknown option '--zzzz'" "see scope help" --zzzz
    fails_with 2 "scope collect: unknown option --intervall" \
        "did you mean --interval?" collect --intervall 1s
    fails_with 2 "scope collect: unknown option --zzzz" \
        "see scope help collect" collect --zzzz=1
    fails_with 2 "scope collect: unknown option -Z" \
        "see scope help collect" collect -Z
}

@test "values of the wrong type or beyond a limit" {
    fails_with 2 "scope collect: --interval: '10' is a duration without a unit" \
        "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)" \
        collect -i 10
    fails_with 2 "scope collect: --interval: '1ms' is below the minimum of 10ms" \
        "" collect --interval=1ms
    fails_with 2 "scope list: --format: 'tabel' is not one of table, csv, json, markdown" \
        "did you mean table?" list --format tabel
    fails_with 2 "scope collect: --interval needs a value" \
        "write --interval DURATION" collect --interval
    fails_with 2 "scope collect: --all: 'maybe' is neither yes nor no" \
        "write yes, no, true, false, on or off" collect --all=maybe
    fails_with 2 "scope collect: nothing to measure is chosen" \
        "choose with --pid, --comm, --exe, --match, --cgroup, --port, --all, or give a command after --" \
        collect --no-all
}

@test "plugins and their options" {
    fails_with 2 "scope collect: unknown collector 'prok'" "did you mean proc?" \
        collect --all -C prok
    fails_with 2 "scope collect: unknown option proc.intervall" \
        "did you mean proc.interval?" collect --all -C proc.intervall=1s
    fails_with 2 "scope collect: proc.interval: '5' is a duration without a unit" \
        "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)" \
        collect --all -C proc.interval=5
    fails_with 2 "scope collect: 'proc.' has no option after the dot" "" \
        collect --all -C proc.
    fails_with 2 "scope drive: no driver is named" \
        "write scope drive NAME, see scope list drivers" drive
    fails_with 2 "scope drive: unknown driver 'htpp'" "did you mean http?" \
        drive htpp
    fails_with 2 "scope drive: unknown option --rte" "did you mean --rate?" \
        drive http --rte 5
    run --separate-stderr scope drive http
    [ "$status" -eq 2 ]
    # shellcheck disable=SC2154
    [[ "$stderr" == "scope drive: --url is required"* ]]
}

@test "help is everywhere, and --version" {
    for command in $(scope help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
        run scope "$command" --help
        [ "$status" -eq 0 ]
        [[ "$output" == "Usage: scope $command "* ]]
        [ "$output" = "$(scope "$command" -h)" ]
        [ "$output" = "$(scope help "$command")" ]
    done
    # Plugins of two kinds have this name: help is of both, in turn.
    run scope drive http --help
    [ "$status" -eq 0 ]
    [[ "$output" == "driver http, "*"Usage: scope drive http "* ]]
    [ "$output"$'\n\n'"$(scope serve http --help)" = "$(scope help http)" ]
    [[ "$(scope serve http --help)" == "backend http, "*"Usage: scope serve http "* ]]
    [ "$(scope --help)" = "$(scope help)" ]
    [[ "$(scope --version)" == "scope "[0-9]* ]]
    fails_with 2 "scope help: 'zzzz' is neither a command nor a plugin" \
        "scope help names the commands, scope list the plugins" help zzzz
    fails_with 2 "scope help: 'colect' is neither a command nor a plugin" \
        "did you mean collect?" help colect
}

@test "help is as it was agreed" {
    for command in list doctor help serve plugin; do
        scope help $command |
            diff -u "$SCOPE_SOURCE/tests/cli/golden/$command.txt" -
    done
}

@test "output that cannot be written is a failure" {
    [ -w /dev/full ] || skip "no /dev/full"
    run bash -c '"$SCOPE_BUILD/scope" help 2>&1 >/dev/full'
    [ "$status" -eq 1 ]
    [ "$output" = "scope help: write to standard output: No space left on device" ]
}

@test "hostile arguments stay inert" {
    run --separate-stderr scope $'\033[2J\n'
    [ "$status" -eq 2 ]
    [ "${#stderr_lines[@]}" -le 2 ]
    [[ "$stderr" != *$'\033'* ]]
}
