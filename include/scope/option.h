/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: one table of rows feeds the command line, the YAML file, the help,
 * the man page, the JSON Schema and the shell completion.
 *
 * A plugin (or a subcommand) declares a configuration struct and an array of
 * rows that ends with SCOPE_OPTION_END. The host allocates the struct, fills
 * every field from the row's default, applies what the user said, checks the
 * limits, and hands it over const. Strings and lists in it belong to the host
 * and live until close.
 *
 *     struct config { int64_t interval_ns; bool threads; };
 *     static const struct scope_option options[] = {
 *         SCOPE_OPTION_DURATION(struct config, interval_ns, "interval",
 *                               .fallback = "100ms", .min = "10ms",
 *                               .help = "time between two sweeps"),
 *         SCOPE_OPTION_BOOL(struct config, threads, "threads",
 *                           .fallback = "no", .help = "one series a thread"),
 *         SCOPE_OPTION_END,
 *     };
 *
 * A field whose C type is not the one named beside the macro below does not
 * compile.
 */
#ifndef SCOPE_OPTION_H
#define SCOPE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scope_type {
    SCOPE_TYPE_NONE,     /* ends a table */
    SCOPE_TYPE_BOOL,     /* bool: yes no true false on off */
    SCOPE_TYPE_INT,      /* int64_t: -5, 1e6, 10k */
    SCOPE_TYPE_SIZE,     /* uint64_t bytes: 512, 64KiB, 1MB; bare = bytes */
    SCOPE_TYPE_DURATION, /* int64_t ns: 10ms, 1.5s, 2m; a bare number is
                            refused, but 0 */
    SCOPE_TYPE_RATE,     /* double per second: 1000, 10k, 500/s, 30/m */
    SCOPE_TYPE_RATIO,    /* double: 0.05 or 5% */
    SCOPE_TYPE_NUMBER,   /* double */
    SCOPE_TYPE_STRING,   /* const char *, NULL when there is no default */
    SCOPE_TYPE_PATH,     /* const char *: as string, completed as a file */
    SCOPE_TYPE_CHOICE,   /* int: index into choices */
    SCOPE_TYPE_LIST,     /* struct scope_list: a,b,c, or repeated, or a YAML
                            sequence */
    SCOPE_TYPE_REPEAT,   /* struct scope_list: one item each time it is given,
                            never split at commas */
};

/* Texts in the order given; owned by whoever parsed them. */
struct scope_list {
    size_t count;
    const char *const *items;
};

struct scope_option {
    const char *name; /* lower case, digits, '-' and '_'; unique in its table */
    enum scope_type type;
    size_t offset;              /* of the field in the configuration struct */
    const char *fallback;       /* the default as text, NULL: unset (0, NULL) */
    const char *min, *max;      /* inclusive limits as text, or NULL */
    const char *const *choices; /* SCOPE_TYPE_CHOICE: words, NULL at the end */
    const char *value;          /* what help calls the value: "FILE", "N" */
    const char *help;           /* one sentence, no capital, no full stop */
    bool required;              /* no default makes sense: must be given */
    char letter;                /* subcommands only: short option, or 0 */
    bool secret;                /* not written to the store or to messages */
    int plugin;                 /* subcommands only: the value is
                                   NAME[.OPTION=VALUE,...] of a plugin of this
                                   enum scope_kind; 0: it is not */
};

/* offsetof, and a compile error when the field is not of the C type */
#define SCOPE_OPTION_FIELD(config, field, ctype)                               \
    (offsetof(config, field) + 0 * sizeof(_Generic(((config *)0)->field, ctype \
                                                   : (char)0)))

#define SCOPE_OPTION(config, field, ctype, kind, text, ...)                    \
    {                                                                          \
        .name = (text), .type = (kind),                                        \
        .offset = SCOPE_OPTION_FIELD(config, field, ctype), __VA_ARGS__        \
    }

#define SCOPE_OPTION_BOOL(config, field, text, ...)                            \
    SCOPE_OPTION(config, field, bool, SCOPE_TYPE_BOOL, text, __VA_ARGS__)
#define SCOPE_OPTION_INT(config, field, text, ...)                             \
    SCOPE_OPTION(config, field, int64_t, SCOPE_TYPE_INT, text, __VA_ARGS__)
#define SCOPE_OPTION_SIZE(config, field, text, ...)                            \
    SCOPE_OPTION(config, field, uint64_t, SCOPE_TYPE_SIZE, text, __VA_ARGS__)
#define SCOPE_OPTION_DURATION(config, field, text, ...)                        \
    SCOPE_OPTION(config, field, int64_t, SCOPE_TYPE_DURATION, text, __VA_ARGS__)
#define SCOPE_OPTION_RATE(config, field, text, ...)                            \
    SCOPE_OPTION(config, field, double, SCOPE_TYPE_RATE, text, __VA_ARGS__)
#define SCOPE_OPTION_RATIO(config, field, text, ...)                           \
    SCOPE_OPTION(config, field, double, SCOPE_TYPE_RATIO, text, __VA_ARGS__)
#define SCOPE_OPTION_NUMBER(config, field, text, ...)                          \
    SCOPE_OPTION(config, field, double, SCOPE_TYPE_NUMBER, text, __VA_ARGS__)
#define SCOPE_OPTION_STRING(config, field, text, ...)                          \
    SCOPE_OPTION(config, field, const char *, SCOPE_TYPE_STRING, text,         \
                 __VA_ARGS__)
#define SCOPE_OPTION_PATH(config, field, text, ...)                            \
    SCOPE_OPTION(config, field, const char *, SCOPE_TYPE_PATH, text,           \
                 __VA_ARGS__)
#define SCOPE_OPTION_CHOICE(config, field, text, ...)                          \
    SCOPE_OPTION(config, field, int, SCOPE_TYPE_CHOICE, text, __VA_ARGS__)
#define SCOPE_OPTION_LIST(config, field, text, ...)                            \
    SCOPE_OPTION(config, field, struct scope_list, SCOPE_TYPE_LIST, text,      \
                 __VA_ARGS__)
#define SCOPE_OPTION_REPEAT(config, field, text, ...)                          \
    SCOPE_OPTION(config, field, struct scope_list, SCOPE_TYPE_REPEAT, text,    \
                 __VA_ARGS__)
#define SCOPE_OPTION_END                                                       \
    {                                                                          \
        .name = NULL                                                           \
    }

#endif
