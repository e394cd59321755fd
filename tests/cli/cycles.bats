#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The analyzer cycles: a known profile comes out exactly, in every format, and
# sorted by categories of anybody's; what is wrong with files of them is said
# with its place.
load scope.bash
load report.bash

# analyze OPTIONS STORE...
analyze() {
    local options=$1
    shift
    scope analyze -A "cycles$options" "$@" -o report.csv
}

@test "known figures: roles, in user code and in the kernel, per request" {
    write_store profile p.scope
    analyze "" p.scope
    # 70 samples a second of 10 ms each, by 1000 requests; 20 in the kernel
    cell_is 500000 cycles-roles-table role=sidecar user_ns
    cell_is 200000 cycles-roles-table role=sidecar kernel_ns
    cell_is 700000 cycles-roles-table role=sidecar sum_ns
    cell_is 0.7 cycles-roles-table role=sidecar busy_ratio
    cell_is 280 cycles-roles-table role=sidecar samples
    cell_is 400000 cycles-roles-table "role=[other processes]" user_ns
    cell_is 0 cycles-roles-table "role=[other processes]" kernel_ns
    cell_is 50000 cycles-roles-table "role=[kernel threads]" kernel_ns
    cell_is 20 cycles-roles-table "role=[kernel threads]" samples
}

@test "known figures: categories, functions and modules" {
    write_store profile p.scope
    analyze .categories=haproxy p.scope
    # Of 280: 80 in ep_poll; process_stream ends 28 times and calls the rest.
    cell_is 80 cycles-category-sidecar category=kernel/epoll samples
    cell_is 200000 cycles-category-sidecar category=kernel/epoll per_request_ns
    cell_is 200000 cycles-category-sidecar category=kernel/epoll kernel_ns
    cell_is 160 cycles-category-sidecar category=haproxy/HTTP samples
    cell_is 28 cycles-category-sidecar category=haproxy/streams samples
    cell_is 470000 cycles-category-sidecar category=haproxy/streams inclusive_per_request_ns
    # run_poll_loop is below everything but cold
    cell_is 0 cycles-category-sidecar category=haproxy/scheduler samples
    cell_is 670000 cycles-category-sidecar category=haproxy/scheduler inclusive_per_request_ns
    cell_is 12 cycles-category-sidecar category=haproxy/other samples
    cell_is 0 cycles-category-sidecar category=uncategorised samples
    cell_is 160 cycles-functions-sidecar function=http_analyze samples
    cell_is 0.1 cycles-functions-sidecar function=process_stream share_ratio
    cell_is 0.6714285714285714 cycles-functions-sidecar function=process_stream total_ratio
    cell_is 70000 cycles-functions-sidecar function=process_stream per_request_ns
    cell_is /usr/sbin/haproxy cycles-functions-sidecar function=cold path
    cell_is 200 cycles-modules-sidecar module=haproxy samples
    cell_is 0 cycles-modules-sidecar module=haproxy unnamed_ratio
}

@test "shares have the score interval" {
    write_store profile p.scope
    analyze "" p.scope
    # Wilson's of 80 in 280
    need_python
    low=$(read_report csv report.csv cycles-category-sidecar category=kernel/epoll low_ratio)
    high=$(read_report csv report.csv cycles-category-sidecar category=kernel/epoll high_ratio)
    [[ "$low" == 0.23597966* && "$high" == 0.34124911* ]]
}

@test "two trials are compared, by more than chance" {
    write_store profile a.scope
    write_store profile-changed b.scope
    analyze "" a.scope b.scope
    cell_is 390000 cycles-difference-sidecar category=haproxy difference_ns
    cell_is more cycles-difference-sidecar category=haproxy verdict
    cell_is 0 cycles-difference-sidecar category=kernel/epoll difference_ns
    cell_is "no difference seen" cycles-difference-sidecar category=kernel/epoll verdict
    cell_is 390000 cycles-difference-sidecar category=all difference_ns
    cell_is 0 cycles-functions-sidecar function=cold "trial=b.scope 1" samples
    cell_is 48 cycles-functions-sidecar function=fresh "trial=b.scope 1" samples
    analyze "" b.scope a.scope
    cell_is less cycles-difference-sidecar category=haproxy verdict
    cell_is -390000 cycles-difference-sidecar category=haproxy difference_ns
}

@test "what was sampled is said, and what was lost" {
    write_store profile-lossy p.scope
    analyze "" p.scope
    # 460 are there, and 20 are not
    cell_is 20 cycles-sampling lost
    cell_is 0.041666666666666664 cycles-sampling lost_share_ratio
    cell_is 280 cycles-sampling targets
    cell_is 99 cycles-sampling frequency_hertz
    # 70 samples of 10 ms a second, and what proc has, which is not that
    cell_is 0.7 cycles-sampling sampled_ratio
    cell_is 0.15 cycles-sampling counted_ratio
    cell_is yes cycles-sampling doubt
    run scope analyze -A cycles p.scope
    [[ "$output" == *"These are timer samples, not cycles"* ]]
    [[ "$output" == *"Samples stand for 467 % of the CPU time that the kernel accounted"* ]]
    [[ "$output" == *"There are but 280 samples of targets"* ]]
    write_store profile-pmu c.scope
    run scope analyze -A cycles c.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *"Samples of cycles by the CPU's own counter"* ]]
    [[ "$output" != *"timer samples"* ]]
    analyze "" c.scope
    cell_is 70 cycles-roles-table role=sidecar sum
    analyze "" p.scope c.scope
    run scope analyze -A cycles p.scope c.scope
    [[ "$output" == *"1 trial sampled another event than cpu-clock and is left out"* ]]
}

