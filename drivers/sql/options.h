/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can say about a load of SQL, whatever the server. */
#ifndef DRIVERS_SQL_OPTIONS_H
#define DRIVERS_SQL_OPTIONS_H

#include "lib/net/engine.h"

/* Whether the workload's tables are made first. */
enum sql_prepare {
    SQL_PREPARE_NO,
    SQL_PREPARE_YES,   /* those that are not there, or were not made so */
    SQL_PREPARE_FRESH, /* all of them anew */
};

enum sql_tls {
    SQL_TLS_DISABLE,
    SQL_TLS_PREFER,
    SQL_TLS_REQUIRE,
    SQL_TLS_VERIFY_CA,
    SQL_TLS_VERIFY_FULL,
};

extern const char *const sql_prepare_words[];
extern const char *const sql_tls_words[];
/* As those of enum sql_mode, with "workload" first. */
extern const char *const sql_mode_choices[];

struct sql_options {
    struct scope_load_options load;
    const char *host;
    int64_t port;
    const char *user, *password, *database;
    int tls; /* enum sql_tls */
    const char *ca, *certificate, *key;
    const char *workload;
    int preset;
    struct scope_list statements, parameters;
    int mode; /* of sql_mode_choices */
    int64_t rows;
    int prepare; /* enum sql_prepare */
    bool cleanup, check;
    int64_t retries;
    int64_t pipeline; /* 1: none */
};

#define SQL_SERVER_OPTIONS(socket_words, port_words, tls_fallback)             \
    SCOPE_OPTION_STRING(struct sql_options, host, "host",                      \
                        .fallback = "127.0.0.1", .value = "HOST",              \
                        .help = "server's name or address, or " socket_words   \
                                "; bytes sent and received are counted for "   \
                                "TCP only"),                                   \
        SCOPE_OPTION_INT(struct sql_options, port, "port",                     \
                         .fallback = port_words, .min = "1", .max = "65535",   \
                         .value = "PORT", .help = "server's port"),            \
        SCOPE_OPTION_STRING(struct sql_options, user, "user", .value = "NAME", \
                            .help = "whom to log in as; without it, who runs " \
                                    "scope"),                                  \
        SCOPE_OPTION_STRING(struct sql_options, password, "password",          \
                            .value = "TEXT", .secret = true,                   \
                            .help = "the user's password"),                    \
        SCOPE_OPTION_STRING(struct sql_options, database, "database",          \
                            .required = true, .value = "NAME",                 \
                            .help = "database to use"),                        \
        SCOPE_OPTION_CHOICE(                                                   \
            struct sql_options, tls, "tls", .fallback = tls_fallback,          \
            .choices = sql_tls_words,                                          \
            .help = "encryption: none, where the server can, always, with "    \
                    "the server's certificate checked, and its name, too"),    \
        SCOPE_OPTION_PATH(struct sql_options, ca, "tls-ca", .value = "FILE",   \
                          .help = "certificates (PEM) to check the server's "  \
                                  "against"),                                  \
        SCOPE_OPTION_PATH(struct sql_options, certificate, "tls-cert",         \
                          .value = "FILE",                                     \
                          .help = "certificate (PEM) to show the server"),     \
        SCOPE_OPTION_PATH(struct sql_options, key, "tls-key", .value = "FILE", \
                          .help = "its private key (PEM)")

#define SQL_WORKLOAD_OPTIONS                                                   \
    SCOPE_OPTION_CHOICE(                                                       \
        struct sql_options, preset, "preset", .fallback = "none",              \
        .choices = sql_preset_words,                                           \
        .help = "a workload by name: one row by its key; sysbench's "          \
                "transaction of 18 statements; new rows; or plain lookups "    \
                "in two tables of 20 rows as sidecars are measured with"),     \
        SCOPE_OPTION_PATH(                                                     \
            struct sql_options, workload, "workload", .value = "FILE",         \
            .help = "statements, parameters, transactions and tables in a "    \
                    "YAML file, or statements in a .sql file; an example "     \
                    "is " PKGDATADIR "/workloads/shop.yaml"),                  \
        SCOPE_OPTION_REPEAT(                                                   \
            struct sql_options, statements, "statement", .value = "SQL",       \
            .help = "a statement to run, or NAME: SQL; :name in it is a "      \
                    "parameter"),                                              \
        SCOPE_OPTION_REPEAT(                                                   \
            struct sql_options, parameters, "parameter",                       \
            .value = "NAME: VALUE",                                            \
            .help = "where the values of :NAME come from: a constant, "        \
                    "{uniform: 1..1000}, {zipf: 1..1000, skew: 0.99}, "        \
                    "{string: 5..20}, {pattern: '##-@@'}, {choice: [a, b]}, "  \
                    "{sequence: 1} or {connection: 1}; before the "            \
                    "workload's"),                                             \
        SCOPE_OPTION_CHOICE(                                                   \
            struct sql_options, mode, "mode", .fallback = "workload",          \
            .choices = sql_mode_choices,                                       \
            .help = "how statements are sent: as the workload says (else "     \
                    "prepared), prepared once a connection, parsed each time " \
                    "with values apart (pgsql only), or as one text with "     \
                    "the values in it"),                                       \
        SCOPE_OPTION_INT(                                                      \
            struct sql_options, rows, "rows", .fallback = "10k", .min = "0",   \
            .max = "1000M", .value = "N",                                      \
            .help =                                                            \
                "rows of each table whose workload does not say how many, "    \
                "and the range of keys asked for"),                            \
        SCOPE_OPTION_CHOICE(                                                   \
            struct sql_options, prepare, "prepare", .fallback = "no",          \
            .choices = sql_prepare_words,                                      \
            .help = "make the workload's tables with their rows first, where " \
                    "they are not there as the workload wants them, or anew "  \
                    "in any case; a table that scope did not make is never "   \
                    "touched"),                                                \
        SCOPE_OPTION_BOOL(                                                     \
            struct sql_options, cleanup, "cleanup", .fallback = "no",          \
            .help = "drop the workload's tables at the end, if scope made "    \
                    "them"),                                                   \
        SCOPE_OPTION_BOOL(                                                     \
            struct sql_options, check, "check", .fallback = "yes",             \
            .help = "have the server parse every statement first, so that a "  \
                    "faulty one is an error and not a load of errors"),        \
        SCOPE_OPTION_INT(                                                      \
            struct sql_options, retries, "retries", .fallback = "0",           \
            .min = "0", .max = "1000", .value = "N",                           \
            .help = "run a request again so often when the server gave it up " \
                    "for a conflict with another (SQLSTATE 40001, 40P01: "     \
                    "deadlock, serialization failure); its time runs on")

#endif
