/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limit of open files, which thousands of connections meet. */
#ifndef LIB_NET_FILES_H
#define LIB_NET_FILES_H

#include <scope/err.h>
#include <stdint.h>

/* Raises this process's limit, if need be, to hold so many connections beside
 * what it has open already; SCOPE_UNAVAILABLE when that is not allowed. */
enum scope_code scope_files_reserve(uint64_t connections,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

#endif
