#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the driver http can ask for and check, against a real nginx that logs
# every request it gets.
load scope.bash
load haproxy.bash
load nginx.bash

setup() {
    start_nginx "$BATS_TEST_TMPDIR/nginx" tls
}

teardown() {
    stop_haproxy
    stop_nginx
}

# drive ARG...: a load whose answers are counted, not timed: any machine may be
# too busy for its rate (status 4). The JSON is in $result.
drive() {
    run --separate-stderr scope drive http --format json "$@"
    # shellcheck disable=SC2154
    if [ "$status" -ne 0 ] && [ "$status" -ne 4 ]; then
        echo "status $status: $stderr"
        return 1
    fi
    result=$output
}

# outcome NAME KIND: how many answers or errors of that kind.
outcome() {
    jq "[.items[] | select(.id == \"answers\") | .rows[]
         | select(.outcome == \"$1\" and .kind == \"$2\") | .count] | add // 0" \
        <<<"$result"
}

logged() { grep -c "$1" "$nginx_log"; }

@test "requests are counted, and then it ends" {
    drive --url "$nginx_url/" --requests 137 --connections 5 --threads 3
    [ "$(outcome answer 2xx)" -eq 137 ]
    drive --url "$nginx_url/two" --requests 50 --rate 2000 --connections 4
    [ "$(outcome answer 2xx)" -eq 50 ]
    stop_nginx
    [ "$(logged 'GET / ')" -eq 137 ]
    [ "$(logged 'GET /two ')" -eq 50 ]
}

@test "several URLs are mixed exactly by their weights" {
    drive --url "5*$nginx_url/a" --url "3*$nginx_url/b" --url "2*$nginx_url/c" \
        --requests 200 --connections 4
    stop_nginx
    [ "$(logged 'GET /a ')" -eq 100 ]
    [ "$(logged 'GET /b ')" -eq 60 ]
    [ "$(logged 'GET /c ')" -eq 40 ]
    # and not one after the other
    [ "$(head -20 "$nginx_log" | cut -d' ' -f2 | sort -u | wc -l)" -eq 3 ]
}

@test "a recording is replayed, each request once, bodies as it says" {
    cat >"$BATS_TEST_TMPDIR/recording" <<'END'
# seconds method path body
10.00 GET /first
10.05 POST /second 77

10.05 HEAD /third
10.10 PUT /fourth 5
END
    drive --url "$nginx_url" --replay "$BATS_TEST_TMPDIR/recording" \
        --connections 2 --threads 2 --body-fill random
    [ "$(outcome answer 2xx)" -eq 4 ]
    [[ $stderr != *"10.0 s"* ]]
    drive --url "$nginx_url" --replay "$BATS_TEST_TMPDIR/recording" \
        --replay-speed 0 --requests 8
    stop_nginx
    [ "$(logged 'GET /first 200')" -eq 3 ]
    [ "$(logged 'POST /second 200 "-" "77"')" -eq 3 ]
    [ "$(logged 'HEAD /third 200')" -eq 3 ]
    [ "$(logged 'PUT /fourth 200 "-" "5"')" -eq 3 ]
}

@test "a recording that is none is refused at its line" {
    local file=$BATS_TEST_TMPDIR/recording
    refused() {
        printf '%s\n' "$1" >"$file"
        fails_with 2 "scope drive: driver http: $file:$2: $3" \
            "${4-a line is SECONDS METHOD PATH [BODY-SIZE]: 0.25 GET /index.html}" \
            drive http --url "$nginx_url" --replay "$file"
    }
    refused '1 GET' 1 'it has 2 fields'
    refused '1 GET / 5 6' 1 'it has 5 fields'
    refused $'0 GET /\nx GET /' 2 'x is not a time in seconds'
    refused $'1 GET /\n0 GET /' 2 'its time is before that of the line above'
    refused '0 GET http://x/' 1 'http://x/ is not a path'
    refused '0 GET / -1' 1 '-1 is not a size of a body'
    refused '0 G(T /' 1 'method: G(T is not a method that can be sent' ''
    : >"$file"
    fails_with 2 "scope drive: driver http: replay: $file holds no request" "" \
        drive http --url "$nginx_url" --replay "$file"
    fails_with 2 "scope drive: driver http: replay: open $file.not: No such file or directory" \
        "" drive http --url "$nginx_url" --replay "$file.not"
}

@test "bodies come from a file, of a size, or at random" {
    printf '%0999d' 0 >"$BATS_TEST_TMPDIR/body"
    drive --url "$nginx_url/file" --method POST --requests 3 \
        --body-file "$BATS_TEST_TMPDIR/body"
    drive --url "$nginx_url/size" --method PUT --requests 3 --body-size 100KiB \
        --body-fill random
    stop_nginx
    [ "$(logged 'POST /file 200 "-" "999"')" -eq 3 ]
    [ "$(logged 'PUT /size 200 "-" "102400"')" -eq 3 ]
}

@test "answers that are not as expected are errors, and named" {
    drive --url "$nginx_url/" --requests 20 --expect-status 2xx \
        --expect-length 6 --expect-header 'content-type: text/plain' \
        --expect-sha256 "$(printf answer | sha256sum | cut -d' ' -f1)"
    [ "$(outcome answer 2xx)" -eq 20 ]
    local wrong
    for wrong in "--expect-status 404" "--expect-length 7" "--expect-header X-None" \
        "--expect-header Server:apache" \
        "--expect-sha256 $(printf other | sha256sum | cut -d' ' -f1)"; do
        # shellcheck disable=SC2086 # two words
        drive --url "$nginx_url/" --requests 20 $wrong
        [ "$(outcome answer 2xx)" -eq 0 ]
        [ "$(outcome error invalid)" -eq 20 ]
    done
    jq -r '.items[] | select(.id == "answers") | .rows[].first' <<<"$result" |
        grep -qx 'a body with another SHA-256'
    drive --url "1*$nginx_url/" --url "1*$nginx_url/gone" --requests 20 \
        --expect-status 200,302
    [ "$(outcome answer 2xx)" -eq 10 ]
    [ "$(outcome error invalid)" -eq 10 ]
}

@test "expectations that cannot be met are refused" {
    fails_with 2 "scope drive: driver http: expect-status: 20x is not a status" \
        "write 200, or 2xx for all of a class" \
        drive http --url "$nginx_url" --expect-status 20x
    fails_with 2 "scope drive: driver http: expect-sha256: abc is not 64 hexadecimal digits" \
        "" drive http --url "$nginx_url" --expect-sha256 abc
}

@test "a connection can serve one request, or a few" {
    drive --url "$nginx_url/" --requests 30 --connections 3 \
        --requests-per-connection 1
    [ "$(outcome answer 2xx)" -eq 30 ]
    drive --url "$nginx_url/open" --requests 30 --connections 3 --rate 500 \
        --requests-per-connection 1
    [ "$(outcome answer 2xx)" -eq 30 ]
    drive --url "$nginx_url/few" --requests 30 --connections 2 \
        --requests-per-connection 4
    [ "$(outcome answer 2xx)" -eq 30 ]
    stop_nginx
    [ "$(logged 'GET / .* 1$')" -eq 30 ]
    [ "$(logged 'GET /open .* 1$')" -eq 30 ]
    # 15 on each connection: 4, 4, 4, 3
    [ "$(logged 'GET /few .* 1$')" -ge 8 ]
    [ "$(logged 'GET /few .* 4$')" -ge 6 ]
    [ "$(logged 'GET /few .* 5$')" -eq 0 ]
}

@test "TLS is spoken, checked, and shown certificates" {
    drive --url "$nginx_tls_url/" --tls-ca "$nginx_ca" --requests 20 \
        --connections 2 --expect-length 6
    [ "$(outcome answer 2xx)" -eq 20 ]
    drive --url "$nginx_tls_url/private" --tls-ca "$nginx_ca" --requests 5
    [ "$(outcome answer 4xx)" -eq 5 ]
    drive --url "$nginx_tls_url/private" --tls-ca "$nginx_ca" --requests 5 \
        --tls-cert "$nginx_folder/client.pem" --tls-key "$nginx_folder/client.key"
    [ "$(outcome answer 2xx)" -eq 5 ]
    drive --url "$nginx_tls_url/" --tls-insecure --requests 5 \
        --requests-per-connection 1 --rate 100
    [ "$(outcome answer 2xx)" -eq 5 ]
    drive --url "${nginx_tls_url/localhost/127.0.0.1}/" --tls-name localhost \
        --tls-ca "$nginx_ca" --requests 5
    [ "$(outcome answer 2xx)" -eq 5 ]
}

@test "a server that cannot be trusted is not loaded" {
    local what
    for what in "--tls-ca $nginx_folder/client.pem" "" \
        "--tls-ca $nginx_ca --tls-name elsewhere"; do
        # shellcheck disable=SC2086 # words
        drive --url "$nginx_tls_url/" --duration 200ms $what
        [ "$(outcome answer 2xx)" -eq 0 ]
        [ "$(outcome error tls)" -ge 1 ]
    done
    jq -r '.items[] | select(.id == "answers") | .rows[].first' <<<"$result" |
        grep -q 'connect: .*certificate'
    # plain HTTP where TLS is spoken, and TLS where it is not
    drive --url "${nginx_url/http:/https:}" --duration 200ms
    [ "$(outcome error tls)" -ge 1 ]
    stop_nginx
    [ "$(grep -c 200 "$nginx_log")" -eq 0 ]
}

@test "TLS sessions are resumed where asked" {
    drive --url "$nginx_tls_url/session" --tls-ca "$nginx_ca" --requests 10 \
        --connections 1 --requests-per-connection 1 --tls-resume \
        --expect-length 1
    # nginx says r for a session that was resumed, and . for another
    drive --url "$nginx_tls_url/session" --tls-ca "$nginx_ca" --requests 10 \
        --connections 1 --requests-per-connection 1 --tls-resume \
        --expect-sha256 "$(printf r | sha256sum | cut -d' ' -f1)"
    [ "$(outcome answer 2xx)" -ge 9 ]
    drive --url "$nginx_tls_url/session" --tls-ca "$nginx_ca" --requests 10 \
        --connections 1 --requests-per-connection 1 \
        --expect-sha256 "$(printf r | sha256sum | cut -d' ' -f1)"
    [ "$(outcome answer 2xx)" -eq 0 ]
    [ "$(outcome error invalid)" -eq 10 ]
}

@test "arrivals of every kind send what they intend" {
    local arrivals
    for arrivals in constant poisson burst ramp; do
        drive --url "$nginx_url/$arrivals" --rate 400 --arrivals $arrivals \
            --duration 500ms --connections 20 --threads 2 --seed 3 --slack 2ms
    done
    stop_nginx
    [ "$(logged 'GET /constant ')" -ge 190 ]
    [ "$(logged 'GET /burst ')" -ge 190 ]
    [ "$(logged 'GET /burst ')" -le 210 ]
    # half of it, as the rate rises from 0
    [ "$(logged 'GET /ramp ')" -ge 90 ]
    [ "$(logged 'GET /ramp ')" -le 101 ]
    # 200 expected; 8 standard deviations
    [ "$(logged 'GET /poisson ')" -ge 87 ]
    [ "$(logged 'GET /poisson ')" -le 313 ]
}

@test "what finds no room is dropped and counted, where asked" {
    # nginx sends a byte a second of /limited
    drive --url "$nginx_url/limited" --rate 100 --duration 1s --connections 2 \
        --overflow drop
    load=$(jq '.items[] | select(.id == "load") | .rows[0]' <<<"$result")
    stop_nginx
    sent=$(logged 'GET /limited ')
    [ "$sent" -lt 20 ]
    [ "$(jq '.unsent' <<<"$load")" -ge $((100 - sent - 2)) ]
}

@test "through HAProxy, each request reaches nginx once" {
    start_haproxy "$BATS_TEST_TMPDIR/haproxy" http "$nginx_url"
    drive --url "http://$haproxy_address/through" --requests 300 --connections 8
    [ "$(outcome answer 2xx)" -eq 300 ]
    drive --url "http://$haproxy_address/rate" --requests 200 --rate 1000 \
        --connections 8 --method POST --body-size 3000
    [ "$(outcome answer 2xx)" -eq 200 ]
    stop_nginx
    drive --url "http://$haproxy_address/gone" --requests 3
    [ "$(outcome answer 5xx)" -eq 3 ]
    [ "$(logged 'GET /through 200')" -eq 300 ]
    [ "$(logged 'POST /rate 200 "-" "3000"')" -eq 200 ]
}

@test "ten thousand connections are made, used and counted" {
    [ "$(ulimit -Hn)" -ge 12000 ] || skip "it needs 12000 open files, $(ulimit -Hn) are allowed"
    drive --url "$nginx_url/many" --connections 10000 --rate 4000 --duration 5s \
        --threads 2 --timeout 10s --connect-timeout 10s
    local answers errors
    answers=$(outcome answer 2xx)
    errors=$(jq '[.items[] | select(.id == "answers") | .rows[]
                  | select(.outcome == "error") | .count] | add // 0' <<<"$result")
    echo "$answers answers, $errors errors: $stderr"
    [ "$errors" -eq 0 ]
    stop_nginx
    # each connection carries a request before any carries a second; on a busy
    # machine a few are not there in time
    [ "$(logged 'GET /many .* 1$')" -ge 9900 ]
    # what the end cut off may be logged, too
    [ "$(logged 'GET /many ')" -ge "$answers" ]
}

@test "options that contradict each other are refused" {
    fails_with 2 "scope drive: driver http: arrivals=poisson needs a rate" \
        "give rate=1000, say" drive http --url "$nginx_url" --arrivals poisson
    fails_with 2 "scope drive: driver http: max-outstanding=2 is less than the 4 threads" \
        "each thread must be able to have one out" \
        drive http --url "$nginx_url" --threads 4 --max-outstanding 2
    fails_with 2 "scope drive: driver http: url: http://127.0.0.1:1/ is of another server than $nginx_url/" \
        "load each server with a scope drive of its own" \
        drive http --url "$nginx_url/" --url http://127.0.0.1:1/
    fails_with 2 "scope drive: driver http: url: the weight of 0*$nginx_url is not from 1 to 1000000" \
        "" drive http --url "0*$nginx_url"
}
