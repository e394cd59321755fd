#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The driver tcp, streaming, against iperf3: CPU seconds of the whole client for
# each GiB, as a ratio from interleaved runs. Each has one connection, its
# client on CPU 1 and its server on CPU 0.
set -euo pipefail

PAIRS=5 SECONDS_EACH=2
declare -A TARGETS=([send]=1.00 [receive]=1.00)

for program in iperf3 jq taskset; do
    command -v $program >/dev/null || {
        echo "stream.sh: $program is not installed" >&2
        exit 2
    }
done
folder=$(mktemp -d)
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$folder"
}
trap finish EXIT

for answer in discard source; do
    taskset -c 0 "$SCOPE_BUILD/scope" serve tcp --answer $answer \
        >"$folder/$answer" &
    pids+=($!)
done
port=$((20000 + RANDOM % 10000))
taskset -c 0 iperf3 -s -B 127.0.0.1 -p $port >/dev/null 2>&1 &
pids+=($!)
for _ in {1..100}; do
    [ ! -s "$folder/discard" ] || [ ! -s "$folder/source" ] || break
    sleep 0.05
done
sleep 0.3

# Each sets cpu (seconds) and bytes.
TIMEFORMAT='%U %S'
run_scope() {
    local answer=discard
    [ "$1" = send ] || answer=source
    { time taskset -c 1 "$SCOPE_BUILD/scope" drive tcp --mode stream \
        --direction "$1" --connections 1 --quiet --format json \
        --servers "$(cat "$folder/$answer")" \
        --duration ${SECONDS_EACH}s >"$folder/scope.json" || true; } \
        2>"$folder/time"
    bytes=$(jq --arg way "$1" '.items[] | select(.id == "load") | .rows[0]
        | if $way == "send" then .sent_bytes_per_second
          else .received_bytes_per_second end * '$SECONDS_EACH \
        "$folder/scope.json")
}

run_iperf3() {
    local way=()
    [ "$1" = send ] || way=(-R)
    { time taskset -c 1 iperf3 -c 127.0.0.1 -p $port -t $SECONDS_EACH -J \
        "${way[@]}" >"$folder/iperf3.json"; } 2>"$folder/time"
    bytes=$(jq '.end.sum_sent.bytes' "$folder/iperf3.json")
}

# CPU seconds a GiB of the run before.
figure() {
    awk -v bytes="$bytes" '{ printf "%.4f\n", ($1 + $2) / (bytes / 2 ^ 30) }' \
        <(tail -n 1 "$folder/time")
}

missed=0
for way in send receive; do
    : >"$folder/ratios"
    for ((pair = 1; pair <= PAIRS; pair++)); do
        run_iperf3 $way
        theirs=$(figure)
        run_scope $way
        ours=$(figure)
        awk -v a="$ours" -v b="$theirs" 'BEGIN { print a / b, a, b }' \
            >>"$folder/ratios"
    done
    read -r ratio ours theirs < <(sort -n "$folder/ratios" |
        sed -n "$(((PAIRS + 1) / 2))p")
    verdict=met
    if awk -v r="$ratio" -v t="${TARGETS[$way]}" 'BEGIN { exit r <= t }'; then
        verdict=MISSED missed=1
    fi
    printf '%-8s scope %.3f s/GiB, iperf3 %.3f s/GiB, ratio %.2f (target %.2f, %s)\n' \
        $way "$ours" "$theirs" "$ratio" "${TARGETS[$way]}" $verdict
done
exit $missed
