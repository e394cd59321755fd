#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What names and stacks of a real nginx and HAProxy cost the collector cycles,
# against libdwfl (tests/bench/naming.c).
set -euo pipefail

PATH=$PATH:/usr/sbin
for program in haproxy nginx; do
    command -v $program >/dev/null || {
        echo "symbols.sh: $program is not installed" >&2
        exit 2
    }
done
make -C "$SCOPE_BUILD" -s tests/bench/naming
folder=$(mktemp -d)
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
master_process off;
pid nginx.pid;
error_log error.log;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path a;
    proxy_temp_path b;
    fastcgi_temp_path c;
    uwsgi_temp_path d;
    scgi_temp_path e;
    server { listen 127.0.0.1:$app; location / { return 200 "x"; } }
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
nginx -p "$folder" -c nginx.conf -e error.log &
pids+=($!)
haproxy -db -f "$folder/haproxy.cfg" 2>/dev/null &
pids+=($!)
sleep 1
"$SCOPE_BUILD/tests/bench/naming" "${pids[@]}"
