/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4): names the content of artifacts, and the script that a
 * page may run. Neither libc, zlib nor SQLite has it, and a crypto library
 * would be a dependency for this alone. */
#ifndef LIB_BASE_SHA256_H
#define LIB_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SCOPE_SHA256_SIZE 32

void scope_sha256(const void *bytes, size_t size,
                  uint8_t digest[SCOPE_SHA256_SIZE]);

#endif
