#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope analyze -A syscalls: stores with known calls come out exactly, trials
# are compared with intervals, and what is missing or lost is said.
load scope.bash
load report.bash
load nginx.bash

teardown() {
    stop_nginx
}

write_calls() {
    "$SCOPE_BUILD/tests/cli/write_syscalls" "$@"
}

@test "known calls: rates, shares, errors and bytes, in all and per request" {
    write_calls k.scope times 3
    scope analyze -A syscalls k.scope -o report.csv
    local calls=syscalls-calls-sidecar
    # Two processes: 3 and 1 a request; 500 of 4000 give EAGAIN, 3500 x 100 B
    cell_is 120000 $calls call=read calls
    cell_is 4000 $calls call=read rate_hertz
    cell_is 4 $calls call=read per_request
    cell_is 0.125 $calls call=read failed_ratio
    cell_is 87.5 $calls call=read bytes_per_call_bytes
    cell_is 350 $calls call=read bytes_per_request_bytes
    cell_is waiting $calls call=epoll_wait kind
    cell_is "" $calls call=epoll_wait bytes_per_call_bytes
    cell_is 0 $calls call=epoll_wait failed_ratio
    # First made in the window: from 0 on, 300 + 28 x 100
    cell_is 3100 $calls call=close calls
    cell_is 3000 $calls call=other calls
    cell_is 156100 $calls call=all calls
    cell_is 1 $calls call=all share_ratio
    cell_is 350 $calls call=all bytes_per_request_bytes
    cell_is 15000 syscalls-errors-sidecar call=read count
    cell_is EAGAIN syscalls-errors-sidecar call=read error
    cell_is 0.5 syscalls-errors-sidecar call=read per_request
    cell_is 0.125 syscalls-errors-sidecar call=read share_ratio
}

@test "known calls: times, those that wait apart, and what counting cost" {
    write_calls k.scope times 3
    scope analyze -A syscalls k.scope -o report.csv
    local times=syscalls-times-sidecar
    cell_is 4000 $times call=read time_per_request_ns
    cell_is 0.004 $times call=read time_ratio
    cell_is 1000 $times call=read mean_ns
    cell_is 1000 $times call=read p50_ns
    cell_is 1000 $times call=read p99_ns
    cell_is 5000 $times call=read max_ns
    cell_is 4000 $times call=working time_per_request_ns
    cell_is 800000 $times call=waiting time_per_request_ns
    cell_is 0.8 $times call=epoll_wait time_ratio
    cell_is "" $times call=epoll_wait p50_ns
    # 150 ns of each of 156100 calls, of 40 ms of CPU time a second
    cell_is 150 syscalls-tracing target=sidecar cost_per_call_ns
    cell_is 780.5 syscalls-tracing target=sidecar tracing_per_request_ns
    cell_is 40000 syscalls-tracing target=sidecar cpu_per_request_ns
    cell_is 0.04 syscalls-tracing target=sidecar cpu_ratio
    cell_is 0.0007805 syscalls-tracing target=sidecar tracing_ratio
    # Otherwise said what waits
    scope analyze -A syscalls.waiting=read k.scope -o report.csv
    cell_is 4000 $times call=waiting time_per_request_ns
    cell_is 800000 $times call=working time_per_request_ns
}

@test "a picture of the calls, and one of those that work" {
    command -v gnuplot >/dev/null || skip "gnuplot is not installed"
    write_calls k.scope times 3
    scope analyze -A syscalls k.scope --plots plots
    ls plots
    grep -q epoll_wait plots/syscalls-bars-calls-sidecar.svg
    # Only read takes time: one bar is no picture
    [ ! -e plots/syscalls-bars-time-sidecar.svg ]
    write_calls k.scope times 4 a=b
    scope analyze -A syscalls k.scope --plots both
    grep -q epoll_wait both/syscalls-heat-sidecar.svg
    [ ! -e both/syscalls-bars-calls-sidecar.svg ]
}

