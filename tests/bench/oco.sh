#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The backend oco against one trivial handler of FastAPI under uvicorn: CPU of
# the server for each request, user and system, as the median of the ratios of
# interleaved pairs; and with 5000 applications against one. wrk posts progress
# reports over 100 connections from CPU 1, the servers have CPU 0. hey, as the
# original was measured with, is shown beside and not judged.
set -euo pipefail

PAIRS=7 SECONDS_A_RUN=2
TARGET_FASTAPI=0.10 TARGET_MANY=1.10 MANY=5000

work=$(mktemp -d /tmp/scope-bench-XXXXXX)
started=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT

give_up() {
    printf 'oco.sh: %s\n' "$*" >&2
    exit 2
}

for tool in wrk hey taskset python3; do
    command -v $tool >/dev/null || give_up "$tool is missing"
done
[ "$(nproc)" -ge 2 ] || give_up "two CPUs are needed"
# Debian's, which has the packages.
python=/usr/bin/python3
$python -c 'import fastapi, uvicorn, uvloop, httptools' 2>/dev/null ||
    give_up "python3-fastapi, uvicorn, python3-uvloop or python3-httptools is missing"

# start_backend NAME OPTIONS...: its pid and address into pid_NAME, at_NAME.
start_backend() {
    local name=$1 address='' _
    shift
    taskset -c 0 "$SCOPE_BUILD/scope" serve oco "$@" >"$work/$name" &
    started+=($!)
    declare -g "pid_$name=$!"
    for _ in {1..100}; do
        address=$(cat "$work/$name")
        [ -z "$address" ] || break
        sleep 0.05
    done
    [ -n "$address" ] || give_up "the backend did not start"
    declare -g "at_$name=$address"
}

# A handler that reads and answers the same, and does nothing else.
start_fastapi() {
    local port _
    cat >"$work/trivial.py" <<'PY'
from typing import Dict, Optional

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class ServoEvent(BaseModel):
    event: str
    param: Optional[Dict]


@app.post("/accounts/{account}/applications/{name}/servo")
async def servo(account: str, name: str, event: ServoEvent):
    return {"status": "ok", "message": None}
PY
    port=$($python -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
    (cd "$work" && exec taskset -c 0 $python -m uvicorn trivial:app --port "$port" \
        --loop uvloop --http httptools --no-access-log --log-level warning) &
    started+=($!)
    pid_fastapi=$! at_fastapi=127.0.0.1:$port
    for _ in {1..200}; do
        ! curl -s -o "$work/answer" "http://$at_fastapi/" || return 0
        sleep 0.05
    done
    give_up "uvicorn did not start"
}

# Every application is left in the middle of a measurement.
prepare() {
    "$SCOPE_BUILD/scope" drive oco --quiet --url "http://$1" \
        --connections 1 --requests $(($2 * 5)) --no-goodbye --duration 5m \
        >"$work/prepared" || [ $? -eq 4 ]
}

# CPU nanoseconds of a process so far (Documentation/scheduler/sched-stats.rst).
cpu_of() {
    awk '{ sum += $1 } END { print sum }' /proc/"$1"/task/*/schedstat
}

cat >"$work/post.lua" <<'LUA'
local requests, at = {}, 0
function init(args)
    for i = 0, tonumber(args[1]) - 1 do
        requests[i] = wrk.format("POST",
            string.format("/accounts/a/applications/app%05d/servo", i),
            {["Content-Type"] = "application/json"},
            '{ "event" : "MEASUREMENT", "param": { "progress": 100 } }')
    end
end
function request()
    at = (at + 1) % (#requests + 1)
    return requests[at]
end
LUA

# cost PID ADDRESS APPS: CPU microseconds of the server a request.
cost() {
    local before after requests
    before=$(cpu_of "$1")
    taskset -c 1 wrk -t1 -c100 -d${SECONDS_A_RUN}s -s "$work/post.lua" \
        "http://$2/" -- "$3" >"$work/wrk"
    after=$(cpu_of "$1")
    ! grep -q 'Non-2xx\|Socket errors' "$work/wrk" ||
        give_up "wrk met errors: $(cat "$work/wrk")"
    requests=$(awk '/requests in/ { print $1 }' "$work/wrk")
    awk -v ns=$((after - before)) -v n="$requests" 'BEGIN { printf "%.3f", ns / n / 1000 }'
}

# compare WORDS TARGET PID ADDRESS APPS PID ADDRESS APPS: the first against the
# second.
compare() {
    local words=$1 target=$2 i first second
    shift 2
    : >"$work/ratios"
    for ((i = 0; i < PAIRS; i++)); do
        first=$(cost "$1" "$2" "$3")
        second=$(cost "$4" "$5" "$6")
        awk -v a="$first" -v b="$second" -v ratios="$work/ratios" 'BEGIN {
            printf "%10.3f %10.3f %8.3f\n", a, b, a / b
            print a / b >>ratios }'
    done
    sort -n "$work/ratios" | awk -v words="$words" -v target="$target" '
        { ratio[NR] = $1 }
        END {
            median = ratio[(NR + 1) / 2]
            printf "%s: median %.3f of %d pairs, target %.2f: %s\n", words,
                median, NR, target, median <= target ? "met" : "MISSED"
            exit median > target
        }'
}

with_hey() {
    taskset -c 1 hey -c 100 -n 10000 -m POST -T application/json \
        -d '{ "event" : "MEASUREMENT", "param": { "progress": 100 } }' \
        "http://$2/accounts/a/applications/app00000/servo" >"$work/hey"
    awk -v name="$1" '
        /Requests\/sec/ { rate = $2 }
        /50% in/ { median = $3 }
        /\[200\]/ { right = $2 }
        END { printf "%-10s %8.0f/s, p50 %.1f ms, %d of 10000 answered 200\n",
                name, rate, median * 1000, right }' "$work/hey"
}

start_backend one --apps 1
start_backend many --apps $MANY
start_fastapi
# shellcheck disable=SC2154 # start_backend sets them
{
    prepare "$at_one" 1
    prepare "$at_many" $MANY
    status=0
    echo "CPU of the server, us a request, wrk -c100"
    printf '%10s %10s %8s\n' oco FastAPI ratio
    compare "oco against FastAPI, CPU a request" $TARGET_FASTAPI \
        "$pid_one" "$at_one" 1 "$pid_fastapi" "$at_fastapi" 1 || status=1
    printf '%10s %10s %8s\n' "$MANY apps" "one" ratio
    compare "$MANY applications against one, CPU a request" $TARGET_MANY \
        "$pid_many" "$at_many" $MANY "$pid_one" "$at_one" 1 || status=1
    echo "hey -c 100 -n 10000, of which the original's README says 812/s, p50 120 ms"
    with_hey oco "$at_one"
    with_hey "oco, $MANY" "$at_many"
    with_hey FastAPI "$at_fastapi"
}
exit $status
