/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of enum sql_count. */
#ifndef DRIVERS_SQL_METRICS_H
#define DRIVERS_SQL_METRICS_H

#include "drivers/sql/client.h"

#define SQL_ROW(index, text, words)                                            \
    [SCOPE_TALLY_COUNT + (index)] = {.name = (text),                           \
                                     .semantics = SCOPE_COUNTER,               \
                                     .value = SCOPE_U64,                       \
                                     .unit = SCOPE_UNIT_COUNT,                 \
                                     .help = (words)}

#define SQL_METRICS                                                            \
    SCOPE_TALLY_METRICS,                                                       \
        SQL_ROW(SQL_COUNT_STATEMENTS, "statements",                            \
                "statements of the workload that were answered without an "    \
                "error, alone or in transactions; BEGIN and COMMIT are not "   \
                "among them"),                                                 \
        SQL_ROW(SQL_COUNT_ROWS, "rows",                                        \
                "rows that their results had, or that they changed"),          \
        [SCOPE_TALLY_COUNT +                                                   \
            SQL_COUNT_BYTES] =                                                 \
            {.name = "values",                                                 \
             .semantics = SCOPE_COUNTER,                                       \
             .value = SCOPE_U64,                                               \
             .unit = SCOPE_UNIT_BYTES,                                         \
             .help = "bytes of the values in their results, without the "      \
                     "protocol's own; of what mysql has prepared in its "      \
                     "binary form, the lengths of texts among them"},          \
            SQL_ROW(SQL_COUNT_ROLLBACKS, "rollbacks",                          \
                    "transactions rolled back as the workload wants it"),      \
            SQL_ROW(                                                           \
                SQL_COUNT_CANCELS, "cancels",                                  \
                "statements that timed out and that the server was asked to "  \
                "cancel")

#endif
