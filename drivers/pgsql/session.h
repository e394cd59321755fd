/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How to log in, what libpq says, and struct sql_server's functions of a
 * session that blocks. */
#ifndef DRIVERS_PGSQL_SESSION_H
#define DRIVERS_PGSQL_SESSION_H

#include "drivers/sql/driver.h"

#include <libpq-fe.h>

/* Parameters of a connection, as libpq wants them. */
struct parameters {
    const char *names[20];
    const char *values[20];
    size_t count;
    char port[16], timeout[16];
};
void parameters_fill(struct parameters *parameters,
                     const struct sql_driver *driver);

/* The first line of what libpq says of a connection, without where it leads:
 * to free(). */
char *connection_fault(const PGconn *conn);

/* A notice receiver that says nothing. */
void ignore_notice(void *closure, const PGresult *result);

enum scope_code session_login(const struct sql_driver *driver, void **session,
                              struct scope_err *err);
void session_logout(void *session);
enum scope_code session_ask(void *session, const char *sql, char **value,
                            struct scope_err *err);
enum scope_code session_parse(void *session,
                              const struct sql_statement *statement,
                              struct scope_err *err);
enum scope_code session_copy_begin(void *session, const char *sql,
                                   struct scope_err *err);
enum scope_code session_copy(void *session, const char *bytes, size_t size,
                             struct scope_err *err);
enum scope_code session_copy_end(void *session, struct scope_err *err);

#endif
