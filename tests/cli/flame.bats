#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The analyzer flame: a known profile comes out exactly, in every format; what
# is compared, how, and what is refused; and pages, used in a browser.
load scope.bash
load report.bash

analyze() {
    local options=$1
    shift
    scope analyze -A "flame$options" "$@" -o report.csv
}

browser() {
    need_python
    command -v chromedriver >/dev/null || skip "chromium-driver is not installed"
    command -v chromium >/dev/null || skip "chromium is not installed"
    timeout 100 python3 "$SCOPE_SOURCE/tests/cli/browser.py" "$@" 3>&-
}

@test "known counts come out exactly, of the window alone" {
    write_store profile p.scope
    analyze "" p.scope
    # 160 samples of two processes, each of 10 ms
    cell_is 1600000000 flame name=http_analyze self_ns
    cell_is 160 flame name=http_analyze self_samples
    cell_is haproxy flame name=http_analyze group
    cell_is /usr/sbin/haproxy flame name=http_analyze module
    cell_is 280000000 flame name=process_stream self_ns
    cell_is 1880000000 flame name=process_stream total_ns
    cell_is 80 flame name=do_syscall_64 samples
    cell_is kernel flame name=ep_poll group
    cell_is 2800000000 flame name=main total_ns
    cell_is 280 flame name=sidecar samples
    cell_is 2800000000 flame name=all total_ns
    cell_is 1 flame name=sidecar depth
    cell_is 6 flame name=ep_poll depth
}

@test "what is below what: the first level, others, the kernel, reversed" {
    write_store profile p.scope
    analyze .by=process,others p.scope
    cell_is 240 flame "name=sidecar haproxy[100]" samples
    cell_is 40 flame "name=sidecar haproxy[101]" samples
    cell_is 160 flame name=postgres samples
    cell_is 20 flame name=ksoftirqd/0 samples
    cell_is 460 flame name=all samples
    analyze .others p.scope
    cell_is 160 flame "name=other processes" samples
    cell_is 20 flame "name=kernel threads" samples
    analyze .by=none p.scope
    cell_is 1 flame name=main depth
    analyze .kernel=no p.scope
    cell_is 80 flame name=_do_poll self_samples
    cell_is 280 flame name=all samples
    run ! grep -q do_syscall_64 report.csv
    analyze .reverse p.scope
    cell_is 160 flame name=http_analyze depth=2 samples
    cell_is 28 flame name=process_stream depth=2 samples
    cell_is 160 flame name=process_stream depth=3 samples
    cell_is 280 flame name=all samples
    analyze .target=side* p.scope
    cell_is 280 flame name=all samples
    analyze .target=postgres p.scope
    cell_is 0 flame name=all samples
}

@test "two trials: by request, exactly, B against A" {
    write_store profile a.scope
    write_store profile-changed b.scope
    analyze "" a.scope b.scope
    # 4000 requests of each: 280 samples of 10 ms in b, 160 in a
    cell_is 700000 flame-difference name=http_analyze self_ns
    cell_is 400000 flame-difference name=http_analyze other_self_ns
    cell_is 280 flame-difference name=http_analyze samples
    cell_is 160 flame-difference name=http_analyze other_samples
    cell_is 0 flame-difference name=cold total_ns
    cell_is 30000 flame-difference name=cold other_total_ns
    cell_is 1090000 flame-difference name=all total_ns
    cell_is 700000 flame-difference name=all other_total_ns
    cell_is 300000 flame-changes function=http_analyze difference_ns
    cell_is -30000 flame-changes function=cold difference_ns
    # Unchanged: twice 80 samples
    run ! grep -q '^flame-changes,ep_poll,' report.csv
    run scope analyze -A flame a.scope b.scope
    [[ "$output" == *"both by request: red costs more in rate=1000 of b.scope, blue less. All together it is +55.7 % ± 23.9 % a request (two standard errors of 436 against 280 samples; 4000 against 4000 requests)."* ]]
    [[ "$output" == *"  18.3    18.3    same        _do_poll → (1 more) → ep_poll"* ]]
    [[ "$output" == *"  64.2    64.2   +42.9          http_analyze"* ]]
    # A process of the other trial is the same one, though its pid is not.
    analyze .by=process a.scope b.scope
    cell_is 436 flame-difference "name=sidecar haproxy" samples
    cell_is 40 flame-2 "name=sidecar haproxy[101]" samples
    # The other way round, what is gone has no width.
    analyze .baseline=2 a.scope b.scope
    cell_is 400000 flame-difference name=http_analyze self_ns
    cell_is 700000 flame-difference name=http_analyze other_self_ns
}

@test "without requests shares are compared, and it is said" {
    write_store profile-undriven a.scope
    write_store profile-changed b.scope
    analyze "" a.scope b.scope
    # Scaled to the sum of b
    cell_is 4360000000 flame-difference name=all total_ns
    cell_is 2800000000 flame-difference name=http_analyze self_ns
    awk -F, '$1 == "flame-difference" && $3 == 0 { whole = $(NF - 4) }
             END { exit !(whole > 4359999999.99 && whole < 4360000000.01) }' report.csv
    run scope analyze -A flame a.scope b.scope
    [[ "$output" == *"by shares: red is a larger part of rate=1000 of b.scope"* ]]
    [[ "$output" == *"whether all together costs more is not said"* ]]
}

