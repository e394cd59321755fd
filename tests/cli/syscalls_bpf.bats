# SPDX-License-Identifier: GPL-3.0-or-later
# Collector syscalls as a user meets it: what is counted on real programs, and
# what is said where it cannot be. No figure here depends on timing; a trial
# that a busy machine made invalid (status 4) is as good.
load scope
load nginx

# need_bpf FOLDER: skips the test, with the reason, where it may not.
need_bpf() {
    local why status=0
    why=$(scope collect -q -d 100ms -C syscalls.way=bpf --pid $$ \
        -o "$1/may-bpf.scope" 2>&1) || status=$?
    case $status in
    0 | 4) ;;
    5) skip "no BPF here: $why" ;;
    *) echo "$why"; return 1 ;;
    esac
}

# counted STORE [TARGET]: lines "METRIC INSTANCE VALUE" of the last values, added
# up over all targets, or of those whose name begins so.
counted() {
    "$SCOPE_BUILD/scope" store dump "$1" | awk -F, -v begin="${2:-}" '
        $3 == "syscalls" && index($5, begin) == 1 { last[$4 " " $6 " " $5] = $7 }
        END {
            for (key in last) {
                split(key, part, " ")
                sum[part[1] " " part[2]] += last[key]
            }
            for (key in sum)
                printf "%s %.0f\n", key, sum[key]
        }' | sort
}

setup() {
    folder=$BATS_TEST_TMPDIR
    store=$folder/a.scope
    calls=$SCOPE_BUILD/tests/programs/calls
    pids=()
}

teardown() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    stop_nginx
    [ -z "${open:-}" ] || rm -rf "$open"
}

# begin COMMAND...: in the background, until the test ends; $begun is its pid.
begin() {
    "$@" <&0 3>&- 9>&- &
    begun=$!
    pids+=($begun)
}

until_true() {
    local _
    for _ in {1..200}; do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    echo "in vain: $*"
    return 1
}

# Starts "calls" with arguments, ready to work, with its standard input at 9.
prepare_calls() {
    mkfifo "$folder/to"
    exec 9<>"$folder/to" # waits for no reader
    begin "$calls" "$@" <"$folder/to" >"$folder/made"
    until_true grep -q ready "$folder/made"
}

let_work() {
    echo >&9
    until_true grep -q "done" "$folder/made"
}

# Collects until stopped (not by SIGINT: what bash starts in the background
# ignores that); returns when it counts.
begin_collecting() {
    # The program itself, not a shell that runs it: it is what is killed.
    begin "$SCOPE_BUILD/scope" collect -q -o "$store" "$@" 2>"$folder/collect.log"
    collecting=$begun
    until_true has_sweeps
}

sweeps() { scope store dump "$store" 2>/dev/null | grep -c ',syscalls,lost,'; }
has_sweeps() { [ "$(sweeps)" -gt "${1:-0}" ]; }

# Two more sweeps: the second began after this was called.
stop_collecting() {
    until_true has_sweeps $(($(sweeps) + 1))
    kill "$collecting"
    local status=0
    wait "$collecting" || status=$?
    [ $status = 143 ] || [ $status = 4 ] || [ $status = 0 ]
}

# compare_made FILE: every figure that was made is counted, to the last one.
compare_made() {
    grep -E '^(calls|bytes|errors) ' "$folder/made" | sort >"$folder/wanted"
    [ -s "$folder/wanted" ]
    comm -23 "$folder/wanted" "$1" >"$folder/missing"
    [ ! -s "$folder/missing" ] || { # what there is instead
        cut -d' ' -f1,2 "$folder/missing" | grep -F -f - "$1" "$folder/missing"
        return 1
    }
}

@test "syscalls: a running program's calls are in the store, to the last one" {
    need_bpf "$folder"
    prepare_calls exact wait
    begin_collecting -C syscalls.way=bpf --pid "app=$begun"
    let_work
    stop_collecting
    counted "$store" calls >"$folder/counted"
    compare_made "$folder/counted"
    [ "$(counted "$store" | awk '$1 == "lost" { print $2 }')" = 0 ]
}

@test "syscalls: a command is counted from its first call on, without times" {
    need_bpf "$folder"
    run scope collect -q -o "$store" -C syscalls.mode=count,way=bpf -- \
        "$BASH" -c "'$calls' load recv 2 100003 <&- >'$folder/made'; sleep 0.5"
    echo "$output"
    [ "$status" = 0 ] || [ "$status" = 4 ]
    counted "$store" >"$folder/counted"
    compare_made "$folder/counted"
    grep -q '^calls execve 3$' "$folder/counted" # bash, calls, sleep
    [ "$(scope store dump "$store" | grep -c ',syscalls,time')" = 0 ]
}

@test "syscalls: the machine has what its processes have" {
    need_bpf "$folder"
    prepare_calls load recv 2 50021
    begin_collecting -C syscalls.way=bpf --all
    let_work
    stop_collecting
    counted "$store" >"$folder/counted"
    [ "$(awk '$1 == "errors" && $2 == "recvfrom:EAGAIN" { print $3 }' \
        "$folder/counted")" -ge 100042 ]
}

