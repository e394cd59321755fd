/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The description of the API and the page to try it in a browser. */
#ifndef PLUGINS_BACKENDS_OCO_PAGE_H
#define PLUGINS_BACKENDS_OCO_PAGE_H

#include <stddef.h>

enum { OCO_PAGE_HEADERS_MAX = 512 };

/* The OpenAPI document. */
const char *oco_page_openapi(void);

/* Bytes that a page needs. */
size_t oco_page_room(void);

/* Writes a page that runs its own script alone and loads nothing from
 * elsewhere, and the headers that say so; the page's size. */
size_t oco_page_write(char *page, char headers[OCO_PAGE_HEADERS_MAX]);

#endif
