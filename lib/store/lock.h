/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One writer a store: a lock on the file that the kernel lets go of when the
 * writer dies, however it does. */
#ifndef LIB_STORE_LOCK_H
#define LIB_STORE_LOCK_H

#include <scope/err.h>

/* Creates the file if need be. *fd is to be closed after SQLite has closed the
 * file: closing it earlier would drop SQLite's own locks, see fcntl_locking(2).
 * SCOPE_BUSY says which process has it. */
enum scope_code scope_lock_take(const char *path, int *fd,
                                struct scope_err *err) SCOPE_MUST_CHECK;

#endif
