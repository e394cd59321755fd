/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports that tests write: what comes out of one, and one whose every name is
 * hostile. */
#ifndef TESTS_UNIT_PRESENT_CASE_H
#define TESTS_UNIT_PRESENT_CASE_H

#include "lib/base/text.h"
#include "lib/present/model.h"

/* The report in that format; to scope_text_free(). */
struct scope_text write_as(const struct scope_report *report,
                           enum scope_output output, int width);
/* It comes out as exactly this. */
void expect(const struct scope_report *report, enum scope_output output,
            int width, const char *expected);

/* With every kind of item; "cmd()" is in each name. */
struct scope_report *hostile_report(void);
/* No byte that acts: no control but the newline that ends a line, no
 * direction mark, nothing that is not UTF-8. */
void assert_inert(const char *bytes);

#endif
