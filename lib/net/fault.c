/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults by errno and by name. */
#include "lib/net/fault.h"

#include <errno.h>

const char *scope_fault_word(enum scope_fault fault)
{
    static const char *const words[] = {
#define X(name, text) [SCOPE_FAULT_##name] = (text),
        SCOPE_FAULTS(X)
#undef X
    };
    return words[fault];
}

enum scope_fault scope_fault_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return SCOPE_FAULT_REFUSED;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return SCOPE_FAULT_RESET;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return SCOPE_FAULT_UNREACHABLE;
    case ETIMEDOUT:
        return SCOPE_FAULT_CONNECT_TIMEOUT;
    case EADDRNOTAVAIL:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
        return SCOPE_FAULT_EXHAUSTED;
    default:
        return SCOPE_FAULT_OTHER;
    }
}
