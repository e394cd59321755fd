/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unpacks what a row of the table artifact holds. */
#ifndef LIB_STORE_ARTIFACT_H
#define LIB_STORE_ARTIFACT_H

#include "lib/store/db.h"

#include <stdint.h>

/*
 * rows stands on a row of "SELECT id, size, sha256, content FROM artifact". The
 * content to free(); SCOPE_CORRUPT when size or hash are not its own.
 */
enum scope_code scope_artifact_unpack(const struct scope_db *db,
                                      sqlite3_stmt *rows, uint8_t **content,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

#endif
