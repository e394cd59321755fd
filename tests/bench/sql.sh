#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The driver pgsql against PostgreSQL's own pgbench: the same statement (-S, one
# row by its key) on the same rows, ten connections, one thread. Pairs are
# interleaved; what is compared is the client's CPU for each transaction, and
# the rates are given beside it. The server takes the other CPU.
# Usage: ./dev bench sql [PAIRS [SECONDS]]
set -euo pipefail
pairs=${1:-5}
seconds=${2:-3}
# shellcheck source=tests/cli/sql.bash
source "$SCOPE_SOURCE/tests/cli/sql.bash"
find_postgres || {
    echo "bench sql: PostgreSQL is not installed: postgresql" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'stop_postgres; rm -rf "$folder"' EXIT
start_postgres "$folder/pg" ssl=off
"$postgres_bin/pgbench" -q -i -s 1 -h "$pg_folder" -p "$pg_port" -U scope \
    postgres >/dev/null 2>&1

# One line a run: transactions, their rate, CPU seconds of the client.
run_pgbench() {
    local TIMEFORMAT='%U %S' transactions tps
    { time PGPASSWORD=secret-word "$postgres_bin/pgbench" -n -S -M "$1" -c 10 \
        -j 1 -T "$seconds" -h 127.0.0.1 -p "$pg_port" -U scope postgres \
        >"$folder/out" 2>&1; } 2>"$folder/time"
    transactions=$(sed -n 's/^number of transactions actually processed: //p' \
        "$folder/out")
    tps=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$folder/out")
    awk -v n="$transactions" -v tps="$tps" '{ print n, tps, $1 + $2 }' \
        "$folder/time"
}

run_scope() {
    local status=0
    "$SCOPE_BUILD/scope" drive pgsql --quiet --format json --host 127.0.0.1 \
        --port "$pg_port" --user scope --password secret-word \
        --database postgres --connections 10 --mode "$1" \
        --statement 'SELECT abalance FROM pgbench_accounts WHERE aid = :aid' \
        --parameter 'aid: {uniform: 1..100000}' --duration "${seconds}s" \
        >"$folder/out" || status=$?
    [ $status = 0 ] || [ $status = 4 ]
    jq -r '[.items[] | select(.type == "table")] |
        (map(select(.id == "latency"))[0].rows[0].requests) as $n |
        (map(select(.id == "load"))[0].rows[0].achieved_hertz) as $rate |
        (map(select(.id == "generator"))[0].rows[0].cpu_ratio) as $cpu |
        "\($n) \($rate) \($cpu * $n / $rate)"' "$folder/out"
}

median() {
    sort -g | awk '{ at[NR] = $1 } END { print NR % 2 ? at[(NR + 1) / 2] :
        (at[NR / 2] + at[NR / 2 + 1]) / 2 }'
}

missed=0
for mode in prepared simple; do
    : >"$folder/cpu"
    : >"$folder/rate"
    for ((pair = 1; pair <= pairs; pair++)); do
        if ((pair % 2)); then
            theirs=$(run_pgbench $mode)
            ours=$(run_scope $mode)
        else
            ours=$(run_scope $mode)
            theirs=$(run_pgbench $mode)
        fi
        echo "$ours $theirs" | awk -v mode=$mode -v pair=$pair -v f="$folder" '{
            printf "%s %d: scope %.0f/s %.2f us of CPU each, pgbench %.0f/s %.2f us\n",
                mode, pair, $2, 1e6 * $3 / $1, $5, 1e6 * $6 / $4
            print ($3 / $1) / ($6 / $4) >>(f "/cpu")
            print $2 / $5 >>(f "/rate")
        }'
    done
    cpu=$(median <"$folder/cpu")
    printf '%s: CPU per transaction %.3f of pgbench (limit 1.100), rate %.3f\n' \
        $mode "$cpu" "$(median <"$folder/rate")"
    awk -v cpu="$cpu" 'BEGIN { exit !(cpu <= 1.1) }' || missed=1
done
exit $missed
