/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What exports share: one writer a format; of loads, which histograms are
 * chosen, and the verdict in lines. */
#ifndef LIB_PRESENT_EXPORT_INSIDE_H
#define LIB_PRESENT_EXPORT_INSIDE_H

#include "lib/present/json_value.h"
#include "lib/present/load_export.h"

enum scope_code scope_export_hdr(const struct scope_export_plan *plan,
                                 struct scope_text *out, struct scope_err *err);
enum scope_code scope_export_hgrm(const struct scope_export_plan *plan,
                                  struct scope_text *out,
                                  struct scope_err *err);
enum scope_code scope_export_fortio(const struct scope_export_plan *plan,
                                    struct scope_text *out,
                                    struct scope_err *err);
enum scope_code scope_export_json(const struct scope_export_plan *plan,
                                  struct scope_text *out,
                                  struct scope_err *err);

enum scope_code scope_export_folded(const struct scope_export_plan *plan,
                                    struct scope_text *out,
                                    struct scope_err *err);
enum scope_code scope_export_speedscope(const struct scope_export_plan *plan,
                                        struct scope_text *out,
                                        struct scope_err *err);

/* Whether a series is a driver's histogram and one that the plan chooses;
 * metric: the plan's, or what stands for its NULL. */
bool scope_export_chosen(const struct scope_series *series, const char *metric);
/* All that is chosen of all trials; SCOPE_NOT_FOUND when there is nothing. To
 * be freed if count_slots is not 0. */
enum scope_code scope_export_gather(const struct scope_export_plan *plan,
                                    const char *metric, struct scope_hist *sum,
                                    struct scope_err *err);

/* What is known of a trial's believability, as lines that each begin with
 * `prefix`. */
void scope_verdict_lines(struct scope_text *out, const char *prefix,
                         const struct scope_trial *trial,
                         const struct scope_outcome *outcome);
/* The same as an object. */
json_t *scope_verdict_json(const struct scope_trial *trial,
                           const struct scope_outcome *outcome);

#endif
