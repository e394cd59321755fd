# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034 # the variables are the tests'
# Real PostgreSQL and MariaDB of a test's own: in its folder, on a free port of
# 127.0.0.1 and a socket, without a wish to survive, stopped by their pid. Both
# refuse to run as root, so they run as nobody then.

# as_nobody COMMAND...: runs it so; for a server that root may not run.
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    else
        "$@"
    fi
}

# A folder that nobody may write to, below one that nobody may search.
sql_folder() {
    mkdir -p "$1"
    chmod 755 "$1"
    [ "$(id -u)" != 0 ] || chown nobody:nogroup "$1"
    local above
    above=$(dirname "$1")
    while [ "$above" != / ] && [ -O "$above" ]; do
        chmod a+x "$above"
        above=$(dirname "$above")
    done
}

# A certificate of localhost's own in FOLDER/tls.pem, its key in tls.key.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout "$1/tls.key" -out "$1/tls.pem" -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost 2>/dev/null
    chmod 600 "$1/tls.key"
    [ "$(id -u)" != 0 ] || chown nobody:nogroup "$1/tls.key" "$1/tls.pem"
}

# The newest PostgreSQL's programs; fails when there is none.
find_postgres() {
    postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null |
        sort -V | tail -n 1)
    [ -n "$postgres_bin" ] && [ -x "$postgres_bin/postgres" ]
}

# start_postgres FOLDER [SETTING=VALUE]...: initialised and started; the user is
# scope, the password secret-word over TCP (none over the socket), the database
# postgres. Sets $pg_port and $pg_folder (with the socket).
start_postgres() {
    pg_folder=$1
    shift
    sql_folder "$pg_folder"
    printf 'secret-word\n' >"$pg_folder/password"
    as_nobody "$postgres_bin/initdb" -D "$pg_folder/data" -U scope -N \
        --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C \
        --pwfile="$pg_folder/password" >"$pg_folder/initdb.log" 2>&1 || {
        cat "$pg_folder/initdb.log"
        return 1
    }
    local try setting
    local settings=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off
        -c listen_addresses=127.0.0.1 -c unix_socket_directories="$pg_folder"
        -c shared_preload_libraries=pg_stat_statements -c max_connections=64
        -c autovacuum=off -c track_activities=on -c logging_collector=off)
    for setting; do settings+=(-c "$setting"); done
    for try in 1 2 3 4 5 6 7 8; do
        pg_port=$((20000 + RANDOM % 10000))
        as_nobody "$postgres_bin/postgres" -D "$pg_folder/data" -p "$pg_port" \
            "${settings[@]}" >"$pg_folder/server.log" 2>&1 3>&- &
        pg_pid=$!
        wait_for_postgres && return 0
    done
    cat "$pg_folder/server.log"
    return 1
}

wait_for_postgres() {
    local _
    for _ in {1..200}; do
        kill -0 "$pg_pid" 2>/dev/null || return 1
        pg -c 'SELECT 1' >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    return 1
}

# pg OPTIONS...: psql over the socket, bare values.
pg() {
    "$postgres_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$pg_folder" \
        -p "$pg_port" -U scope postgres "$@"
}

# Fast: connections are cut, nothing is waited for. The pid is that of the file,
# which the server takes with it: a test may have started another one.
stop_postgres() {
    local file=$pg_folder/data/postmaster.pid pid _
    [ -e "$file" ] || return 0
    pid=$(head -n 1 "$file")
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    for _ in {1..100}; do
        [ -e "$file" ] || return 0
        sleep 0.05
    done
    kill -KILL "$pid"
}

find_mariadb() {
    command -v mariadb-install-db >/dev/null && [ -x /usr/sbin/mariadbd ]
}

# start_mariadb FOLDER [OPTION]...: the same; the user is scope, the password
# secret-word, the database scope. Sets $my_port and $my_socket.
start_mariadb() {
    my_folder=$1
    shift
    my_socket=$my_folder/socket
    sql_folder "$my_folder"
    as_nobody mariadb-install-db --no-defaults --datadir="$my_folder/data" \
        --auth-root-authentication-method=normal --skip-test-db \
        --skip-name-resolve >"$my_folder/install.log" 2>&1 || {
        cat "$my_folder/install.log"
        return 1
    }
    cat >"$my_folder/init.sql" <<'SQL'
CREATE DATABASE IF NOT EXISTS scope;
CREATE USER IF NOT EXISTS scope@'127.0.0.1' IDENTIFIED BY 'secret-word';
CREATE USER IF NOT EXISTS scope@localhost IDENTIFIED BY 'secret-word';
GRANT ALL ON *.* TO scope@'127.0.0.1';
GRANT ALL ON *.* TO scope@localhost WITH GRANT OPTION;
SQL
    make_certificate "$my_folder"
    local try
    for try in 1 2 3 4 5 6 7 8; do
        my_port=$((20000 + RANDOM % 10000))
        as_nobody /usr/sbin/mariadbd --no-defaults --datadir="$my_folder/data" \
            --socket="$my_socket" --port="$my_port" --skip-networking=0 \
            --bind-address=127.0.0.1 --skip-name-resolve \
            --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M \
            --ssl-cert="$my_folder/tls.pem" --ssl-key="$my_folder/tls.key" \
            --pid-file="$my_folder/pid" --init-file="$my_folder/init.sql" "$@" \
            >"$my_folder/server.log" 2>&1 3>&- &
        my_pid=$!
        wait_for_mariadb && return 0
    done
    cat "$my_folder/server.log"
    return 1
}

wait_for_mariadb() {
    local _
    for _ in {1..200}; do
        kill -0 "$my_pid" 2>/dev/null || return 1
        my -e 'SELECT 1' >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    return 1
}

# my OPTIONS...: mariadb over the socket, bare values.
my() {
    MYSQL_PWD=secret-word mariadb --no-defaults -N -B -S "$my_socket" -u scope \
        scope "$@"
}

# The time of a clean end is not wanted.
stop_mariadb() {
    local file=$my_folder/pid pid _
    [ -e "$file" ] || return 0
    pid=$(cat "$file")
    rm -f "$file"
    kill -KILL "$pid" 2>/dev/null || return 0
    for _ in {1..100}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.02
    done
}
