/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libdw unpacks it, too, but to any size: a crafted file of a few KiB would
 * take all memory. */
#include "collectors/cycles/embedded.h"

#include <lzma.h>
#include <scope/alloc.h>

#define LARGEST (UINT64_C(256) << 20)
#define FIRST (UINT64_C(1) << 20)

char *embedded_unpack(const void *packed, size_t packed_size, size_t *size)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, LARGEST, 0) != LZMA_OK)
        return NULL;
    stream.next_in = packed;
    stream.avail_in = packed_size;
    char *bytes = NULL;
    size_t room = 0;
    lzma_ret result = LZMA_OK;
    while (result == LZMA_OK && room < LARGEST) {
        size_t have = (size_t)stream.total_out;
        room = room ? room * 2 : FIRST;
        bytes = scope_realloc(bytes, room, 1);
        stream.next_out = (uint8_t *)bytes + have;
        stream.avail_out = room - have;
        result = lzma_code(&stream, LZMA_FINISH);
    }
    *size = (size_t)stream.total_out;
    lzma_end(&stream);
    if (result == LZMA_STREAM_END)
        return bytes;
    free(bytes);
    return NULL;
}
