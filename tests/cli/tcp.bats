#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive tcp against scope serve tcp: bytes, connections and requests of
# one side are those of the other; scenarios on both sides; peers that
# misbehave, which each side must survive and the driver must name.
load scope.bash

setup() {
    command -v jq >/dev/null || skip "jq is not installed"
    folder=$BATS_TEST_TMPDIR
    serve_pid=
}

teardown() {
    stop_serving
}

# serve_tcp OPTIONS...: $address is where it answers, "A:P,A:P..." when it has
# several ports.
serve_tcp() {
    : >"$folder/address"
    # Not by the function: the process must be the one that is signalled.
    "$SCOPE_BUILD/scope" serve tcp "$@" >"$folder/address" \
        2>"$folder/serve.log" 3>&- &
    serve_pid=$!
    local _
    for _ in {1..200}; do
        [ ! -s "$folder/address" ] || break
        kill -0 "$serve_pid" || { cat "$folder/serve.log"; return 1; }
        sleep 0.05
    done
    address=$(cat "$folder/address")
    [ -n "$address" ]
}

# Must end by itself and well when it is asked to.
stop_serving() {
    [ -n "$serve_pid" ] || return 0
    local pid=$serve_pid
    serve_pid=
    kill -TERM "$pid"
    wait "$pid"
}

# drive OPTIONS...: a run into $json and the store, which must succeed but for
# its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$folder/report.json
    rm -f "$folder/load.scope"
    local status=0
    timeout 60 "$SCOPE_BUILD/scope" drive tcp --quiet --format json \
        -o "$folder/load.scope" "$@" >"$json" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    scope store dump "$folder/load.scope" >"$folder/samples.csv"
}

# cell TABLE COLUMN: of the first row.
cell() {
    jq --arg id "$1" --arg key "$2" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[0][$key]' \
        "$json"
}