@test "which trial is the baseline" {
    write_store profile a.scope
    write_store profile-changed b.scope
    write_store profile c.scope
    analyze "" a.scope b.scope c.scope
    run ! grep -q '^flame-difference' report.csv
    analyze .baseline=none a.scope b.scope
    run ! grep -q '^flame-difference' report.csv
    analyze ".baseline=rate=1000 of b.scope" a.scope b.scope c.scope
    cell_is 160 flame-difference "graph=CPU time a request: rate=1000 of a.scope against rate=1000 of b.scope" name=http_analyze samples
    cell_is 280 flame-difference-2 "graph=CPU time a request: rate=1000 of c.scope against rate=1000 of b.scope" name=http_analyze other_samples
    fails_with 2 'scope analyze: flame: baseline: 3 trials are called "rate=1000"' \
        "the first trial of the report is 1; scope store info STORE shows names and labels" \
        analyze -A flame.baseline=rate=1000 a.scope b.scope c.scope
    fails_with 1 'scope analyze: flame: baseline: 0 trials are called "9"' \
        "the first trial of the report is 1; scope store info STORE shows names and labels" \
        analyze -A flame.baseline=9 a.scope
    write_store known k.scope
    run --separate-stderr scope analyze -A flame.baseline=2 a.scope k.scope
    [ "$status" -eq 4 ]
    [[ "$output" == *"nothing is compared with rate=1000 of k.scope: it has no profile"* ]]
}

@test "what differs in kind is not compared" {
    write_store profile a.scope
    write_store profile-pmu b.scope
    run --separate-stderr scope analyze -A flame a.scope b.scope
    [ "$status" -eq 4 ]
    [[ "$output" == *"one sampled cycles, the other cpu-clock"* ]]
    [[ "$output" == *"280 samples (cycles, 99 a second asked for on each CPU) in 4 s: 2.8e+05 cycles, 70 a request"* ]]
    # Timer samples are said to be such, with what that means.
    [[ "$output" == *"280 timer samples (cpu-clock"* ]]
    [[ "$output" == *"How much is the kernel's is sound"* ]]
    run scope analyze -A flame b.scope
    [ "$status" -eq 0 ]
    [[ "$output" != *"timer samples"* ]]
}

@test "colours by categories, the costliest first" {
    write_store profile p.scope
    cat >mine.yaml <<'END'
title: mine
rules:
  - category: waiting
    symbol: [ep_poll]
  - category: parsing
    symbol: [http_*]
END
    analyze .categories=./mine.yaml p.scope
    cell_is waiting flame name=ep_poll group
    cell_is parsing flame name=http_analyze group
    cell_is uncategorised flame name=cold group
    cell_is "" flame name=sidecar group
    scope analyze -A flame.categories=./mine.yaml p.scope -o p.html
    grep -o '<ul class="key">.*' p.html | sed 's/<[^>]*>/ /g; s/\xc2\xa0/ /g' |
        grep -qE '^ +parsing 57.14 % +waiting 28.57 % +uncategorised 14.29 % *$'
    run --separate-stderr scope analyze -A flame.categories=nonsense p.scope
    [ "$status" -eq 1 ]
    [[ "$stderr" == *nonsense* ]]
}

@test "what was lost, left out or never taken is said" {
    write_store profile-lossy l.scope
    run scope analyze -A flame l.scope
    [[ "$output" == *"warning: rate=1000: 20 samples were lost, 4.2 % of all"* ]]
    [[ "$output" == *"180 of 460 samples (39.1 %) are of other processes"* ]]
    run scope analyze -A flame.min-share=20% l.scope
    [[ "$output" == *ep_poll* ]]
    [[ "$output" != *cold* ]]
    [[ "$output" == *"of at most 4.3 % not listed"* ]]
    write_store known k.scope
    run scope analyze -A flame k.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *"No profile was recorded in these trials"* ]]
    run scope analyze -A flame.graphs=1 l.scope k.scope l.scope
    [[ "$output" == *"1 more trial has a profile and is not drawn"* ]]
}

@test "JSON has all frames, and what they are" {
    command -v jq >/dev/null || skip "jq is not installed"
    write_store profile p.scope
    scope analyze -A flame p.scope -o r.json
    jq -e '.items[] | select(.type == "flame") |
           .id == "flame" and .unit == "ns" and .cost == "CPU time" and
           .requests == 4000 and .inverted == false and
           ([.rows[].self_ns] | add) == 2800000000 and
           ([.rows[].self_samples] | add) == 280 and
           (.rows | length) == 10 and
           all(.rows[1:][]; .parent != null)' r.json
}

@test "pages keep names as text, and run nothing else" {
    write_store profile-hostile h.scope
    for format in table csv json markdown html; do
        run --separate-stderr scope analyze -A flame h.scope \
            --format "$format" -o "report.$format"
        [ "$status" -eq 4 ]
        read_report inert "report.$format"
    done
    run ! grep -q '<script>alert\|<img' report.markdown report.html
    # Ten frames of the known ones, the hostile one, the graph, and two keys
    [ "$(read_report html report.html)" -eq 14 ]
}

@test "a browser: zoom, keys, and how it is shown" {
    write_store profile p.scope
    scope analyze -A flame p.scope -o p.html
    browser zoom p.html
    browser keys p.html
    browser sizes p.html
}

@test "a browser: the search" {
    write_store profile p.scope
    scope analyze -A flame p.scope -o p.html
    browser search p.html
}

@test "a browser: a difference, no scripts, hostile names" {
    write_store profile a.scope
    write_store profile-changed b.scope
    scope analyze -A flame a.scope b.scope -o both.html
    browser both both.html
    scope analyze -A flame a.scope -o p.html
    browser plain p.html
    write_store profile-hostile h.scope
    scope analyze -A flame h.scope -o h.html || [ $? -eq 4 ]
    browser hostile h.html
}
