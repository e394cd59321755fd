#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# scope export: what it writes is read by the programs that it is for, with the
# same percentiles.
load scope.bash
load nginx.bash
load serve.bash

jar=/usr/share/java/hdrhistogram.jar

setup_file() {
    command -v nginx >/dev/null || skip "nginx is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
    start_nginx "$BATS_FILE_TMPDIR/nginx"
    export A=$BATS_FILE_TMPDIR/a.scope B=$BATS_FILE_TMPDIR/b.scope
    local store
    for store in "$A" "$B"; do
        # A busy machine makes it a bad measurement, of no matter here.
        "$SCOPE_BUILD/scope" drive http -q --url "$nginx_url/" --rate 2000 \
            --duration 1s --interval 300ms -o "$store" -l "file=$store" \
            >/dev/null || [ $? -eq 4 ]
    done
    stop_nginx
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    command -v nginx >/dev/null || skip "nginx is not installed"
    command -v jq >/dev/null || skip "jq is not installed"
}

# Java's percentile distribution of a tag of a log, in ms, without what only
# one of the two programs says. In the strictest locale: nothing in a log may
# depend on it.
java_reads() {
    LC_ALL=C java -cp $jar org.HdrHistogram.HistogramLogProcessor -i "$1" -o java \
        -tag "$2" -outputValueUnitRatio 1000000
    grep -v '^#\[\(Buckets\|StartTime\|Overall\)' java.hgrm
}

scope_says() {
    grep -v '^#\(\[Buckets\| \)' "$1"
}

needs_java() {
    { command -v java >/dev/null && [ -e $jar ]; } ||
        skip "Java's HdrHistogram is not installed"
}

@test "Java reads the log and prints the same distribution" {
    needs_java
    scope export hdr "$A" -o a.hlog
    local metric
    for metric in latency service delay; do
        scope export hgrm "$A" --metric $metric -o a.hgrm
        [ "$(grep -c '^ ' a.hgrm)" -gt 20 ]
        diff <(java_reads a.hlog http.$metric) <(scope_says a.hgrm)
    done
    # Every interval is there, and the log says what it is worth.
    [ "$(grep -c '^Tag=http.latency,' a.hlog)" -ge 3 ]
    grep -q '^# rate: intended 2.000 k/s, achieved .*, error [-+]' a.hlog
    grep -q '^# send delay: p50 .*, p99 .*, max ' a.hlog
    grep -q '^# generator CPU: .*, busiest thread ' a.hlog
    grep -q "^# Little's law: .* requests under way where there is room for 10" a.hlog
}

