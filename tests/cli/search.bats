#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Campaigns of trials against a real nginx: thresholds, sweeps, searches, what
# ends a trial early. That a busy machine makes a trial a bad measurement is of
# no matter here: what is asserted is what was tried, said and stored.
load scope.bash
load nginx.bash

setup() {
    command -v nginx >/dev/null || skip "nginx is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
    # 200 a second and 50 at once; what is more is refused with 503.
    # shellcheck disable=SC2016 # nginx's own variable
    nginx_http='limit_req_zone $server_port zone=scarce:1m rate=200r/s;'
    nginx_server='location /scarce { limit_req zone=scarce burst=50 nodelay; try_files /none =204; }'
    start_nginx "$BATS_TEST_TMPDIR/nginx"
    store=$BATS_TEST_TMPDIR/s.scope
    json=$BATS_TEST_TMPDIR/report.json
}

teardown() {
    stop_nginx
}

# drive OPTION...: into $json, $store and $status.
drive() {
    status=0
    scope drive http --format json -o "$store" "$@" >"$json" \
        2>"$BATS_TEST_TMPDIR/said" || status=$?
    said=$(cat "$BATS_TEST_TMPDIR/said")
}

rows() {
    jq -c --arg id "$1" \
        '.items[] | select(.type == "table" and .id == $id) | .rows[]' "$json"
}

trials() {
    scope export json "$store" | jq -c ".trials[] | $1"
}

