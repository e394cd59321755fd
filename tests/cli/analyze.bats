#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope analyze: known figures come out exactly, in every format; names from
# anywhere stay text; what is to be doubted is shown and said.
load scope.bash
load report.bash

@test "known figures: rates, levels and costs per request" {
    write_store known k.scope
    scope analyze k.scope -o report.csv
    # 150 ms of CPU time a second; by 1000 requests, 150 us each
    cell_is 0.15 summary-sidecar metric=cpu mean
    cell_is 150000 summary-sidecar metric=cpu per_request
    cell_is ns summary-sidecar metric=cpu per_request_unit
    cell_is ratio summary-sidecar metric=cpu unit
    cell_is 600000000 summary-sidecar metric=cpu total
    cell_is 4 summary-sidecar metric=cpu count
    cell_is 0 summary-sidecar metric=cpu sd
    cell_is 0.15 summary-sidecar metric=cpu p99
    cell_is 0.15 summary-sidecar metric=cpu low
    # 1 MiB and 3 MiB in four sweeps of the window, ten times that in the first
    cell_is 11744051.2 summary-sidecar metric=memory.resident mean
    cell_is 41943040 summary-sidecar metric=memory.resident max
    cell_is 4194304 summary-sidecar metric=memory.resident p50
    cell_is bytes summary-sidecar metric=memory.resident unit
    cell_is "" summary-sidecar metric=memory.resident per_request
    cell_is 4000 summary-sidecar metric=io.write.chars mean
    cell_is 4 summary-sidecar metric=io.write.chars per_request
    cell_is bytes_per_second summary-sidecar metric=io.write.chars unit
    cell_is 0.15 cost role=sidecar cpu_ratio
    cell_is 150000 cost role=sidecar cpu_per_request_ns
}

@test "known figures: latency, load and generator" {
    write_store known k.scope
    scope analyze k.scope -o report.csv
    # 4000 requests in the window. The highest value that a histogram of three
    # digits counts like 500 us is 500223 ns, and so on.
    cell_is 4000 latency trial=rate=1000 requests
    cell_is 500223 latency trial=rate=1000 p50_ns
    cell_is 990207 latency trial=rate=1000 p99_ns
    cell_is "" latency trial=rate=1000 p99.9_ns
    cell_is 1000447 latency trial=rate=1000 max_ns
    cell_is 1000 load trial=rate=1000 achieved_hertz
    cell_is 1000 load trial=rate=1000 intended_hertz
    cell_is 0.25 generator trial=rate=1000 cpu_ratio
    cell_is 0.25 generator trial=rate=1000 busiest_ratio
    cell_is valid trials trial=rate=1000 verdict
    cell_is 4000000000 trials trial=rate=1000 measured_ns
}

@test "one process for itself, and what stayed at 0" {
    write_store known k.scope
    scope analyze -A summary.by=target,zeros k.scope -o report.csv
    cell_is 0.1 summary-sidecar-haproxy-100- metric=cpu mean
    cell_is 0.05 summary-sidecar-haproxy-101- metric=cpu mean
    cell_is 50000 summary-sidecar-haproxy-101- metric=cpu per_request
    cell_is 0 summary-sidecar-haproxy-101- metric=faults.major mean
    run scope analyze -A summary k.scope
    [[ "$output" == *"1 metric stayed at 0 and is left out"* ]]
    run scope analyze -A 'summary.metric=proc.process.i*' k.scope
    [[ "$output" == *io.write.chars* ]]
    [[ "$output" != *memory.resident* ]]
    run scope analyze -A 'summary.metric=process.*,!*.resident' k.scope
    [[ "$output" == *io.write.chars* ]]
    [[ "$output" != *memory.resident* ]]
}

@test "trials stand beside each other, also from several stores" {
    write_store known k.scope
    write_store invalid k.scope
    write_store undriven other.scope
    run scope analyze k.scope other.scope --format csv
    [ "$status" -eq 4 ]
    [ "$(grep -c '^summary-sidecar,cpu,' <<<"$output")" -eq 3 ]
    [ "$(grep -c '^summary-sidecar,cpu,.*,yes$' <<<"$output")" -eq 1 ]
}

@test "an invalid trial is shown, marked and told" {
    write_store invalid i.scope
    run --separate-stderr scope analyze i.scope
    [ "$status" -eq 4 ]
    [ "$stderr" = "scope analyze: rate=1000 of i.scope is not valid" ]
    [[ "$output" == *"! rate=1000"*"not valid: send-delay"* ]]
    [[ "$output" == *"warning: rate=1000 is not valid: requests were sent late"* ]]
    [[ "$output" == *"! cpu"* ]]
}

