/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads HTTP/1.x answers from bytes as they arrive (RFC 9112). Nothing is kept
 * of a body but its length; a head that arrives in pieces is put together in
 * memory of the answer's own, at most SCOPE_HTTP1_HEAD_MAX bytes of it.
 *
 * One struct scope_http1 a connection, zeroed at first; one struct
 * scope_http1_memo a thread, zeroed at first.
 */
#ifndef LIB_NET_HTTP1_H
#define LIB_NET_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCOPE_HTTP1_HEAD_MAX = 64 * 1024, /* of a head, or of trailers */
    SCOPE_HTTP1_MEMO_MAX = 1024,
};

/* MORE and DONE; the others are faults, after which the connection is of no
 * use. */
#define SCOPE_HTTP1_RESULTS(X)                                                 \
    X(MORE, "more bytes are needed")                                           \
    X(DONE, "the answer is complete")                                          \
    X(BAD_STATUS_LINE, "malformed status line")                                \
    X(BAD_HEADER, "malformed header line")                                     \
    X(BAD_LENGTH, "malformed or contradicting content-length")                 \
    X(BAD_ENCODING, "transfer-encoding that cannot be read")                   \
    X(BAD_CHUNK, "malformed chunk")                                            \
    X(HEAD_TOO_LONG, "head or trailers too long")                              \
    X(UNEXPECTED, "switches protocols unasked")                                \
    X(CUT, "closed in the middle of an answer")

enum scope_http1_result {
#define X(name, text) SCOPE_HTTP1_##name,
    SCOPE_HTTP1_RESULTS(X)
#undef X
};

const char *scope_http1_text(enum scope_http1_result result);

enum scope_http1_state {
    SCOPE_HTTP1_HEAD,
    SCOPE_HTTP1_BODY, /* left bytes of it are to come */
    SCOPE_HTTP1_CHUNK_SIZE,
    SCOPE_HTTP1_CHUNK_EXTENSION,
    SCOPE_HTTP1_CHUNK,     /* left bytes of it are to come */
    SCOPE_HTTP1_CHUNK_END, /* the line end after a chunk */
    SCOPE_HTTP1_TRAILERS,
    SCOPE_HTTP1_TO_CLOSE, /* the body ends with the connection */
    SCOPE_HTTP1_COMPLETE,
};

/* What a head says. */
struct scope_http1_head {
    uint16_t status;
    bool keep_alive;
    enum scope_http1_state next; /* how the body is framed */
    uint64_t length;             /* SCOPE_HTTP1_BODY: of the body */
    size_t size;                 /* of the head, its empty line included */
};

struct scope_http1 {
    enum scope_http1_state state;
    uint16_t status;
    bool no_body;      /* the request was HEAD; by the caller */
    bool keep_alive;   /* DONE: the connection can be used again */
    bool begun;        /* a byte of the answer has come */
    uint8_t digits;    /* of a chunk's size */
    uint32_t line;     /* bytes of the present chunk or trailer line */
    uint32_t trailers; /* bytes of trailers */
    uint32_t interim;  /* 1xx answers before this one */
    uint64_t left;     /* bytes of the body or chunk to come */
    uint64_t length;   /* bytes of the body so far */
    char *stash;       /* the head so far, when it came in pieces */
    uint32_t stashed, room;
};

/* Is shown what the parser passes over. */
struct scope_http1_sight {
    void *closure;
    /* Of a final answer, its empty line included. */
    void (*head)(void *closure, const char *bytes, size_t size);
    void (*body)(void *closure, const char *bytes, size_t size);
};

/*
 * The last head that was read in one piece. Servers answer with the same bytes
 * again and again; the same bytes mean the same.
 */
struct scope_http1_memo {
    const struct scope_http1_sight *sight; /* NULL: nobody looks */
    bool no_body;                          /* as the head was read */
    struct scope_http1_head head;
    char bytes[SCOPE_HTTP1_MEMO_MAX];
};

/* Frees what the answer holds. */
void scope_http1_free(struct scope_http1 *answer);
/* Makes ready for the answer to the next request. */
void scope_http1_next(struct scope_http1 *answer);

/*
 * Takes bytes; *used is the number that belonged to this answer (all of them,
 * unless it returns DONE or a fault).
 */
enum scope_http1_result scope_http1_feed(struct scope_http1 *answer,
                                         struct scope_http1_memo *memo,
                                         const char *bytes, size_t size,
                                         size_t *used);

/* The connection was closed: DONE or CUT. */
enum scope_http1_result scope_http1_close(struct scope_http1 *answer);

/* How many of the next bytes are body and need not be fed; UINT64_MAX
 * when it ends with the connection. */
uint64_t scope_http1_skippable(const struct scope_http1 *answer);
/* So many were skipped: MORE or DONE. */
enum scope_http1_result scope_http1_skip(struct scope_http1 *answer,
                                         uint64_t size);

/* Reads a head; MORE when it has no end yet. */
enum scope_http1_result scope_http1_read_head(const char *bytes, size_t size,
                                              bool no_body,
                                              struct scope_http1_head *head);

#endif
