#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The backend oco and the driver oco, against each other and against others.
load scope.bash

setup() {
    command -v curl >/dev/null || skip "curl is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
    command -v python3 >/dev/null || skip "python3 is not installed"
}

teardown() {
    stop_backend
}

# serve NAME OPTIONS...: starts a backend; $address is where it answers.
serve() {
    local said=$BATS_TEST_TMPDIR/address _
    : >"$said"
    "$SCOPE_BUILD/scope" serve "$@" >"$said" 2>"$BATS_TEST_TMPDIR/backend.log" 3>&- &
    backend=$!
    for _ in {1..200}; do
        address=$(cat "$said")
        [ -z "$address" ] || return 0
        kill -0 "$backend" 2>/dev/null || break
        sleep 0.05
    done
    echo "the backend did not start: $(cat "$BATS_TEST_TMPDIR/backend.log")"
    return 1
}

# Its exit status is that of the function.
stop_backend() {
    local pid=${backend:-}
    backend=
    [ -n "$pid" ] || return 0
    kill "-${1:-TERM}" "$pid" 2>/dev/null || true
    wait "$pid"
}

# say APP JSON: the status and the answer.
say() {
    curl -s -w '%{http_code}' -X POST -d "$2" \
        "http://$address/accounts/a/applications/$1/servo"
}

heard() {
    local answer
    answer=$(say "$@")
    [ "$answer" = '{"status":"ok","message":null}200' ] || {
        echo "$*: $answer"
        return 1
    }
}

statistics() {
    curl -s "http://$address/" | jq -r "$1"
}

# drive OPTIONS...: one run with JSON output into $json, which must succeed but
# for its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$BATS_TEST_TMPDIR/report.json
    local status=0
    scope drive oco --quiet --format json "$@" >"$json" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

# cell TABLE COLUMN: of the first row.
cell() {
    jq --arg id "$1" --arg key "$2" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[0][$key]' \
        "$json"
}

# notes: what the report says besides.
notes() {
    jq -r '.. | .text? // empty | select(type == "string")' "$json"
}

@test "the original's setup, and its load" {
    serve oco
    local app=app00000
    heard $app '{ "event" : "HELLO" }'
    heard $app '{ "event" : "DESCRIPTION" }'
    heard $app '{ "event" : "MEASUREMENT", "param": { "progress": 10 } }'
    command -v hey >/dev/null || skip "hey is not installed"
    run hey -c 100 -n 10000 -m POST \
        -d '{ "event" : "MEASUREMENT", "param": { "progress": 10 } }' \
        "http://$address/accounts/a/applications/$app/servo"
    [[ $output == *"[200]	10000 responses"* ]]
    heard $app '{ "event" : "MEASUREMENT" }'
    [ "$(curl -s "http://$address")" = '{"n":1,"average":1.0,"min":1,"max":1}' ]
}

@test "every state, event and form, and random ones, against a model" {
    serve oco --apps 206
    run python3 "$SCOPE_SOURCE/tests/cli/oco_model.py" "$address" 10 5000
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"206 applications, "*" 0 differences" ]]
}

