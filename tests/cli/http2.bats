#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive http2 against real servers: nginx, nghttpd, nghttpx, HAProxy, and
# a gRPC server. What scope says it did is what they logged, request for
# request.
load scope.bash
load nginx.bash
load serve.bash

setup() {
    scope list drivers --format csv | grep -q 'driver,http2,1,.*,yes,' ||
        skip "scope was built without nghttp2"
    command -v jq >/dev/null || skip "jq is not installed"
    cd "$BATS_TEST_TMPDIR" || return 1
    pids=()
}

teardown() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    stop_nginx
    stop_serve
}

# needs PROGRAM PACKAGE
needs() {
    command -v "$1" >/dev/null || skip "$1 is not installed: package $2"
}

# drive OPTIONS...: one run with JSON output into $json, which must succeed but
# for its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$BATS_TEST_TMPDIR/report.json
    local status=0
    scope drive http2 --quiet --format json --duration 20s "$@" >"$json" ||
        status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

# cell TABLE COLUMN: of the first row.
cell() {
    jq --arg id "$1" --arg key "$2" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[0][$key]' \
        "$json"
}

# outcome KIND: how many answers or errors of that kind.
outcome() {
    jq --arg kind "$1" '[.items[] | select(.id == "answers") | .rows[] |
        select(.kind == $kind) | .count] | add // 0' "$json"
}

# free_port: one that nothing listens on now.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 10000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo $port
}

# until_listens PORT
until_listens() {
    local _
    for _ in {1..200}; do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.05
    done
    echo "nothing listens on $1"
    return 1
}

# nginx with HTTP/2 in the clear on $url and over TLS on $tls_url; each
# connection serves 100 requests, then it gets a GOAWAY.
start_nginx2() {
    needs nginx nginx-light
    needs openssl openssl
    nginx_folder=$BATS_TEST_TMPDIR/nginx
    nginx_log=$nginx_folder/access.log
    mkdir -p "$nginx_folder"
    make_certificates "$nginx_folder"
    local try port tls
    for try in {1..5}; do
        port=$(free_port)
        tls=$(free_port)
        cat >"$nginx_folder/nginx.conf" <<CONF
daemon off; pid nginx.pid; error_log error.log; worker_processes 1;
events { worker_connections 1024; }
http {
    log_format probe '\$request_method \$request_uri \$status \$server_protocol "\$http_x_probe" "\$content_length" "\$http_host"';
    access_log access.log probe;
    keepalive_requests 100;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {
        listen 127.0.0.1:$port http2;
        listen 127.0.0.1:$tls ssl http2;
        ssl_certificate server.pem; ssl_certificate_key server.key;
        location / { return 200 "answer"; }
        location /gone { return 410; }
    }
}
CONF
        nginx -p "$nginx_folder" -c nginx.conf 2>"$nginx_folder/start.log" 3>&- &
        nginx_pid=$!
        url=http://127.0.0.1:$port
        tls_url=https://localhost:$tls
        ! wait_for_nginx "$port" || return 0
    done
    echo "nginx did not start: $(cat "$nginx_folder"/*.log) ($try tries)"
    return 1
}

