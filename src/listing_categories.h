/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of categories as rows of a table. */
#ifndef SRC_LISTING_CATEGORIES_H
#define SRC_LISTING_CATEGORIES_H

#include <scope/report.h>

/* Those that a name can mean; one that cannot be read says why. */
enum scope_code listing_categories(struct scope_report *report,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
