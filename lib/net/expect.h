/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an answer must be like to count as one: its status, headers, length and
 * the hash of its body. An answer that is not is an error, "invalid".
 */
#ifndef LIB_NET_EXPECT_H
#define LIB_NET_EXPECT_H

#include <scope/err.h>
#include <scope/option.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a user can say about answers. */
struct scope_expect_options {
    struct scope_list statuses; /* 200, 2xx */
    struct scope_list headers;  /* Name, or Name: value */
    int64_t length;             /* -1: any */
    const char *sha256;         /* NULL: any */
};

#define SCOPE_EXPECT_OPTIONS(config, field)                                    \
    SCOPE_OPTION_LIST(config, field.statuses, "expect-status",                 \
                      .value = "STATUS",                                       \
                      .help = "statuses an answer must have one of, as 200 "   \
                              "or 2xx; another is an error"),                  \
        SCOPE_OPTION_REPEAT(config, field.headers, "expect-header",            \
                            .value = "NAME[: VALUE]",                          \
                            .help = "header an answer must have"),             \
        SCOPE_OPTION_INT(config, field.length, "expect-length",                \
                         .fallback = "-1", .min = "-1", .value = "BYTES",      \
                         .help = "bytes an answer's body must have; -1: any"), \
        SCOPE_OPTION_STRING(config, field.sha256, "expect-sha256",             \
                            .value = "HEX",                                    \
                            .help = "SHA-256 that an answer's body must have")

enum { SCOPE_EXPECT_HEADERS = 8, SCOPE_EXPECT_STATUSES = 16 };

struct scope_expect {
    bool any;  /* something is expected */
    bool body; /* bodies must be seen */
    size_t status_count;
    struct {
        uint16_t low, high; /* inclusive */
    } statuses[SCOPE_EXPECT_STATUSES];
    size_t header_count;
    struct {
        const char *name, *value; /* value NULL: any */
        size_t name_size, value_size;
    } headers[SCOPE_EXPECT_HEADERS];
    int64_t length; /* -1: any */
    uint8_t sha256[32];
};

/* Keeps the options' texts. */
enum scope_code scope_expect_open(struct scope_expect *expect,
                                  const struct scope_expect_options *options,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* What has been seen of one answer. Its hash is made by scope_hash (hash.h).
 * Zeroed; free with scope_expect_view_free. */
struct scope_expect_view {
    unsigned seen; /* headers found, a bit each */
    void *hash;    /* begun, or NULL */
};

void scope_expect_begin(const struct scope_expect *expect,
                        struct scope_expect_view *view);
void scope_expect_header(const struct scope_expect *expect,
                         struct scope_expect_view *view, const char *name,
                         size_t name_size, const char *value,
                         size_t value_size);
void scope_expect_body(const struct scope_expect *expect,
                       struct scope_expect_view *view, const void *bytes,
                       size_t size);
/* Whether the answer is as expected; else detail says why not. */
bool scope_expect_end(const struct scope_expect *expect,
                      struct scope_expect_view *view, unsigned status,
                      uint64_t length, char *detail, size_t detail_size);
void scope_expect_view_free(struct scope_expect_view *view);

#endif
