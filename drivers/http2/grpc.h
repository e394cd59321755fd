/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unary gRPC calls over HTTP/2: one length-prefixed message there and one
 * back, and a status in the trailers (gRPC over HTTP2, PROTOCOL-HTTP2.md).
 */
#ifndef DRIVERS_HTTP2_GRPC_H
#define DRIVERS_HTTP2_GRPC_H

#include "drivers/http2/message.h"
#include "drivers/http2/options.h"

enum { GRPC_STATUSES = 17, GRPC_UNKNOWN = 2, GRPC_DEADLINE_EXCEEDED = 4 };

/* "OK", "CANCELLED", ...; NULL at the end. */
extern const char *const grpc_names[];

/* What is called, and what is expected of it. */
struct grpc {
    bool on;
    uint32_t expected; /* statuses, a bit each */
    char timeout[16];  /* as grpc-timeout wants it; "": none */
    char *message;     /* given in hexadecimal, or NULL */
    size_t message_size;
};

/* What has been seen of an answer. */
struct grpc_answer {
    bool is_grpc;      /* by its content-type */
    bool compressed;   /* a message is */
    bool is_malformed; /* grpc-status is no number */
    int status;        /* -1: none was said */
    uint8_t have;      /* bytes of the prefix of the present message */
    uint8_t prefix[5];
    uint32_t left;     /* bytes of the present message to come */
    uint32_t messages; /* begun */
    uint64_t size;     /* of them */
    char text[64];     /* what the server says of the status */
};

enum scope_code grpc_open(struct grpc *grpc, const struct options *options,
                          struct scope_err *err) SCOPE_MUST_CHECK;
void grpc_close(struct grpc *grpc);

/* Fields that every call has: for message_make. */
void grpc_fields(const struct grpc *grpc, const char *fields[static 7]);
/* Puts the length before the body. */
void grpc_prefix(struct message *message);

void grpc_begin(struct grpc_answer *answer);
void grpc_header(struct grpc_answer *answer, const char *name, size_t name_size,
                 const char *value, size_t value_size);
/* Takes a piece of the body. Of it, *bytes and *size become what is of the
 * message next in it; what is left is returned, NULL when nothing is. */
const char *grpc_data(struct grpc_answer *answer, const char *from,
                      size_t from_size, const char **bytes, size_t *size);

/* The answer is complete: its status, or -1 with words for what is wrong. */
int grpc_end(const struct grpc_answer *answer, unsigned http_status,
             char *detail, size_t detail_size);

#endif