@test "each target for itself, and a sum of the rest" {
    write_calls k.scope counts 3
    scope analyze -A syscalls.by=target k.scope -o report.csv
    grep -q "nginx\[101\]" report.csv
    cell_is 3 "syscalls-calls-sidecar-nginx-101-" call=read per_request
    cell_is 1 "syscalls-calls-sidecar-nginx-102-" call=read per_request
    scope analyze -A syscalls.top=2 k.scope -o report.csv
    cell_is 6100 syscalls-calls-sidecar "call=2 more" calls
    cell_is 156100 syscalls-calls-sidecar call=all calls
    # Without times there is no table of them
    run grep -c syscalls-times report.csv
    [ "$output" = 0 ]
    scope analyze -A syscalls.by=thread k.scope >out
    grep -q "No system calls were counted in the measured windows" out
}

@test "two trials: a heat map, and differences with intervals and verdicts" {
    write_calls m.scope times 3 policy=none
    write_calls m.scope times 5 policy=waf
    scope analyze -A syscalls m.scope -o report.csv
    local calls=syscalls-difference-calls-sidecar
    local times=syscalls-difference-time-sidecar
    cell_is 4 $calls call=read baseline
    cell_is 6 $calls call=read here
    cell_is 2 $calls call=read difference
    cell_is 0.5 $calls call=read change_ratio
    cell_is more $calls call=read verdict
    cell_is "policy=waf" $calls call=read trial
    cell_is "no difference seen" $calls call=epoll_wait verdict
    cell_is 0 $calls call=epoll_wait half_width
    cell_is more $calls call=all verdict
    cell_is 2000 $times call=working difference_ns
    cell_is more $times call=working verdict
    # 10 more and 10 less in turn among 30 sweeps, independent at most: the
    # half width is Student's 2.045 x 10.17 / sqrt(30) by 1000, of both trials
    python3 - report.csv <<'PY'
import csv, math, sys
table = None
for row in csv.reader(open(sys.argv[1])):
    if "half_width" in row and "verdict" in row:
        table = row
    elif table and len(row) == len(table):
        cells = dict(zip(table, row))
        if cells.get("call") == "read" and cells["difference"] == "2":
            sd = math.sqrt(30 * 100 / 29) / 1000
            half = math.sqrt(2) * 2.0452 * sd / math.sqrt(30)
            assert abs(float(cells["half_width"]) - half) < 1e-5, cells
            sys.exit(0)
sys.exit("no difference found")
PY
    # The other way round
    scope analyze -A syscalls.baseline=policy=waf m.scope -o report.csv
    cell_is fewer $calls call=read verdict
    cell_is less $times call=read verdict
    cell_is -2 $calls call=read difference
    scope analyze -A syscalls m.scope >out
    grep -q "calls per request, by policy" out
    grep -Eq "^read +4\.00 +6\.00$" out
}

@test "repeats: their spread is the interval" {
    for repeat in 1 2 3; do
        write_calls m.scope counts 3 policy=none repeat=$repeat
        write_calls m.scope counts $((3 + repeat)) policy=waf repeat=$repeat
    done
    scope analyze -A syscalls m.scope -o report.csv
    local calls=syscalls-difference-calls-sidecar
    # 5, 6 and 7 against 4, 4 and 4: Student's 4.303 / sqrt(3)
    cell_is 2 $calls call=read difference
    read_report csv report.csv $calls call=read half_width | grep -q '^2\.484'
    cell_is "no difference seen" $calls call=read verdict
}

@test "what one trial cannot know is not taken for 0" {
    write_calls m.scope times 3 way=bpf
    write_calls m.scope bare 3 way=tracepoints
    scope analyze -A syscalls m.scope -o report.csv
    local calls=syscalls-difference-calls-sidecar
    cell_is "no difference seen" $calls call=read verdict
    cell_is "not known" $calls call=close verdict
    cell_is "" $calls call=close here
    cell_is "not the same calls" $calls call=other verdict
    cell_is "" syscalls-calls-sidecar call=read trial=way=tracepoints failed_ratio
    cell_is "" syscalls-calls-sidecar call=all trial=way=tracepoints \
        bytes_per_request_bytes
    cell_is 350 syscalls-calls-sidecar call=all trial=way=bpf \
        bytes_per_request_bytes
    run grep -c "^syscalls-difference-time" report.csv
    [ "$output" = 0 ]
    run grep -c "^syscalls-times.*way=tracepoints" report.csv
    [ "$output" = 0 ]
}

