# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the variables are the tests'
# A real nginx of a test's own: in its folder, on a free port, counting every
# request in its access log.

# Starts it; $nginx_url is where it answers, $nginx_log what it logs. A
# connection serves 100 requests, then it closes it as nginx does.
start_nginx() {
    nginx_folder=$1
    nginx_log=$nginx_folder/access.log
    local port try
    mkdir -p "$nginx_folder/logs"
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 10000))
        cat >"$nginx_folder/nginx.conf" <<CONF
daemon off;
pid nginx.pid;
error_log error.log;
worker_processes 1;
events { worker_connections 1024; }
http {
    log_format probe '\$request_method \$request_uri \$status "\$http_x_probe" "\$content_length" "\$http_host"';
    access_log access.log probe;
    keepalive_requests 100;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:$port;
        location / { return 200 "answer"; }
        location /limited { return 200 "answer"; limit_rate 1; }
        location /gone { return 410; }
        location /moved { return 302 /; }
        location /none { return 204; }
    }
}
CONF
        nginx -p "$nginx_folder" -c nginx.conf 2>"$nginx_folder/start.log" 3>&- &
        nginx_pid=$!
        nginx_url=http://127.0.0.1:$port
        if wait_for_nginx "$port"; then
            return 0
        fi
    done
    echo "nginx did not start: $(cat "$nginx_folder"/*.log)" "($try tries)"
    return 1
}

# Until it answers; fails when it ended instead.
wait_for_nginx() {
    local _
    for _ in {1..100}; do
        kill -0 "$nginx_pid" 2>/dev/null || return 1
        if [ -s "$nginx_folder/nginx.pid" ] &&
            (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            return 0
        fi
        sleep 0.05
    done
    return 1
}

# Ends it when every answer was logged.
stop_nginx() {
    [ -n "${nginx_pid:-}" ] || return 0
    kill -QUIT "$nginx_pid" 2>/dev/null || true
    wait "$nginx_pid" 2>/dev/null || true
    nginx_pid=
}
