# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the variables are the tests'
# A backend of a test's own, on a free port.

# start_serve NAME OPTION...: $served is where it answers, $serve_pid who.
start_serve() {
    start_serve_as "$SCOPE_BUILD/scope" "$@"
}

# start_serve_as COMMAND NAME OPTION...: the same, by a command that becomes it.
start_serve_as() {
    local command=$1
    shift
    serve_out=$BATS_TEST_TMPDIR/serve.$RANDOM
    : >"$serve_out"
    "$command" serve "$@" >"$serve_out" 2>"$serve_out.err" 3>&- &
    serve_pid=$!
    local _
    for _ in {1..200}; do
        [ ! -s "$serve_out" ] || break
        kill -0 "$serve_pid" 2>/dev/null || break
        sleep 0.05
    done
    served=$(cat "$serve_out")
    if [ -z "$served" ]; then
        echo "the backend did not start: $(cat "$serve_out.err")"
        return 1
    fi
}

# Ends it, which must succeed: a sanitizer that found something fails it.
stop_serve() {
    [ -n "${serve_pid:-}" ] || return 0
    local pid=$serve_pid status=0
    serve_pid=
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    if [ "$status" -ne 0 ] || [ -s "$serve_out.err" ]; then
        echo "the backend ended with $status: $(cat "$serve_out.err")"
        return 1
    fi
}
