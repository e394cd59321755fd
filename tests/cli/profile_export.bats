#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope export of profiles: folded stacks and speedscope's JSON have every
# sample of the measured window, and no name makes a frame of its own.
load scope.bash
load report.bash

@test "folded stacks have every sample of the window" {
    write_store profile p.scope
    scope export folded p.scope >p.folded
    diff p.folded - <<'END'
kernel threads;ksoftirqd/0;net_rx_action 20
other processes;postgres;main;work 160
sidecar;haproxy;main;cold 12
sidecar;haproxy;main;run_poll_loop;_do_poll;do_syscall_64;ep_poll 80
sidecar;haproxy;main;run_poll_loop;process_stream 28
sidecar;haproxy;main;run_poll_loop;process_stream;http_analyze 160
END
    scope export folded --mark-kernel p.scope -o k.folded
    grep -qx 'sidecar;haproxy;main;run_poll_loop;_do_poll;do_syscall_64_\[k\];ep_poll_\[k\] 80' k.folded
    write_store profile-hostile h.scope
    scope export folded h.scope >h.folded
    read_report inert h.folded
    # Seven stacks, and no name makes a frame or a line of its own.
    [ "$(wc -l <h.folded)" -eq 7 ]
    [ "$(awk '{ sum += $NF } END { print sum }' h.folded)" -eq 464 ]
    [ "$(tr -cd ';' <h.folded | wc -c)" -eq 21 ]
}

@test "speedscope's file keeps to its published schema, and has every weight" {
    command -v jq >/dev/null || skip "jq is not installed"
    write_store profile p.scope
    write_store profile-hostile h.scope
    write_store profile-pmu m.scope
    scope export speedscope p.scope -o p.json
    jq -e '[.profiles[] | .name, .unit, .startValue, .endValue] == [
           "rate=1000: sidecar haproxy[100]", "nanoseconds", 0, 2400000000,
           "rate=1000: sidecar haproxy[101]", "nanoseconds", 0, 400000000,
           "rate=1000: other processes", "nanoseconds", 0, 1600000000,
           "rate=1000: kernel threads", "nanoseconds", 0, 200000000]' p.json
    jq -e '. as $file | [.profiles[] |
           (.samples | length) == (.weights | length) and
           (.weights | add) == .endValue and
           all(.samples[][]; . < ($file.shared.frames | length))] | all' p.json
    # The whole path of the heaviest stack, by names
    jq -e '. as $file | .profiles[.activeProfileIndex] |
           .samples[.weights | index(1200000000)] |
           map($file.shared.frames[.].name) ==
           ["main", "run_poll_loop", "process_stream", "http_analyze"]' p.json
    jq -e '.shared.frames | length == (unique | length)' p.json
    scope export speedscope m.scope -o m.json
    jq -e '.profiles[0].unit == "none" and
           .profiles[0].endValue == 240000' m.json
    scope export speedscope p.scope h.scope -o all.json
    read_report inert all.json
    jq -e '.profiles | length == 8 and .[0].name ==
           "rate=1000 of p.scope: sidecar haproxy[100]"' all.json
    python3 -c 'import jsonschema' 2>/dev/null ||
        skip "python3-jsonschema is not installed"
    local file
    for file in p m all; do
        python3 - $file.json "$SCOPE_SOURCE/tests/fixtures/speedscope" <<'END'
import json, sys, jsonschema
with open(sys.argv[1], encoding="utf-8") as file:
    profile = json.load(file)
with open(sys.argv[2] + "/file-format-schema.json", encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.validate(profile, schema)
END
    done
}

@test "which profiles cannot be exported is said" {
    write_store profile p.scope
    write_store known k.scope
    fails_with 1 "scope export: no profile was recorded" \
        "scope collect -C cycles records one" export folded k.scope
    fails_with 2 "scope export: folded holds one profile, and 2 trials are chosen" \
        "choose one with --trial, or add them up with --merge" \
        export folded p.scope k.scope
    fails_with 2 "scope export: --metric chooses a histogram, and speedscope holds a profile" \
        "leave it out" export speedscope p.scope --metric latency
    fails_with 1 "scope export: there is no trial 7" \
        "scope store info STORE lists them" export folded p.scope --trial 7
    scope export folded --merge p.scope k.scope p.scope | grep -q 'http_analyze 320$'
}