@test "a store without load, and one with a single sweep" {
    write_store undriven u.scope
    run scope analyze u.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *"No driver sent requests in these trials"* ]]
    [[ "$output" != *"per request  "* ]]
    write_store single s.scope
    run scope analyze s.scope
    [ "$status" -eq 0 ]
    [[ "$output" == *memory.resident* ]]
    scope analyze -A summary.by=target s.scope -o report.csv
    cell_is 1048576 summary-sidecar-haproxy-100- metric=memory.resident mean
    cell_is "" summary-sidecar-haproxy-100- metric=memory.resident low
}

@test "JSON carries the same figures" {
    command -v jq >/dev/null || skip "jq is not installed"
    write_store known k.scope
    scope analyze k.scope -o r.json
    [ "$(jq -r '"\(.format) \(.version)"' r.json)" = "scope-report 1" ]
    run jq -c '.items[] | select(.id == "summary-sidecar").rows[] |
               select(.metric == "cpu") | [.mean, .per_request, .unit, .doubt]' r.json
    [ "$output" = '[0.14999999999999999,150000,"ratio",false]' ] ||
        [ "$output" = '[0.15,150000,"ratio",false]' ]
    run jq -c '.items[] | select(.id == "latency").rows[0]["p99.9_ns"]' r.json
    [ "$output" = null ]
    [ "$(jq '[.items[] | select(.type == "plot")] | length' r.json)" -ge 3 ]
}

@test "hostile names stay text in every format" {
    write_store hostile h.scope
    for format in table csv json markdown html; do
        run --separate-stderr scope analyze h.scope --format "$format" \
            -o "report.$format"
        [ "$status" -eq 4 ]
        read_report inert "report.$format"
        printf '%s\n' "$stderr" >errors
        read_report inert errors
    done
    jq -e . report.json >/dev/null
    run ! grep -q '<script\|<img' report.markdown report.html
    # No cell of the spreadsheet begins a formula.
    run ! grep -qE '(^|,)"?[=+@]' report.csv
    if command -v gnuplot >/dev/null; then
        [ "$(read_report html report.html)" -eq 4 ]
    else
        [ "$(read_report html report.html)" -eq 0 ]
    fi
}

@test "plots are drawn as SVG and PNG" {
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    write_store known k.scope
    write_store hostile k.scope
    run scope analyze k.scope --plots plots -o report.md
    [ "$status" -eq 4 ]
    read_report svg plots/*.svg
    grep -qF '](<plots/latency-curve.svg>)' report.md
    run scope analyze k.scope --plots plots --plot-format png -o report.md
    [ "$status" -eq 4 ]
    read_report png plots/*.png
    [ "$(find plots -name '*.png' | wc -l)" -eq 4 ]
}

@test "without gnuplot a page says so, and plots cannot be had" {
    write_store known k.scope
    run env PATH=/nowhere "$SCOPE_BUILD/scope" analyze k.scope --format html
    [ "$status" -eq 0 ]
    [[ "$output" == *"Not drawn: draw plot"*"install the package gnuplot-nox"* ]]
    run --separate-stderr env PATH=/nowhere "$SCOPE_BUILD/scope" analyze \
        k.scope --plots plots
    [ "$status" -eq 5 ]
    [[ "$stderr" == *"hint: install the package gnuplot-nox" ]]
}

@test "what cannot be analyzed is refused in one line" {
    fails_with 2 "scope analyze: no store is named" \
        "scope analyze FILE.scope; scope collect -o FILE.scope makes one" \
        analyze
    write_store empty e.scope
    fails_with 1 "scope analyze: e.scope holds no trial to analyze" "" \
        analyze e.scope
    run --separate-stderr scope analyze absent.scope
    [ "$status" -eq 1 ]
    [[ "$stderr" == *absent.scope* ]]
    write_store known k.scope
    fails_with 2 "scope analyze: unknown analyzer 'summry'" \
        "did you mean summary?" analyze -A summry k.scope
    run --separate-stderr scope analyze -A summary.bye=role k.scope
    [ "$status" -eq 2 ]
    run --separate-stderr scope analyze k.scope -o nowhere/report.html
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"create the report nowhere/report.html: No such file or directory" ]]
}

@test "a report is not written over a store" {
    write_store known k.scope
    local before
    before=$(sha256sum <k.scope)
    ln k.scope same.csv
    fails_with 2 \
        "scope analyze: the report would be written over the store k.scope" \
        "name another FILE after -o" analyze k.scope -o same.csv
    [ "$(sha256sum <k.scope)" = "$before" ]
}

@test "a real process: the figures are those of the samples" {
    need_python
    sleep 30 &
    local pid=$!
    scope collect --pid "$pid" -C proc -i 50ms --duration 1s -o r.scope -q ||
        [ $? -eq 4 ]
    kill "$pid"
    run scope analyze -A summary.zeros r.scope -o report.csv
    [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
    local mean dumped
    mean=$(read_report csv report.csv summary-sleep metric=memory.resident mean)
    dumped=$(scope store dump r.scope --format csv |
        awk -F, '/process.memory.resident/ { n++; s += $NF } END { print n, s / n }')
    [ "$mean" = "${dumped#* }" ]
}
