#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Kills a collecting scope with SIGKILL at random moments: kill.sh [N] [SEED].
# Each time a reader of its own has looked just before how much is there: all
# of that must still be there afterwards, nothing may be damaged, what is
# missing at the end must be less than a second, and the next writer must
# finish what was left and go on in the same file.
#
# Without N this is a quick test for any machine; as its moments are few and
# the machine may be busy, it then allows three seconds.
set -euo pipefail

count=${1:-4}
seed=${2:-$RANDOM}
limit_ms=1000
[ $# -gt 0 ] || limit_ms=3000
RANDOM=$seed

scope=$SCOPE_BUILD/scope
folder=$(mktemp -d)
victim=
trap '[ -z "$victim" ] || kill -9 "$victim" 2>/dev/null || true; rm -rf "$folder"' EXIT

echo "kill.sh: $count kills, seed $seed"

lose() {
    echo "kill.sh: kill $kill of seed $seed: $*" >&2
    cat "$folder/log" >&2
    exit 1
}

# How many sweeps a store holds; 0 when there is none yet.
sweeps() {
    "$scope" store check "$1" 2>/dev/null |
        sed -n 's/^read .* \([0-9]*\) sweeps,.*: 0 problems$/\1/p' | grep . ||
        echo 0
}

# The time of the last sample, in ms since 1970; 0 when there is none.
last_ms() {
    "$scope" store dump "$1" | cut -d, -f1 | grep -v time | sort -n | tail -1 |
        sed 's/\(.*\)\.\(...\).*/\1\2/' | grep . || echo 0
}

worst=0
total=0
for ((kill = 1; kill <= count; kill++)); do
    store=$folder/$kill.scope
    started_ms=$(date +%s%3N)
    "$scope" collect --all -C proc -i 10ms -o "$store" >"$folder/log" 2>&1 &
    victim=$!
    delay=$((RANDOM % 2500))
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    acknowledged=$(sweeps "$store")
    killed_ms=$(date +%s%3N)
    kill -9 "$victim" 2>/dev/null || lose "it had ended before"
    wait "$victim" 2>/dev/null || true
    victim=

    left=0
    if [ -s "$store" ] && "$scope" store info "$store" >/dev/null 2>&1; then
        left=$(sweeps "$store")
        gap=$((killed_ms - $(last_ms "$store")))
    elif [ "$acknowledged" != 0 ]; then
        lose "the store cannot be read any more: $("$scope" store info "$store" 2>&1)"
    fi
    [ "$left" -ge "$acknowledged" ] ||
        lose "$acknowledged sweeps were there before, $left after"
    if [ "$left" != 0 ]; then
        [ "$gap" -le "$limit_ms" ] || lose "the last $gap ms are missing"
        [ "$gap" -le "$worst" ] || worst=$gap
    else
        # It takes a moment until the first sweep.
        [ $((killed_ms - started_ms)) -le $((limit_ms + 1500)) ] ||
            lose "nothing is there after $((killed_ms - started_ms)) ms"
    fi

    # Exit status 4: so short a trial may well be judged invalid.
    "$scope" collect --all -C proc -i 10ms --duration 100ms -o "$store" \
        >"$folder/log" 2>&1 || [ $? = 4 ] || lose "no trial can be added"
    "$scope" store check "$store" >"$folder/log" 2>&1 || lose "damaged"
    after=$(sweeps "$store")
    [ "$after" -gt "$left" ] || lose "$left sweeps, and $after with another trial"
    if [ "$left" != 0 ]; then
        "$scope" store info "$store" --format csv | grep -q '^trials,1,.*,interrupted,' ||
            lose "the trial is not marked as interrupted"
    fi
    total=$((total + left))
    rm -f "$store"*
done
echo "kill.sh: $total sweeps kept; at most $worst ms before a kill were missing"
