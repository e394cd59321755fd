/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all elements of a page are made with. */
#ifndef LIB_PRESENT_HTML_H
#define LIB_PRESENT_HTML_H

#include "lib/base/text.h"

/* Text from anywhere, inert and escaped for elements and attributes. */
void scope_html_text(struct scope_text *out, const char *text);

#endif
