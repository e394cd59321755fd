/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema of a store: made once, and compared word by word when a file is
 * opened, so that a view or trigger from elsewhere never runs. */
#ifndef LIB_STORE_SCHEMA_H
#define LIB_STORE_SCHEMA_H

#include "lib/store/db.h"

enum scope_code scope_schema_create(const struct scope_db *db,
                                    struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_schema_check(const struct scope_db *db,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