@test "the union of two stores' logs is the log of the union" {
    needs_java
    scope export hdr "$A" "$B" | sed 's/^Tag=trial-[12]\./Tag=/' >both.hlog
    scope export hgrm "$A" "$B" --merge -o both.hgrm
    diff <(java_reads both.hlog http.latency) <(scope_says both.hgrm)
    local store total=0
    for store in "$A" "$B"; do
        total=$((total + $(scope export json "$store" |
            jq '.trials[0].drivers[0].timings[] |
                select(.metric == "latency" and .instance == "") | .count')))
    done
    [ "$total" -ge 3900 ]
    grep -q "Total count    = *$total]" both.hgrm
    fails_with 2 \
        "scope export: hgrm holds one distribution, and 2 trials are chosen" \
        "choose one with --trial, or add them up with --merge" \
        export hgrm "$A" "$B"
}

@test "two drivers of one trial are added up" {
    scope drive http2 --help >/dev/null 2>&1 || skip "http2 is not built"
    scope serve http --help >/dev/null 2>&1 || skip "there is no backend http"
    start_serve http --listen 127.0.0.1:0
    scope collect -q --all -C proc -i 200ms -o two.scope --duration 700ms \
        --drive "http.url=http://$served/size/100,rate=500" \
        --drive "http2.url=http://$served/size/100,rate=300" || [ $? -eq 4 ]
    stop_serve
    scope export hgrm two.scope -o two.hgrm
    scope export json two.scope >two.json
    grep -q '^# rate: intended 800/s' two.hgrm
    jq -e '.trials[0] | (.drivers | length) == 2 and
        .totals.requests ==
            ([.drivers[].answers[].count] | add) and
        .totals.requests == ([.drivers[].timings[] |
            select(.metric == "latency") | .count] | add)' two.json
    needs_java
    scope export hdr two.scope |
        sed -E 's/^Tag=http2?\.latency,/Tag=both,/' >two.hlog
    diff <(java_reads two.hlog both) <(scope_says two.hgrm)
}

@test "the JSON is as its schema says, and its parts add up" {
    python3 -c 'import jsonschema' 2>/dev/null ||
        skip "python3-jsonschema is not installed"
    scope export json "$A" "$B" >load.json
    python3 - "$SCOPE_SOURCE/data/schemas/load.json" load.json <<'PY'
import json, sys, jsonschema
schema, load = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.validate(load, schema)
assert len(load["trials"]) == 2
for trial in load["trials"]:
    driver, = trial["drivers"]
    steps = driver["timeline"]
    assert len(steps) >= 3
    total = trial["totals"]["requests"]
    assert total > 1900
    assert sum(step["requests"] for step in steps) == total
    assert sum(step["latency"]["count"] for step in steps) == total
    assert sum(kind["count"] for kind in driver["answers"]) == total
    times = {t["metric"]: t for t in driver["timings"] if not t["instance"]}
    assert times["latency"]["count"] == total
    assert times["latency"]["percentiles"][-1]["count"] == total
    assert times["latency"]["percentiles"][-1]["percentile"] == 100
    error = trial["verdict"]["rate_error"]
    assert abs(error - (total / trial["totals"]["intended"] - 1)) < 1e-9
broken = dict(load, version=2)
try:
    jsonschema.validate(broken, schema)
    raise SystemExit("another version was taken for this one")
except jsonschema.ValidationError:
    pass
PY
}

@test "Fortio's JSON has Fortio's fields, in its units" {
    scope export fortio "$A" >fortio.json
    scope export json "$A" >load.json
    # Every key of a run that Fortio's readers use, and of a bucket.
    jq -e '[.RunType, .Labels, .StartTime, .RequestedQPS, .RequestedDuration,
            .ActualQPS, .ActualDuration, .NumThreads, .DurationHistogram]
           | all(. != null)' fortio.json
    jq -e '.RequestedQPS == "2000" and .RetCodes["200"] > 1900' fortio.json
    jq -e '.DurationHistogram | .Count == ([.Data[].Count] | add)
           and .Data[-1].Percent == 100 and .Data[0].Start == .Min
           and .Data[-1].End == .Max
           and ([.Data[].Percent] | . == sort)
           and (.Avg * .Count - .Sum | fabs) < 1e-9' fortio.json
    # Seconds, where the other has nanoseconds.
    jq -e --slurpfile load load.json '
        ($load[0].trials[0].drivers[0].timings[] |
         select(.metric == "latency" and .instance == "")) as $times |
        (.DurationHistogram.Percentiles[] | select(.Percentile == 50).Value) as $p50 |
        ($times.percentiles[] | select(.percentile == 50).value) as $wanted |
        ($p50 * 1e9 - $wanted | fabs) < 1' fortio.json
    jq -e '.Scope | has("rate_error") and has("delay_p99_ns") and
           has("generator_cpu") and has("littles_law_under_way")' fortio.json
    fails_with 2 \
        "scope export: Fortio's JSON holds one trial, and 2 are chosen" \
        "choose one with --trial" export fortio "$A" "$B"
}

@test "what cannot be exported is refused in words" {
    fails_with 2 "scope export: unknown export format 'hdrr'" \
        "did you mean hdr?" export hdrr "$A"
    fails_with 1 "scope export: there is no trial 7" \
        "scope store info STORE lists them" export hdr "$A" --trial 7
    fails_with 1 "scope export: no driver recorded nonsense" \
        "scope help DRIVER lists what it records" \
        export hgrm "$A" --metric nonsense
    fails_with 2 "scope export: the export would be written over the store $A" \
        "name another FILE after -o" export hdr "$A" -o "$A"
}
