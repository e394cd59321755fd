/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decoding a histogram from any bytes. The bytes are taken twice: as they are,
 * and packed as an encoding's inside, which a fuzzer would else hardly find its
 * way into. What decodes must encode to something that decodes to the same.
 */
#include <scope/hist.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const uint8_t *bytes, size_t size)
{
    struct scope_hist hist;
    struct scope_err err;
    if (scope_hist_decode(&hist, bytes, size, &err) != SCOPE_OK)
        return;
    size_t length;
    uint8_t *again = scope_hist_encode(&hist, &length);
    struct scope_hist back;
    if (scope_hist_decode(&back, again, length, &err) != SCOPE_OK ||
        back.total != hist.total || back.count_slots != hist.count_slots ||
        memcmp(back.counts, hist.counts,
               hist.count_slots * sizeof *hist.counts) != 0)
        abort();
    if (hist.total && (scope_hist_quantile(&hist, 0) > hist.min ||
                       scope_hist_quantile(&hist, 1) < hist.max))
        abort();
    free(again);
    scope_hist_free(&back);
    scope_hist_free(&hist);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    check(bytes, size);
    uLongf packed = compressBound(size);
    uint8_t *wrapped = malloc(8 + packed);
    if (!wrapped || compress(wrapped + 8, &packed, bytes, size) != Z_OK)
        abort();
    const uint8_t head[8] = {0x1c,
                             0x84,
                             0x93,
                             0x14,
                             (uint8_t)(packed >> 24),
                             (uint8_t)(packed >> 16),
                             (uint8_t)(packed >> 8),
                             (uint8_t)packed};
    memcpy(wrapped, head, sizeof head);
    check(wrapped, 8 + packed);
    free(wrapped);
    return 0;
}
