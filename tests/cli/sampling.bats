#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The collector cycles as a user meets it: what is stored and shown of a program
# whose functions are known, with every right and with none.
load scope

query() { python3 - "$store" "$1" <<'END'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join(map(str, row)))
END
}

setup() {
    store=$BATS_TEST_TMPDIR/a.scope
    burn=$SCOPE_BUILD/tests/programs/burn
    export SCOPE_DATA_PATH=${SCOPE_DATA_PATH:-$SCOPE_SOURCE/data}
    open=
    scope list collectors --format csv | grep -q '^plugins,collector,cycles,' ||
        skip "cycles was not built: libdw is missing"
    scope list collectors --format csv | grep -q '^plugins,collector,cycles,.*,yes,' ||
        skip "cycles cannot work here"
}

teardown() {
    [ -z "$open" ] || rm -r "$open"
}

collects() {
    run scope collect -q -o "$store" "$@"
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
}

# The report of the store names a function.
shows() {
    scope analyze "$store" -A cycles --format json \
        >"$BATS_TEST_TMPDIR/report" || [ $? = 4 ]
    grep -q "$1" "$BATS_TEST_TMPDIR/report"
}

as_nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

@test "cycles: a program's functions are found where its time went" {
    collects -C cycles.event=cpu-clock,frequency=499 -- "$burn" shares 600
    [ "$(query "select count(*) > 0 from artifact where name = 'cycles.profile'")" = 1 ]
    [ "$(query "select count(*) from metric where name in ('samples', 'cpu', 'lost')")" = 3 ]
    [ "$(query "select count(*) from metric where name = 'cycles'")" = 0 ]
    query "select text from event" | grep -q 'timer samples (cpu-clock)'
    shows hot_a
    shows hot_b
}

@test "cycles: a child that ends before the sweep has its names" {
    collects -C cycles.event=cpu-clock,frequency=499,interval=250ms \
        -- "$burn" children 20 800
    shows hot_a
}

@test "cycles: without any right it samples user mode, and says so" {
    [ "$(cat /proc/sys/kernel/perf_event_paranoid)" = 2 ] ||
        skip "kernel.perf_event_paranoid is not 2"
    [ "$(id -u)" = 0 ] || skip "needs root to give it up"
    as_nobody test -x "$burn" || skip "nobody cannot reach the build"
    open=$(mktemp -d) # bats' own folders are root's
    chmod 777 "$open"
    store=$open/a.scope
    run as_nobody "$SCOPE_BUILD/scope" collect -o "$store" \
        -C cycles.frequency=499 -- "$burn" shares 500
    echo "$output"
    [ "$status" != 5 ] || [[ $output != *"ring"* ]] || skip "no memory to lock is left"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    query "select text from event" | tee "$BATS_TEST_TMPDIR/events"
    grep -q 'samples user mode only (kernel.perf_event_paranoid is 2' \
        "$BATS_TEST_TMPDIR/events"
    grep -q 'sampling all CPUs is not permitted' "$BATS_TEST_TMPDIR/events"
    run as_nobody "$SCOPE_BUILD/scope" collect -o "$store" \
        -C cycles.scope=machine -- "$burn" shares 100
    echo "$output"
    [ "$status" = 5 ]
    [[ $output == *"of all CPUs (kernel.perf_event_paranoid is 2): Permission denied"* ]]
    [[ $output == *"give it CAP_PERFMON"* ]]
}

@test "cycles: what makes no sense is refused" {
    fails_with 2 \
        "scope collect: cycles cannot work here: kernel=no and user=no leave nothing" \
        "" collect -C cycles.kernel=no,user=no -d 100ms --all
    run scope collect -C cycles.frequency=1000000 -d 100ms --all
    [ "$status" = 2 ]
    run scope collect -C cycles.call-graph=lbr -d 100ms --all
    [ "$status" = 2 ]
}
