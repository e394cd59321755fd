/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of things that go wrong between a driver and a server: the
 * instances of the metric "errors". */
#ifndef LIB_NET_FAULT_H
#define LIB_NET_FAULT_H

#define SCOPE_FAULTS(X)                                                        \
    X(REFUSED, "refused")                 /* nobody listens */                 \
    X(UNREACHABLE, "unreachable")         /* no route */                       \
    X(CONNECT_TIMEOUT, "connect-timeout") /* no answer to the connect */       \
    X(RESET, "reset")         /* by the peer, with a request out */            \
    X(CLOSED, "closed")       /* before the answer began */                    \
    X(CUT, "cut-off")         /* in the middle of an answer */                 \
    X(TIMEOUT, "timeout")     /* no answer in time */                          \
    X(MALFORMED, "malformed") /* bytes that are no answer */                   \
    X(INVALID, "invalid")     /* answered, but not as was asked for */         \
    X(TLS, "tls")             /* the handshake, or a record, failed */         \
    X(EXHAUSTED, "exhausted") /* our ports, files or memory */                 \
    X(OTHER, "other")

enum scope_fault {
#define X(name, text) SCOPE_FAULT_##name,
    SCOPE_FAULTS(X)
#undef X
        SCOPE_FAULT_COUNT,
};

const char *scope_fault_word(enum scope_fault fault);
/* Of an errno of connect(2), send(2) or recv(2). */
enum scope_fault scope_fault_of(int error);

#endif