@test "what is not asked rightly is refused in JSON" {
    serve oco --apps 2 --body-max 1KiB
    [ "$(say app00002 '{"event":"HELLO"}')" = '{"detail":"Received event HELLO for unknown app app00002 (there are app00000 to app00001)"}400' ]
    [ "$(say app00000 '{"event":"HELLO","param":{"progress":"10"}}')" = '{"detail":[{"loc":["body","param","progress"],"msg":"value is not a valid integer","type":"type_error.integer"}]}422' ]
    [[ $(say app00000 'event=HELLO') == '{"detail":[{"loc":["body",'*'}]}422' ]]
    [ "$(curl -s -w '%{http_code}' "http://$address/nowhere")" = '{"detail":"Not Found"}404' ]
    [ "$(curl -s -w '%{http_code}' -X DELETE "http://$address/")" = '{"detail":"Method Not Allowed"}405' ]
    curl -si -X PUT "http://$address/accounts/a/applications/app00000/servo" |
        grep -qix $'allow: POST\r'
    [ "$(head -c 2000 /dev/zero | curl -s -w '%{http_code}' --data-binary @- \
        "http://$address/accounts/a/applications/app00000/servo")" = '{"detail":"Content Too Large"}413' ]
    [ "$(curl -sI -o /dev/null -w '%{http_code}' "http://$address/")" = 200 ]
}

@test "the documents: OpenAPI whose references lead somewhere, and a page" {
    serve oco
    curl -s "http://$address/openapi.json" >"$BATS_TEST_TMPDIR/api.json"
    python3 - "$BATS_TEST_TMPDIR/api.json" <<'PY'
import json, sys
api = json.load(open(sys.argv[1]))
def look(node):
    if isinstance(node, dict):
        if "$ref" in node:
            place = api
            for key in node["$ref"].removeprefix("#/").split("/"):
                place = place[key]
        for part in node.values():
            look(part)
    elif isinstance(node, list):
        for part in node:
            look(part)
look(api)
assert api["openapi"].startswith("3.")
assert {(path, verb) for path, verbs in api["paths"].items() for verb in verbs} == {
    ("/", "get"), ("/accounts/{account}/application-overrides", "get"),
    ("/accounts/{account}/applications/{app}/servo", "post")}
PY
    curl -si "http://$address/docs" >"$BATS_TEST_TMPDIR/page"
    grep -qi "^content-security-policy: default-src 'none'" "$BATS_TEST_TMPDIR/page"
    ! grep -Eq '(src|href)="?(https?:)?//' "$BATS_TEST_TMPDIR/page"
}

@test "servos go around evenly, and the server counted the same" {
    serve oco --apps 37 --threads 2
    drive --url "http://$address" --connections 100 --threads 2 \
        --requests 20000 --reports 2 --duration 60s
    [ "$(cell load errors)" -eq 0 ]
    [ "$(cell latency requests)" -eq 20000 ]
    [ "$(statistics .n)" -eq 37 ]
    notes | grep -q "37 servos went through $(statistics '.average * .n | round') cycles"
    notes | grep -q "the server counted $(statistics '.average * .n | round') cycles meanwhile, as many"
    [ "$(statistics '.max')" -gt 10 ]
    # They said GOODBYE: the next ones may say HELLO.
    drive --url "http://$address" --apps 20 --rate 1000 --arrivals poisson \
        --duration 1s --connections 3
    [ "$(cell load errors)" -eq 0 ]
    notes | grep -q "20 servos went through"
    [ "$(say app00000 '{"event":"GOODBYE"}')" = '{"detail":"Sequence error for app00000: Unexpected event GOODBYE in state terminated"}400' ]
}

@test "servos take turns on fewer connections" {
    serve oco --apps 500
    drive --url "http://$address" --connections 8 --requests 40000 --duration 60s
    [ "$(cell load errors)" -eq 0 ]
    [ $(($(statistics .max) - $(statistics .min))) -le 2 ]
    [ "$(statistics .min)" -gt 5 ]
}

@test "servos left in the middle are told, and begin anew" {
    serve oco --apps 4
    drive --url "http://$address" --requests 500 --duration 60s --no-goodbye
    [ "$(cell load errors)" -eq 0 ]
    # HELLO is refused once to each; then they say GOODBYE and go on.
    drive --url "http://$address" --requests 500 --duration 60s
    [ "$(cell load errors)" -eq 4 ]
    notes | grep -q 'wrong-status.*HELLO of app0000.*status 400: Sequence error for app0000'
    [ "$(cell latency requests)" -eq 496 ]
}

@test "a restart needs no new HELLO when the state is kept" {
    local state=$BATS_TEST_TMPDIR/state
    serve oco --state-file "$state"
    heard app00003 '{"event":"HELLO"}'
    heard app00003 '{"event":"DESCRIPTION"}'
    heard app00003 '{"event":"MEASUREMENT","param":{"progress":40}}'
    stop_backend
    serve oco --state-file "$state"
    [ "$(say app00003 '{"event":"MEASUREMENT","param":{"progress":30}}')" = '{"detail":"Sequence error for app00003: Progress going backwards: old=40, new=30"}400' ]
    heard app00003 '{"event":"MEASUREMENT"}'
    stop_backend
    serve oco --state-file "$state" --save-interval 10ms
    [ "$(curl -s "http://$address")" = '{"n":1,"average":1.0,"min":1,"max":1}' ]
    [ "$(say app00003 '{"event":"WHATS_NEXT"}' | jq -r .cmd 2>/dev/null | head -1)" = ADJUST ]
    # Not even when it is killed, once the interval has passed.
    heard app00003 '{"event":"ADJUSTMENT","param":{"progress":1}}'
    local _
    for _ in {1..200}; do
        grep -q in-adjust "$state" && break
        sleep 0.05
    done
    stop_backend KILL || true
    serve oco --state-file "$state"
    heard app00003 '{"event":"ADJUSTMENT"}'
}

@test "servos outlive a restart of their backend" {
    local state=$BATS_TEST_TMPDIR/state
    serve oco --apps 50 --state-file "$state"
    local listen=$address
    json=$BATS_TEST_TMPDIR/report.json
    "$SCOPE_BUILD/scope" drive oco --quiet --format json --url "http://$listen" --rate 2000 \
        --duration 3s --max-spread 100 >"$json" 3>&- &
    local driver=$!
    sleep 1
    stop_backend
    serve oco --apps 50 --state-file "$state" --listen "$listen"
    wait "$driver" || [ $? -eq 4 ]
    # Each connection may have cut one message, and each of these costs a
    # servo its place at most.
    run notes
    [[ $output != *wrong-command* && $output != *wrong-body* ]]
    [ "$(statistics .n)" -eq 50 ]
    [ "$(statistics '.average * .n | round')" -gt 100 ]
    [ "$(cell latency requests)" -gt 2000 ]
}

@test "a state that cannot be used is refused, and left alone" {
    local state=$BATS_TEST_TMPDIR/state
    echo garbage >"$state"
    fails_with 1 "scope serve: oco: state file $state: line 1, column 7: '[' or '{' expected near 'garbage'" \
        "" serve oco --state-file "$state"
    [ "$(cat "$state")" = garbage ]
    rm "$state"
    serve oco --apps 9 --state-file "$state"
    heard app00008 '{"event":"HELLO"}'
    fails_with 1 "scope serve: oco: state file $state: it is in use" \
        "another backend keeps its state there: stop it or give another file" \
        serve oco --apps 9 --state-file "$state"
    stop_backend
    fails_with 2 "scope serve: oco: state file $state: it holds an application 'app00008', and the last one here is app00004" \
        "serve the applications that it was written for (apps, name-pattern), or another file" \
        serve oco --state-file "$state"
}

@test "options that cannot be" {
    fails_with 2 "scope serve: oco: 'app' is no pattern of names" \
        "letters, digits and -._~ with one %d in them, or %05d for five digits: app%05d" \
        serve oco --name-pattern app
    fails_with 2 "scope serve: oco: what to adjust, in the option adjust, is not a JSON object" \
        "" serve oco --adjust '[1]'
    fails_with 2 "scope drive: driver oco: URL http://h/?a: a query has no place before /accounts" \
        "" drive oco --url 'http://h/?a' --apps 1
    fails_with 2 "scope drive: driver oco: the token holds a blank, a control character or one beyond ASCII" \
        "" drive oco --url http://h/ --apps 1 --token 'a b'
}

@test "names, account and what to adjust are options; so is a trace" {
    local trace=$BATS_TEST_TMPDIR/trace
    echo '{"knob": {"value": 11}}' >"$BATS_TEST_TMPDIR/adjust.json"
    serve oco --apps 3 --name-pattern 'svc-%d' --account mine \
        --adjust-file "$BATS_TEST_TMPDIR/adjust.json" --trace "$trace"
    drive --url "http://$address" --account mine --requests 100 --duration 60s
    [ "$(cell load errors)" -eq 0 ]
    [ "$(statistics .n)" -eq 3 ]
    [ "$(curl -s "http://$address/accounts/mine/application-overrides" | jq -r 'keys | join(" ")')" = "svc-0 svc-1 svc-2" ]
    grep -q 'Z svc-1 MEASUREMENT(50%): start-measure -> in-measure, 0 cycles$' "$trace"
    grep -q 'Z svc-1 WHATS_NEXT: start-adjust -> start-adjust told ADJUST, 1 cycles$' "$trace"
    drive --url "http://$address" --account mine --apps 3 \
        --name-pattern 'svc-%d' --requests 100 --duration 60s
    [ "$(cell load errors)" -eq 0 ]
    drive --url "http://$address" --apps 3 --name-pattern 'svc-%d' \
        --requests 100 --duration 60s
    [ "$(cell load errors)" -eq 100 ]
    notes | grep -q 'status 404: Unknown account scope'
}

@test "a server that is no optimizer is found out" {
    serve http
    fails_with 1 "scope drive: driver oco: ask http://$address for its applications: the server says status 404" \
        "say how many there are, to have them named by name-pattern: apps=5, say" \
        drive oco --url "http://$address"
    drive --url "http://$address" --apps 3 --requests 50 --duration 60s
    [ "$(cell latency requests)" -eq 0 ]
    [ "$(cell load errors)" -eq 50 ]
    notes | grep -q 'wrong-status.*HELLO of app0000.*: status 404'
}

@test "a server that only says yes is found out" {
    # It answers everything with the status of a HELLO that was heard.
    python3 - >"$BATS_TEST_TMPDIR/yes" 3>&- <<'PY' &
import http.server
class Yes(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        body = b'{"status": "ok"}'
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Yes)
print("127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
PY
    backend=$!
    local _
    for _ in {1..200}; do
        address=$(cat "$BATS_TEST_TMPDIR/yes")
        [ -z "$address" ] || break
        sleep 0.05
    done
    # HELLO is right, its WHATS_NEXT is not, GOODBYE is right, ...
    drive --url "http://$address" --apps 1 --requests 30 --duration 60s
    [ "$(cell latency requests)" -eq 20 ]
    [ "$(cell load errors)" -eq 10 ]
    notes | grep -q 'wrong-body.*WHATS_NEXT of app00000: no command where DESCRIBE was awaited'
    notes | grep -q 'the server gave no statistics to compare with'
    stop_backend || true
}

@test "over TLS" {
    command -v openssl >/dev/null || skip "openssl is not installed"
    local folder=$BATS_TEST_TMPDIR
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout "$folder/key.pem" -out "$folder/cert.pem" -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
    scope doctor | grep -q 'TLS.*no' && skip "built without OpenSSL"
    serve oco --apps 10 --tls-cert "$folder/cert.pem" --tls-key "$folder/key.pem"
    drive --url "https://localhost:${address##*:}" --tls-ca "$folder/cert.pem" \
        --requests 1000 --duration 60s --connections 4
    [ "$(cell load errors)" -eq 0 ]
    [ "$(cell latency requests)" -eq 1000 ]
    [ "$(curl -s --cacert "$folder/cert.pem" "https://localhost:${address##*:}/" | jq .n)" -eq 10 ]
}

@test "a token goes to the server and nowhere else" {
    local store=$BATS_TEST_TMPDIR/token.scope
    serve oco
    run scope drive oco --url "http://$address" --token s3cr3t-token \
        --requests 100 --duration 60s -o "$store"
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    [[ $output != *s3cr3t* ]]
    ! grep -q s3cr3t "$store"
}
