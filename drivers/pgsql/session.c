/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session that blocks: making tables, and the first look at the server. */
#include "drivers/pgsql/session.h"

#include <limits.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

static void add(struct parameters *parameters, const char *name,
                const char *value)
{
    if (!value)
        return;
    parameters->names[parameters->count] = name;
    parameters->values[parameters->count++] = value;
}

void parameters_fill(struct parameters *parameters,
                     const struct sql_driver *driver)
{
    const struct sql_options *options = &driver->options;
    *parameters = (struct parameters){0};
    snprintf(parameters->port, sizeof parameters->port, "%jd",
             (intmax_t)options->port);
    add(parameters, "host", options->host);
    add(parameters, "hostaddr", driver->address);
    add(parameters, "port", parameters->port);
    add(parameters, "user", options->user);
    add(parameters, "password", options->password);
    add(parameters, "dbname", options->database);
    add(parameters, "sslmode", sql_tls_words[options->tls]);
    add(parameters, "sslrootcert", options->ca);
    add(parameters, "sslcert", options->certificate);
    add(parameters, "sslkey", options->key);
    /* Else each connection first asks for what is hardly ever there. */
    add(parameters, "gssencmode", "disable");
    add(parameters, "application_name", "scope");
    add(parameters, "client_encoding", "UTF8");
}

/* What follows the last "failed: ", to the end of its line. */
char *connection_fault(const PGconn *conn)
{
    const char *text = PQerrorMessage(conn);
    const char *found;
    while ((found = strstr(text, "failed: ")))
        text = found + 8;
    size_t length = strcspn(text, "\n");
    if (!length)
        return scope_strdup("the connection is lost");
    return scope_format("%.*s", (int)length, text);
}

void ignore_notice(void *closure, const PGresult *result)
{
    (void)closure, (void)result;
}

enum scope_code session_login(const struct sql_driver *driver, void **session,
                              struct scope_err *err)
{
    struct parameters parameters;
    int64_t limit_ns = driver->options.load.connect_timeout_ns;
    parameters_fill(&parameters, driver);
    snprintf(parameters.timeout, sizeof parameters.timeout, "%jd",
             (intmax_t)(limit_ns / 1000000000 + 1));
    add(&parameters, "connect_timeout", parameters.timeout);
    PGconn *conn = PQconnectdbParams(parameters.names, parameters.values, 0);
    if (PQstatus(conn) == CONNECTION_OK) {
        PQsetNoticeReceiver(conn, ignore_notice, NULL);
        *session = conn;
        return SCOPE_OK;
    }
    char *fault = connection_fault(conn);
    enum scope_code code =
        scope_fail(err, SCOPE_FAILED, 0, "log in to PostgreSQL at %s: %s",
                   driver->where, fault);
    free(fault);
    PQfinish(conn);
    return code;
}

void session_logout(void *session)
{
    PQfinish(session);
}

/* Of a result that is no good; clears it. */
static enum scope_code fail(PGconn *conn, PGresult *result,
                            struct scope_err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *at = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    char *fault = words ? NULL : connection_fault(conn);
    scope_fail(err, SCOPE_FAILED, 0, "%s%s%s (SQLSTATE %s)",
               words ? words : fault, at ? " at character " : "", at ? at : "",
               state ? state : "unknown");
    free(fault);
    PQclear(result);
    return SCOPE_FAILED;
}

enum scope_code session_ask(void *session, const char *sql, char **value,
                            struct scope_err *err)
{
    PGresult *result = PQexec(session, sql);
    ExecStatusType status = PQresultStatus(result);
    if (value)
        *value = NULL;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return fail(session, result, err);
    if (value && PQntuples(result) && PQnfields(result) &&
        !PQgetisnull(result, 0, 0))
        *value = scope_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return SCOPE_OK;
}

enum scope_code session_parse(void *session,
                              const struct sql_statement *statement,
                              struct scope_err *err)
{
    PGresult *result = PQprepare(session, "", statement->placed, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return fail(session, result, err);
    PQclear(result);
    return SCOPE_OK;
}

enum scope_code session_copy_begin(void *session, const char *sql,
                                   struct scope_err *err)
{
    PGresult *result = PQexec(session, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        return fail(session, result, err);
    PQclear(result);
    return SCOPE_OK;
}

static enum scope_code copy_broke(PGconn *conn, struct scope_err *err)
{
    char *fault = connection_fault(conn);
    scope_fail(err, SCOPE_IO, 0, "send rows: %s", fault);
    free(fault);
    return SCOPE_IO;
}

enum scope_code session_copy(void *session, const char *bytes, size_t size,
                             struct scope_err *err)
{
    while (size) {
        int part = size > INT_MAX ? INT_MAX : (int)size;
        if (PQputCopyData(session, bytes, part) != 1)
            return copy_broke(session, err);
        bytes += part;
        size -= (size_t)part;
    }
    return SCOPE_OK;
}

enum scope_code session_copy_end(void *session, struct scope_err *err)
{
    if (PQputCopyEnd(session, NULL) != 1)
        return copy_broke(session, err);
    enum scope_code code = SCOPE_OK;
    PGresult *result;
    while ((result = PQgetResult(session))) {
        if (code == SCOPE_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            code = fail(session, result, err);
        else
            PQclear(result);
    }
    return code;
}
