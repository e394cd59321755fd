/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, from OpenSSL where there is. */
#ifndef LIB_NET_HASH_H
#define LIB_NET_HASH_H

#include <scope/err.h>
#include <stddef.h>
#include <stdint.h>

/* Whether there is one. */
enum scope_code scope_hash_probe(struct scope_err *err) SCOPE_MUST_CHECK;
/* Begins; hash is what an earlier call returned, or NULL. */
void *scope_hash_begin(void *hash);
void scope_hash_add(void *hash, const void *bytes, size_t size);
void scope_hash_end(void *hash, uint8_t digest[32]);
void scope_hash_free(void *hash);

#endif
