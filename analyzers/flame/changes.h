/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions that differ between the two sides of a tree. */
#ifndef ANALYZERS_FLAME_CHANGES_H
#define ANALYZERS_FLAME_CHANGES_H

#include "analyzers/flame/tree.h"

/* A table of those that changed most by themselves, without what they called,
 * wherever they were called from. */
void changes_report(struct scope_report *report, const struct tree *tree,
                    const char *id, const char *title, const char *side,
                    const char *against, enum scope_unit unit);

#endif
