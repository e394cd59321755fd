#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive mysql against a real MariaDB: what scope says it did is what the
# server counted.
load scope.bash
load sql.bash
load haproxy.bash

setup_file() {
    find_mariadb || return 0
    start_mariadb "$BATS_FILE_TMPDIR/my"
    export my_port my_folder my_socket
}

setup() {
    find_mariadb || skip "MariaDB is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
}

teardown() {
    stop_haproxy
}

teardown_file() {
    stop_mariadb
}

# Whether by TLS or not; it costs, and is asked for where it matters.
tls=disable

# drive OPTIONS...: one run with JSON output into $json, which must succeed but
# for its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$BATS_TEST_TMPDIR/report.json
    local status=0
    scope drive mysql --quiet --format json --host 127.0.0.1 --port "$my_port" \
        --user scope --password secret-word --database scope --tls $tls \
        --duration 20s "$@" >"$json" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ] || {
        cat "$BATS_TEST_TMPDIR/stderr"
        return 1
    }
}

# cell TABLE COLUMN: of the first row.
cell() {
    jq --arg id "$1" --arg key "$2" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[0][$key]' \
        "$json"
}

# kind NAME: how many answers or errors were of that kind.
kind() {
    jq --arg kind "$1" '[.items[] | select(.type == "table" and .id == "answers")
        | .rows[] | select(.kind == $kind) | .count] | add // 0' "$json"
}

# status NAME: one of the server's counters.
status_of() {
    my -e "SHOW GLOBAL STATUS LIKE '$1'" | cut -f 2
}