@test "a threshold that is missed makes the status 3, one not told 4" {
    drive --url "$nginx_url/" --rate 400 --duration 500ms \
        --threshold 'p50<1ns' --threshold 'errors<1%'
    [ "$status" -eq 3 ]
    [[ $said == *"threshold p50<1ns is missed: it was "* ]]
    [ "$(rows thresholds | jq -r .result | tr '\n' ' ')" = "missed met " ]
    drive --url "$nginx_url/" --rate 400 --duration 500ms \
        --threshold 'p99<1h' --threshold 'p50<1h'
    [ "$status" -eq 4 ]
    [[ $said == *"p99<1h is undecided: 1000 values tell p99, there were "* ]]
    [ "$(rows thresholds | jq -r .result | tr '\n' ' ')" = "undecided met " ]
    drive --url "$nginx_url/" --rate 400 --duration 500ms --threshold 'p50<1h'
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

@test "sweeps make every combination, each a labelled trial" {
    drive --url "$nginx_url/{path}" --sweep path=gone,none \
        --sweep rate=200..400*2 --repeats 2 --order shuffled --duration 200ms
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    [ "$(rows points | wc -l)" -eq 8 ]
    # In the table by point, in the store as they were made.
    [ "$(rows points | jq -r '"\(.path) \(.rate) \(.repeat)"' | head -3 |
        tr '\n' ';')" = "gone 200 1;gone 200 2;gone 400 1;" ]
    [ "$(trials '.labels | "\(.path) \(.rate) \(.repeat)"' | sort -u |
        wc -l)" -eq 8 ]
    [ "$(trials '.labels.repeat' | tr -d '"\n')" = 11112222 ]
    trials '[.labels.rate, (.verdict.rate_intended_hertz | tostring)]' |
        while read -r pair; do jq -e '.[0] == .[1]' <<<"$pair"; done
    stop_nginx
    [ "$(cut -d' ' -f2,3 "$nginx_log" | sort -u | tr '\n' ';')" = \
        "/gone 410;/none 204;" ]
}

@test "the highest rate is found between one that passed and one that failed" {
    drive --url "$nginx_url/scarce" --duration 600ms --find-max \
        --find-from 50 --find-step 400ms --find-time 30s \
        --find-precision 20% --threshold 'not-2xx<1%' --threshold 'achieved>80%'
    # A machine that stalls may lose the rate, but not the account of it.
    [ "$(rows search | wc -l)" -eq "$(trials .id | wc -l)" ]
    [ "$(rows search | jq -s 'map(select(.role == "step")) | length')" -ge 4 ]
    rows search | jq -s -e 'map(select(.outcome == "failed")) |
        length > 0 and all(.why != "") and
        any(.why | startswith("not-2xx<1%: it was "))'
    trials '[.labels.search, .labels.step, .labels.rate]' | jq -s -e \
        'all(.[0] == "step" or .[0] == "hold") and .[0][2] == "50"'
    [[ $said == *"step 1: 50"*" passed"* ]]
    if [ "$status" -eq 3 ]; then
        rows found | jq -e '.reached == "no" and .reason != ""'
    else
        rows found | jq -e '.reached == "yes" and .rate_hertz >= 50 and
            .rate_hertz < .failed_hertz and .failed_hertz <= 800 and
            (.reason | test("passed, .* failed"))'
    fi
}

@test "a rate that nothing can pass is said not to be found" {
    drive --url "$nginx_url/gone" --duration 300ms --find-max --find-from 4 \
        --find-step 200ms --find-time 20s --threshold 'not-2xx<1%'
    [ "$status" -eq 3 ]
    [[ $said == *"NOT FOUND: no rate was found"* ]]
    rows found | jq -e '.reached == "no" and .rate_hertz == null'
}

@test "the share of a CPU is looked for in the target's CPU time" {
    drive --port "${nginx_url##*:}" --url "$nginx_url/" --target-cpu 5% \
        --tolerance 3% --find-from 500 --find-step 400ms --find-time 15s \
        --duration 600ms
    [ "$(rows search | wc -l)" -ge 1 ]
    rows search | jq -s -e 'all(.cpu_ratio >= 0 and .cpu_ratio < 1) and
        any(.cpu_ratio > 0)'
    if [ "$status" -eq 3 ]; then
        [[ $said == *"NOT FOUND: "* ]]
    else
        [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
        rows found | jq -e '.cpu_ratio > 0.02 and .cpu_ratio < 0.08 and
            (.reason | test("used .* % of a CPU \\(95 % interval"))'
        trials 'select(.labels.search == "hold") | .target.cpu > 0' |
            grep -q true
    fi
}

@test "a rule ends a trial early, and says why" {
    SECONDS=0
    drive --url "$nginx_url/gone" --rate 200 --duration 60s --interval 200ms \
        --stop-if 'errors>5%' --stop-if 'not-2xx>50%'
    [ $SECONDS -lt 30 ]
    [ "$status" -eq 3 ]
    [[ $said == *"stopped early: not-2xx>50%: it was 100 % in "* ]] ||
        [[ $said == *"stopped early: not-2xx>50%: it was 100.0 % in "* ]]
    [ "$(trials .status)" = '"interrupted"' ]
    trials '.verdict.checks[] | select(.name == "complete").reason' |
        grep -q 'stopped early: not-2xx>50%'
}

@test "exports are written beside what is shown" {
    cd "$BATS_TEST_TMPDIR"
    drive --url "$nginx_url/" --rate 300 --duration 300ms --export hdr=a.hlog \
        --export json=a.json --export fortio=a.fortio --export hgrm=a.hgrm
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    grep -q '^Tag=http.latency,0' a.hlog
    grep -q 'Total count' a.hgrm
    [ "$(jq .DurationHistogram.Count a.fortio)" -eq \
        "$(jq .trials[0].totals.requests a.json)" ]
    diff a.json <(scope export json "$store")
}

@test "a terminal is shown the load of the last second" {
    command -v script >/dev/null || skip "script is not installed"
    script -qec "'$SCOPE_BUILD/scope' drive http --url '$nginx_url/' \
        --rate 500 --duration 2s --interval 300ms" /dev/null \
        >"$BATS_TEST_TMPDIR/screen" || [ $? -eq 4 ]
    tr '\r' '\n' <"$BATS_TEST_TMPDIR/screen" |
        grep -Eq 's, [0-9.]+( k)?/s, p50 [0-9.]+ [^ ]*s, p99 .*, 0 errors, [0-9]+ outstanding, [0-9]+ s left'
}

@test "what cannot be made is refused before it starts" {
    fails_with 2 "scope drive: --threshold 'p99<5': column 5: '5' is a duration without a unit" \
        "write a number and a unit: 10ms, 1.5s, 2m (ns, us, ms, s, m, h, d)" \
        drive http --url "$nginx_url/" --threshold 'p99<5'
    fails_with 2 "scope drive: --stop-if 'eror>5%': column 1: unknown figure 'eror'" \
        "did you mean errors?" drive http --url "$nginx_url/" --stop-if 'eror>5%'
    fails_with 2 "scope drive: --sweep conections: driver http has no such option, and none of its values holds {conections}" \
        "did you mean connections?" \
        drive http --url "$nginx_url/" --sweep conections=1,2
    fails_with 2 "scope drive: --target-cpu needs to know whose CPU is meant" \
        "choose processes with --pid, --comm, --exe, --match, --cgroup or --port" \
        drive http --url "$nginx_url/" --target-cpu 50%
    fails_with 2 "scope drive: --find-max and --target-cpu search for different rates" \
        "" drive http --url "$nginx_url/" --target-cpu 50% --find-max
    fails_with 2 "scope drive: --export cvs=x: unknown export format 'cvs'" \
        "there are hdr, hgrm, fortio, json, folded and speedscope" \
        drive http --url "$nginx_url/" --export cvs=x
    fails_with 2 "scope collect: sweeps, thresholds, searches and exports are for drivers" \
        "add --drive" collect --all --find-max --duration 1s
}

@test "collectors run beside a sweep" {
    scope collect -q --port "${nginx_url##*:}" -C proc -i 50ms \
        --drive "http.url=$nginx_url/,rate=300" --sweep connections=1,2 \
        --duration 300ms -o "$store" || [ $? -eq 4 ]
    [ "$(trials '.labels.connections' | tr -d '"\n')" = 12 ]
    [ "$(trials 'select(.target.cpu > 0) | .id' | wc -l)" -eq 2 ]
}