@test "without a driver, the cost is CPUs" {
    write_store profile-undriven p.scope
    analyze "" p.scope
    cell_is 0.7 cycles-roles-table role=sidecar sum_ratio
    cell_is 0.2 cycles-category-sidecar category=kernel/epoll cost_ratio
}

@test "only some roles, and others too" {
    write_store profile p.scope
    analyze .others=yes p.scope
    cell_is 20 cycles-category--kernel-threads- category=kernel/netdev samples
    # postgres is in no rule of the sidecar's; here it is of haproxy's module
    cell_is 160 cycles-functions--other-processes- function=work samples
    analyze ".target=[kernel threads]" p.scope
    run ! grep -q cycles-category-sidecar report.csv
    grep -q cycles-category--kernel-threads- report.csv
    fails_with 2 "scope analyze: cycles: cycles.target: nothing is called nobody" \
        "the table of roles, without target, says what there is" \
        analyze -A cycles.target=nobody p.scope
}

@test "a file of one's own sorts, and what it leaves is listed" {
    write_store profile p.scope
    mkdir -p mine/categories
    cat >mine/categories/mine.yaml <<'YAML'
title: mine
rules:
  - category: analysis
    symbol: http_*
  - category: polling
    kernel: yes
    within: _do_poll
YAML
    analyze .categories=mine/categories/mine.yaml p.scope
    cell_is 160 cycles-category-sidecar category=analysis samples
    cell_is 80 cycles-category-sidecar category=polling samples
    cell_is 40 cycles-category-sidecar category=uncategorised samples
    cell_is 28 cycles-uncategorised-sidecar function=process_stream samples
    cell_is 0.1 cycles-uncategorised-sidecar function=process_stream share_ratio
    cell_is 12 cycles-uncategorised-sidecar function=cold samples
    SCOPE_DATA_PATH=$PWD/mine:$SCOPE_DATA_PATH analyze .categories=mine p.scope
    cell_is 80 cycles-category-sidecar category=polling samples
    SCOPE_DATA_PATH=$PWD/mine:$SCOPE_DATA_PATH run scope list categories --format csv
    [[ "$output" == *"categories,mine,mine,2,$PWD/mine/categories/mine.yaml,no"* ]]
}

@test "what is wrong with categories is said with its place" {
    write_store profile p.scope
    printf 'title: t\nrules:\n  - category: a\n    symbl: x\n' >bad.yaml
    fails_with 2 "scope analyze: cycles: bad.yaml:4:5: unknown key symbl" \
        "did you mean symbol?" analyze -A cycles.categories=bad.yaml p.scope
    mkdir -p bad/categories
    cp bad.yaml bad/categories
    SCOPE_DATA_PATH=$PWD/bad run scope list categories --format csv
    [ "$status" -eq 0 ]
    [[ "$output" == *"categories/bad.yaml:4:5: unknown key symbl"*,yes* ]]
    run scope analyze -A cycles.categories=kernle p.scope
    [ "$status" -ne 0 ]
    [[ "$output" == *"there are no categories named 'kernle'"* ]]
    [[ "$output" == *"did you mean kernel?"* ]]
    SCOPE_DATA_PATH=/nowhere fails_with 2 \
        "scope analyze: cycles: SCOPE_DATA_PATH: read the folder /nowhere: No such file or directory" \
        "" analyze -A cycles p.scope
    fails_with 2 "scope analyze: cycles: cycles.baseline: no trial with a profile has policy=none" \
        "scope store shows the labels of trials" \
        analyze -A cycles.baseline=policy=none p.scope
}

@test "without a profile, what to collect is said" {
    write_store known k.scope
    run scope analyze -A cycles k.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *"No profile was taken in these trials: collect one with -C cycles."* ]]
}

@test "hostile names stay text in every format" {
    write_store profile-hostile h.scope
    for format in html csv json md; do
        run scope analyze -A cycles h.scope -o "h.$format"
        [ "$status" -eq 4 ]
        read_report inert "h.$format"
    done
    read_report html h.html
    run scope analyze -A cycles h.scope
    [ "$status" -eq 4 ]
    [[ "$output" != *$'\033'* ]]
    run scope analyze -A cycles h.scope -o x.md --plots plots
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    [ "$(find plots -name '*.svg' | wc -l)" -ge 2 ]
    read_report svg plots/*.svg
}

@test "the report fits 80 columns" {
    write_store profile a.scope
    write_store profile-changed b.scope
    command -v script >/dev/null || skip "script is not installed"
    need_python
    script -qec "stty cols 80; '$SCOPE_BUILD/scope' analyze -A cycles a.scope b.scope" /dev/null \
        </dev/null >out
    python3 - out <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8", newline="").read()
lines = re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r", "").split("\n")
assert len(lines) > 50, len(lines)
wide = [line for line in lines
        if len(line) > 80 and "plots not shown" not in line]
assert not wide, wide
PY
}
