#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The demonstration: nginx as the application, HAProxy before it as the
# sidecar, three rates of load, both measured. Everything runs in a temporary
# folder on free ports of 127.0.0.1 and is stopped at the end.
#
# usage: run.sh SCOPE FOLDER: the program, and where demo.scope and demo.html go
set -euo pipefail
scope=$1
out=$2
rates=(2000 5000 10000)
seconds=${DEMO_SECONDS:-5}

PATH=$PATH:/usr/sbin
folder=$(mktemp -d)
chmod 755 "$folder"
pids=()

finish() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap finish EXIT

say() { printf '== %s\n' "$*" >&2; }

listening() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for ((i = 0; i < 100; i++)); do
        port=$((20000 + RANDOM % 12000))
        listening $port || { echo $port; return; }
    done
    echo "no free port found" >&2
    exit 1
}

# start NAME PORT COMMAND...: waits until it listens.
start() {
    local name=$1 port=$2
    shift 2
    "$@" >"$folder/$name.log" 2>&1 &
    pids+=($!)
    for ((i = 0; i < 100; i++)); do
        ! listening "$port" || return 0
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    echo "$name does not listen on port $port:" >&2
    cat "$folder/$name.log" >&2
    exit 1
}

app=$(free_port)
sidecar=$(free_port)
body=$(printf '%0128d' 0)

cat >"$folder/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log stderr warn;
$([ "$(id -u)" != 0 ] || echo "user root;")
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path $folder;
    proxy_temp_path $folder;
    fastcgi_temp_path $folder;
    uwsgi_temp_path $folder;
    scgi_temp_path $folder;
    server {
        listen 127.0.0.1:$app;
        location / { return 200 "$body"; }
    }
}
END

cat >"$folder/haproxy.cfg" <<END
global
    nbthread 1
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend sidecar
    bind 127.0.0.1:$sidecar
    default_backend application
backend application
    http-reuse always
    server nginx 127.0.0.1:$app
END

say "starting nginx (application, port $app) and HAProxy (sidecar, port $sidecar)"
start nginx "$app" nginx -p "$folder" -c "$folder/nginx.conf"
start haproxy "$sidecar" haproxy -db -f "$folder/haproxy.cfg"

cd "$out"
rm -f demo.scope demo.scope-wal demo.scope-shm demo.html
for rate in "${rates[@]}"; do
    say "$rate requests a second for $seconds s"
    status=0
    "$scope" collect -o demo.scope --label rate="$rate" \
        --port app="$app" --port sidecar="$sidecar" --all \
        --drive "http.url=http://127.0.0.1:$sidecar/,rate=$rate,connections=16" \
        --warmup 1s --duration "${seconds}s" || status=$?
    # 4: measured, but something about it is to be doubted, and said.
    [ $status = 0 ] || [ $status = 4 ] || exit $status
done

say "scope analyze demo.scope"
status=0
"$scope" analyze demo.scope || status=$?
[ $status = 0 ] || [ $status = 4 ] || exit $status
"$scope" analyze -o demo.html demo.scope || status=$?
[ $status = 0 ] || [ $status = 4 ] || exit $status
say "kept: the store demo.scope, and the report demo.html with plots"