@test "nginx: every request is logged once, through its GOAWAYs" {
    start_nginx2
    drive --url "$url/" --connections 4 --streams 8 --requests 3000 --threads 2
    stop_nginx
    [ "$(cell latency requests)" -eq 3000 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(wc -l <"$nginx_log")" -eq 3000 ]
    [ "$(sort -u "$nginx_log")" = \
        "GET / 200 HTTP/2.0 \"-\" \"-\" \"${url#http://}\"" ]
}

@test "nginx: an open loop, methods, headers, bodies, weights" {
    start_nginx2
    drive --url "$url/" --rate 1000 --connections 2 --streams 16 --duration 500ms
    [ "$(cell load intended_hertz)" -eq 1000 ]
    [ "$(cell load errors)" -eq 0 ]
    [ $(($(cell latency requests) + $(cell load unsent))) -eq 500 ]
    : >"$nginx_log"
    drive --url "3*$url/a?b=c" --url "$url/gone" --method POST \
        --header "X-Probe: a, b" --header "Host: other" --body-size 5000 \
        --requests 40 --streams 4 --connections 1
    stop_nginx
    [ "$(cell latency requests)" -eq 40 ]
    [ "$(outcome 2xx)" -eq 30 ]
    [ "$(outcome 4xx)" -eq 10 ]
    [ "$(grep -cxF 'POST /a?b=c 200 HTTP/2.0 "a, b" "5000" "other"' "$nginx_log")" -eq 30 ]
    [ "$(grep -cxF 'POST /gone 410 HTTP/2.0 "a, b" "5000" "other"' "$nginx_log")" -eq 10 ]
}

@test "nginx: a recording is replayed, and then it ends" {
    start_nginx2
    printf '%s\n' "0 GET /a" "0.02 POST /b 10" "0.05 GET /gone" >recording
    drive --url "$url/" --replay recording --connections 1 --streams 4
    stop_nginx
    [ "$(cut -d' ' -f1-3 "$nginx_log" | tr '\n' ,)" = \
        "GET /a 200,POST /b 200,GET /gone 410," ]
    [ "$(cell latency requests)" -eq 3 ]
}

@test "nginx: over TLS, agreed on by ALPN" {
    start_nginx2
    drive --url "$tls_url/" --tls-ca "$nginx_folder/ca.pem" --connections 3 \
        --streams 4 --requests 500
    [ "$(cell latency requests)" -eq 500 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(wc -l <"$nginx_log")" -eq 500 ]
    # Not vouched for: no request is sent.
    : >"$nginx_log"
    drive --url "$tls_url/" --connections 1 --duration 600ms
    stop_nginx
    [ "$(cell latency requests)" -eq 0 ]
    [ "$(outcome tls)" -gt 0 ]
    [ ! -s "$nginx_log" ]
}

@test "a server that speaks HTTP/1.1 alone is told apart, also over TLS" {
    needs openssl openssl
    start_nginx "$BATS_TEST_TMPDIR/nginx" tls
    drive --url "$nginx_url/" --connections 1 --duration 600ms
    [ "$(cell latency requests)" -eq 0 ]
    # What it says may get lost, as it closes with bytes unread.
    [ $(($(outcome malformed) + $(outcome reset) + $(outcome closed))) -gt 0 ]
    drive --url "$nginx_tls_url/" --tls-insecure --connections 1 \
        --duration 600ms
    [ "$(cell latency requests)" -eq 0 ]
    [ "$(outcome tls)" -gt 0 ]
    grep -qE "no application protocol|does not offer HTTP/2" "$json"
}

@test "nginx reloaded in the middle of the load: nothing fails" {
    start_nginx2
    (sleep 0.4 && nginx -p "$nginx_folder" -c nginx.conf -s reload) 3>&- &
    pids+=($!)
    drive --url "$url/" --connections 4 --streams 4 --rate 2000 --duration 1s
    stop_nginx
    [ "$(cell load errors)" -eq 0 ]
    [ $(($(cell latency requests) + $(cell load unsent))) -eq 2000 ]
    [ "$(wc -l <"$nginx_log")" -eq "$(cell latency requests)" ]
}

@test "nghttpd: bodies there and back, windows, hash" {
    needs nghttpd nghttp2-server
    local port hash
    port=$(free_port)
    head -c 1000000 /dev/urandom >data
    hash=$(sha256sum data | cut -d' ' -f1)
    nghttpd --no-tls -d . "$port" >nghttpd.log 2>&1 3>&- &
    pids+=($!)
    until_listens "$port"
    drive --url "http://127.0.0.1:$port/data" --requests 20 --connections 2 \
        --streams 3 --stream-window 20000 --connection-window 100000 \
        --expect-length 1000000 --expect-sha256 "$hash"
    [ "$(cell latency requests)" -eq 20 ]
    [ "$(cell load errors)" -eq 0 ]
    # One byte other, and every answer is another.
    drive --url "http://127.0.0.1:$port/data" --requests 5 \
        --expect-sha256 "0$(cut -c2- <<<"$hash" | tr 0-9a-f 1-9a-f0)"
    [ "$(outcome invalid)" -eq 5 ]
}

@test "nghttpx: upgraded from HTTP/1.1" {
    needs nghttpd nghttp2-server
    needs nghttpx nghttp2-proxy
    local behind port
    behind=$(free_port)
    port=$(free_port)
    echo hello >index.html
    nghttpd --no-tls -d . "$behind" >nghttpd.log 2>&1 3>&- &
    pids+=($!)
    until_listens "$behind"
    nghttpx -f "127.0.0.1,$port;no-tls" -b "127.0.0.1,$behind;;proto=h2" \
        --no-ocsp --conf /dev/null --workers 1 --accesslog-file access.log \
        --errorlog-file error.log 3>&- >/dev/null 2>&1 &
    pids+=($!)
    until_listens "$port"
    drive --url "http://127.0.0.1:$port/index.html" --upgrade \
        --connections 2 --streams 4 --requests 100 --expect-length 6
    [ "$(cell latency requests)" -eq 100 ]
    [ "$(cell load errors)" -eq 0 ]
    kill "${pids[-1]}"
    wait "${pids[-1]}" || true
    [ "$(grep -c '"GET /index.html HTTP/2" 200' access.log)" -eq 100 ]
    [ "$(grep -c '"HEAD /index.html HTTP/1.1" ' access.log)" -eq 2 ]
}

@test "HAProxy: HTTP/2 with prior knowledge" {
    needs haproxy haproxy
    local port
    port=$(free_port)
    cat >haproxy.cfg <<CONF
global
    maxconn 100
    # several drop lines when they meet in the log
    nbthread 1
    log stdout format raw local0
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 1s
frontend main
    bind 127.0.0.1:$port proto h2
    log global
    log-format "%HM %HV %ST"
    http-request return status 200 content-type text/plain string hello
CONF
    haproxy -db -f haproxy.cfg >access.log 2>haproxy.err 3>&- &
    pids+=($!)
    until_listens "$port"
    drive --url "http://127.0.0.1:$port/" --connections 4 --streams 10 \
        --requests 1000 --expect-status 200 --expect-length 5
    [ "$(cell latency requests)" -eq 1000 ]
    [ "$(cell load errors)" -eq 0 ]
    kill "${pids[-1]}"
    wait "${pids[-1]}" || true
    [ "$(grep -c '^GET HTTP/2.0 200' access.log)" -eq 1000 ]
}

# arrived: how many requests the backend has recorded, and forgets.
arrived() {
    curl -sf --http2-prior-knowledge "http://$served/scope/arrivals" | jq .count
    curl -sf -X POST "http://$served/scope/arrivals/reset" >/dev/null
}

@test "the backend http: every request arrives, and every fault has its name" {
    needs curl curl
    scope serve http --help >/dev/null || skip "there is no backend http"
    start_serve http --listen 127.0.0.1:0 --faults
    drive --url "http://$served/size/1000" --connections 3 --streams 7 \
        --threads 2 --requests 2000 --expect-length 1000
    [ "$(cell latency requests)" -eq 2000 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(arrived)" -eq 2000 ]
    local fault
    for fault in "reset rst-internal-error" "cut rst-internal-error" \
        "garbage malformed" "status/404 4xx" "delay/30s timeout"; do
        drive --url "http://$served/${fault% *}" --connections 1 --streams 4 \
            --requests 8 --timeout 1s
        [ "$(outcome "${fault#* }")" -eq 8 ]
        [ "$(arrived)" -eq 8 ]
    done
}

# A python3 that has grpc; $grpc_url is where the server answers.
start_grpc() {
    local python try
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import grpc' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || skip "python3-grpcio is not installed"
    "$python" "$SCOPE_SOURCE/tests/cli/grpc_server.py" >grpc.log 3>&- &
    pids+=($!)
    for try in {1..200}; do
        [ ! -s grpc.log ] || break
        sleep 0.05
    done
    [ "$try" -lt 200 ]
    grpc_url=http://127.0.0.1:$(head -1 grpc.log)/
}

# call OPTIONS...: 40 calls.
call() {
    drive --url "$grpc_url" --connections 2 --streams 4 --requests 40 "$@"
}

@test "gRPC: unary calls, message for message" {
    start_grpc
    call --grpc /scope.Test/Echo --body-size 100000 --body-fill random \
        --expect-length 100000
    [ "$(cell latency requests)" -eq 40 ]
    [ "$(outcome OK)" -eq 40 ]
    [ "$(cell load errors)" -eq 0 ]
    # The empty message is one, too.
    call --grpc /scope.Test/Echo --expect-length 0
    [ "$(outcome OK)" -eq 40 ]
    # What comes back is what went there.
    call --grpc /scope.Test/Echo --grpc-hex 0a03666f6f --expect-sha256 \
        "$(printf '\n\003foo' | sha256sum | cut -d' ' -f1)"
    [ "$(outcome OK)" -eq 40 ]
    call --grpc /scope.Test/Metadata --header "X-Probe: abc" --expect-length 3
    [ "$(outcome OK)" -eq 40 ]
    kill "${pids[-1]}"
    wait "${pids[-1]}" || true
    grep -qx "Echo 120" grpc.log
    grep -qx "Metadata 40" grpc.log
}

@test "gRPC: statuses are errors of their names, or what was expected" {
    start_grpc
    # Trailers only: there is no message.
    call --grpc /scope.Test/Fail
    [ "$(cell latency requests)" -eq 0 ]
    [ "$(outcome UNAVAILABLE)" -eq 40 ]
    jq -e --arg said "not now, 100 % ✓" '[.items[] | select(.id == "answers") |
        .rows[].first] == [$said]' "$json"
    call --grpc /scope.Test/None
    [ "$(outcome UNIMPLEMENTED)" -eq 40 ]
    call --grpc /scope.Test/None --expect-grpc ok,unimplemented
    [ "$(cell latency requests)" -eq 40 ]
    [ "$(outcome UNIMPLEMENTED)" -eq 40 ]
    [ "$(cell load errors)" -eq 0 ]
    # A message, and then a status that is not OK.
    call --grpc /scope.Test/Halfway --body-size 10
    [ "$(outcome DATA_LOSS)" -eq 40 ]
    # Another length, and more than one message.
    call --grpc /scope.Test/Echo --body-size 10 --expect-length 11
    [ "$(outcome invalid)" -eq 40 ]
    call --grpc /scope.Test/Many --body-size 10
    [ "$(outcome invalid)" -eq 40 ]
    grep -q "2 messages instead of one" "$json"
}

@test "gRPC: the timeout is the deadline" {
    start_grpc
    call --grpc /scope.Test/Slow --timeout 100ms --requests 8
    [ "$(cell latency requests)" -eq 0 ]
    [ "$(outcome DEADLINE_EXCEEDED)" -eq 8 ]
    [ "$(cell load errors)" -eq 8 ]
}

@test "a server that is not there makes the load invalid, not absent" {
    run --separate-stderr scope drive http2 --url "http://127.0.0.1:$(free_port)/" \
        --rate 100 --duration 600ms
    [ "$status" -eq 4 ]
    # shellcheck disable=SC2154
    [[ $stderr == *"0 requests answered"* ]]
    [[ $output == *"refused"*"connect: Connection refused"* ]]
}
