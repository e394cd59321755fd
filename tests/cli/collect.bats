# SPDX-License-Identifier: GPL-3.0-or-later
# scope collect: targets, ends, verdicts and what goes wrong, on real processes.
load scope

query() { python3 - "$1" "$2" <<'END'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join(map(str, row)))
END
}

# A busy machine may cost ticks, and that makes a trial invalid (4), but it is
# there: what these tests look at does not depend on it.
measured() { [ "$status" = 0 ] || [ "$status" = 4 ]; }

@test "collect: a command is measured from its first instruction to its end" {
    run scope collect -o "$BATS_TEST_TMPDIR/a.scope" -C proc -i 10ms -l run=one -- sleep 0.3
    measured
    [[ $output == *"trial 1 is in "* ]]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select status from trial")" = 2 ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select key, value from label")" = "run|one" ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select distinct name from target where kind = 3")" = sleep ]
}

@test "collect: a second trial is added to the store, not put in its place" {
    run scope collect -q -o "$BATS_TEST_TMPDIR/a.scope" -C proc -- sleep 0.1
    measured
    run scope collect -q -o "$BATS_TEST_TMPDIR/a.scope" -C proc -- sleep 0.1
    measured
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select count(*) from trial")" = 2 ]
}

@test "collect: the command's failure is said and makes the trial partial" {
    run scope collect -o "$BATS_TEST_TMPDIR/a.scope" -C proc -- sh -c 'sleep 0.1; exit 3'
    [ "$status" = 4 ]
    [[ $output == *"sh ended with status 3"* ]]
}

@test "collect: a command that does not exist is a usage error" {
    run scope collect -C proc -- /nonexistent
    [ "$status" = 2 ]
    [[ $output == *"run /nonexistent: No such file or directory"* ]]
}

@test "collect: a duration ends what would go on, and the command with it" {
    run scope collect -o "$BATS_TEST_TMPDIR/a.scope" -C proc -d 200ms -- sleep 1000
    measured
    [[ $output != *"ended with"* ]]
    ! pgrep -P $$ -x sleep
}

@test "collect: SIGINT ends an open-ended collection cleanly, with status 130" {
    sleep 1000 3>&- &
    target=$!
    python3 - "$SCOPE_BUILD/scope" "$BATS_TEST_TMPDIR/a.scope" $target <<'END'
import signal, subprocess, sys, time
child = subprocess.Popen([sys.argv[1], "collect", "-o", sys.argv[2], "-C", "proc", "--pid", sys.argv[3]],
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(0.7)
child.send_signal(signal.SIGINT)
assert child.wait(20) == -signal.SIGINT, child.returncode
END
    kill $target
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select status, judged from trial")" = "2|1" ]
}

@test "collect: SIGTERM before the planned end leaves an interrupted trial" {
    sleep 1000 3>&- &
    target=$!
    python3 - "$SCOPE_BUILD/scope" "$BATS_TEST_TMPDIR/a.scope" $target <<'END'
import signal, subprocess, sys, time
child = subprocess.Popen([sys.argv[1], "collect", "-o", sys.argv[2], "-C", "proc", "-d", "60s", "--pid", sys.argv[3]])
time.sleep(0.7)
child.send_signal(signal.SIGTERM)
assert child.wait(20) == -signal.SIGTERM, child.returncode
END
    kill $target
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select status from trial")" = 3 ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select passed from verdict where name = 'complete'")" = 0 ]
}

@test "collect: it ends when everything that was chosen has ended" {
    sleep 2 3>&- &
    target=$!
    until [ "$(cat /proc/$target/comm)" = sleep ]; do sleep 0.01; done
    run scope collect -o "$BATS_TEST_TMPDIR/a.scope" -C proc --pid $target
    measured
    [[ $output == *"everything that was measured has ended"* ]]
    [[ $(query "$BATS_TEST_TMPDIR/a.scope" "select text from event where kind = 2") == "sleep["*"] ended"* ]]
}

@test "collect: roles name targets" {
    sleep 1000 3>&- &
    target=$!
    run scope collect -q -o "$BATS_TEST_TMPDIR/a.scope" -C proc -d 100ms --pid app=$target
    kill $target
    measured
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select distinct role from target")" = app ]
}

