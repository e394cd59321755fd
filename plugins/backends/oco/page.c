/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/page.h"
#include "plugins/backends/oco/page_text.h" /* made from the two files */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* In the page it stands for the nonce, which is as long. */
static const char mark[] = "0123456789abcdef0123456789abcdef";

const char *oco_page_openapi(void)
{
    return openapi_text;
}

size_t oco_page_room(void)
{
    return sizeof docs_text;
}

/* Of 128 random bits. A kernel that cannot give them (getrandom(2): so early
 * at boot that it would be interrupted) makes it one that can be guessed, and
 * nothing in the page is anybody else's. */
static void make_nonce(char nonce[sizeof mark])
{
    uint64_t bits[2] = {0};
    if (getrandom(bits, sizeof bits, 0) < 0)
        bits[0] = 0;
    snprintf(nonce, sizeof mark, "%016llx%016llx", (unsigned long long)bits[0],
             (unsigned long long)bits[1]);
}

size_t oco_page_write(char *page, char headers[OCO_PAGE_HEADERS_MAX])
{
    char nonce[sizeof mark];
    make_nonce(nonce);
    memcpy(page, docs_text, sizeof docs_text);
    for (char *at = page; (at = strstr(at, mark)); at += sizeof mark - 1)
        memcpy(at, nonce, sizeof mark - 1);
    snprintf(headers, OCO_PAGE_HEADERS_MAX,
             "content-security-policy: default-src 'none'; "
             "script-src 'nonce-%s'; style-src 'nonce-%s'; "
             "connect-src 'self'; img-src data:; base-uri 'none'; form-action "
             "'none'; "
             "frame-ancestors 'none'\r\n"
             "x-content-type-options: nosniff\r\n"
             "referrer-policy: no-referrer\r\n"
             "cache-control: no-store\r\n",
             nonce, nonce);
    return sizeof docs_text - 1;
}
