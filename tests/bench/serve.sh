#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The backend http against nginx: CPU seconds of the server for each request, as
# a ratio from interleaved runs. Each server has one thread on CPU 0, wrk has
# CPU 1 and 64 connections. nginx answers 128 bytes with `return 200`, 16 KiB
# from an open file with sendfile(2), and writes no access log; the backend
# records arrivals, as it does unless told not to.
set -euo pipefail

PAIRS=5 SECONDS_EACH=2
SIZES=(128 16384)
declare -A TARGETS=([128]=1.00 [16384]=1.00)

for program in nginx wrk taskset; do
    command -v $program >/dev/null || {
        echo "serve.sh: $program is not installed" >&2
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

start_nginx() {
    nginx_port=$((20000 + RANDOM % 10000))
    {
        cat <<CONF
daemon off;
pid nginx.pid;
error_log error.log;
worker_processes 1;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    open_file_cache max=10;
    root files;
    keepalive_requests 1000000000;
    client_body_temp_path a;
    proxy_temp_path b;
    fastcgi_temp_path c;
    uwsgi_temp_path d;
    scgi_temp_path e;
    server {
        listen 127.0.0.1:$nginx_port;
CONF
        printf '        location = /size/128 { return 200 "%s"; }\n' \
            "$(head -c 128 /dev/zero | tr '\0' x)"
        printf '    }\n}\n'
    } >"$folder/nginx.conf"
    mkdir -p "$folder/files/size"
    head -c 16384 /dev/zero | tr '\0' x >"$folder/files/size/16384"
    taskset -c 0 nginx -p "$folder" -c nginx.conf -e error.log &
    pids+=($!)
    for _ in {1..100}; do
        [ ! -s "$folder/nginx.pid" ] || break
        sleep 0.05
    done
    sleep 0.2
    nginx_pid=$(pgrep -P "${pids[-1]}")
}

start_scope() {
    taskset -c 0 "$SCOPE_BUILD/scope" serve http >"$folder/bound" &
    pids+=($!)
    scope_pid=$!
    for _ in {1..100}; do
        [ ! -s "$folder/bound" ] || break
        sleep 0.05
    done
    scope_port=$(sed 's/.*://' "$folder/bound")
}

# In ticks of the clock.
cpu_of() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# CPU microseconds a request.
measure() {
    local pid=$1 url=$2 before after requests
    before=$(cpu_of "$pid")
    requests=$(taskset -c 1 wrk -t1 -c64 -d${SECONDS_EACH}s "$url" |
        awk '/Non-2xx/ { bad = 1 } /requests in/ { n = $1 }
            END { print bad ? 0 : n }')
    after=$(cpu_of "$pid")
    [ "$requests" -gt 0 ] || {
        echo "serve.sh: wrk got no good answers from $url" >&2
        exit 1
    }
    awk -v ticks=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" \
        'BEGIN { printf "%.3f\n", ticks / hz / n * 1e6 }'
}

start_nginx
start_scope
status=0
for size in "${SIZES[@]}"; do
    echo "CPU of the server, us a request: $size bytes, 64 connections," \
        "$SECONDS_EACH s a run"
    printf '%8s %8s %8s\n' scope nginx ratio
    ratios=()
    for ((i = 0; i < PAIRS; i++)); do
        scope=$(measure "$scope_pid" "http://127.0.0.1:$scope_port/size/$size")
        nginx=$(measure "$nginx_pid" "http://127.0.0.1:$nginx_port/size/$size")
        ratio=$(awk -v a="$scope" -v b="$nginx" 'BEGIN { printf "%.3f", a / b }')
        ratios+=("$ratio")
        printf '%8s %8s %8s\n' "$scope" "$nginx" "$ratio"
    done
    median=$(printf '%s\n' "${ratios[@]}" | sort -n | sed -n $((PAIRS / 2 + 1))p)
    target=${TARGETS[$size]}
    word=met
    awk -v a="$median" -v b="$target" 'BEGIN { exit a > b }' || {
        word=MISSED
        status=1
    }
    echo "backend http against nginx at $size bytes: median $median of $PAIRS" \
        "pairs, target $target: $word"
done
exit $status
