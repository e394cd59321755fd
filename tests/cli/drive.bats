#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive http against a real nginx: what scope says it did is what nginx
# logged, request for request.
load scope.bash
load nginx.bash

setup() {
    command -v nginx >/dev/null || skip "nginx is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
    start_nginx "$BATS_TEST_TMPDIR/nginx"
}

teardown() {
    stop_nginx
}

# drive OPTIONS...: one run with JSON output into $json, which must succeed but
# for its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$BATS_TEST_TMPDIR/report.json
    local status=0
    scope drive http --quiet --format json "$@" >"$json" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

# cell TABLE COLUMN: of the first row.
cell() {
    jq --arg id "$1" --arg key "$2" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[0][$key]' \
        "$json"
}

@test "a closed loop: nginx logged every request" {
    drive --url "$nginx_url/" --connections 7 --threads 2 --duration 500ms
    stop_nginx
    [ "$(cell latency requests)" -gt 700 ]
    [ "$(cell latency requests)" -eq "$(wc -l <"$nginx_log")" ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(cell load not_2xx)" -eq 0 ]
    # More than 100 a connection: it was closed and opened again on the way.
    [ "$(sed 's/ [0-9]*$//' "$nginx_log" | sort -u)" = "GET / 200 \"-\" \"-\" \"${nginx_url#http://}\"" ]
}

@test "an open loop: every request intended was sent, and logged" {
    drive --url "$nginx_url/" --rate 1000 --connections 10 --threads 2 \
        --duration 1s
    stop_nginx
    [ "$(cell load intended_hertz)" -eq 1000 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(cell latency requests)" -eq "$(wc -l <"$nginx_log")" ]
    [ $(($(cell latency requests) + $(cell load unsent))) -eq 1000 ]
}

@test "method, headers and body arrive" {
    drive --url "$nginx_url/a?b=c" --method POST --header "X-Probe: a, b" \
        --header "Host: other" --body-size 1000 --rate 100 --duration 200ms
    stop_nginx
    [ "$(cell latency requests)" -eq "$(wc -l <"$nginx_log")" ]
    [ "$(sed 's/ [0-9]*$//' "$nginx_log" | sort -u)" = 'POST /a?b=c 200 "a, b" "1000" "other"' ]
}

@test "answers without a body, and of every status" {
    local run
    for run in "HEAD / 200" "GET /gone 410" "GET /moved 302" "GET /none 204"; do
        # shellcheck disable=SC2086 # three words
        set -- $run
        : >"$nginx_log"
        drive --url "$nginx_url$2" --method "$1" --connections 3 \
            --duration 200ms
        [ "$(cell latency requests)" -gt 0 ]
        [ "$(cell load errors)" -eq 0 ]
        [ "$(cut -d' ' -f1-3 "$nginx_log" | sort -u)" = "$run" ]
        [ "$(cell answers kind)" = "\"${3:0:1}xx\"" ]
        [ "$(cell answers count)" -eq "$(cell latency requests)" ]
    done
}

@test "a server that is not there makes the load invalid, not absent" {
    stop_nginx
    run --separate-stderr scope drive http --url "$nginx_url/" --rate 100 \
        --duration 300ms
    [ "$status" -eq 4 ]
    # shellcheck disable=SC2154
    [[ $stderr == *"0 requests answered"* ]]
    [[ $output == *"refused"*"connect: Connection refused"* ]]
}

@test "what cannot be a load is refused before it starts" {
    fails_with 2 "scope drive: driver http: URL ftp://h/: it does not begin with http:// or https://" \
        "it looks like http://HOST:PORT/PATH" drive http --url ftp://h/
    fails_with 2 "scope drive: driver http: header: none is not of the form Name: value" \
        "" drive http --url http://127.0.0.1/ --header none
}
