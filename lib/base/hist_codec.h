/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the histogram's arithmetic and its encoding share. */
#ifndef LIB_BASE_HIST_CODEC_H
#define LIB_BASE_HIST_CODEC_H

#include <inttypes.h>
#include <scope/hist.h>
#include <stdbool.h>

/* scope_hist_init without the memory: checks the limits and fills all but
 * counts. */
enum scope_code scope_hist_layout(struct scope_hist *hist, int64_t lowest,
                                  int64_t highest, int digits,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* Slots up to the last that can hold a count; at least 1. */
size_t scope_hist_used(const struct scope_hist *hist);

/* The lowest and the highest value that slot stands for. */
int64_t scope_hist_slot_low(const struct scope_hist *hist, size_t slot);
int64_t scope_hist_slot_high(const struct scope_hist *hist, size_t slot);

#endif
