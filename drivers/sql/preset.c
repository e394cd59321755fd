/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workloads by name. The first three are those of sysbench (oltp_point_select,
 * oltp_read_write, oltp_insert, with its table), so that figures compare; the
 * last is the small lookup load with which sidecars' SQL filters are measured:
 * plain texts, as such filters read no others.
 */
#include "drivers/sql/workload.h"

const char *const sql_preset_words[] = {"none",   "point-select", "read-write",
                                        "insert", "sidecar",      NULL};

#define C_PATTERN                                                              \
    "\"###########-###########-###########-###########-###########-"           \
    "###########-###########-###########-###########-###########\""
#define PAD_PATTERN                                                            \
    "\"###########-###########-###########-###########-###########\""

#define TABLE(name)                                                            \
    "tables:\n"                                                                \
    "  " name ":\n"                                                            \
    "    columns:\n"                                                           \
    "      id: {type: {pgsql: serial primary key,\n"                           \
    "                  mysql: int auto_increment primary key}}\n"              \
    "      k: {type: int not null, uniform: 1..rows(" name ")}\n"              \
    "      c: {type: char(120) not null, pattern: " C_PATTERN "}\n"            \
    "      pad: {type: char(60) not null, pattern: " PAD_PATTERN "}\n"         \
    "    after:\n"                                                             \
    "      - CREATE INDEX " name "_k ON " name " (k)\n"

static const char point_select[] =
    TABLE("sbtest1") "statements:\n"
                     "  point-select:\n"
                     "    sql: SELECT c FROM sbtest1 WHERE id = :id\n"
                     "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n";

static const char read_write[] = TABLE(
    "sbtest1") "parameters:\n"
               "  gone: {uniform: 1..rows(sbtest1)}\n"
               "statements:\n"
               "  point:\n"
               "    sql: SELECT c FROM sbtest1 WHERE id = :id\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  range:\n"
               "    sql: SELECT c FROM sbtest1 WHERE id BETWEEN :id AND :id +\n"
               "      99\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  sum:\n"
               "    sql: SELECT SUM(k) FROM sbtest1 WHERE id BETWEEN :id AND\n"
               "      :id + 99\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  order:\n"
               "    sql: SELECT c FROM sbtest1 WHERE id BETWEEN :id AND :id +\n"
               "      99 ORDER BY c\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  distinct:\n"
               "    sql: SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN :id\n"
               "      AND :id + 99 ORDER BY c\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  update-k:\n"
               "    sql: UPDATE sbtest1 SET k = k + 1 WHERE id = :id\n"
               "    parameters: {id: {uniform: 1..rows(sbtest1)}}\n"
               "  update-c:\n"
               "    sql: UPDATE sbtest1 SET c = :c WHERE id = :id\n"
               "    parameters:\n"
               "      id: {uniform: 1..rows(sbtest1)}\n"
               "      c: {pattern: " C_PATTERN "}\n"
               "  delete:\n"
               "    sql: DELETE FROM sbtest1 WHERE id = :gone\n"
               "  insert:\n"
               "    sql: INSERT INTO sbtest1 (id, k, c, pad)\n"
               "      VALUES (:gone, :k, :c, :pad)\n"
               "    parameters:\n"
               "      k: {uniform: 1..rows(sbtest1)}\n"
               "      c: {pattern: " C_PATTERN "}\n"
               "      pad: {pattern: " PAD_PATTERN "}\n"
               "transactions:\n"
               "  read-write:\n"
               "    steps: [point: 10, range, sum, order, distinct,\n"
               "            update-k, update-c, delete, insert]\n";

static const char insert[] =
    TABLE("scope_insert") "statements:\n"
                          "  insert:\n"
                          "    sql: INSERT INTO scope_insert (k, c, pad) "
                          "VALUES (:k, :c, :pad)\n"
                          "    parameters:\n"
                          "      k: {uniform: 1..1000000}\n"
                          "      c: {pattern: " C_PATTERN "}\n"
                          "      pad: {pattern: " PAD_PATTERN "}\n";

static const char sidecar[] =
    "tables:\n"
    "  users:\n"
    "    rows: 20\n"
    "    columns:\n"
    "      id: {type: int primary key, sequence: 1}\n"
    "      name: {type: varchar(40), pattern: \"user-@@@@@@@@\"}\n"
    "      email: {type: varchar(80), pattern: \"@@@@@@@@@@.com\"}\n"
    "      password: {type: varchar(80), string: 60}\n"
    "  public_info:\n"
    "    rows: 20\n"
    "    columns:\n"
    "      id: {type: int primary key, sequence: 1}\n"
    "      user_id: {type: int, uniform: 1..20}\n"
    "      city: {type: varchar(40), choice: [Austin, Oslo, Quito, Pune]}\n"
    "      bio: {type: varchar(200), string: 20..200}\n"
    "parameters:\n"
    "  id: {uniform: 1..20}\n"
    "statements:\n"
    "  users:\n"
    "    mode: simple\n"
    "    sql: SELECT * FROM users WHERE id = :id\n"
    "  public_info:\n"
    "    mode: simple\n"
    "    sql: SELECT * FROM public_info WHERE user_id = :id\n";

const char *sql_preset_text(int preset)
{
    static const char *const texts[] = {NULL, point_select, read_write, insert,
                                        sidecar};
    return texts[preset];
}