@test "a closed loop: the server ran every statement once" {
    drive --preset point-select --rows 300 --prepare yes --requests 1
    local before
    before=$(status_of Com_stmt_execute)
    drive --preset point-select --rows 300 --requests 2000 --connections 7 \
        --threads 2
    [ "$(cell latency requests)" -eq 2000 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(kind point-select)" -eq 2000 ]
    [ $(($(status_of Com_stmt_execute) - before)) -eq 2000 ]
    before=$(status_of Com_select)
    drive --preset point-select --rows 300 --requests 2000 --mode simple
    [ "$(cell latency requests)" -eq 2000 ]
    [ $(($(status_of Com_select) - before)) -eq 2000 ]
    [ "$(my -e 'SELECT count(*), max(id) FROM sbtest1')" = "300"$'\t'"300" ]
}

@test "an open loop: every request intended was sent, and counted" {
    drive --preset sidecar --prepare yes --requests 1
    local before
    before=$(status_of Com_select)
    drive --preset sidecar --rate 500 --duration 1s
    [ "$(cell load intended_hertz)" -eq 500 ]
    [ "$(cell load errors)" -eq 0 ]
    [ $(($(cell latency requests) + $(cell load unsent))) -eq 500 ]
    [ $(($(status_of Com_select) - before)) -eq "$(cell latency requests)" ]
}

@test "transactions: each part ran as often as it should, committed or not" {
    local commits rollbacks
    commits=$(status_of Com_commit)
    rollbacks=$(status_of Com_rollback)
    drive --workload "$SCOPE_SOURCE/data/workloads/shop.yaml" --rows 100 \
        --prepare fresh --requests 1500
    commits=$(($(status_of Com_commit) - commits))
    rollbacks=$(($(status_of Com_rollback) - rollbacks))
    # Two rows of an item may be locked in another order than by others.
    [ $(($(cell latency requests) + $(kind 40001))) -eq 1500 ]
    [ "$(cell load errors)" -eq "$(kind 40001)" ]
    [ "$(kind buy)" -gt 100 ]
    [ "$(kind buy/sell)" -eq "$(kind buy)" ]
    [ $commits -gt 0 ]
    [ $rollbacks -gt 0 ]
    [ $((commits + rollbacks)) -eq $(($(kind buy) + $(kind 40001))) ]
    [ "$(my -e 'SELECT count(*) FROM shop_sale')" -eq $commits ]
    [ "$(my -e 'SELECT sum(1000000 - stock) FROM shop_item')" -eq \
        "$(my -e 'SELECT sum(amount) FROM shop_sale')" ]
}

@test "sysbench's transaction, all of it" {
    drive --preset read-write --rows 500 --prepare fresh --requests 100 \
        --connections 2 --retries 100
    [ "$(cell latency requests)" -eq 100 ]
    [ "$(kind read-write/point)" -ge 1000 ]
    [ "$(kind read-write/insert)" -ge 100 ]
    [ "$(my -e 'SELECT count(*) FROM sbtest1')" -eq 500 ]
}

@test "every mode sends the same values" {
    local mode
    my -e 'DROP TABLE IF EXISTS told;
        CREATE TABLE told (n int, t text, x text, d decimal(9,3))'
    for mode in prepared simple; do
        drive --statement 'INSERT INTO told VALUES (:n, :t, :x, :d)' \
            --parameter 'n: {uniform: -50..50}' --parameter 't: {string: 0..9}' \
            --parameter "x: \"it's \\\\ ~\"" --parameter 'd: 1.125' \
            --mode $mode --requests 200
    done
    [ "$(my -e 'SELECT count(*), sum(d) FROM told')" = "400"$'\t'"450.000" ]
    [ "$(my -e 'SELECT count(*) FROM (SELECT count(*) AS c FROM told
        GROUP BY n, t, x) AS g WHERE c % 2 <> 0')" -eq 0 ]
    [ "$(my -r -e 'SELECT DISTINCT x FROM told')" = "it's \\ ~" ]
    my -e 'DROP TABLE told'
}

@test "errors are counted by SQLSTATE, with the server's words" {
    my -e 'DROP TABLE IF EXISTS once; CREATE TABLE once (id int PRIMARY KEY)'
    drive --statement 'INSERT INTO once VALUES (:id)' \
        --parameter 'id: {uniform: 1..20}' --requests 300
    [ "$(kind statement-1)" -eq "$(my -e 'SELECT count(*) FROM once')" ]
    [ "$(kind 23000)" -eq $((300 - $(kind statement-1))) ]
    jq -e '.items[] | select(.id == "answers") | .rows[] | select(.kind == "23000")
        | .first | startswith("Duplicate entry")' "$json"
    my -e 'DROP TABLE once'
    local mode
    for mode in prepared simple; do
        drive --statement 'SELECT * FROM gone' --requests 50 --check=no \
            --mode $mode
        [ "$(kind 42S02)" -eq 50 ]
        [ "$(cell load errors)" -eq 50 ]
    done
}

@test "deadlocks are tried again as often as asked" {
    my -e 'DROP TABLE IF EXISTS hot; CREATE TABLE hot (id int PRIMARY KEY, n int);
        INSERT INTO hot VALUES (1, 0), (2, 0)'
    cat >"$BATS_TEST_TMPDIR/w.yaml" <<'YAML'
parameters: {a: {uniform: 1..2}}
statements:
  one: UPDATE hot SET n = n + 1 WHERE id = :a
  other: UPDATE hot SET n = n + 1 WHERE id = 3 - :a
transactions:
  both: {steps: [one, other]}
YAML
    drive --workload "$BATS_TEST_TMPDIR/w.yaml" --requests 300 --connections 6 \
        --retries 1000
    [ "$(cell latency requests)" -eq 300 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(my -e 'SELECT sum(n) FROM hot')" -eq 600 ]
    my -e 'DROP TABLE hot'
}

@test "connections that are killed are counted and survived" {
    local store=$BATS_TEST_TMPDIR/ended.scope
    drive --statement 'SELECT sleep(0.01)' --connections 4 --duration 2s \
        -o "$store" 3>&- &
    local load=$! id _
    for _ in {1..60}; do
        [ "$(my -e "SELECT count(*) FROM information_schema.processlist
            WHERE info = 'SELECT sleep(0.01)'")" -lt 4 ] || break
        sleep 0.05
    done
    for id in $(my -e "SELECT id FROM information_schema.processlist
        WHERE user = 'scope' AND id <> connection_id()"); do
        my -e "KILL CONNECTION $id"
    done
    wait $load
    json=$BATS_TEST_TMPDIR/report.json
    # 70100 when the server could say so, else it just closed.
    [ $(($(kind 70100) + $(kind closed))) -ge 4 ]
    [ "$(cell load errors)" -eq $(($(kind 70100) + $(kind closed))) ]
    [ "$(cell latency requests)" -gt 50 ]
    [ "$(scope store dump --format json "$store" |
        jq '.samples | map(select(.metric == "connects")) | last.value')" -eq 8 ]
    # The password is nowhere in it.
    ! grep -qa secret-word "$store"
}

@test "a statement that takes too long is cancelled at the server" {
    drive --statement 'SELECT sleep(60)' --connections 2 --duration 700ms \
        --timeout 200ms
    [ "$(kind timeout)" -ge 2 ]
    [ "$(cell latency requests)" -eq 0 ]
    local _ left
    for _ in {1..50}; do
        left=$(my -e "SELECT count(*) FROM information_schema.processlist
            WHERE info = 'SELECT sleep(60)'")
        # Those cut off at the end of the load were not cancelled.
        [ "$left" -gt 2 ] || break
        sleep 0.1
    done
    [ "$left" -le 2 ]
}

@test "tables are made once, kept, and never taken from others" {
    local common=(--host 127.0.0.1 --port "$my_port" --user scope
        --password secret-word --database scope)
    drive --preset sidecar --prepare yes --requests 10
    my -e "UPDATE users SET name = 'kept' WHERE id = 7"
    drive --preset sidecar --prepare yes --requests 10
    [ "$(my -e 'SELECT name FROM users WHERE id = 7')" = kept ]
    drive --preset sidecar --prepare fresh --requests 10 --cleanup
    [ -z "$(my -e "SHOW TABLES LIKE 'users'")" ]
    my -e 'CREATE TABLE users (mine int)'
    fails_with 1 "scope drive: driver mysql: preset:2:3: prepare table users: there is a table users already, and scope did not make it" \
        "use it as it is without prepare, or say another database" \
        drive mysql "${common[@]}" --preset sidecar --prepare yes
    my -e 'DROP TABLE users'
}

@test "what cannot be a load is refused before it starts" {
    local common=(--host 127.0.0.1 --port "$my_port" --user scope
        --password secret-word --database scope)
    fails_with 2 "scope drive: driver mysql: statement statement-1: mode extended is PostgreSQL's only" \
        "" drive mysql "${common[@]}" --statement 'SELECT 1' --mode extended
    fails_with 2 "scope drive: driver mysql: tls: verify-ca is nothing that libmariadb can do" \
        "verify-full also checks the server's name" \
        drive mysql "${common[@]}" --preset sidecar --tls verify-ca
    fails_with 2 "scope drive: driver mysql: statement statement-1: it has 1 parameters for the server and 0 in the workload: a ? of its own?" \
        "check=no would run it all the same, and count its errors" \
        drive mysql "${common[@]}" --statement 'SELECT ?'
    run --separate-stderr scope drive mysql --host 127.0.0.1 --port "$my_port" \
        --user scope --password not-the-word --database scope --preset sidecar
    [ "$status" -eq 1 ]
    # shellcheck disable=SC2154
    [[ $stderr == *"Access denied for user 'scope'"* ]]
    [[ $stderr != *not-the-word* ]]
}

# series METRIC: the last value of the driver's in a store.
series() {
    scope store dump --format json "$store" | jq --arg metric "$1" '.samples |
        map(select(.source == "mysql" and .metric == $metric)) | last.value'
}

@test "rows, values and bytes are counted" {
    local store=$BATS_TEST_TMPDIR/counts.scope
    drive --statement "SELECT 'abcde', 7, NULL" --requests 100 --mode simple \
        --connections 2 -o "$store"
    [ "$(series statements)" -eq 100 ]
    [ "$(series rows)" -eq 100 ]
    [ "$(series values)" -eq 600 ]
    # At least the text, its length and command, and more than the values.
    [ "$(series sent)" -gt $((100 * (5 + 23))) ]
    [ "$(series received)" -gt 1000 ]
    rm "$store"
    # In binary form: a length and five letters, and four bytes.
    drive --statement "SELECT 'abcde', 7, NULL" --requests 100 -o "$store"
    [ "$(series values)" -eq 1000 ]
    rm "$store"
    drive --statement 'SELECT 1' --requests 10 --host "$my_socket" -o "$store"
    [ "$(series rows)" -eq 10 ]
    [ "$(series sent)" -eq 0 ]
}

@test "TLS, with the certificate checked or not" {
    local common=(--port "$my_port" --user scope --password secret-word
        --database scope --statement 'SELECT 1')
    my -e "CREATE OR REPLACE USER safe@'127.0.0.1' REQUIRE SSL;
        GRANT SELECT ON *.* TO safe@'127.0.0.1'"
    run --separate-stderr scope drive mysql --port "$my_port" --user safe \
        --database scope --statement 'SELECT 1' --tls disable
    [ "$status" -eq 1 ]
    tls=require drive --user safe --password '' --statement 'SELECT 1' \
        --requests 20 --connections 2
    [ "$(cell latency requests)" -eq 20 ]
    tls=verify-full drive --statement 'SELECT 1' --requests 20 --host localhost \
        --tls-ca "$my_folder/tls.pem"
    [ "$(cell latency requests)" -eq 20 ]
    run --separate-stderr scope drive mysql "${common[@]}" --host localhost \
        --tls verify-full
    [ "$status" -eq 1 ]
    [[ $stderr == *certificate* ]]
    run --separate-stderr scope drive mysql "${common[@]}" --host 127.0.0.1 \
        --tls verify-full --tls-ca "$my_folder/tls.pem"
    [ "$status" -eq 1 ]
}

@test "over the socket, and through HAProxy, as through a sidecar" {
    drive --preset sidecar --prepare yes --requests 300 --host "$my_socket"
    [ "$(cell latency requests)" -eq 300 ]
    command -v haproxy >/dev/null || skip "haproxy is not installed"
    start_haproxy "$BATS_TEST_TMPDIR/haproxy" tcp "127.0.0.1:$my_port"
    drive --preset sidecar --requests 1000 --port "${haproxy_address##*:}"
    stop_haproxy
    [ "$(cell latency requests)" -eq 1000 ]
    [ "$(($(kind users) + $(kind public_info)))" -eq 1000 ]
    [ "$(cell load errors)" -eq 0 ]
}
