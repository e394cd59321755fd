/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The validity verdict of a trial: what makes its numbers believable, checked
 * on what the store holds, each check with its figures and its limit.
 */
#ifndef SRC_VERDICT_H
#define SRC_VERDICT_H

#include <scope/dataset.h>

struct verdict {
    size_t count, room;
    struct scope_check *checks; /* reasons are owned here */
    bool valid;
};

enum scope_code verdict_judge(const struct scope_dataset *dataset,
                              const struct scope_trial *trial,
                              struct verdict *verdict,
                              struct scope_err *err) SCOPE_MUST_CHECK;
void verdict_free(struct verdict *verdict);

#endif