@test "syscalls: full tables lose exactly what is said, and the trial is partial" {
    need_bpf "$folder"
    prepare_calls load mix 2 50021
    # Room for one of its three calls, and for scope's own at the start.
    begin_collecting -C syscalls.way=bpf,capacity=1 \
        -C syscalls.calls=getppid,pwrite64,recvfrom --pid "app=$begun"
    let_work
    stop_collecting
    counted "$store" >"$folder/counted"
    cat "$folder/counted" "$folder/collect.log"
    [ "$(awk '$1 == "lost" || $1 == "calls" { sum += $NF } END { print sum }' \
        "$folder/counted")" = 300126 ]
    [ "$(awk '$1 == "lost" { print $2 }' "$folder/counted")" -ge 100042 ]
    run scope store info "$store"
    [[ "$output" = *"system calls were not counted: its tables are full: raise syscalls.capacity"* ]] ||
        scope analyze "$store" | grep "not counted"
}

@test "syscalls: nginx is counted as strace counts it" {
    need_bpf "$folder"
    for program in nginx curl strace; do
        command -v $program >/dev/null || skip "$program is not installed"
    done
    start_nginx "$folder/nginx"
    local worker count=37
    worker=$(pgrep -P "$nginx_pid")
    request() {
        local i
        for ((i = 0; i < count; i++)); do
            curl -s -o /dev/null "$nginx_url/"
        done
        sleep 0.3 # the last connection's end
    }
    request # whatever is done once

    begin strace -c -U calls,errors,name -o "$folder/strace" -p "$worker" 2>"$folder/strace.log"
    local tracer=$begun
    until_true grep -q attached "$folder/strace.log"
    request
    kill "$tracer"
    wait "$tracer" || true

    begin_collecting -C syscalls.way=bpf --pid "app=$worker"
    request
    stop_collecting
    cat "$folder/strace"
    counted "$store" nginx | tee "$folder/counted"
    # epoll_wait differs by how many events are found at a time.
    awk '$1 ~ /^[0-9]+$/ && $NF != "total" && $NF != "epoll_wait" {
            print "calls", $NF, $1 }' "$folder/strace" | sort >"$folder/wanted"
    grep -q "calls accept4 $count" "$folder/wanted"
    grep '^calls ' "$folder/counted" | grep -v epoll_wait |
        diff "$folder/wanted" -
}

# as_nobody CAPABILITIES COMMAND...: in place of this shell, with these and no
# others.
as_nobody() {
    local kept=${1:+,$1}
    shift
    exec setpriv --reuid 65534 --regid 65534 --clear-groups \
        --bounding-set "-all$kept" --inh-caps "-all$kept" --ambient-caps "-all$kept" "$@"
}

@test "syscalls: two capabilities are enough, also for another user's process" {
    need_bpf "$folder"
    [ "$(id -u)" = 0 ] || skip "only root can become another user"
    (as_nobody "" test -x "$SCOPE_BUILD/scope") || skip "nobody cannot reach the build"
    open=$(mktemp -d /tmp/scope-bats-XXXXXX) # nobody does not come into bats' folder
    chmod 755 "$open"
    chown 65534 "$open"
    store=$open/a.scope
    prepare_calls exact wait
    begin as_nobody +bpf,+perfmon env SCOPE_PLUGIN_PATH="$SCOPE_BUILD/collectors/.libs" \
        HOME="$open" "$SCOPE_BUILD/scope" collect -q -o "$store" \
        -C syscalls.way=bpf --pid "${pids[0]}" 2>"$folder/collect.log"
    collecting=$begun
    until_true has_sweeps || { cat "$folder/collect.log"; false; }
    let_work
    stop_collecting
    counted "$store" calls >"$folder/counted"
    compare_made "$folder/counted"
}

@test "syscalls: without a capability it says which is missing" {
    need_bpf "$folder"
    [ "$(id -u)" = 0 ] || skip "only root can become another user"
    (as_nobody "" test -x "$SCOPE_BUILD/scope") || skip "nobody cannot reach the build"
    refused() {
        local kept=$1 words=$2
        run as_nobody "$kept" env SCOPE_PLUGIN_PATH="$SCOPE_BUILD/collectors/.libs" \
            "$SCOPE_BUILD/scope" collect -q -o /dev/null/a.scope -d 100ms \
            -C syscalls.way=bpf --pid $$
        echo "$output"
        [ "$status" = 5 ]
        [ "${lines[0]}" = "scope collect: syscalls cannot work here: BPF programs must not be loaded: $words" ]
        [[ "${lines[1]}" = "hint: run scope as root, or once as root: setcap cap_bpf,cap_perfmon=ep /"*scope ]]
    }
    refused "" "CAP_BPF and CAP_PERFMON are missing"
    refused +bpf "CAP_PERFMON is missing"
    refused +perfmon "CAP_BPF is missing"
}
