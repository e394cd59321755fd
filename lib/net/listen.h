/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a backend listens: "ADDRESS:PORT", taken apart, bound, and told. */
#ifndef LIB_NET_LISTEN_H
#define LIB_NET_LISTEN_H

#include <scope/err.h>
#include <stddef.h>

enum { SCOPE_LISTEN_TEXT = 128 };

/*
 * Opens `count` non-blocking TCP sockets that listen to one address, between
 * which the kernel deals connections out; port 0 is any free port, the same
 * for all. fds has room for count; bound gets "ADDRESS:PORT" as it came out.
 * Nothing is open after a failure, as when somebody listens there already.
 */
enum scope_code scope_listen(const char *listen, size_t count, int *fds,
                             char bound[SCOPE_LISTEN_TEXT],
                             struct scope_err *err) SCOPE_MUST_CHECK;

#endif
