# SPDX-License-Identifier: GPL-3.0-or-later
# The collectors and the choice of targets as a user meets them: what is
# stored, what is said when it cannot be had. No figure here depends on timing;
# a trial that a busy machine made invalid (status 4) is as good.
load scope

query() { python3 - "$store" "$1" <<'END'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join(map(str, row)))
END
}

setup() {
    store=$BATS_TEST_TMPDIR/a.scope
    started=()
    open=
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    [ -z "$open" ] || rm -r "$open"
}

# Starts a command that ends with the test.
begin() {
    "$@" >/dev/null 2>&1 3>&- &
    started+=($!)
}

collects() {
    run scope collect -q -o "$store" "$@"
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
}

@test "collectors: processes, threads and the machine are stored" {
    begin sleep 1000
    collects -d 300ms --pid "app=${started[0]}" --all
    [ "$(query "select count(*) from target where pid = ${started[0]} and role = 'app'")" = 2 ]
    for metric in process.cpu process.memory.resident thread.cpu \
        system.cpu.idle system.memory task_clock page_faults; do
        echo "$metric"
        [ "$(query "select count(*) > 0 from series join metric on metric.id = metric where name = '$metric'")" = 1 ]
    done
}

@test "collectors: whoever listens on a port is found" {
    python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(1000)' >"$BATS_TEST_TMPDIR/port" 3>&- &
    started+=($!)
    while [ ! -s "$BATS_TEST_TMPDIR/port" ]; do sleep 0.05; done
    collects -C proc -d 100ms --port "$(cat "$BATS_TEST_TMPDIR/port")"
    [ "$(query "select pid from target where kind = 3")" = "${started[0]}" ]
}

@test "collectors: a port where nobody listens is said" {
    fails_with 1 "scope collect: --port 1: nothing listens on this TCP port" \
        "ss -ltnp lists what does; other network namespaces are not looked into" \
        collect -C proc -d 100ms --port 1
}

@test "collectors: a restarted target is told and makes the trial invalid" {
    cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/scope-restart"
    begin "$BATS_TEST_TMPDIR/scope-restart" 1000
    {
        sleep 0.5
        kill "${started[0]}"
        exec "$BATS_TEST_TMPDIR/scope-restart" 1000
    } 3>&- &
    started+=($!)
    # The other end: a process that is there throughout.
    begin sleep 1001
    run scope collect -o "$store" -C proc -d 3s --comm scope-restart --pid "${started[2]}"
    echo "$output"
    [ "$status" = 4 ]
    [ "$(query "select count(*) from event where kind = 3")" = 1 ]
}

@test "collectors: children that come and go are no restart" {
    run scope collect -o "$store" -C proc -d 2500ms -- \
        sh -c 'while sleep 0.1; do :; done'
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    [ "$(query "select count(*) from event where kind = 3")" = 0 ]
}

@test "collectors: a storm of forks is survived" {
    # shellcheck disable=SC2016
    run scope collect -q -o "$store" -d 1500ms -- \
        sh -c 'while :; do (:) & (:) & (:) & wait; done'
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    [ "$(query "select count(*) > 0 from target")" = 1 ]
}

@test "collectors: hardware events are refused with the reason" {
    if compgen -G '/sys/bus/event_source/devices/cpu*' >/dev/null; then
        skip "this machine has a hardware PMU"
    fi
    run --separate-stderr scope collect -C perf.events=cycles -d 100ms --all
    echo "$stderr"
    [ "$status" = 5 ]
    [[ $stderr == *"event cycles: this machine has no hardware PMU: /sys/bus/event_source/devices/cpu is missing"* ]]
}

@test "collectors: groups of files that do not exist are named" {
    run --separate-stderr scope collect -C proc.system=stat,nothing -d 100ms --all
    echo "$stderr"
    [ "$status" = 2 ]
    [[ $stderr == *"proc.system: no group of files is called 'nothing'"* ]]
    [[ $stderr == *"known are all, none, stat, meminfo"* ]]
}

@test "collectors: without privilege it says what is missing" {
    [ "$(id -u)" = 0 ] || skip "needs root to give it up"
    setpriv --reuid 65534 --regid 65534 --clear-groups \
        test -x "$SCOPE_BUILD/scope" || skip "nobody cannot reach the build"
    open=$(mktemp -d) # bats' own folders are root's
    chmod 777 "$open"
    store=$open/a.scope
    begin sleep 1000
    run setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$SCOPE_BUILD/scope" collect -o "$store" -C proc -d 300ms \
        --pid "${started[0]}"
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    query "select text from event" | tee "$BATS_TEST_TMPDIR/events"
    grep -q 'io, fd, smaps_rollup of process .* must not be read and is missing: run scope as root' \
        "$BATS_TEST_TMPDIR/events"
}

@test "collectors: perf says when it must not count the kernel" {
    [ "$(id -u)" = 0 ] || skip "needs root to give it up"
    [ "$(cat /proc/sys/kernel/perf_event_paranoid)" = 2 ] ||
        skip "kernel.perf_event_paranoid is not 2"
    setpriv --reuid 65534 --regid 65534 --clear-groups \
        test -x "$SCOPE_BUILD/scope" || skip "nobody cannot reach the build"
    open=$(mktemp -d)
    chmod 777 "$open"
    store=$open/a.scope
    run setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$SCOPE_BUILD/scope" collect -o "$store" -C perf -- sleep 0.3
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    [[ $(query "select text from event") == *"perf counts user mode only (kernel.perf_event_paranoid is 2, and scope lacks CAP_PERFMON); not counted at all: context_switches, cpu_migrations"* ]]
    [ "$(query "select count(*) from metric where name = 'context_switches'")" = 0 ]
    [ "$(query "select count(*) from metric where name = 'page_faults'")" = 1 ]
}
