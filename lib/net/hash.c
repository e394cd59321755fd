/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each call can fail only for want of memory, or where the library forbids
 * SHA-256, which scope_hash_probe finds out. */
#include "lib/net/hash.h"

#include <openssl/evp.h>
#include <scope/alloc.h>

enum scope_code scope_hash_probe(struct scope_err *err)
{
    if (EVP_sha256())
        return SCOPE_OK;
    return scope_fail(err, SCOPE_UNAVAILABLE, 0, "OpenSSL has no SHA-256 here");
}

void *scope_hash_begin(void *hash)
{
    EVP_MD_CTX *context = hash ? hash : EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        abort();
    return context;
}

void scope_hash_add(void *hash, const void *bytes, size_t size)
{
    if (!EVP_DigestUpdate(hash, bytes, size))
        abort();
}

void scope_hash_end(void *hash, uint8_t digest[32])
{
    unsigned size;
    if (!EVP_DigestFinal_ex(hash, digest, &size))
        abort();
}

void scope_hash_free(void *hash)
{
    EVP_MD_CTX_free(hash);
}
