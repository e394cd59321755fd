#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How evenly the driver http sends: at 1000, 10 000 and 30 000 a second, as the
# recording backend on CPU 0 saw them arrive, five runs each, hey -q beside it.
# Rate and index of dispersion are what arrived: the index (variance over mean of
# the arrivals in a ms) is 0 when all is even and 1 of a Poisson process.
set -euo pipefail
rates=(1000 10000 30000)
runs=5
seconds=5
# What wrk2 was seen to do on a machine like this one: rate 1.2 to 12 % too low,
# index of dispersion 9 to 29 at 1 ms.
wrk2_error=1.2
wrk2_dispersion=9

scope=$SCOPE_BUILD/scope
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
taskset -c 0 "$scope" serve http --arrivals 60s >"$folder/bound" &
server=$!
for _ in {1..100}; do
    [ ! -s "$folder/bound" ] || break
    sleep 0.05
done
url=http://$(cat "$folder/bound")

median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
reset() { curl -sS -o "$folder/reset" -X POST "$url/scope/arrivals/reset"; }
# arrived RATE NAME: notes how far from it the arrivals were, and how uneven.
arrived() {
    curl -sS "$url/scope/arrivals" >"$folder/arrivals"
    jq --argjson rate "$1" '(.rate_hertz - $rate) / $rate * 100 | fabs' \
        "$folder/arrivals" >>"$folder/$2.error"
    jq .per_1ms.dispersion "$folder/arrivals" >>"$folder/$2.dispersion"
}

one_scope() {
    reset
    # 4: something about this machine was too busy; the figures say what
    "$scope" drive http --url "$url/size/128" --rate "$1" --connections 64 \
        --duration ${seconds}s --cpus 1 -q --format json >"$folder/json" ||
        [ $? = 4 ]
    arrived "$1" "$1.scope"
}

one_hey() {
    reset
    # -q is of each of -c workers
    taskset -c 1 hey -cpus 1 -c 50 -q $(($1 / 50)) -z ${seconds}s "$url/size/128" \
        >"$folder/hey"
    arrived "$1" "$1.hey"
}

status=0
printf '%8s %-6s %10s %12s %12s %12s\n' rate client 'error, %' 'dispersion' \
    'late p50,us' 'late p99,us'
for rate in "${rates[@]}"; do
    for ((i = 0; i < runs; i++)); do
        one_scope "$rate"
        jq '.items[] | select(.id == "generator") | .rows[0] | .delay_p50_ns / 1000' \
            "$folder/json" >>"$folder/$rate.p50"
        jq '.items[] | select(.id == "generator") | .rows[0] | .delay_p99_ns / 1000' \
            "$folder/json" >>"$folder/$rate.p99"
        one_hey "$rate"
    done
    error=$(median <"$folder/$rate.scope.error")
    idc=$(median <"$folder/$rate.scope.dispersion")
    printf '%8s %-6s %10.3f %12.3f %12.1f %12.1f\n' "$rate" scope "$error" "$idc" \
        "$(median <"$folder/$rate.p50")" "$(median <"$folder/$rate.p99")"
    printf '%8s %-6s %10.3f %12.3f\n' "$rate" hey \
        "$(median <"$folder/$rate.hey.error")" \
        "$(median <"$folder/$rate.hey.dispersion")"
    awk -v e="$error" -v d="$idc" 'BEGIN {exit !(e <= 0.1 && d <= 1)}' || {
        echo "pacing at $rate/s: more than 0.1 % or 1: MISSED on this machine"
        status=1
    }
    awk -v e="$error" -v d="$idc" -v we=$wrk2_error -v wd=$wrk2_dispersion \
        'BEGIN {exit !(e < we && d < wd)}' ||
        echo "pacing at $rate/s: not better than wrk2 was seen to be: MISSED"
done
exit $status
