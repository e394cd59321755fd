/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load for MariaDB and MySQL, and for what speaks their protocol: statements
 * and transactions through libmariadb, many connections to a thread.
 */
#include "drivers/mysql/connection.h"
#include "drivers/mysql/session.h"
#include "drivers/sql/metrics.h"

static const struct scope_metric metrics[] = {
    SQL_METRICS,
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SQL_SERVER_OPTIONS("the path of its Unix socket", "3306", "prefer"),
    SQL_WORKLOAD_OPTIONS,
    SCOPE_LOAD_OPTIONS(struct sql_options, load),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static struct sql_errand *cancel(const struct sql_driver *driver,
                                 struct sql_client *client)
{
    return session_cancel(
        driver, mysql_thread_id(((struct connection *)client)->mysql));
}

static const struct sql_server server = {
    .name = "MariaDB",
    .dialect = SQL_MYSQL,
    .login = session_login,
    .logout = session_logout,
    .ask = session_ask,
    .parse = session_parse,
    .perform = connection_perform,
    .cancel = cancel,
    .binding_size = sizeof(MYSQL_BIND),
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
    struct sql_options options = *(const struct sql_options *)config;
    options.pipeline = 1; /* its protocol has none */
    if (options.tls == SQL_TLS_VERIFY_CA) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "tls: verify-ca is nothing that libmariadb can do");
        return scope_hint(err, "verify-full also checks the server's name");
    }
    if (mysql_library_init(0, NULL, NULL))
        return scope_fail(err, SCOPE_FAILED, 0, "initialise libmariadb");
    return sql_driver_open(&server, &options, self, err);
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

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "mysql",
             .summary = "SQL load for MariaDB and MySQL: statements, "
                        "transactions, their tables",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct sql_options), .metrics = metrics,
             .driver = &ops);
