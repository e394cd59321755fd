#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# As many system calls as two CPUs make, for SECONDS: syscalls.sh [SECONDS] [MODE]...
# What the collector counts and what it says it lost must be, to the call, what
# was made, and the calls must have come at a million a second and more. Without
# arguments a quick test, in which the rate does not count.
set -euo pipefail

seconds=${1:-1}
strict=$#
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- count latency

scope=$SCOPE_BUILD/scope
calls=$SCOPE_BUILD/tests/programs/calls
folder=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT

die() { echo "syscalls.sh: $*" >&2; exit 1; }

wait_for() {
    local _
    for _ in {1..600}; do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    die "in vain: $*"
}

sweeps() { "$scope" store dump "$folder/a.scope" 2>/dev/null | grep -c ',syscalls,lost,'; }
has_sweeps() { [ "$(sweeps)" -gt "$1" ]; }

# load MODE ROUNDS: $calls_made, $wall_ns and $counted, $lost of two threads that
# make three kinds of calls in so many rounds.
load() {
    local mode=$1 rounds=$2
    rm -f "$folder"/*
    mkfifo "$folder/to"
    exec 9<>"$folder/to"
    "$calls" load mix 2 "$rounds" <"$folder/to" >"$folder/made" 9>&- &
    local made=$!
    pids+=("$made")
    wait_for grep -q ready "$folder/made"
    local status=0
    "$scope" collect -q -o "$folder/a.scope" -C "syscalls.way=bpf,mode=$mode" \
        --pid "$made" 9>&- 2>"$folder/log" &
    local collecting=$!
    pids+=("$collecting")
    wait_for has_sweeps 0
    echo >&9
    wait_for grep -q "done" "$folder/made"
    wait_for has_sweeps $(($(sweeps) + 1))
    kill "$collecting"
    wait "$collecting" || status=$?
    [ $status = 143 ] || [ $status = 4 ] || [ $status = 0 ] ||
        die "$(cat "$folder/log")"
    exec 9>&-
    wait "$made"
    pids=()
    wall_ns=$(awk '$1 == "time" { print $3 }' "$folder/made")
    calls_made=$(awk '$1 == "calls" { sum += $3 } END { print sum }' "$folder/made")
    read -r counted lost < <("$scope" store dump "$folder/a.scope" | awk -F, '
        $4 == "calls" && $6 ~ /^(getppid|pwrite64|recvfrom)$/ { last[$5, $6] = $7 }
        $4 == "lost" { lost = $7 }
        END { for (i in last) sum += last[i]; printf "%d %d\n", sum, lost }')
}

status=0
"$scope" collect -q -d 100ms -C syscalls.way=bpf --pid $$ -o "$folder/may.scope" \
    2>"$folder/log" || status=$?
[ $status != 5 ] || {
    cat "$folder/log" >&2
    exit 77
}
for mode; do
    load "$mode" 200000
    # Half as many again: the machine may be quicker by then.
    load "$mode" $((300000 * seconds * 1000000000 / wall_ns + 1))
    rate=$((calls_made * 1000 / (wall_ns / 1000000)))
    echo "mode=$mode: $calls_made calls in $((wall_ns / 1000000)) ms, $rate a second:" \
        "$counted counted, $lost lost"
    [ $((counted + lost)) = "$calls_made" ] || die "$((calls_made - counted - lost)) calls are missing"
    [ "$strict" = 0 ] || [ $rate -ge 1000000 ] || die "too few calls to say anything"
done
