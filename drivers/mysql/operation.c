/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libmariadb's functions that start and continue, by operation. */
#include "drivers/mysql/connection.h"
#include "drivers/mysql/session.h"

#include <string.h>

int operation_begin(const struct sql_driver *driver,
                    struct connection *connection)
{
    const struct sql_options *options = &driver->options;
    MYSQL *mysql = connection->mysql;
    switch (connection->operation) {
    case OPERATION_CONNECT:
        return mysql_real_connect_start(
            &connection->made, mysql, session_host(driver), options->user,
            options->password, options->database, (unsigned)options->port,
            session_socket(driver), CLIENT_MULTI_STATEMENTS);
    case OPERATION_QUERY:
        return mysql_real_query_start(&connection->failed, mysql,
                                      connection->text,
                                      strlen(connection->text));
    case OPERATION_STORE:
        return mysql_store_result_start(&connection->result, mysql);
    case OPERATION_NEXT:
        return mysql_next_result_start(&connection->failed, mysql);
    case OPERATION_PREPARE:
        return mysql_stmt_prepare_start(&connection->failed,
                                        connection->current, connection->text,
                                        strlen(connection->text));
    case OPERATION_EXECUTE:
        return mysql_stmt_execute_start(&connection->failed,
                                        connection->current);
    case OPERATION_STORE_BINARY:
        return mysql_stmt_store_result_start(&connection->failed,
                                             connection->current);
    case OPERATION_NEXT_BINARY:
        return mysql_stmt_next_result_start(&connection->failed,
                                            connection->current);
    case OPERATION_NONE:
        break;
    }
    return 0;
}

int operation_go_on(struct connection *connection, int ready)
{
    MYSQL *mysql = connection->mysql;
    switch (connection->operation) {
    case OPERATION_CONNECT:
        return mysql_real_connect_cont(&connection->made, mysql, ready);
    case OPERATION_QUERY:
        return mysql_real_query_cont(&connection->failed, mysql, ready);
    case OPERATION_STORE:
        return mysql_store_result_cont(&connection->result, mysql, ready);
    case OPERATION_NEXT:
        return mysql_next_result_cont(&connection->failed, mysql, ready);
    case OPERATION_PREPARE:
        return mysql_stmt_prepare_cont(&connection->failed, connection->current,
                                       ready);
    case OPERATION_EXECUTE:
        return mysql_stmt_execute_cont(&connection->failed, connection->current,
                                       ready);
    case OPERATION_STORE_BINARY:
        return mysql_stmt_store_result_cont(&connection->failed,
                                            connection->current, ready);
    case OPERATION_NEXT_BINARY:
        return mysql_stmt_next_result_cont(&connection->failed,
                                           connection->current, ready);
    case OPERATION_NONE:
        break;
    }
    return 0;
}

void operation_count(struct connection *connection)
{
    MYSQL_RES *result = connection->result;
    if (!result) {
        connection->rows += mysql_affected_rows(connection->mysql);
        return;
    }
    unsigned columns = mysql_num_fields(result);
    while (mysql_fetch_row(result)) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < columns; i++)
            connection->bytes += lengths[i];
        connection->rows++;
    }
    mysql_free_result(result);
    connection->result = NULL;
}

/* A row is a byte, a bitmap of what is NULL with two bits to spare, and the
 * values (the protocol's manual, "Binary Protocol Resultset Row"). */
void operation_count_binary(struct connection *connection)
{
    MYSQL_STMT *stmt = connection->current;
    const uint64_t frame = 1 + (stmt->field_count + 9U) / 8;
    for (const MYSQL_ROWS *row = stmt->result.data; row; row = row->next) {
        connection->rows++;
        connection->bytes += row->length > frame ? row->length - frame : 0;
    }
    mysql_stmt_free_result(stmt);
}
