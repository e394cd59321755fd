/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of an HTTP/1.x answer: status, how the body is framed, and whether
 * the connection can be used again (RFC 9112, sections 4 to 6 and 9). */
#include "lib/net/http1.h"

#include <string.h>
#include <strings.h>

/* What the headers said so far. */
struct fields {
    bool has_length, has_encoding, chunked, close, keep_alive;
    uint64_t length;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* tchar of RFC 9110, section 5.6.2 */
static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool word_is(const char *bytes, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(bytes, word, size) == 0;
}

static void trim(const char **from, const char **to)
{
    while (*from < *to && is_blank(**from))
        ++*from;
    while (*from < *to && is_blank((*to)[-1]))
        --*to;
}

/* The next element of a comma-separated list, trimmed; false at the end. */
static bool next_element(const char **at, const char *end, const char **word,
                         size_t *size)
{
    if (*at > end)
        return false;
    const char *comma = memchr(*at, ',', (size_t)(end - *at));
    const char *to = comma ? comma : end;
    *word = *at;
    *at = to + 1;
    trim(word, &to);
    *size = (size_t)(to - *word);
    return true;
}

/* "HTTP/1.1 200 OK" */
static bool read_status_line(const char *line, size_t size, uint16_t *status,
                             bool *minor)
{
    if (size < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) ||
        line[8] != ' ' || (size > 12 && line[12] != ' '))
        return false;
    *minor = line[7] != '0';
    for (int i = 9; i < 12; i++)
        if (!is_digit(line[i]))
            return false;
    *status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 +
                         (line[11] - '0'));
    return *status >= 100 && *status <= 599;
}

/* Several equal lengths, in one line or more, count as one (RFC 9110, section
 * 8.6). */
static bool read_length(struct fields *fields, const char *from, const char *to)
{
    const char *word;
    size_t size;
    while (next_element(&from, to, &word, &size)) {
        uint64_t length = 0;
        if (!size)
            return false;
        for (size_t i = 0; i < size; i++) {
            if (!is_digit(word[i]) ||
                __builtin_mul_overflow(length, 10, &length) ||
                __builtin_add_overflow(length, (uint64_t)(word[i] - '0'),
                                       &length))
                return false;
        }
        if (length > INT64_MAX ||
            (fields->has_length && length != fields->length))
            return false;
        fields->has_length = true;
        fields->length = length;
    }
    return true;
}

static bool read_encoding(struct fields *fields, const char *from,
                          const char *to)
{
    const char *word;
    size_t size;
    while (next_element(&from, to, &word, &size)) {
        if (!size)
            continue;
        if (fields->chunked)
            return false; /* nothing may follow chunked */
        fields->has_encoding = true;
        fields->chunked = word_is(word, size, "chunked");
    }
    return true;
}

static void read_connection(struct fields *fields, const char *from,
                            const char *to)
{
    const char *word;
    size_t size;
    while (next_element(&from, to, &word, &size)) {
        if (word_is(word, size, "close"))
            fields->close = true;
        else if (word_is(word, size, "keep-alive"))
            fields->keep_alive = true;
    }
}

/* One header line without its end. framing: the line before was one that
 * matters here; such may not be continued (section 5.2). */
static enum scope_http1_result
read_field(struct fields *fields, const char *line, size_t size, bool *framing)
{
    if (is_blank(*line))
        return *framing ? SCOPE_HTTP1_BAD_HEADER : SCOPE_HTTP1_MORE;
    size_t name = 0;
    while (name < size && is_token(line[name]))
        name++;
    if (!name || name == size || line[name] != ':')
        return SCOPE_HTTP1_BAD_HEADER;
    const char *from = line + name + 1;
    const char *to = line + size;
    trim(&from, &to);
    *framing = true;
    if (word_is(line, name, "content-length"))
        return read_length(fields, from, to) ? SCOPE_HTTP1_MORE
                                             : SCOPE_HTTP1_BAD_LENGTH;
    if (word_is(line, name, "transfer-encoding"))
        return read_encoding(fields, from, to) ? SCOPE_HTTP1_MORE
                                               : SCOPE_HTTP1_BAD_ENCODING;
    if (word_is(line, name, "connection"))
        read_connection(fields, from, to);
    else
        *framing = false;
    return SCOPE_HTTP1_MORE;
}

/* Section 6.3 */
static enum scope_http1_result frame(const struct fields *fields,
                                     bool persistent, bool no_body,
                                     struct scope_http1_head *head)
{
    head->keep_alive = !fields->close && (persistent || fields->keep_alive);
    head->length = 0;
    head->next = SCOPE_HTTP1_COMPLETE;
    if (head->status == 101)
        return SCOPE_HTTP1_UNEXPECTED;
    if (head->status < 200 || head->status == 204 || head->status == 304 ||
        no_body)
        return SCOPE_HTTP1_DONE;
    if (fields->has_encoding && !persistent)
        return SCOPE_HTTP1_BAD_ENCODING; /* HTTP/1.0 has none */
    if (fields->chunked) {
        head->next = SCOPE_HTTP1_CHUNK_SIZE;
    } else if (!fields->has_encoding && fields->has_length) {
        head->length = fields->length;
        if (head->length)
            head->next = SCOPE_HTTP1_BODY;
    } else {
        head->next = SCOPE_HTTP1_TO_CLOSE;
        head->keep_alive = false;
    }
    return SCOPE_HTTP1_DONE;
}

/* The line at from without its end, and where the next begins; NULL when it
 * has no end yet. */
static const char *next_line(const char *from, const char *end, size_t *size)
{
    const char *newline = memchr(from, '\n', (size_t)(end - from));
    if (!newline)
        return NULL;
    *size = (size_t)(newline - from);
    if (*size && from[*size - 1] == '\r')
        --*size;
    return newline + 1;
}

/* Neither is ever valid inside a line (RFC 9110, section 5.5). */
static bool has_control(const char *line, size_t size)
{
    return memchr(line, '\0', size) || memchr(line, '\r', size);
}

enum scope_http1_result scope_http1_read_head(const char *bytes, size_t size,
                                              bool no_body,
                                              struct scope_http1_head *head)
{
    const char *end = bytes + size;
    size_t length;
    const char *next = next_line(bytes, end, &length);
    if (!next)
        return SCOPE_HTTP1_MORE;
    bool persistent = false;
    if (!read_status_line(bytes, length, &head->status, &persistent) ||
        has_control(bytes, length))
        return SCOPE_HTTP1_BAD_STATUS_LINE;
    struct fields fields = {0};
    bool framing = true;
    for (;;) {
        const char *line = next;
        next = next_line(line, end, &length);
        if (!next)
            return SCOPE_HTTP1_MORE;
        if (!length)
            break;
        if (has_control(line, length))
            return SCOPE_HTTP1_BAD_HEADER;
        enum scope_http1_result result =
            read_field(&fields, line, length, &framing);
        if (result != SCOPE_HTTP1_MORE)
            return result;
    }
    head->size = (size_t)(next - bytes);
    return frame(&fields, persistent, no_body, head);
}
