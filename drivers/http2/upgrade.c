/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From HTTP/1.1 to HTTP/2 on the same connection (RFC 7540, section 3.2; RFC
 * 9113 has it no more, but servers do). */
#include "drivers/http2/connection.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

/* base64url without padding: RFC 4648, section 5. */
static void encode(const uint8_t *bytes, size_t size, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789-_";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t word = (uint32_t)bytes[i] << 16;
        size_t count = size - i < 3 ? size - i : 3;
        if (count > 1)
            word |= (uint32_t)bytes[i + 1] << 8;
        if (count > 2)
            word |= bytes[i + 2];
        for (size_t n = 0; n <= count; n++)
            *text++ = digits[word >> (18 - 6 * n) & 63];
    }
    *text = '\0';
}

char *upgrade_write(const struct driver *driver)
{
    uint8_t payload[64];
    char text[96];
    ssize_t size = nghttp2_pack_settings_payload(
        payload, sizeof payload, driver->settings, driver->setting_count);
    encode(payload, size > 0 ? (size_t)size : 0, text);
    return scope_format("HEAD %s HTTP/1.1\r\nHost: %s\r\n"
                        "Connection: Upgrade, HTTP2-Settings\r\n"
                        "Upgrade: h2c\r\nHTTP2-Settings: %s\r\n\r\n",
                        driver->requests.items[0].target,
                        driver->requests.items[0].authority, text);
}

bool upgrade_read(const char *bytes, size_t size, size_t *used, char *detail,
                  size_t detail_size)
{
    static const char agreed[] = "HTTP/1.1 101 ";
    *detail = '\0';
    size_t compared = size < sizeof agreed - 1 ? size : sizeof agreed - 1;
    if (memcmp(bytes, agreed, compared) != 0) {
        size_t line = size < 60 ? size : 60;
        const char *end = memchr(bytes, '\r', line);
        snprintf(detail, detail_size,
                 "upgrade: the server stays with HTTP/1.1: %.*s",
                 (int)(end ? (size_t)(end - bytes) : line), bytes);
        return false;
    }
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end)
        *used = (size_t)(end - bytes) + 4;
    return end != NULL;
}
