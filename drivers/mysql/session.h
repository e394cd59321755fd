/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How to log in, and struct sql_server's functions of a session that blocks. */
#ifndef DRIVERS_MYSQL_SESSION_H
#define DRIVERS_MYSQL_SESSION_H

#include "drivers/sql/driver.h"

#include <mysql.h>

/* A connection to be made, with all options set; free with mysql_close. */
MYSQL *session_new(const struct sql_driver *driver);
/* The arguments of mysql_real_connect that follow from the options. */
const char *session_host(const struct sql_driver *driver);
const char *session_socket(const struct sql_driver *driver);
/* False: the connection is not encrypted as it should be. */
bool session_is_safe(const struct sql_driver *driver, MYSQL *mysql);

enum scope_code session_login(const struct sql_driver *driver, void **session,
                              struct scope_err *err);
void session_logout(void *session);
enum scope_code session_ask(void *session, const char *sql, char **value,
                            struct scope_err *err);
enum scope_code session_parse(void *session,
                              const struct sql_statement *statement,
                              struct scope_err *err);

/* What has the server stop what a connection runs. */
struct sql_errand *session_cancel(const struct sql_driver *driver,
                                  unsigned long id);

#endif
