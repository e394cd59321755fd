/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/route.h"

#include <string.h>

struct rest {
    const char *at, *end;
};

static bool takes(struct rest *rest, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(rest->end - rest->at) < size ||
        memcmp(rest->at, text, size) != 0)
        return false;
    rest->at += size;
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Up to the next slash, at least a byte; a NUL is none. */
static bool takes_name(struct rest *rest, char name[OCO_SEGMENT_MAX + 1])
{
    size_t length = 0;
    while (rest->at < rest->end && *rest->at != '/') {
        int value = (unsigned char)*rest->at++;
        if (value == '%') {
            int high = rest->end - rest->at >= 2 ? hex_value(rest->at[0]) : -1;
            int low = high >= 0 ? hex_value(rest->at[1]) : -1;
            if (low < 0)
                return false;
            rest->at += 2;
            value = high * 16 + low;
        }
        if (!value || length == OCO_SEGMENT_MAX)
            return false;
        name[length++] = (char)value;
    }
    name[length] = '\0';
    return length > 0;
}

static enum oco_endpoint read_account(struct oco_route *route,
                                      struct rest *rest)
{
    if (!takes_name(rest, route->account))
        return OCO_NO_ENDPOINT;
    if (takes(rest, "/application-overrides"))
        return OCO_LIST;
    if (takes(rest, "/applications/") && takes_name(rest, route->app) &&
        takes(rest, "/servo"))
        return OCO_SERVO;
    return OCO_NO_ENDPOINT;
}

void oco_route_read(struct oco_route *route, const char *path, size_t size)
{
    struct rest rest = {path, path + size};
    route->account[0] = '\0';
    route->app[0] = '\0';
    if (takes(&rest, "/accounts/"))
        route->endpoint = read_account(route, &rest);
    else if (takes(&rest, "/openapi.json"))
        route->endpoint = OCO_OPENAPI;
    else if (takes(&rest, "/docs"))
        route->endpoint = OCO_PAGE;
    else if (takes(&rest, "/"))
        route->endpoint = OCO_STATISTICS;
    else
        route->endpoint = OCO_NO_ENDPOINT;
    if (rest.at != rest.end)
        route->endpoint = OCO_NO_ENDPOINT;
}
