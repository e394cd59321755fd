#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope store: what is in a file, whether it is sound, and its samples.
load scope.bash

setup_file() {
    export store=$BATS_FILE_TMPDIR/good.scope
    # Exit status 4: so short a trial may well be judged invalid.
    "$SCOPE_BUILD/scope" collect --all -C proc -i 10ms --duration 300ms \
        --label policy='=1+1,"<b>' -o "$store" 2>/dev/null || [ $? -eq 4 ]
}

@test "check finds nothing wrong with what collect wrote" {
    run scope store check "$store"
    [ "$status" -eq 0 ]
    [[ "$output" == *"artifacts: 0 problems" ]]
}

@test "check lists what is wrong and ends with 1" {
    cp "$store" "$BATS_TEST_TMPDIR/bad.scope"
    # The file's last bytes are some page's content, not a header.
    size=$(stat -c %s "$store")
    head -c 20000 /dev/zero | tr '\0' x |
        dd of="$BATS_TEST_TMPDIR/bad.scope" bs=1 seek=$((size - 20000)) \
            conv=notrunc status=none
    run --separate-stderr scope store check "$BATS_TEST_TMPDIR/bad.scope"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"problem"* ]]
    [ "$(printf '%s\n' "$output" | grep -c .)" -gt 2 ]
    run --separate-stderr scope store check --format json \
        "$BATS_TEST_TMPDIR/bad.scope"
    [ "$status" -eq 1 ]
    jq -e '[.items[] | select(.type == "table") | .rows | length] | add > 0' \
        <<<"$output"
}

@test "a file that is no store is told apart from one that is damaged" {
    echo "hello" >"$BATS_TEST_TMPDIR/text"
    run --separate-stderr scope store check "$BATS_TEST_TMPDIR/text"
    [ "$status" -eq 1 ]
    [[ "$output" == *"file is not a database"* ]]
    run --separate-stderr scope store info "$BATS_TEST_TMPDIR/text"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"file is not a database"* ]]
    run --separate-stderr scope store info "$BATS_TEST_TMPDIR/absent"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"No such file or directory"* ]]
}

@test "info says what is there" {
    run scope store info --format json "$store"
    [ "$status" -eq 0 ]
    jq -e '.items[] | select(.id == "trials") | .rows[0] |
        .status == "complete" and .samples > 100 and
        .labels == "policy==1+1,\"<b>"' <<<"$output"
    jq -e '[.items[] | select(.id == "sources") | .rows[].source] |
        index("proc") != null' <<<"$output"
}

@test "dump writes every sample, as many as there are" {
    samples=$(scope store check "$store" |
        sed -n 's/.* \([0-9]*\) samples.*/\1/p')
    scope store dump "$store" >"$BATS_TEST_TMPDIR/dump.csv"
    [ "$(head -1 "$BATS_TEST_TMPDIR/dump.csv")" = \
        "time,trial,source,metric,target,instance,value" ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/dump.csv")" -eq $((samples + 1)) ]
    scope store dump --format json "$store" >"$BATS_TEST_TMPDIR/dump.json"
    [ "$(jq '.samples | length' "$BATS_TEST_TMPDIR/dump.json")" -eq "$samples" ]
    jq -e '.version == 1 and (.samples[0].time | type == "number")' \
        "$BATS_TEST_TMPDIR/dump.json"
}

@test "a hostile process name is inert in a dump" {
    name=$'=x",\e[1m\n'
    # Only a process itself may change its name.
    bash -c 'printf %s "$1" >/proc/$$/comm; while sleep 0.2; do :; done' \
        -- "$name" &
    pid=$!
    until [ "$(head -1 /proc/$pid/comm)" = "${name%$'\n'}" ]; do sleep 0.05; done
    scope collect --pid $pid -C proc -i 10ms --duration 200ms \
        -o "$BATS_TEST_TMPDIR/evil.scope" 2>/dev/null || [ $? -eq 4 ]
    kill $pid
    run scope store dump "$BATS_TEST_TMPDIR/evil.scope"
    [ "$status" -eq 0 ]
    [[ "$output" == *",\"'=x\"\","* ]]
    [[ "$output" != *$'\e'* ]]
    # Seven columns in each line, once what is quoted is taken away.
    ! sed 's/"\(""\|[^"]\)*"//g' <<<"$output" |
        grep -v '^[^,]*\(,[^,]*\)\{6\}$'
    scope store dump --format json "$BATS_TEST_TMPDIR/evil.scope" |
        jq -e '[.samples[].target] | any(startswith("=x\""))'
}

@test "bad usage ends with 2" {
    fails_with 2 "scope store: store: no action given" \
        "there are check, info and dump" store
    fails_with 2 "scope store: store: unknown action 'chek'" \
        "did you mean check?" store chek x
    fails_with 2 "scope store: store info takes one file, not 2" "" \
        store info a b
    fails_with 2 "scope store: store dump writes csv or json, not markdown" "" \
        store dump --format markdown "$store"
}
