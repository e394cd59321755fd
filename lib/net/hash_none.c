/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without OpenSSL there is no hash; the probe keeps the others from being
 * called. */
#include "lib/net/hash.h"

#include <string.h>

enum scope_code scope_hash_probe(struct scope_err *err)
{
    scope_fail(err, SCOPE_UNAVAILABLE, 0,
               "this scope was built without SHA-256");
    return scope_hint(err, "build it with OpenSSL: the package libssl-dev");
}

void *scope_hash_begin(void *hash)
{
    return hash;
}

void scope_hash_add(void *hash, const void *bytes, size_t size)
{
    (void)hash, (void)bytes, (void)size;
}

void scope_hash_end(void *hash, uint8_t digest[32])
{
    (void)hash;
    memset(digest, 0, 32);
}

void scope_hash_free(void *hash)
{
    (void)hash;
}
