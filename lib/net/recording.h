/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads recorded requests; the parts of scope_requests_open that it shares. */
#ifndef LIB_NET_RECORDING_H
#define LIB_NET_RECORDING_H

#include "lib/net/requests.h"

enum scope_code
scope_recording_read(struct scope_requests *requests,
                     const struct scope_requests_options *options,
                     uint64_t seed, struct scope_err *err) SCOPE_MUST_CHECK;

enum scope_code
scope_requests_check_method(const char *method,
                            struct scope_err *err) SCOPE_MUST_CHECK;
/* A copy that lasts as long as the requests. */
const char *scope_requests_keep(struct scope_requests *requests,
                                const char *text);
/* method and target must last as long. */
struct scope_request scope_requests_make(struct scope_requests *requests,
                                         const char *method, const char *target,
                                         size_t body_size);
/* Makes the bytes of all bodies, of at most this size. */
void scope_requests_fill(struct scope_requests *requests, size_t size,
                         enum scope_fill fill, uint64_t seed);

#endif
