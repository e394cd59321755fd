/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session that blocks: making tables, the first look at the server, and
 * cancelling. */
#include "drivers/mysql/session.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

enum { CANCEL_SECONDS = 2 };

const char *session_host(const struct sql_driver *driver)
{
    /* The certificate is checked against the name that is given here. */
    return driver->options.tls == SQL_TLS_VERIFY_FULL ? driver->options.host
                                                      : driver->address;
}

const char *session_socket(const struct sql_driver *driver)
{
    return driver->address ? NULL : driver->options.host;
}

MYSQL *session_new(const struct sql_driver *driver)
{
    const struct sql_options *options = &driver->options;
    const my_bool yes = 1;
    const unsigned no = 0;
    const unsigned protocol =
        driver->address ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
    MYSQL *mysql = mysql_init(NULL);
    if (!mysql)
        abort(); /* out of memory, as scope_alloc */
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* No server is to have a file of this machine. */
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
    if (options->tls != SQL_TLS_DISABLE)
        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    if (options->tls == SQL_TLS_VERIFY_FULL)
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    if (options->ca)
        mysql_options(mysql, MYSQL_OPT_SSL_CA, options->ca);
    if (options->certificate)
        mysql_options(mysql, MYSQL_OPT_SSL_CERT, options->certificate);
    if (options->key)
        mysql_options(mysql, MYSQL_OPT_SSL_KEY, options->key);
    return mysql;
}

/* The library falls back to plain text when the server knows no TLS. */
bool session_is_safe(const struct sql_driver *driver, MYSQL *mysql)
{
    return driver->options.tls < SQL_TLS_REQUIRE || mysql_get_ssl_cipher(mysql);
}

static bool log_in(const struct sql_driver *driver, MYSQL *mysql,
                   unsigned seconds)
{
    const struct sql_options *options = &driver->options;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    return mysql_real_connect(mysql, session_host(driver), options->user,
                              options->password, options->database,
                              (unsigned)options->port, session_socket(driver),
                              CLIENT_MULTI_STATEMENTS);
}

enum scope_code session_login(const struct sql_driver *driver, void **session,
                              struct scope_err *err)
{
    int64_t limit_ns = driver->options.load.connect_timeout_ns;
    MYSQL *mysql = session_new(driver);
    const char *fault = NULL;
    if (!log_in(driver, mysql, (unsigned)(limit_ns / 1000000000 + 1)))
        fault = mysql_error(mysql);
    else if (!session_is_safe(driver, mysql))
        fault = "the server does not support TLS";
    if (!fault) {
        *session = mysql;
        return SCOPE_OK;
    }
    enum scope_code code =
        scope_fail(err, SCOPE_FAILED, 0, "log in to MariaDB or MySQL at %s: %s",
                   driver->where, fault);
    mysql_close(mysql);
    return code;
}

void session_logout(void *session)
{
    mysql_close(session);
}

/* Reads all results of what was asked, and keeps the first value. */
static void read_results(MYSQL *mysql, char **value)
{
    do {
        MYSQL_RES *result = mysql_store_result(mysql);
        MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
        if (row && row[0] && value && !*value)
            *value = scope_strdup(row[0]);
        mysql_free_result(result);
    } while (mysql_next_result(mysql) == 0);
}

enum scope_code session_ask(void *session, const char *sql, char **value,
                            struct scope_err *err)
{
    if (value)
        *value = NULL;
    bool good = !mysql_real_query(session, sql, strlen(sql));
    if (good)
        read_results(session, value);
    if (good && !mysql_errno(session))
        return SCOPE_OK;
    return scope_fail(err, SCOPE_FAILED, 0, "%s (SQLSTATE %s)",
                      mysql_error(session), mysql_sqlstate(session));
}

enum scope_code session_parse(void *session,
                              const struct sql_statement *statement,
                              struct scope_err *err)
{
    enum { UNSUPPORTED = 1295 }; /* it is good, but not to be prepared */
    enum scope_code code = SCOPE_OK;
    MYSQL_STMT *stmt = mysql_stmt_init(session);
    if (!stmt)
        return scope_fail(err, SCOPE_FAILED, 0, "%s", mysql_error(session));
    bool failed =
        mysql_stmt_prepare(stmt, statement->placed, strlen(statement->placed));
    if (failed && (mysql_stmt_errno(stmt) != UNSUPPORTED ||
                   statement->mode == SQL_PREPARED))
        code = scope_fail(err, SCOPE_FAILED, 0, "%s (SQLSTATE %s)",
                          mysql_stmt_error(stmt), mysql_stmt_sqlstate(stmt));
    else if (!failed && statement->mode == SQL_PREPARED &&
             mysql_stmt_param_count(stmt) != statement->binding_count)
        code =
            scope_fail(err, SCOPE_USAGE, 0,
                       "it has %lu parameters for the server and %zu in "
                       "the workload: a ? of its own?",
                       mysql_stmt_param_count(stmt), statement->binding_count);
    mysql_stmt_close(stmt);
    return code;
}

/* --- cancelling ----------------------------------------------------------- */

struct cancel {
    struct sql_errand errand;
    const struct sql_driver *driver;
    unsigned long id; /* of the connection, as the server counts */
};

static void run_cancel(struct sql_errand *errand)
{
    const struct cancel *cancel = (struct cancel *)errand;
    const unsigned seconds = CANCEL_SECONDS;
    MYSQL *mysql = session_new(cancel->driver);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    if (log_in(cancel->driver, mysql, seconds) &&
        session_is_safe(cancel->driver, mysql)) {
        char text[48];
        snprintf(text, sizeof text, "KILL QUERY %lu", cancel->id);
        mysql_real_query(mysql, text, strlen(text));
    }
    mysql_close(mysql);
}

static void free_cancel(struct sql_errand *errand)
{
    free(errand);
}

struct sql_errand *session_cancel(const struct sql_driver *driver,
                                  unsigned long id)
{
    struct cancel *cancel = scope_alloc(1, sizeof *cancel);
    *cancel = (struct cancel){
        .errand = {.run = run_cancel, .free = free_cancel},
        .driver = driver,
        .id = id,
    };
    return &cancel->errand;
}