# The last value of a metric of the driver's, of one instance.
value() {
    awk -F, -v metric="$1" -v instance="${2:-}" '
        { gsub(/"/, "", $6) }
        $3 == "tcp" && $4 == metric && $6 == instance { last = $7 }
        END { print last + 0 }' "$folder/samples.csv"
}

errors() {
    awk -F, '$3 == "tcp" && $4 == "errors" { last[$6] = $7 }
        END { for (i in last) sum += last[i]; print sum + 0 }' \
        "$folder/samples.csv"
}

# certificate NAME FOLDER: ca.pem, cert.pem and key.pem for that name.
certificate() {
    command -v openssl >/dev/null || skip "openssl is not installed"
    scope help drive tcp | grep -q tls || skip "no TLS"
    mkdir -p "$2"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca \
        -keyout "$2/ca.key" -out "$2/ca.pem" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" \
        -keyout "$2/key.pem" -out "$2/cert.csr" 2>/dev/null
    printf 'subjectAltName=%s\n' "$3" >"$2/names"
    openssl x509 -req -in "$2/cert.csr" -CA "$2/ca.pem" -CAkey "$2/ca.key" \
        -CAcreateserial -days 2 -extfile "$2/names" -out "$2/cert.pem" \
        2>/dev/null
}

# incast SERVERS BYTES: the shape of netbench's files of that name.
incast() {
    jq -n --argjson n "$1" --argjson bytes "$2" '
        def part($do): [{profile: {trace_id: 0, operations: [
            {profile: {trace_id: 1, operations: [{($do[0]): {stream_id: 0, bytes: $bytes}}]}},
            {profile: {trace_id: 2, operations: [{($do[1]): {stream_id: 0, bytes: $bytes}}]}}]}},
            {send_finish: {stream_id: 0}}, {receive_finish: {stream_id: 0}}];
        {id: "incast", traces: ["lbl", "request", "response"],
         clients: [{scenario: [{scope: {threads: [range($n) |
             [{connect: {server_id: ., server_connection_id: 0, client_connection_id: 0}}]]}}],
             connections: [{ops: ([{open_bidirectional_stream: {stream_id: 0}}]
                 + part(["send", "receive"]))}]}],
         servers: [range($n) | {connections: [{peer_streams: [part(["receive", "send"])]}]}]}' \
        >"$folder/scenario.json"
}

# ping_streams STREAMS MS: netbench's ping on so many streams of a connection.
ping_streams() {
    jq -n --argjson n "$1" --argjson ms "$2" '
        def ping($id; $do): {iterate: {value: {time: {amount_ms: $ms}}, operations: [
            {profile: {trace_id: 0, operations: [
                {($do[0]): {stream_id: $id, bytes: 1000}},
                {($do[1]): {stream_id: $id, bytes: 1000}}]}}]}};
        def finish($id): {send_finish: {stream_id: $id}}, {receive_finish: {stream_id: $id}};
        {id: "ping", traces: ["ping 1KB"],
         clients: [{scenario: [{connect: {server_id: 0, server_connection_id: 0, client_connection_id: 0}}],
             connections: [{ops: [{scope: {threads: [range($n) |
                 [{open_bidirectional_stream: {stream_id: .}}, ping(.; ["send", "receive"]), finish(.)]]}}]}]}],
         servers: [{connections: [{peer_streams: [range($n) |
             [ping(.; ["receive", "send"]), finish(.)]]}]}]}' \
        >"$folder/scenario.json"
}

@test "ping-pong: every byte asked for came, and no other" {
    serve_tcp --answer respond --request-size 100 --response-size 3000 --threads 2
    drive --servers "$address" --request-size 100 --response-size 3000 \
        --connections 5 --threads 2 --duration 400ms
    [ "$(cell latency requests)" -gt 50 ]
    [ "$(errors)" -eq 0 ]
    local all=$(($(value requests) + $(value cut)))
    [ "$(value sent)" -eq $((all * 100)) ]
    [ "$(value received)" -ge $(($(value requests) * 3000)) ]
    [ "$(value received)" -le $((all * 3000)) ]
    [ "$(value connects)" -eq 5 ]
    [ "$(cell answers kind)" = '"ping"' ]
}

@test "ping-pong by a rate, against an echo" {
    serve_tcp
    drive --servers "$address" --request-size 64KiB --response-size 64KiB \
        --rate 200 --connections 4 --duration 500ms
    [ "$(value intended)" -eq 100 ]
    [ $(($(value requests) + $(value unsent) + $(value cut))) -eq 100 ]
    [ "$(errors)" -eq 0 ]
    [ "$(cell load intended_hertz)" -eq 200 ]
}

@test "connects: a connection for each request" {
    serve_tcp --threads 2
    local way
    for way in "" "--reset" "--request-size 0 --response-size 0 --reset"; do
        # shellcheck disable=SC2086 # words
        drive --servers "$address" --mode connect $way --connections 3 \
            --duration 300ms
        [ "$(value requests)" -gt 10 ]
        [ "$(errors)" -eq 0 ]
        [ "$(value connects)" -ge "$(value requests)" ]
        [ "$(value connects)" -le $(($(value requests) + 3)) ]
        [ "$(cell answers kind)" = '"connect"' ]
    done
}

@test "streams in each direction" {
    local run
    for run in "discard send 1 0" "source receive 0 1" "source both 1 1"; do
        # shellcheck disable=SC2086 # words
        set -- $run
        serve_tcp --answer "$1"
        drive --servers "$address" --mode stream --direction "$2" \
            --chunk 256KiB --connections 2 --duration 300ms
        [ "$(errors)" -eq 0 ]
        [ "$(value requests)" -gt 10 ]
        local bytes=$(($(value requests) * 262144))
        local most=$((bytes + 2 * 262144))
        [ "$(value sent)" -ge $((bytes * $3)) ]
        [ "$(value sent)" -le $((most * $3)) ]
        [ "$(value received)" -ge $((bytes * $4)) ]
        [ "$(value received)" -le $((most * $4)) ]
        stop_serving
    done
}

@test "over TLS, and a server that nobody vouches for" {
    certificate localhost "$folder/tls" "DNS:localhost,IP:127.0.0.1"
    serve_tcp --tls-cert "$folder/tls/cert.pem" --tls-key "$folder/tls/key.pem"
    drive --servers "$address" --tls --tls-ca "$folder/tls/ca.pem" \
        --request-size 20000 --response-size 20000 --duration 300ms
    [ "$(value requests)" -gt 10 ]
    [ "$(errors)" -eq 0 ]
    drive --servers "$address" --tls --tls-insecure --mode connect \
        --connections 2 --duration 300ms
    [ "$(value requests)" -gt 2 ]
    [ "$(errors)" -eq 0 ]
    drive --servers "$address" --tls --connections 2 --duration 200ms
    [ "$(value requests)" -eq 0 ]
    [ "$(value errors tls)" -ge 2 ]
    [ "$(value errors tls)" -eq "$(errors)" ]
    # Who speaks no TLS is no reason to stop.
    drive --servers "$address" --connections 2 --timeout 50ms --duration 300ms
    [ "$(value requests)" -eq 0 ]
    [ "$(errors)" -gt 0 ]
}

@test "incast: one client, several servers, to the byte" {
    incast 5 3000000
    serve_tcp --scenario "$folder/scenario.json"
    [ "$(tr , '\n' <"$folder/address" | sort -u | wc -l)" -eq 5 ]
    drive --scenario "$folder/scenario.json" --servers "$address" --duration 20s
    [ "$(value requests)" -eq 5 ]
    [ "$(errors)" -eq 0 ]
    [ "$(value connects)" -eq 5 ]
    [ "$(value sent)" -eq 15000000 ]
    [ "$(value received)" -eq 15000000 ]
    local trace
    for trace in lbl request response; do
        [ "$(value answers "$trace")" -eq 5 ]
    done
    # Parts of a request are in no sum.
    [ "$(cell latency requests)" -eq 5 ]
    stop_serving
    # Servers of their own, found by the environment as netbench's are.
    serve_tcp --scenario "$folder/scenario.json" --server 3 --threads 2
    local i
    for i in 0 1 2 3 4; do export "SERVER_$i=$address"; done
    drive --scenario "$folder/scenario.json" --repeat 3 --duration 20s
    [ "$(value requests)" -eq 15 ]
    [ "$(errors)" -eq 0 ]
    [ "$(value sent)" -eq 45000000 ]
}

@test "incast: a file of netbench's own, unchanged" {
    local file=$SCOPE_SOURCE/../shared/data/netbench/incast_2_1GB.json
    [ -e "$file" ] || skip "$file is not there"
    serve_tcp --scenario "$file"
    drive --scenario "$file" --servers "$address" --duration 50s
    [ "$(value requests)" -eq 2 ]
    [ "$(errors)" -eq 0 ]
    [ "$(value sent)" -eq 2000000000 ]
    [ "$(value received)" -eq 2000000000 ]
}

@test "streams of one connection, framed" {
    ping_streams 7 300
    serve_tcp --scenario "$folder/scenario.json"
    drive --scenario "$folder/scenario.json" --servers "$address" --duration 20s
    [ "$(errors)" -eq 0 ]
    [ "$(value connects)" -eq 1 ]
    [ "$(value answers "ping 1KB")" -ge 7 ]
    [ "$(value answers "ping 1KB")" -eq "$(value requests)" ]
    [ "$(value sent)" -ge $(($(value requests) * 1000)) ]
    fails_with 2 "scope drive: driver tcp: multiplex=no: a connection of the scenario has several streams" \
        "a bare connection carries one: multiplex=yes, on both sides" \
        drive tcp --scenario "$folder/scenario.json" --multiplex no \
        --servers "$address"
}

@test "a scenario over TLS, with the certificates that it brings" {
    certificate 0.incast.net "$folder/tls" "DNS:0.incast.net"
    incast 2 400000
    jq --rawfile ca "$folder/tls/ca.pem" --rawfile key "$folder/tls/key.pem" \
        --rawfile cert "$folder/tls/cert.pem" '
        .certificates = [{pem: $ca}, {pem: $key}, {pem: $cert}]
        | .clients[].certificate_authorities = [0]
        | .servers[] += {private_key: 1, certificate: 2, certificate_authority: 0}' \
        "$folder/scenario.json" >"$folder/own.json"
    serve_tcp --scenario "$folder/own.json" --tls
    local multiplex
    drive --scenario "$folder/own.json" --tls --servers "$address" --duration 20s
    [ "$(errors)" -eq 0 ]
    [ "$(value requests)" -eq 2 ]
    [ "$(value received)" -eq 800000 ]
    stop_serving
    # Frames within TLS.
    serve_tcp --scenario "$folder/own.json" --tls --multiplex yes
    drive --scenario "$folder/own.json" --tls --multiplex yes \
        --servers "$address" --duration 20s
    [ "$(errors)" -eq 0 ]
    [ "$(value received)" -eq 800000 ]
    fails_with 2 "scope serve: tcp: server 0 of the scenario: the scenario brings no certificate in PEM" \
        "give files: tls-cert and tls-key to a server, tls-ca or tls-insecure to a client" \
        serve tcp --scenario "$folder/scenario.json" --tls
}

@test "a client that sends garbage, halves, or resets is survived" {
    incast 1 100000
    local multiplex
    for multiplex in no yes; do
        serve_tcp --scenario "$folder/scenario.json" --multiplex "$multiplex"
        local port=${address##*:} i
        for i in 1 2 3 4 5; do
            # Nothing; half of the name; no such connection; not a frame; a
            # part of what was to come; and one that reads nothing.
            exec 9<>"/dev/tcp/127.0.0.1/$port"; exec 9>&-
            exec 9<>"/dev/tcp/127.0.0.1/$port"; printf '\0\0\0' >&9; exec 9>&-
            exec 9<>"/dev/tcp/127.0.0.1/$port"
            printf '\0\0\0\0\0\0\0\7' >&9; exec 9>&-
            exec 9<>"/dev/tcp/127.0.0.1/$port"
            printf '\0\0\0\0\0\0\0\0garbage that is no frame' >&9; exec 9>&-
            exec 9<>"/dev/tcp/127.0.0.1/$port"
            head -c 100008 /dev/zero >&9 || true; exec 9>&-
        done
        drive --scenario "$folder/scenario.json" --servers "$address" \
            --multiplex "$multiplex" --duration 20s
        [ "$(errors)" -eq 0 ]
        [ "$(value received)" -eq 100000 ]
        stop_serving
    done
}

@test "a client that says nothing is not waited for" {
    incast 1 1000
    serve_tcp --scenario "$folder/scenario.json" --start-timeout 100ms
    exec 9<>"/dev/tcp/127.0.0.1/${address##*:}"
    run timeout 20 cat <&9
    exec 9>&-
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a server that misbehaves is named" {
    # More than was asked for.
    serve_tcp --answer respond --response-size 2
    drive --servers "$address" --connections 2 --duration 200ms
    [ "$(value requests)" -eq 0 ]
    [ "$(value errors malformed)" -ge 2 ]
    [ "$(value errors malformed)" -eq "$(errors)" ]
    stop_serving
    # Nothing at all.
    serve_tcp --answer discard
    drive --servers "$address" --connections 2 --timeout 50ms --duration 400ms
    [ "$(value requests)" -eq 0 ]
    [ "$(value errors timeout)" -ge 2 ]
    stop_serving
    # Nobody.
    drive --servers "$address" --connections 2 --duration 200ms
    [ "$(value errors refused)" -ge 2 ]
    [ "$(value errors refused)" -eq "$(errors)" ]
}

@test "a server that plays another part is named" {
    incast 1 100000
    cp "$folder/scenario.json" "$folder/mine.json"
    jq '(.. | objects | select(has("send")) | .send.bytes) |= 500 |
        (.. | objects | select(has("receive")) | .receive.bytes) |= 500' \
        "$folder/mine.json" >"$folder/less.json"
    serve_tcp --scenario "$folder/less.json"
    drive --scenario "$folder/mine.json" --servers "$address" --duration 20s
    [ "$(value requests)" -eq 0 ]
    [ "$(errors)" -eq 1 ]
    [ $(($(value errors cut-off) + $(value errors reset))) -eq 1 ]
    stop_serving
    # Nobody there: each connection is refused, and the scenario goes on.
    drive --scenario "$folder/mine.json" --servers "$address" --duration 20s
    [ "$(value errors refused)" -eq 1 ]
    [ "$(errors)" -eq 1 ]
    # Frames, and a peer that does not speak them.
    serve_tcp --answer echo
    drive --scenario "$folder/mine.json" --servers "$address" --multiplex yes \
        --duration 20s
    [ "$(value requests)" -eq 0 ]
    [ "$(errors)" -eq 1 ]
}

@test "a server that dies in the middle is counted, not followed" {
    serve_tcp
    (sleep 0.3; kill -KILL "$serve_pid") 3>&- &
    drive --servers "$address" --connections 5 --duration 800ms
    wait "$serve_pid" || true
    serve_pid=
    [ "$(value requests)" -gt 0 ]
    [ "$(errors)" -ge 5 ]
}

@test "more connections than there are files" {
    : >"$folder/address"
    (
        ulimit -n 60
        exec "$SCOPE_BUILD/scope" serve tcp
    ) >"$folder/address" 3>&- &
    serve_pid=$!
    local _
    for _ in {1..200}; do
        [ ! -s "$folder/address" ] || break
        sleep 0.05
    done
    address=$(cat "$folder/address")
    drive --servers "$address" --connections 200 --timeout 300ms \
        --duration 700ms
    [ "$(value requests)" -gt 0 ]
    # They all leave, and there is room again.
    drive --servers "$address" --connections 5 --duration 300ms
    [ "$(errors)" -eq 0 ]
    [ "$(value requests)" -gt 5 ]
}

@test "what cannot be played is refused before it starts" {
    incast 2 10
    fails_with 2 "scope drive: driver tcp: the scenario has 2 servers, and server 1's address is not known" \
        "servers=ADDRESS:PORT,... or SERVER_1 in the environment" \
        drive tcp --scenario "$folder/scenario.json" --servers 127.0.0.1:9
    fails_with 2 "scope drive: driver tcp: rate: a scenario says itself what is sent when" "" \
        drive tcp --scenario "$folder/scenario.json" --rate 10
    fails_with 2 "scope drive: driver tcp: client: the scenario $folder/scenario.json has 1, numbered from 0" "" \
        drive tcp --scenario "$folder/scenario.json" --client 1
    fails_with 2 "scope serve: tcp: server: 2 is neither all nor one of 0 to 1" "" \
        serve tcp --scenario "$folder/scenario.json" --server 2
    fails_with 2 "scope drive: driver tcp: server 127.0.0.1: the port is missing" \
        "it looks like 127.0.0.1:4433 or [::1]:4433" \
        drive tcp --servers 127.0.0.1
    jq '.routers = [{scenario: []}] | (.. | objects | select(has("connect")) | .connect.router_id) |= 0' \
        "$folder/scenario.json" >"$folder/routed.json"
    fails_with 2 "scope drive: driver tcp: scenario $folder/routed.json: clients connect through routers, which scope does not have" "" \
        drive tcp --scenario "$folder/routed.json"
    jq '.clients[0].connections[0].ops[1].profile.operations[0] = {wait: {}}' \
        "$folder/scenario.json" >"$folder/bad.json"
    fails_with 2 "scope drive: driver tcp: scenario $folder/bad.json: clients[0].connections[0].ops[1].profile.operations[0]: unknown operation \"wait\"" "" \
        drive tcp --scenario "$folder/bad.json"
}
