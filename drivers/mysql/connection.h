/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that do not block: struct scope_protocol's functions, and struct
 * sql_server's that go with them. What libmariadb does is cut into operations,
 * each of which may have to wait for the socket any number of times.
 */
#ifndef DRIVERS_MYSQL_CONNECTION_H
#define DRIVERS_MYSQL_CONNECTION_H

#include "drivers/sql/client.h"

#include <mysql.h>

enum operation {
    OPERATION_NONE,
    OPERATION_CONNECT,
    OPERATION_QUERY,
    OPERATION_STORE, /* reads the result of a text */
    OPERATION_NEXT,  /* another result follows */
    OPERATION_PREPARE,
    OPERATION_EXECUTE,
    OPERATION_STORE_BINARY, /* that of a prepared statement */
    OPERATION_NEXT_BINARY,
};

struct connection {
    struct sql_client client;
    MYSQL *mysql;
    MYSQL_STMT **statements; /* by the workload's; NULL: not prepared */
    enum operation operation;
    bool begun;   /* the operation was started and waits */
    bool pumping; /* in connection_pump, which goes on by itself */
    bool working; /* set up */
    int awaits;   /* MYSQL_WAIT_* of the operation */
    int fd;       /* watched, with the events below; -1: none */
    uint32_t events;
    int64_t begun_ns;
    const char *text;    /* of OPERATION_QUERY */
    MYSQL_STMT *current; /* of those of prepared statements */
    /* What the operation gave. */
    MYSQL *made;
    MYSQL_RES *result;
    int failed;
    uint64_t rows, bytes; /* of the command, so far */
};

void connection_worker_close(struct scope_worker *worker);
void connection_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns);
void connection_open_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns);
void connection_event(struct scope_worker *worker, struct scope_slot *slot,
                      uint32_t events);
void connection_shut(struct scope_worker *worker, struct scope_slot *slot);
void connection_perform(struct scope_worker *worker, struct sql_client *client,
                        const struct sql_command *command, int64_t now_ns);

/* --- between this driver's files ------------------------------------------ */

/* Begins the operation, or goes on with it after `ready` (MYSQL_WAIT_*): what
 * to wait for, 0 when it has ended. */
int operation_begin(const struct sql_driver *driver,
                    struct connection *connection);
int operation_go_on(struct connection *connection, int ready);
/* The result at hand, counted and freed. */
void operation_count(struct connection *connection);
void operation_count_binary(struct connection *connection);

#endif
