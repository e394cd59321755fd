#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope serve http: with the clients that people have, and with those that
# nobody wants (hostile.py).
load scope.bash
load serve.bash

teardown() {
    stop_serve
}

# The clients' certificate, and the server's own, for a day.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$BATS_TEST_TMPDIR/key.pem" -out "$BATS_TEST_TMPDIR/cert.pem" \
        -days 1 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
}

needs() {
    local program
    for program; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# fetch WORDS CURL-ARGUMENT...: status, version and size, as curl saw them.
fetch() {
    local wanted=$1 got
    shift
    got=$(curl -sg -m 20 -o "$BATS_TEST_TMPDIR/body" \
        -w '%{http_code} %{http_version} %{size_download}' "$@") || true
    if [ "$got" != "$wanted" ]; then
        echo "$*: $got instead of $wanted"
        return 1
    fi
}

has_http2() {
    ! grep -q '"HTTP/2 in backends"' "$SCOPE_BUILD/config.h"
}

# A client that misbehaves as the function of hostile.py says.
hostile() {
    python3 "$SCOPE_SOURCE/tests/cli/hostile.py" "$1" "$served" "$serve_pid"
}

@test "curl gets what it asks for, in HTTP/1.1 and HTTP/2" {
    needs curl
    start_serve http --size 100 --threads 2
    fetch "200 1.1 100" "http://$served/"
    fetch "200 1.1 7" --http1.0 "http://$served/size/7"
    fetch "503 1.1 5" "http://$served/status/503/size/5"
    fetch "204 1.1 0" "http://$served/status/204"
    fetch "200 1.1 3000000" "http://$served/size/3MB"
    fetch "418 1.1 9" -H "x-scope-status: 418" -H "x-scope-size: 9" \
        "http://$served/"
    fetch "200 1.1 5" -d hello -H "X-A: b" -D "$BATS_TEST_TMPDIR/head" \
        "http://$served/echo"
    [ "$(cat "$BATS_TEST_TMPDIR/body")" = hello ]
    grep -q $'^x-echo-x-a: b\r$' "$BATS_TEST_TMPDIR/head"
    grep -q $'^x-echo-method: POST\r$' "$BATS_TEST_TMPDIR/head"
    fetch "501 1.1 29" -X BREW "http://$served/"
    has_http2 || return 0
    fetch "200 2 100" --http2-prior-knowledge "http://$served/"
    fetch "503 2 5" --http2-prior-knowledge "http://$served/status/503/size/5"
    fetch "200 2 3000000" --http2-prior-knowledge "http://$served/size/3MB"
    head -c 200000 /dev/urandom >"$BATS_TEST_TMPDIR/much"
    fetch "200 2 200000" --http2-prior-knowledge \
        --data-binary "@$BATS_TEST_TMPDIR/much" "http://$served/echo"
    cmp "$BATS_TEST_TMPDIR/body" "$BATS_TEST_TMPDIR/much"
}

@test "over TLS, by what ALPN agrees on" {
    needs curl openssl
    ! grep -q '"TLS in drivers and backends"' "$SCOPE_BUILD/config.h" ||
        skip "built without TLS"
    make_certificate
    local files=(--tls-cert "$BATS_TEST_TMPDIR/cert.pem"
        --tls-key "$BATS_TEST_TMPDIR/key.pem")
    start_serve http "${files[@]}"
    local trust=(--cacert "$BATS_TEST_TMPDIR/cert.pem")
    fetch "200 1.1 3000000" --http1.1 "${trust[@]}" "https://$served/size/3MB"
    if has_http2; then
        fetch "200 2 3000000" "${trust[@]}" "https://$served/size/3MB"
        echo | openssl s_client -connect "$served" -alpn h2 2>/dev/null |
            grep -q 'ALPN protocol: h2'
    fi
    echo | openssl s_client -connect "$served" -alpn http/1.1 2>/dev/null |
        grep -q 'ALPN protocol: http/1.1'
    run openssl s_client -connect "$served" -alpn smtp <<<""
    [[ "$output" == *"no application protocol"* ]]
    run openssl s_client -connect "$served" -tls1_1 <<<""
    [ "$status" -ne 0 ]
    # Plain bytes to a port that speaks TLS.
    fetch "000 0 0" "http://$served/"
    stop_serve
    # Only for those who show a certificate.
    start_serve http "${files[@]}" --tls-client-ca "$BATS_TEST_TMPDIR/cert.pem"
    fetch "000 0 0" --http1.1 "${trust[@]}" "https://$served/"
    fetch "200 1.1 128" --http1.1 "${trust[@]}" \
        --cert "$BATS_TEST_TMPDIR/cert.pem" \
        --key "$BATS_TEST_TMPDIR/key.pem" "https://$served/"
}

@test "load generators get every answer" {
    start_serve http --threads 2
    if command -v ab >/dev/null; then
        run ab -q -n 2000 -c 20 "http://$served/"
        [[ "$output" == *"Complete requests:      2000"* ]]
        [[ "$output" == *"Failed requests:        0"* ]]
        run ab -q -k -n 2000 -c 20 "http://$served/size/1000"
        [[ "$output" == *"Failed requests:        0"* ]]
        [[ "$output" == *"Keep-Alive requests:    2000"* ]]
    fi
    if command -v hey >/dev/null; then
        run hey -n 1000 -c 10 "http://$served/"
        [[ "$output" == *"[200]"*"1000 responses"* ]]
    fi
    command -v h2load >/dev/null || return 0
    run h2load --h1 -n 2000 -c 10 "http://$served/"
    [[ "$output" == *"2000 succeeded, 0 failed"* ]]
    has_http2 || return 0
    run h2load -n 2000 -c 10 -m 30 "http://$served/"
    [[ "$output" == *"2000 succeeded, 0 failed"* ]]
    run h2load -n 100 -c 4 -m 10 "http://$served/size/1MiB"
    [[ "$output" == *"100 succeeded, 0 failed"* ]]
    run h2load -n 500 -c 4 -m 50 "http://$served/delay/exponential:2ms"
    [[ "$output" == *"500 succeeded, 0 failed"* ]]
    if command -v nghttp >/dev/null; then
        run nghttp -nv "http://$served/size/100"
        [[ "$output" == *"DATA frame <length=100"* ]]
    fi
}

@test "arrivals are what the driver sent" {
    needs curl jq
    start_serve http --threads 2
    local status=0
    scope drive http --quiet --format json --url "http://$served/" --rate 500 \
        --connections 10 --duration 1s >"$BATS_TEST_TMPDIR/json" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    sent=$(jq '.items[] | select(.id == "latency") | .rows[0].requests' \
        "$BATS_TEST_TMPDIR/json")
    [ "$sent" -gt 0 ]
    arrivals() {
        curl -s "http://$served/scope/arrivals" | jq -r "$1"
    }
    [ "$(arrivals .count)" -eq "$sent" ]
    [ "$(arrivals .gap_ns.count)" -eq $((sent - 1)) ]
    [ "$(arrivals '.seconds > 0.5 and .rate_hertz > 100')" = true ]
    [ "$(arrivals '.per_1ms.bins > 500 and .per_1ms.dispersion >= 0')" = true ]
    fetch "405 1.1 34" "http://$served/scope/arrivals/reset"
    fetch "204 1.1 0" -X POST "http://$served/scope/arrivals/reset"
    [ "$(arrivals .count)" -eq 0 ]
    stop_serve
    start_serve http --arrivals 0
    fetch "404 1.1 69" "http://$served/scope/arrivals"
}

@test "delays are kept, and grow with what waits" {
    needs curl python3
    start_serve http --delay 50ms --delay-growth 100ms
    # Ten at once wait 50 ms, 150 ms, ... 950 ms.
    cat >"$BATS_TEST_TMPDIR/ten.py" <<'PY'
import socket, sys, threading, time
host, port = sys.argv[1].rsplit(":", 1)
peers = [socket.create_connection((host, int(port))) for _ in range(10)]
begun = time.monotonic()
for s in peers:
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
took = []
for s in peers:
    s.recv(65536)
    took.append(time.monotonic() - begun)
took.sort()
for i, seconds in enumerate(took):
    assert seconds >= 0.05 + 0.1 * i - 0.02, took
PY
    python3 "$BATS_TEST_TMPDIR/ten.py" "$served"
}

@test "requests that must be refused, and those that must not" {
    needs python3
    start_serve http
    hostile refused
    hostile taken
    hostile pipelined
    hostile bodies
    hostile expectations
    hostile half_closed
}

@test "peers that are slow or deaf do not last" {
    needs python3
    start_serve http --request-timeout 300ms --idle-timeout 600ms
    if has_http2; then
        hostile deadlines
    fi
    hostile deaf
}

@test "more connections than anybody needs" {
    needs python3
    start_serve http --threads 2
    hostile crowd
    stop_serve
    start_serve http --max-connections 5
    hostile limited
}

@test "without files for more connections, others wait and nothing spins" {
    needs python3
    # The limit is the server's alone.
    few_files() { ulimit -n 64; exec "$SCOPE_BUILD/scope" "$@"; }
    start_serve_as few_files http
    hostile exhausted
}

@test "HTTP/2 as it must not be spoken" {
    needs python3
    has_http2 || skip "built without HTTP/2"
    start_serve http
    hostile http2_violations
    hostile http2_floods
    stop_serve
    start_serve http --body-max 100KiB
    hostile http2_limits
}

@test "faults on demand, and only then" {
    needs python3 curl
    start_serve http
    fetch "403 1.1 64" "http://$served/reset"
    stop_serve
    start_serve http --faults
    hostile faults
}

@test "a stop leaves nothing" {
    needs python3
    local _
    start_serve http --threads 3
    python3 "$SCOPE_SOURCE/tests/cli/hostile.py" hold "$served" \
        >"$BATS_TEST_TMPDIR/hold" 3>&- &
    local holder=$!
    for _ in {1..100}; do
        [ ! -s "$BATS_TEST_TMPDIR/hold" ] || break
        sleep 0.05
    done
    grep -q holding "$BATS_TEST_TMPDIR/hold"
    local before=$SECONDS address=$served
    stop_serve
    [ $((SECONDS - before)) -lt 5 ]
    wait "$holder"
    run ! bash -c ": <'/dev/tcp/${address%:*}/${address##*:}'"
    # The port can be had again at once.
    start_serve http --threads 3 --listen "$address"
    [ "$served" = "$address" ]
}

@test "a port is one server's, however many threads it has" {
    start_serve http --threads 4
    for threads in 1 4; do
        fails_with 1 "scope serve: listen to $served: Address already in use" \
            "port 0 finds a free one" \
            serve http --listen "$served" --threads $threads
    done
    stop_serve
    start_serve http --listen '[::1]:0' --threads 2
    [[ "$served" == "[::1]:"[1-9]* ]]
}

@test "what cannot be served is refused before it starts" {
    hint="it looks like 127.0.0.1:8080, [::1]:0 or *:80"
    fails_with 2 "scope serve: listen to 127.0.0.1: the port is missing" \
        "$hint" serve http --listen 127.0.0.1
    fails_with 2 "scope serve: listen to ::1:80: an IPv6 address needs brackets" \
        "$hint" serve http --listen ::1:80
    fails_with 2 "scope serve: http: tls-key without tls-cert" "" \
        serve http --tls-key /dev/null
    fails_with 2 "scope serve: http: delay gauss:1ms: 'gauss' is no distribution" \
        "it looks like 5ms, uniform:FROM:TO, exponential:MEAN, normal:MEAN:DEVIATION, lognormal:MEDIAN:SIGMA, pareto:LEAST:EXPONENT" \
        serve http --delay gauss:1ms
}
