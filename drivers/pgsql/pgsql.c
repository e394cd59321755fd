/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load for PostgreSQL, and for what speaks its protocol: statements and
 * transactions through libpq, many connections to a thread.
 */
#include "drivers/pgsql/connection.h"
#include "drivers/pgsql/session.h"
#include "drivers/sql/metrics.h"

static const struct scope_metric metrics[] = {
    SQL_METRICS,
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SQL_SERVER_OPTIONS("the folder of its Unix socket", "5432", "prefer"),
    SQL_WORKLOAD_OPTIONS,
    SCOPE_OPTION_INT(struct sql_options, pipeline, "pipeline", .fallback = "1",
                     .min = "1", .max = "1000", .value = "N",
                     .help = "statements a connection may have out at once, "
                             "each its own transaction; not for mode simple "
                             "and not for transactions of several"),
    SCOPE_LOAD_OPTIONS(struct sql_options, load),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static const struct sql_server server = {
    .name = "PostgreSQL",
    .dialect = SQL_PGSQL,
    .login = session_login,
    .logout = session_logout,
    .ask = session_ask,
    .parse = session_parse,
    .copy_begin = session_copy_begin,
    .copy = session_copy,
    .copy_end = session_copy_end,
    .perform = connection_perform,
    .cancel = connection_cancel,
    .binding_size = sizeof(const char *),
    .protocol =
        {
            .slot_size = sizeof(struct connection),
            .worker_close = connection_worker_close,
            .open = connection_open,
            .open_timeout = connection_open_timeout,
            .send = sql_client_send,
            .event = connection_event,
            .check = sql_client_check,
            .shut = connection_shut,
        },
};

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    return sql_driver_open(&server, config, self, err);
}

static const struct scope_driver_ops ops = {
    .probe = probe,
    .open = open_driver,
    .start = scope_engine_start,
    .wait = scope_engine_wait,
    .sample = scope_engine_sample,
    .stop = scope_engine_stop,
    .close = scope_engine_close,
};

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "pgsql",
             .summary = "SQL load for PostgreSQL: statements, transactions, "
                        "their tables",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct sql_options), .metrics = metrics,
             .driver = &ops);
