# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the variables are the tests'
# A real nginx of a test's own: in its folder, on a free port, counting every
# request in its access log.

# Starts it; $nginx_url is where it answers, $nginx_log what it logs. A
# connection serves 100 requests, then it closes it as nginx does. With tls, it
# answers $nginx_tls_url as localhost, too, vouched for by $nginx_ca; /private
# wants a client's certificate of the same authority. What is in $nginx_http
# and $nginx_server becomes part of these blocks.
start_nginx() {
    nginx_folder=$1
    local tls=
    nginx_log=$nginx_folder/access.log
    local port try
    mkdir -p "$nginx_folder/logs"
    if [ "${2:-}" = tls ]; then
        nginx_ca=$nginx_folder/ca.pem
        make_certificates "$nginx_folder"
    fi
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 10000))
        [ -z "${nginx_ca:-}" ] ||
            tls="listen 127.0.0.1:$((port + 10000)) ssl;
        ssl_certificate server.pem; ssl_certificate_key server.key;
        ssl_client_certificate ca.pem; ssl_verify_client optional;
        location /private { if (\$ssl_client_verify != SUCCESS) { return 403; } return 200 private; }
        location /session { return 200 \$ssl_session_reused; }"
        cat >"$nginx_folder/nginx.conf" <<CONF
daemon off;
pid nginx.pid;
error_log error.log;
worker_processes 1;
worker_rlimit_nofile 12000;
events { worker_connections 11000; }
http {
    log_format probe '\$request_method \$request_uri \$status "\$http_x_probe" "\$content_length" "\$http_host" \$connection_requests';
    access_log access.log probe;
    keepalive_requests 100;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    ${nginx_http:-}
    server {
        listen 127.0.0.1:$port;
        $tls
        ${nginx_server:-}
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
        nginx_tls_url=https://localhost:$((port + 10000))
        if wait_for_nginx "$port"; then
            return 0
        fi
    done
    echo "nginx did not start: $(cat "$nginx_folder"/*.log)" "($try tries)"
    return 1
}

# make_certificates FOLDER: an authority (ca.pem), and what it vouches for: a
# server (server.pem, server.key) that is localhost, and a client.
make_certificates() (
    cd "$1" || exit
    local new=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    openssl req -x509 "${new[@]}" -keyout ca.key -out ca.pem -subj /CN=ca -days 2
    local name
    for name in server client; do
        openssl req "${new[@]}" -keyout $name.key -out $name.csr -subj /CN=localhost
        openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
            -days 2 -out $name.pem -extfile <(echo subjectAltName=DNS:localhost)
    done
) 2>/dev/null

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
