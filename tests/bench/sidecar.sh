#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What watching costs the one who is watched: CPU of a real HAProxy for each
# request at a fixed rate, with the collectors syscalls and cycles (99 Hz) on
# against off, as ratios from interleaved runs. HAProxy has CPU 0; nginx behind
# it, the load before it and scope have CPU 1. Which goes first alternates. The
# rate keeps HAProxy busy for a good part of the time: when it sleeps after every
# request, what waking up costs in a virtual machine swings by more than is looked
# for.
set -euo pipefail

PAIRS=${PAIRS:-9} RATE=${RATE:-12000} SECONDS_EACH=4
TARGET=1.08
PATH=$PATH:/usr/sbin

for program in haproxy nginx taskset jq; do
    command -v $program >/dev/null || {
        echo "sidecar.sh: $program is not installed" >&2
        exit 2
    }
done
folder=$(mktemp -d)
chmod 755 "$folder" # nginx reads it as nobody
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$folder"
}
trap finish EXIT

app=$((20000 + RANDOM % 5000)) sidecar=$((26000 + RANDOM % 5000))
cat >"$folder/nginx.conf" <<CONF
daemon off;
pid nginx.pid;
error_log error.log;
worker_processes 1;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path a;
    proxy_temp_path b;
    fastcgi_temp_path c;
    uwsgi_temp_path d;
    scgi_temp_path e;
    server { listen 127.0.0.1:$app; location / { return 200 "$(printf '%0128d' 0)"; } }
}
CONF
cat >"$folder/haproxy.cfg" <<CONF
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen sidecar
    bind 127.0.0.1:$sidecar
    server app 127.0.0.1:$app
CONF
taskset -c 1 nginx -p "$folder" -c nginx.conf -e error.log &
pids+=($!)
taskset -c 0 haproxy -db -f "$folder/haproxy.cfg" >"$folder/haproxy.log" 2>&1 &
pids+=($!)
haproxy_pid=$!
for _ in {1..100}; do
    ! (: <"/dev/tcp/127.0.0.1/$sidecar" && : <"/dev/tcp/127.0.0.1/$app") \
        2>/dev/null || break
    sleep 0.05
done

# Nanoseconds of CPU of all its threads.
cpu_of() { cat "/proc/$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%d\n", n }'; }

# measure [COLLECTOR...]: CPU microseconds a request, under load that began
# before and ends after.
measure() {
    local options=() collector before after requests
    for collector; do options+=(-C "$collector"); done
    taskset -c 1 "$SCOPE_BUILD/scope" drive http --rate "$RATE" --connections 16 \
        --duration $((SECONDS_EACH + 3))s --quiet --format json \
        --url "http://127.0.0.1:$sidecar/" >"$folder/load.json" &
    local load=$!
    sleep 1
    if [ $# -gt 0 ]; then
        taskset -c 1 "$SCOPE_BUILD/scope" collect "${options[@]}" \
            --pid $haproxy_pid --duration $((SECONDS_EACH + 2))s --quiet \
            -o "$folder/watched.scope" >"$folder/collect.log" 2>&1 &
        local watch=$!
        sleep 1
    fi
    before=$(cpu_of $haproxy_pid) requests=$(date +%s%N)
    sleep $SECONDS_EACH
    after=$(cpu_of $haproxy_pid) requests=$((($(date +%s%N) - requests) * RATE))
    [ $# = 0 ] || wait "$watch" || [ $? = 4 ] || {
        cat "$folder/collect.log" >&2
        exit 1
    }
    wait "$load" || [ $? = 4 ] || exit 1
    jq -e '[.items[] | select(.id == "load") | .rows[0].achieved_hertz] |
        .[0] > '"$RATE"' * 0.99' "$folder/load.json" >/dev/null || {
        echo "sidecar.sh: the load was not $RATE requests a second" >&2
        exit 1
    }
    rm -f "$folder/watched.scope"
    awk -v cpu=$((after - before)) -v n="$requests" \
        'BEGIN { printf "%.3f\n", cpu / (n / 1e9) / 1e3 }'
}


echo "CPU of HAProxy, us a request, $RATE requests a second, $SECONDS_EACH s a run"
status=0
compare() { # WHAT TARGET COLLECTOR...
    local what=$1 target=$2 on off ratios=() ratio median word=met
    shift 2
    for ((i = 0; i < PAIRS; i++)); do
        if ((i % 2)); then
            on=$(measure "$@") off=$(measure)
        else
            off=$(measure) on=$(measure "$@")
        fi
        ratio=$(awk -v a="$on" -v b="$off" 'BEGIN { printf "%.4f", a / b }')
        ratios+=("$ratio")
        printf '%8s on, %8s off, ratio %s\n' "$on" "$off" "$ratio"
    done
    median=$(printf '%s\n' "${ratios[@]}" | sort -n | sed -n $((PAIRS / 2 + 1))p)
    awk -v a="$median" -v b="$target" 'BEGIN { exit a > b }' || {
        word=MISSED
        status=1
    }
    echo "$what: median $median of $PAIRS pairs, target $target: $word"
}

compare "syscalls and cycles at 99 Hz" $TARGET syscalls cycles.frequency=99
exit $status
