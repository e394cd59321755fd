/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for httpd_http2.c where nghttp2 was not there at build time: no
 * connection is ever opened as HTTP/2. */
#include "lib/net/httpd_inside.h"

bool httpd_http2_there(void)
{
    return false;
}

void httpd_http2_open(struct httpd_peer *peer)
{
    peer->broken = true;
}

void httpd_http2_close(struct httpd_peer *peer)
{
    (void)peer;
}

size_t httpd_http2_take(struct httpd_peer *peer, char *bytes, size_t size)
{
    (void)bytes;
    peer->broken = true;
    return size;
}

void httpd_http2_send(struct httpd_peer *peer)
{
    (void)peer;
}

int64_t httpd_http2_deadline(const struct httpd_peer *peer)
{
    (void)peer;
    return 0;
}