@test "collect: scope does not measure itself" {
    # Under a name that nobody else's has.
    cp "$SCOPE_BUILD/scope" "$BATS_TEST_TMPDIR/self$$"
    run "$BATS_TEST_TMPDIR/self$$" collect -q -C proc -d 200ms --comm "self$$" -o "$BATS_TEST_TMPDIR/a.scope"
    [ "$status" = 1 ]
    [[ $output == *"--comm self$$"* ]]
    [ ! -e "$BATS_TEST_TMPDIR/a.scope" ]
}

@test "collect: what was asked wrongly is said with status 2" {
    run scope collect
    [ "$status" = 2 ]
    [[ $output == *"nothing to measure is chosen"* ]]
    run scope collect --all -i 1ms
    [ "$status" = 2 ]
    [[ $output == *"10ms"* ]]
    run scope collect --all -i 100
    [ "$status" = 2 ]
    run scope collect --all -C proc.nonsense=1
    [ "$status" = 2 ]
    [[ $output == *"nonsense"* ]]
    run scope collect --all -l novalue
    [ "$status" = 2 ]
    [[ $output == *"KEY=VALUE"* ]]
    run scope collect --all -l a=1 -l a=2
    [ "$status" = 2 ]
    run scope collect --all --warmup 1s -d 1s
    [ "$status" = 2 ]
}

@test "collect: a store that cannot be written is said before anything is measured" {
    mkdir "$BATS_TEST_TMPDIR/folder"
    run scope collect --all -C proc -d 100ms -o "$BATS_TEST_TMPDIR/folder"
    [ "$status" = 1 ]
    run scope collect --all -C proc -d 100ms -o "$BATS_TEST_TMPDIR/none/a.scope"
    [ "$status" = 1 ]
    echo "not a store" >"$BATS_TEST_TMPDIR/text.scope"
    run scope collect --all -C proc -d 100ms -o "$BATS_TEST_TMPDIR/text.scope"
    [ "$status" = 1 ]
    [ "$(cat "$BATS_TEST_TMPDIR/text.scope")" = "not a store" ]
}

@test "collect: a disk that fills up ends the trial with an error and keeps what was committed" {
    [ "$(id -u)" = 0 ] || skip "mounting a small file system needs root"
    mkdir "$BATS_TEST_TMPDIR/small"
    mount -t tmpfs -o size=400k none "$BATS_TEST_TMPDIR/small" || skip "cannot mount a tmpfs"
    run scope collect --all -C proc -i 10ms -d 60s -o "$BATS_TEST_TMPDIR/small/a.scope"
    cp "$BATS_TEST_TMPDIR"/small/a.scope* "$BATS_TEST_TMPDIR"
    umount "$BATS_TEST_TMPDIR/small"
    [ "$status" = 1 ]
    [[ $output == *"full"* ]]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "pragma integrity_check")" = ok ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select count(*) > 0 from tail")" = 1 ]
}

@test "collect: a reused pid is another process" {
    [ "$(id -u)" = 0 ] || skip "a pid namespace needs root"
    unshare --pid --fork --mount-proc true || skip "no pid namespace can be made"
    cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/reused"
    # shellcheck disable=SC2016 # for the shell inside
    run unshare --pid --fork --mount-proc bash -c '
        cd "$2"
        ./reused 1000 & first=$!
        "$1" collect -q -C proc -d 3s --comm reused -o a.scope & scope=$!
        sleep 1
        kill $first
        wait $first
        echo $((first - 1)) >/proc/sys/kernel/ns_last_pid || exit 77
        ./reused 1000 & second=$!
        wait $scope
        kill $second
        [ $first = $second ] || exit 77' sh "$SCOPE_BUILD/scope" "$BATS_TEST_TMPDIR"
    [ "$status" != 77 ] || skip "the kernel gave another pid"
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select count(*), count(distinct pid), count(distinct start_ticks)
        from target where kind = 3")" = "2|1|2" ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select count(*) from event where kind = 3")" = 1 ]
    [ "$(query "$BATS_TEST_TMPDIR/a.scope" "select passed from verdict where name = 'restarts'")" = 0 ]
}
