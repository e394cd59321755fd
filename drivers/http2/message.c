/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/http2/message.h"

#include <ctype.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* RFC 9113, section 8.2.2: fields of the connection are none of a request. */
static const char *const forbidden[] = {
    "connection", "keep-alive", "proxy-connection", "upgrade", NULL,
};

static bool is_named(const char *header, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(header, name, length) == 0 && header[length] == ':';
}

enum scope_code message_check(const struct scope_requests *requests,
                              struct scope_err *err)
{
    for (size_t i = 0; i < requests->headers.count; i++)
        for (size_t n = 0; forbidden[n]; n++)
            if (is_named(requests->headers.items[i], forbidden[n]))
                return scope_fail(err, SCOPE_USAGE, 0,
                                  "header: HTTP/2 has no %s", forbidden[n]);
    return SCOPE_OK;
}

static const char *keep(struct message *message, char *text)
{
    message->texts = scope_realloc(message->texts, message->text_count + 1,
                                   sizeof *message->texts);
    message->texts[message->text_count++] = text;
    return text;
}

/* name and value must last as long as the message. */
static void add(struct message *message, const char *name, const char *value)
{
    message->fields = scope_realloc(message->fields, message->field_count + 1,
                                    sizeof *message->fields);
    message->fields[message->field_count++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
    };
}

/* "Name: value", of which HTTP/2 wants the name in lower case. */
static void add_header(struct message *message, const char *header)
{
    char *name = scope_strdup(header);
    char *value = strchr(name, ':');
    *value++ = '\0';
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length && strchr(" \t", value[length - 1]))
        value[--length] = '\0';
    for (char *at = name; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    keep(message, name);
    add(message, name, value);
}

static const char *authority_of(const struct scope_requests *requests,
                                const struct scope_request *request)
{
    for (size_t i = 0; i < requests->headers.count; i++)
        if (is_named(requests->headers.items[i], "host")) {
            const char *value = requests->headers.items[i] + 5;
            return value + strspn(value, " \t");
        }
    return request->authority;
}

void message_make(struct message *message,
                  const struct scope_requests *requests,
                  const struct scope_request *request, const char *const *extra)
{
    message->request = request;
    message->size = request->body_size;
    add(message, ":method", request->method);
    add(message, ":scheme", requests->server.secure ? "https" : "http");
    add(message, ":authority", authority_of(requests, request));
    add(message, ":path", request->target);
    for (; *extra; extra += 2)
        add(message, extra[0], extra[1]);
    for (size_t i = 0; i < requests->headers.count; i++)
        if (!is_named(requests->headers.items[i], "host"))
            add_header(message, requests->headers.items[i]);
    if (request->wants_length)
        add(message, "content-length",
            keep(message, scope_format("%zu", request->body_size)));
}

void message_free(struct message *message)
{
    for (size_t i = 0; i < message->text_count; i++)
        free(message->texts[i]);
    free(message->texts);
    free(message->fields);
    *message = (struct message){0};
}
