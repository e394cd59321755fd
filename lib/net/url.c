/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes http:// and https:// URLs apart. */
#include "lib/net/url.h"

#include <scope/alloc.h>
#include <string.h>
#include <strings.h>

static char *copy(const char *from, size_t size)
{
    char *text = scope_alloc(size + 1, 1);
    memcpy(text, from, size);
    return text;
}

static enum scope_code refuse(struct scope_err *err, const char *text,
                              const char *why)
{
    enum scope_code code =
        scope_fail(err, SCOPE_USAGE, 0, "URL %s: %s", text, why);
    scope_hint(err, "it looks like http://HOST:PORT/PATH");
    return code;
}

const char *scope_url_bad_byte(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at >= 0x7f || strchr("\"<>\\^`{|}", *at))
            return at;
    return NULL;
}

/* ":8080", ":" or nothing. */
static bool read_port(struct scope_url *url, const char *from, size_t size)
{
    if (size <= 1) {
        url->port = scope_strdup(url->secure ? "443" : "80");
        return !size || *from == ':';
    }
    if (*from != ':' || size > 6)
        return false;
    unsigned number = 0;
    for (size_t i = 1; i < size; i++) {
        if (from[i] < '0' || from[i] > '9')
            return false;
        number = number * 10 + (unsigned)(from[i] - '0');
    }
    url->port = copy(from + 1, size - 1);
    return number >= 1 && number <= 65535;
}

static const char *read_authority(struct scope_url *url, const char *from,
                                  size_t size)
{
    if (memchr(from, '@', size))
        return "user names are not supported";
    size_t host;
    size_t skip = 0;
    if (size && *from == '[') {
        const char *bracket = memchr(from, ']', size);
        if (!bracket)
            return "no ] after the IPv6 address";
        host = (size_t)(bracket - from) - 1;
        skip = 1;
    } else {
        const char *colon = memchr(from, ':', size);
        host = colon ? (size_t)(colon - from) : size;
    }
    if (!host)
        return "no host";
    url->host = copy(from + skip, host);
    url->authority = copy(from, size);
    size_t before = host + 2 * skip;
    if (!read_port(url, from + before, size - before))
        return "the port is not a number from 1 to 65535";
    return NULL;
}

enum scope_code scope_url_parse(struct scope_url *url, const char *text,
                                struct scope_err *err)
{
    *url = (struct scope_url){0};
    url->secure = strncasecmp(text, "https://", 8) == 0;
    if (!url->secure && strncasecmp(text, "http://", 7) != 0)
        return refuse(err, text, "it does not begin with http:// or https://");
    if (scope_url_bad_byte(text))
        return refuse(err, text,
                      "it holds a byte that must be percent-encoded");
    const char *from = text + (url->secure ? 8 : 7);
    size_t size = strcspn(from, "/?#");
    const char *why = read_authority(url, from, size);
    if (why)
        return refuse(err, text, why);
    const char *target = from + size;
    size_t length = strcspn(target, "#");
    url->target =
        scope_format("%s%.*s", *target == '/' ? "" : "/", (int)length, target);
    return SCOPE_OK;
}

void scope_url_free(struct scope_url *url)
{
    free(url->host);
    free(url->port);
    free(url->authority);
    free(url->target);
    *url = (struct scope_url){0};
}
