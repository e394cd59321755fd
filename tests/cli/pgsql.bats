#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope drive pgsql against a real PostgreSQL: what scope says it did is what
# the server counted.
load scope.bash
load sql.bash
load haproxy.bash

setup_file() {
    find_postgres || return 0
    start_postgres "$BATS_FILE_TMPDIR/pg"
    pg -c 'CREATE EXTENSION pg_stat_statements'
    export pg_port pg_folder postgres_bin
}

setup() {
    find_postgres || skip "PostgreSQL is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
}

teardown() {
    stop_haproxy
}

teardown_file() {
    stop_postgres
}

# drive OPTIONS...: one run with JSON output into $json, which must succeed but
# for its verdict: a busy machine may make it a bad measurement (4).
drive() {
    json=$BATS_TEST_TMPDIR/report.json
    local status=0
    scope drive pgsql --quiet --format json --host 127.0.0.1 --port "$pg_port" \
        --user scope --password secret-word --database postgres \
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

# counted QUERY: how often the server ran statements that are like it.
counted() {
    pg -c "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
           WHERE query LIKE '$1'"
}

@test "a closed loop: the server ran every statement once" {
    local mode
    drive --preset point-select --rows 300 --prepare yes --requests 1
    for mode in prepared extended simple; do
        pg -c 'SELECT pg_stat_statements_reset()' >/dev/null
        drive --preset point-select --rows 300 --mode $mode --requests 2000 \
            --connections 7 --threads 2
        [ "$(cell latency requests)" -eq 2000 ]
        [ "$(cell load errors)" -eq 0 ]
        [ "$(kind point-select)" -eq 2000 ]
        [ "$(counted 'SELECT c FROM sbtest1%')" -eq 2000 ]
    done
    [ "$(pg -c 'SELECT count(*) FROM sbtest1')" -eq 300 ]
}

@test "a pipeline: all that was sent at once was answered" {
    drive --preset point-select --rows 300 --prepare yes --requests 1
    pg -c 'SELECT pg_stat_statements_reset()' >/dev/null
    drive --preset point-select --rows 300 --requests 3000 --connections 3 \
        --pipeline 16
    [ "$(cell latency requests)" -eq 3000 ]
    [ "$(counted 'SELECT c FROM sbtest1%')" -eq 3000 ]
    # An error within takes no other with it.
    drive --statement 'good: SELECT 1' --statement 'bad: SELECT 1 / :n' \
        --parameter 'n: 0' --requests 1000 --connections 2 --pipeline 8
    [ "$(kind good)" -gt 300 ]
    [ "$(($(kind good) + $(kind 22012)))" -eq 1000 ]
}

@test "an open loop: every request intended was sent, and counted" {
    drive --preset point-select --rows 300 --prepare yes --requests 1
    pg -c 'SELECT pg_stat_statements_reset()' >/dev/null
    drive --preset point-select --rows 300 --rate 500 --duration 1s
    [ "$(cell load intended_hertz)" -eq 500 ]
    [ "$(cell load errors)" -eq 0 ]
    [ $(($(cell latency requests) + $(cell load unsent))) -eq 500 ]
    [ "$(counted 'SELECT c FROM sbtest1%')" -eq "$(cell latency requests)" ]
}

@test "transactions: each part ran as often as it should, committed or not" {
    local before
    pg -c 'SELECT pg_stat_statements_reset()' >/dev/null
    drive --workload "$SCOPE_SOURCE/data/workloads/shop.yaml" --rows 100 \
        --prepare fresh --requests 1500
    [ "$(cell latency requests)" -eq 1500 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(kind buy)" -gt 100 ]
    [ "$(kind buy/look)" -eq $((2 * $(kind buy))) ]
    [ "$(kind buy/take)" -eq "$(kind buy)" ]
    [ "$(counted 'INSERT INTO shop_sale%')" -eq "$(kind buy)" ]
    [ "$(counted 'COMMIT')" -gt 0 ]
    [ "$(counted 'ROLLBACK')" -gt 0 ]
    [ "$(($(counted COMMIT) + $(counted ROLLBACK)))" -eq "$(kind buy)" ]
    # What was rolled back left nothing.
    [ "$(pg -c 'SELECT count(*) FROM shop_sale')" -eq "$(counted COMMIT)" ]
    [ "$(pg -c 'SELECT sum(1000000 - stock) FROM shop_item')" -eq \
        "$(pg -c 'SELECT sum(amount) FROM shop_sale')" ]
}

@test "the same seed asks for the same, however it is dealt out" {
    local kinds
    drive --workload "$SCOPE_SOURCE/data/workloads/shop.yaml" --rows 100 \
        --prepare yes --requests 500 --threads 1 --connections 1
    kinds="$(kind look) $(kind list) $(kind find) $(kind buy)"
    drive --workload "$SCOPE_SOURCE/data/workloads/shop.yaml" --rows 100 \
        --requests 500 --threads 2 --connections 6 --mode simple
    [ "$kinds" = "$(kind look) $(kind list) $(kind find) $(kind buy)" ]
    drive --workload "$SCOPE_SOURCE/data/workloads/shop.yaml" --rows 100 \
        --requests 500 --seed 2
    [ "$kinds" != "$(kind look) $(kind list) $(kind find) $(kind buy)" ]
}

@test "every mode sends the same values" {
    local mode
    pg -c 'DROP TABLE IF EXISTS told; CREATE TABLE told (n int, t text, x text)'
    for mode in prepared extended simple; do
        drive --statement 'INSERT INTO told VALUES (:n, :t, :x)' \
            --parameter 'n: {uniform: -50..50}' --parameter 't: {string: 0..9}' \
            --parameter "x: \"it's \\\\ ~\"" --mode $mode --requests 200
    done
    [ "$(pg -c 'SELECT count(*) FROM told')" -eq 600 ]
    # Each row is there three times, or as often more as it was drawn.
    [ "$(pg -c 'SELECT count(*) FROM (SELECT count(*) FROM told GROUP BY n, t, x
                HAVING count(*) % 3 <> 0) AS odd')" -eq 0 ]
    [ "$(pg -c 'SELECT DISTINCT x FROM told')" = "it's \\ ~" ]
    pg -c 'DROP TABLE told'
}

@test "errors are counted by SQLSTATE, with the server's words" {
    pg -c 'DROP TABLE IF EXISTS once; CREATE TABLE once (id int PRIMARY KEY)'
    drive --statement 'INSERT INTO once VALUES (:id)' \
        --parameter 'id: {uniform: 1..20}' --requests 300
    [ "$(kind statement-1)" -eq "$(pg -c 'SELECT count(*) FROM once')" ]
    [ "$(kind 23505)" -eq $((300 - $(kind statement-1))) ]
    [ "$(cell load errors)" -eq "$(kind 23505)" ]
    jq -e '.items[] | select(.id == "answers") | .rows[] | select(.kind == "23505")
        | .first | startswith("duplicate key value violates")' "$json"
    pg -c 'DROP TABLE once'
    local mode
    for mode in prepared extended simple; do
        drive --statement 'SELECT * FROM gone' --requests 50 --check=no \
            --mode $mode
        [ "$(kind 42P01)" -eq 50 ]
        [ "$(cell load errors)" -eq 50 ]
    done
}

@test "a failed transaction is rolled back, and the next one is good" {
    pg -c 'DROP TABLE IF EXISTS twice; CREATE TABLE twice (id int PRIMARY KEY)'
    cat >"$BATS_TEST_TMPDIR/w.sql" <<'SQL'
-- name: both
BEGIN;
-- name: first
-- parameters: {a: {sequence: 1000}}
INSERT INTO twice VALUES (:a);
-- name: second
-- parameters: {b: {uniform: 1..40}}
INSERT INTO twice VALUES (:b);
COMMIT;
SQL
    drive --workload "$BATS_TEST_TMPDIR/w.sql" --requests 200
    [ "$(kind both)" -gt 20 ]
    [ "$((200 - $(kind both)))" -eq "$(kind 23505)" ]
    [ "$(kind both/first)" -eq 200 ]
    [ "$(kind both/second)" -eq "$(kind both)" ]
    [ "$(pg -c 'SELECT count(*) FROM twice')" -eq $((2 * $(kind both))) ]
    pg -c 'DROP TABLE twice'
}

@test "conflicts are tried again as often as asked" {
    pg -c 'DROP TABLE IF EXISTS hot; CREATE TABLE hot (id int, n int);
           INSERT INTO hot VALUES (1, 0)'
    cat >"$BATS_TEST_TMPDIR/w.yaml" <<'YAML'
statements:
  read: SELECT n FROM hot WHERE id = 1
  add: UPDATE hot SET n = n + 1 WHERE id = 1
transactions:
  count: {begin: BEGIN ISOLATION LEVEL SERIALIZABLE, steps: [read, add]}
YAML
    drive --workload "$BATS_TEST_TMPDIR/w.yaml" --requests 200 --connections 4 \
        --retries 1000
    [ "$(cell latency requests)" -eq 200 ]
    [ "$(cell load errors)" -eq 0 ]
    [ "$(pg -c 'SELECT n FROM hot')" -eq 200 ]
    drive --workload "$BATS_TEST_TMPDIR/w.yaml" --requests 200 --connections 4
    [ "$(cell latency requests)" -eq $((200 - $(kind 40001))) ]
    [ "$(pg -c 'SELECT n FROM hot')" -eq $((400 - $(kind 40001))) ]
    pg -c 'DROP TABLE hot'
}

@test "backends that are ended are counted and survived" {
    local store=$BATS_TEST_TMPDIR/ended.scope
    drive --statement 'SELECT pg_sleep(0.01)' --connections 4 --duration 2s \
        -o "$store" 3>&- &
    local load=$! _
    for _ in {1..60}; do
        [ "$(pg -c "SELECT count(*) FROM pg_stat_activity
            WHERE query = 'SELECT pg_sleep(0.01)'")" -lt 4 ] || break
        sleep 0.05
    done
    [ "$(pg -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE query = 'SELECT pg_sleep(0.01)'")" -eq 4 ]
    wait $load
    json=$BATS_TEST_TMPDIR/report.json
    # One that was ended between two requests lost the next, if any, without
    # a word.
    local mute=$(($(kind closed) + $(kind reset)))
    [ "$(kind 57P01)" -ge 1 ]
    [ $(($(kind 57P01) + mute)) -le 4 ]
    [ "$(cell load errors)" -eq $(($(kind 57P01) + mute)) ]
    [ "$(cell latency requests)" -gt 50 ]
    [ "$(scope store dump --format json "$store" |
        jq '.samples | map(select(.metric == "connects")) | last.value')" -eq 8 ]
    # The password is nowhere in it.
    ! grep -qa secret-word "$store"
}

@test "a statement that takes too long is cancelled at the server" {
    drive --statement 'SELECT pg_sleep(60)' --connections 2 --duration 700ms \
        --timeout 200ms
    [ "$(kind timeout)" -ge 2 ]
    [ "$(cell latency requests)" -eq 0 ]
    local _ left
    for _ in {1..50}; do
        left=$(pg -c "SELECT count(*) FROM pg_stat_activity
            WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()
            AND state = 'active'")
        # Those cut off at the end of the load were not cancelled.
        [ "$left" -gt 2 ] || break
        sleep 0.1
    done
    [ "$left" -le 2 ]
    pg -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()" >/dev/null
}

@test "tables are made once, kept, and never taken from others" {
    local common=(--host 127.0.0.1 --port "$pg_port" --user scope
        --password secret-word --database postgres)
    drive --preset sidecar --prepare yes --requests 10
    local made
    made=$(pg -c "SELECT 'users'::regclass::oid")
    drive --preset sidecar --prepare yes --requests 10
    [ "$made" = "$(pg -c "SELECT 'users'::regclass::oid")" ]
    [ "$(pg -c 'SELECT count(*) FROM users')" -eq 20 ]
    drive --preset sidecar --prepare fresh --requests 10
    [ "$made" != "$(pg -c "SELECT 'users'::regclass::oid")" ]
    # A table that was left unfinished is made anew.
    pg -c "COMMENT ON TABLE users IS 'made by scope: unfinished'"
    pg -c 'DELETE FROM users'
    drive --preset sidecar --prepare yes --requests 10 --cleanup
    [ "$(pg -c "SELECT count(*) FROM pg_class
        WHERE relname IN ('users', 'public_info')")" -eq 0 ]
    pg -c 'CREATE TABLE users (mine int)'
    fails_with 1 "scope drive: driver pgsql: preset:2:3: prepare table users: there is a table users already, and scope did not make it" \
        "use it as it is without prepare, or say another database" \
        drive pgsql "${common[@]}" --preset sidecar --prepare yes
    [ "$(pg -c 'SELECT count(*) FROM users')" -eq 0 ]
    pg -c 'DROP TABLE users'
}

@test "what cannot be a load is refused before it starts" {
    local common=(--host 127.0.0.1 --port "$pg_port" --user scope
        --password secret-word --database postgres)
    local file=$BATS_TEST_TMPDIR/w.yaml
    printf 'statements:\n  a: SELEKT 1\n' >"$file"
    fails_with 1 "scope drive: driver pgsql: $file:2:6: statement a: syntax error at or near \"SELEKT\" at character 1 (SQLSTATE 42601)" \
        "check=no would run it all the same, and count its errors" \
        drive pgsql "${common[@]}" --workload "$file"
    fails_with 2 "scope drive: driver pgsql: no statement and no transaction is to be run" \
        "say preset=NAME, workload=FILE or statement=SQL" \
        drive pgsql "${common[@]}"
    fails_with 2 "scope drive: driver pgsql: pipeline: statement statement-1 has mode simple, which cannot be sent so" \
        "" drive pgsql "${common[@]}" --statement 'SELECT 1' --mode simple \
        --pipeline 2
    run --separate-stderr scope drive pgsql --host 127.0.0.1 --port "$pg_port" \
        --user scope --password not-the-word --database postgres \
        --preset sidecar
    [ "$status" -eq 1 ]
    # shellcheck disable=SC2154
    [[ $stderr == *'password authentication failed for user "scope"'* ]]
    [[ $stderr != *not-the-word* ]]
}

# series METRIC: the last value of the driver's in a store.
series() {
    scope store dump --format json "$store" | jq --arg metric "$1" '.samples |
        map(select(.source == "pgsql" and .metric == $metric)) | last.value'
}

@test "rows, values and bytes are counted" {
    local store=$BATS_TEST_TMPDIR/counts.scope mode
    for mode in prepared extended simple; do
        drive --statement "SELECT 'abcde', 7, NULL FROM generate_series(1, 3)" \
            --requests 100 --mode $mode --connections 2 -o "$store"
        [ "$(series statements)" -eq 100 ]
        [ "$(series rows)" -eq 300 ]
        [ "$(series values)" -eq 1800 ]
        [ "$(series sent)" -gt 1000 ]
        [ "$(series received)" -gt 3600 ]
        rm "$store"
    done
    drive --statement 'SELECT 1' --requests 10 --host "$pg_folder" -o "$store"
    [ "$(series rows)" -eq 10 ]
    [ "$(series sent)" -eq 0 ]
}

@test "TLS, with the certificate checked or not" {
    make_certificate "$pg_folder"
    pg -c "ALTER SYSTEM SET ssl_cert_file = '$pg_folder/tls.pem'" \
        -c "ALTER SYSTEM SET ssl_key_file = '$pg_folder/tls.key'" \
        -c 'ALTER SYSTEM SET ssl = on' -c 'SELECT pg_reload_conf()' >/dev/null
    local common=(--port "$pg_port" --user scope --password secret-word
        --database postgres --statement 'SELECT 1') _
    for _ in {1..50}; do
        [ "$(pg -c 'SHOW ssl')" != on ] || break
        sleep 0.05
    done
    drive --statement 'SELECT 1 / ssl::int FROM pg_stat_ssl
        WHERE pid = pg_backend_pid()' --requests 50 --tls require
    [ "$(cell load errors)" -eq 0 ]
    [ "$(kind statement-1)" -eq 50 ]
    drive --statement 'SELECT 1' --requests 20 --host localhost \
        --tls verify-full --tls-ca "$pg_folder/tls.pem"
    [ "$(cell latency requests)" -eq 20 ]
    run --separate-stderr scope drive pgsql "${common[@]}" --host 127.0.0.1 \
        --tls verify-full --tls-ca "$pg_folder/tls.pem"
    [ "$status" -eq 1 ]
    # shellcheck disable=SC2154
    [[ $stderr == *'does not match host name'* ]]
    pg -c 'ALTER SYSTEM RESET ssl' -c 'SELECT pg_reload_conf()' >/dev/null
}

@test "through HAProxy, as through a sidecar" {
    command -v haproxy >/dev/null || skip "haproxy is not installed"
    start_haproxy "$BATS_TEST_TMPDIR/haproxy" tcp "127.0.0.1:$pg_port"
    drive --preset sidecar --prepare yes --requests 1000 \
        --port "${haproxy_address##*:}"
    stop_haproxy
    [ "$(cell latency requests)" -eq 1000 ]
    [ "$(($(kind users) + $(kind public_info)))" -eq 1000 ]
    [ "$(cell load errors)" -eq 0 ]
}

@test "a server that goes away and returns is gone back to" {
    drive --statement 'SELECT 1' --rate 200 --connections 3 --duration 5s 3>&- &
    local load=$!
    sleep 1
    stop_postgres
    sleep 0.5
    as_nobody "$postgres_bin/postgres" -D "$pg_folder/data" -p "$pg_port" \
        -c fsync=off -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$pg_folder" \
        -c shared_preload_libraries=pg_stat_statements \
        >>"$pg_folder/server.log" 2>&1 3>&- &
    wait $load
    json=$BATS_TEST_TMPDIR/report.json
    [ "$(kind refused)" -ge 1 ]
    # Half a second and a start are missed at most; what waited is sent late.
    [ "$(cell latency requests)" -gt 500 ]
    stop_postgres
}
