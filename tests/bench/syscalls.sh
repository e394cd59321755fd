#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What tracing system calls costs the one who makes them: wall time of a loop of
# getppid and of `dd bs=1`, by their own clocks, under the collector against
# untraced, as ratios from interleaved runs on CPU 0. strace -c -f and perf
# trace -s do the same on fewer calls, each against an untraced run of as many;
# a slowdown is what was added to a call.
set -euo pipefail

PAIRS=${PAIRS:-5}
CALLS=2000000 FEW_CALLS=20000    # getppid: the collector; the others
COPIES=1000000 FEW_COPIES=10000  # dd: two calls a copy
declare -A TARGETS=([count]=1.6 [latency]=3.0)
SLOWDOWN_TARGET=0.02             # of that of strace and perf trace

for program in strace perf taskset dd; do
    command -v $program >/dev/null || {
        echo "syscalls.sh: $program is not installed" >&2
        exit 2
    }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
make -C "$SCOPE_BUILD" -s tests/programs/calls

# What runs a command under the others; used by name. perf wants tracefs, mounted where only
# it sees it.
# shellcheck disable=SC2034
strace_c=(strace -c -f -o /dev/null)
# shellcheck disable=SC2016,SC2034 # the inner shell expands it
perf_trace=(unshare -m sh -c 'mount -t tracefs none /sys/kernel/tracing
    exec perf trace -s -o /dev/null "$@"' sh)

# loop NAME COUNT [PREFIX...]: nanoseconds of the loop.
loop() {
    local name=$1 count=$2
    shift 2
    case $name in
    getppid)
        taskset -c 0 "$@" "$SCOPE_BUILD/tests/programs/calls" load getppid 1 \
            "$count" </dev/null 2>"$folder/messages" |
            awk '/^time wall/ { print $3 }'
        ;;
    dd)
        taskset -c 0 "$@" env LC_ALL=C dd if=/dev/zero of=/dev/null bs=1 \
            count="$count" 2>"$folder/messages" >"$folder/output"
        awk '/copied/ { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^s,?$/) s = $i }
            END { printf "%.0f\n", s * 1e9 }' "$folder/messages" "$folder/output"
        ;;
    esac
}

collected() {
    local mode=$1
    shift
    loop "$@" "$SCOPE_BUILD/scope" collect -o "$folder/bench-$mode.scope" \
        -C "syscalls.mode=$mode" --quiet --
    rm -f "$folder/bench-$mode.scope"
}

median() { sort -n | sed -n $((PAIRS / 2 + 1))p; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", a / b }'; }
# added TRACED UNTRACED COUNT: ns a call
added() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.1f\n", (a - b) / n }'; }

status=0
judge() { # WHAT FIGURE TARGET
    local word=met
    awk -v a="$2" -v b="$3" 'BEGIN { exit a > b }' || {
        word=MISSED
        status=1
    }
    echo "$1: median $2 of $PAIRS pairs, target $3: $word"
}

for name in getppid dd; do
    many=$CALLS few=$FEW_CALLS each=1
    [ $name = getppid ] || many=$COPIES few=$FEW_COPIES each=2
    for mode in count latency; do
        rm -f "$folder/ratios" "$folder/added-$mode"
        for ((i = 0; i < PAIRS; i++)); do
            plain=$(loop $name $many)
            traced=$(collected $mode $name $many)
            ratio "$traced" "$plain" >>"$folder/ratios"
            added "$traced" "$plain" $((many * each)) >>"$folder/added-$mode"
        done
        judge "$name, mode=$mode against untraced" \
            "$(median <"$folder/ratios")" "${TARGETS[$mode]}"
    done
    for rival in strace_c perf_trace; do
        declare -n prefix=$rival
        rm -f "$folder/added" "$folder/ratios"
        for ((i = 0; i < PAIRS; i++)); do
            plain=$(loop $name $few)
            traced=$(loop $name $few "${prefix[@]}")
            added "$traced" "$plain" $((few * each)) >>"$folder/added"
            ratio "$traced" "$plain" >>"$folder/ratios"
        done
        theirs=$(median <"$folder/added")
        echo "$name, $rival: $(median <"$folder/ratios") times untraced," \
            "$theirs ns added a call"
        for mode in count latency; do
            ours=$(median <"$folder/added-$mode")
            judge "$name, mode=$mode: $ours ns added a call; share of that of $rival" \
                "$(awk -v a="$ours" -v b="$theirs" \
                    'BEGIN { printf "%.5f\n", a / b }')" $SLOWDOWN_TARGET
        done
    done
done
exit $status