@test "a baseline that no trial has, and one that is no label" {
    write_calls m.scope counts 3 policy=none
    run -2 scope analyze -A syscalls.baseline=policy=nine m.scope
    [[ $output == *"no trial has the label policy=nine"* ]]
    run -2 scope analyze -A syscalls.baseline=policy m.scope
    [[ $output == *'"policy" is not KEY=VALUE'* ]]
}

@test "lost calls are said with numbers" {
    write_calls l.scope lost 3
    scope analyze -A syscalls l.scope >out
    grep -q "90000 calls were made and not counted" out
    grep -q "(36.6 %)" out
}

@test "nothing counted: says what to collect" {
    write_store known k.scope
    scope analyze -A syscalls k.scope >out
    grep -q "collect them with -C syscalls" out
}

@test "hostile names stay text" {
    write_calls h.scope hostile 3 "label=<script>alert(3)</script>"
    write_calls h.scope hostile 4 "label=b"
    for format in table csv json markdown; do
        scope analyze -A syscalls h.scope --format $format >out.$format
        run grep -c $'\033' out.$format
        [ "$output" = 0 ]
    done
    scope analyze -A syscalls h.scope -o out.html
    run grep -c "<script>alert" out.html
    [ "$output" = 0 ]
    run grep -c "<img src=x" out.html
    [ "$output" = 0 ]
}

# Rights are the machine's matter: skips where syscalls cannot be counted.
collect_nginx() {
    command -v nginx >/dev/null || skip "nginx is not installed"
    start_nginx "$BATS_TEST_TMPDIR/nginx"
    run scope collect --pid sidecar="$nginx_pid" -C "syscalls.way=$1" -C proc \
        -i 100ms -d 2s --drive "http.url=$nginx_url/,rate=500" -o live.scope
    [ "$status" != 5 ] || skip "$output"
    # 4: a busy machine sent late; what was counted holds all the same
    [ "$status" = 0 ] || [ "$status" = 4 ] || { echo "$output"; return 1; }
    scope analyze -A syscalls live.scope -o report.csv || [ $? = 4 ]
}

# The figure lies between two others: between LOW HIGH TABLE KEY=VALUE COLUMN
between() {
    local low=$1 high=$2 got
    shift 2
    need_python
    got=$(read_report csv report.csv "$@")
    awk -v got="$got" -v low="$low" -v high="$high" \
        'BEGIN { exit !(got != "" && got >= low && got <= high) }' || {
        echo "$*: '$got' is not between $low and $high"
        return 1
    }
}

@test "nginx under load: what it does for a request, by BPF" {
    collect_nginx bpf
    local calls=syscalls-calls-sidecar
    # A request is read, answered and logged; a sweep's edge may cut one off
    between 0.95 1.05 $calls call=writev per_request
    between 0.95 1.05 $calls call=write per_request
    between 0.95 2.2 $calls call=recvfrom per_request
    between 100 400 $calls call=writev bytes_per_request_bytes
    between 100 1e9 syscalls-times-sidecar call=writev mean_ns
    between 1 1e5 syscalls-tracing target=sidecar cost_per_call_ns
    between 0.0001 0.5 syscalls-tracing target=sidecar share_ratio
}

@test "nginx under load: the same by tracepoints, without times" {
    collect_nginx tracepoints
    local calls=syscalls-calls-sidecar
    between 0.95 1.05 $calls call=writev per_request
    between 0.95 1.05 $calls call=write per_request
    between 0.95 2.2 $calls call=recvfrom per_request
    run grep -c syscalls-times report.csv
    [ "$output" = 0 ]
}
