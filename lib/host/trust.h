/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who could have written what is about to be run: only root and the user may
 * be able to. */
#ifndef LIB_HOST_TRUST_H
#define LIB_HOST_TRUST_H

#include <scope/err.h>

/* Of an open file or folder; name is what messages call it ("the file"). */
enum scope_code scope_trust_fd(int fd, const char *name,
                               struct scope_err *err) SCOPE_MUST_CHECK;

/* Of a folder by path. */
enum scope_code scope_trust_folder(const char *path,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
