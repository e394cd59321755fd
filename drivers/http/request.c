/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the request (RFC 9112, section 3), and refuses what would make it
 * another or none. */
#include "drivers/http/request.h"

#include <scope/plugin.h>
#include <string.h>
#include <strings.h>

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", text[i]))
            return false;
    return size > 0;
}

static bool header_is(const char *header, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(header, name, length) == 0 && header[length] == ':';
}

/* What the driver writes itself. */
static bool is_ours(const char *header)
{
    return header_is(header, "content-length") ||
           header_is(header, "transfer-encoding");
}

static enum scope_code check_header(const char *header, struct scope_err *err)
{
    const char *colon = strchr(header, ':');
    if (!colon || !is_token(header, (size_t)(colon - header)))
        return scope_fail(err, SCOPE_USAGE, 0,
                          "header: %s is not of the form Name: value", header);
    for (const char *at = colon; *at; at++)
        if ((*at < ' ' && *at > 0 && *at != '\t') || *at == 0x7f)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "header: %s holds a control character", header);
    if (!is_ours(header))
        return SCOPE_OK;
    enum scope_code code = scope_fail(
        err, SCOPE_USAGE, 0, "header: %s is the driver's to write", header);
    scope_hint(err, "body-size sets the length of the request's body");
    return code;
}

static enum scope_code check(const struct options *options,
                             struct scope_err *err)
{
    if (!is_token(options->method, strlen(options->method)) ||
        strcmp(options->method, "CONNECT") == 0)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "method: %s is not a method that can be sent",
                          options->method);
    for (size_t i = 0; i < options->headers.count; i++) {
        enum scope_code code = check_header(options->headers.items[i], err);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}

static bool is_idempotent(const char *method)
{
    static const char *const methods[] = {"GET", "HEAD",   "OPTIONS",
                                          "PUT", "DELETE", "TRACE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static bool given(const struct scope_list *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (header_is(headers->items[i], name))
            return true;
    return false;
}

/* Bodies are wanted by these methods even when they are empty. */
static bool wants_length(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static char *write_head(const struct options *options,
                        const struct scope_url *url)
{
    char *host = given(&options->headers, "host")
                     ? scope_strdup("")
                     : scope_format("Host: %s\r\n", url->authority);
    char *head = scope_format("%s %s HTTP/1.1\r\n%s", options->method,
                              url->target, host);
    free(host);
    for (size_t i = 0; i < options->headers.count; i++) {
        char *longer =
            scope_format("%s%s\r\n", head, options->headers.items[i]);
        free(head);
        head = longer;
    }
    char *length = options->body_size || wants_length(options->method)
                       ? scope_format("Content-Length: %ju\r\n",
                                      (uintmax_t)options->body_size)
                       : scope_strdup("");
    char *whole = scope_format("%s%s\r\n", head, length);
    free(length);
    free(head);
    return whole;
}

enum scope_code request_make(struct request *request,
                             const struct options *options,
                             const struct scope_url *url, struct scope_err *err)
{
    *request = (struct request){0};
    enum scope_code code = check(options, err);
    if (code != SCOPE_OK)
        return code;
    char *head = write_head(options, url);
    size_t length = strlen(head);
    request->size = length + options->body_size;
    request->bytes = scope_realloc(head, request->size, 1);
    memset(request->bytes + length, 'x', options->body_size);
    request->no_body = strcmp(options->method, "HEAD") == 0;
    request->idempotent = is_idempotent(options->method);
    return SCOPE_OK;
}

void request_free(struct request *request)
{
    free(request->bytes);
    *request = (struct request){0};
}
