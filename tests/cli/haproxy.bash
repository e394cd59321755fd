# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the variables are the tests'
# A real HAProxy of a test's own, in front of another server.

# start_haproxy FOLDER MODE UPSTREAM [BIND [SERVER]]: MODE is http or tcp, BIND
# and SERVER are more words for these lines of its configuration.
# $haproxy_address is where it answers.
start_haproxy() {
    haproxy_folder=$1
    local port try _
    mkdir -p "$haproxy_folder"
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((10000 + RANDOM % 10000))
        cat >"$haproxy_folder/haproxy.cfg" <<CONF
global
    nbthread 1
defaults
    mode $2
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen sidecar
    bind 127.0.0.1:$port ${4:-}
    server upstream ${3#http://} ${5:-}
CONF
        haproxy -db -f "$haproxy_folder/haproxy.cfg" \
            >"$haproxy_folder/log" 2>&1 3>&- &
        haproxy_pid=$!
        haproxy_address=127.0.0.1:$port
        for _ in {1..100}; do
            kill -0 "$haproxy_pid" 2>/dev/null || break
            if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
                return 0
            fi
            sleep 0.05
        done
    done
    echo "HAProxy did not start: $(cat "$haproxy_folder/log") ($try tries)"
    return 1
}

stop_haproxy() {
    [ -n "${haproxy_pid:-}" ] || return 0
    kill "$haproxy_pid" 2>/dev/null || true
    wait "$haproxy_pid" 2>/dev/null || true
    haproxy_pid=
}
