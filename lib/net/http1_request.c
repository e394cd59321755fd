/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a request, in one pass. */
#include "lib/net/http1_request.h"

#include <string.h>
#include <strings.h>

/* tchar of RFC 9110, section 5.6.2, in lower case; 0 for what is none. */
static const char token_of[256] = {
    ['!'] = '!',   ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&',
    ['\''] = '\'', ['*'] = '*', ['+'] = '+', ['-'] = '-', ['.'] = '.',
    ['^'] = '^',   ['_'] = '_', ['`'] = '`', ['|'] = '|', ['~'] = '~',
    ['0'] = '0',   ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5',   ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['A'] = 'a',   ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
    ['F'] = 'f',   ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k',   ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
    ['P'] = 'p',   ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u',   ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
    ['Z'] = 'z',   ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e',   ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
    ['j'] = 'j',   ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o',   ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's',
    ['t'] = 't',   ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
    ['y'] = 'y',   ['z'] = 'z',
};

/* Where the reading is, and what framing has been said so far. */
struct reading {
    char *at, *end;
    struct scope_httpd_request *request;
    struct scope_http1_frame *frame;
    bool has_length, has_encoding, has_host, close, keep_alive;
};

static char token(char c)
{
    return token_of[(unsigned char)c];
}

/* Field values: visible bytes, blanks, and bytes of other alphabets. */
static bool is_text(char c)
{
    return (unsigned char)c >= ' ' ? c != 0x7f : c == '\t';
}

static bool is_target(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f;
}

/* Steps over CR LF; 0 when they have not come yet. */
static unsigned take_line_end(struct reading *reading)
{
    if (reading->at == reading->end)
        return 0;
    if (*reading->at != '\r')
        return 400;
    if (reading->at + 1 == reading->end)
        return 0;
    if (reading->at[1] != '\n')
        return 400;
    reading->at += 2;
    return 200;
}

static unsigned take_method(struct reading *reading)
{
    char *from = reading->at;
    while (reading->at < reading->end && token(*reading->at))
        reading->at++;
    size_t size = (size_t)(reading->at - from);
    if (size > 32)
        return 501;
    if (reading->at == reading->end)
        return 0;
    if (!size || *reading->at != ' ')
        return 400;
    reading->request->method = from;
    reading->request->method_size = size;
    reading->at++;
    return 200;
}

/* "http://host/path" to "/path" (RFC 9112, section 3.2.2). */
static unsigned drop_authority(char **from, const char *to)
{
    static const char plain[] = "http://";
    static const char secure[] = "https://";
    size_t size = (size_t)(to - *from);
    size_t skip;
    if (size > sizeof plain - 1 &&
        strncasecmp(*from, plain, sizeof plain - 1) == 0)
        skip = sizeof plain - 1;
    else if (size > sizeof secure - 1 &&
             strncasecmp(*from, secure, sizeof secure - 1) == 0)
        skip = sizeof secure - 1;
    else
        return 400;
    char *at = *from + skip;
    while (at < to && *at != '/' && *at != '?')
        at++;
    *from = at;
    return 200;
}

static unsigned take_target(struct reading *reading)
{
    struct scope_httpd_request *request = reading->request;
    char *from = reading->at;
    while (reading->at < reading->end && is_target(*reading->at))
        reading->at++;
    char *to = reading->at;
    if (to - from > SCOPE_HTTP1_LINE_MAX)
        return 414;
    if (to == reading->end)
        return 0;
    if (to == from || *to != ' ')
        return 400;
    reading->at++;
    if (*from != '/') {
        bool whole =
            to - from == 1 && *from == '*' &&
            scope_httpd_is(request->method, request->method_size, "OPTIONS");
        if (scope_httpd_is(request->method, request->method_size, "CONNECT"))
            return 501;
        unsigned status = whole ? 200 : drop_authority(&from, to);
        if (status != 200)
            return status;
    }
    char *question = memchr(from, '?', (size_t)(to - from));
    request->path = from;
    request->path_size = (size_t)((question ? question : to) - from);
    request->query = question ? question + 1 : to;
    request->query_size = (size_t)(to - request->query);
    if (!request->path_size) {
        request->path = "/";
        request->path_size = 1;
    }
    return 200;
}

/* "HTTP/1.1": later minor versions mean what 1.1 does. */
static unsigned take_version(struct reading *reading)
{
    static const char start[] = "HTTP/";
    size_t size = (size_t)(reading->end - reading->at);
    size_t known = size < sizeof start - 1 ? size : sizeof start - 1;
    if (memcmp(reading->at, start, known) != 0)
        return 400;
    if (size < 8)
        return 0;
    char major = reading->at[5];
    char minor = reading->at[7];
    if (major < '0' || major > '9' || reading->at[6] != '.' || minor < '0' ||
        minor > '9')
        return 400;
    if (major != '1')
        return 505;
    reading->request->version = minor == '0' ? 10 : 11;
    reading->at += 8;
    return take_line_end(reading);
}

/* Digits alone; 0 when they are not, or more than a number holds. */
static bool read_length(const struct scope_httpd_field *field, uint64_t *length)
{
    if (!field->value_size || field->value_size > 18)
        return false;
    *length = 0;
    for (size_t i = 0; i < field->value_size; i++) {
        if (field->value[i] < '0' || field->value[i] > '9')
            return false;
        *length = *length * 10 + (uint64_t)(field->value[i] - '0');
    }
    return true;
}

static bool word_is(const char *bytes, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(bytes, word, size) == 0;
}

static void read_connection(struct reading *reading,
                            const struct scope_httpd_field *field)
{
    const char *at = field->value;
    const char *end = at + field->value_size;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *to = comma ? comma : end;
        const char *from = at;
        at = comma ? comma + 1 : end;
        while (from < to && (*from == ' ' || *from == '\t'))
            from++;
        while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
            to--;
        if (word_is(from, (size_t)(to - from), "close"))
            reading->close = true;
        else if (word_is(from, (size_t)(to - from), "keep-alive"))
            reading->keep_alive = true;
    }
}

/* What matters to us of a field. */
static unsigned heed(struct reading *reading,
                     const struct scope_httpd_field *field)
{
    struct scope_http1_frame *frame = reading->frame;
    if (scope_httpd_is(field->name, field->name_size, "host")) {
        if (reading->has_host)
            return 400;
        reading->has_host = true;
    } else if (scope_httpd_is(field->name, field->name_size,
                              "content-length")) {
        if (reading->has_length || !read_length(field, &frame->length))
            return 400;
        reading->has_length = true;
    } else if (scope_httpd_is(field->name, field->name_size,
                              "transfer-encoding")) {
        if (reading->has_encoding)
            return 400;
        reading->has_encoding = true;
        if (!word_is(field->value, field->value_size, "chunked"))
            return 501;
        frame->chunked = true;
    } else if (scope_httpd_is(field->name, field->name_size, "connection")) {
        read_connection(reading, field);
    } else if (scope_httpd_is(field->name, field->name_size, "expect")) {
        if (!word_is(field->value, field->value_size, "100-continue"))
            return 417;
        frame->expects = true;
    }
    return 200;
}

static unsigned take_field(struct reading *reading,
                           struct scope_httpd_field *field)
{
    char *at = reading->at;
    char *end = reading->end;
    field->name = at;
    char lower;
    while (at < end && (lower = token(*at)))
        *at++ = lower;
    if (at == end)
        return 0;
    field->name_size = (size_t)(at - field->name);
    if (!field->name_size || *at != ':')
        return 400;
    at++;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    field->value = at;
    while (at < end && is_text(*at))
        at++;
    char *to = at;
    while (to > field->value && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    field->value_size = (size_t)(to - field->value);
    reading->at = at;
    return take_line_end(reading);
}

static unsigned take_fields(struct reading *reading,
                            struct scope_httpd_field *fields)
{
    size_t count = 0;
    for (;;) {
        if (reading->at == reading->end)
            return 0;
        if (*reading->at == '\r')
            break;
        if (count == SCOPE_HTTP1_FIELDS_MAX)
            return 431;
        unsigned status = take_field(reading, &fields[count]);
        if (status == 200)
            status = heed(reading, &fields[count]);
        if (status != 200)
            return status;
        count++;
    }
    reading->request->fields = fields;
    reading->request->field_count = count;
    return take_line_end(reading);
}

/* RFC 9112, sections 3.2, 6.1, 6.3 and 9.3 */
static unsigned conclude(const struct reading *reading)
{
    struct scope_http1_frame *frame = reading->frame;
    bool old = reading->request->version == 10;
    if (!old && !reading->has_host)
        return 400;
    if (reading->has_encoding && (reading->has_length || old))
        return 400;
    frame->keep_alive = !reading->close && (!old || reading->keep_alive);
    if (old)
        frame->expects = false;
    return 200;
}

unsigned scope_http1_read_request(char *bytes, size_t size,
                                  struct scope_httpd_request *request,
                                  struct scope_httpd_field *fields,
                                  struct scope_http1_frame *frame)
{
    struct reading reading = {
        .at = bytes, .end = bytes + size, .request = request, .frame = frame};
    *frame = (struct scope_http1_frame){0};
    /* Lines left over from a request before are skipped (section 2.2). */
    while (reading.end - reading.at >= 2 && reading.at - bytes < 8 &&
           memcmp(reading.at, "\r\n", 2) == 0)
        reading.at += 2;
    if (reading.end - reading.at == 1 && *reading.at == '\r')
        return 0;
    const char *line = reading.at;
    unsigned status = take_method(&reading);
    if (status == 200)
        status = take_target(&reading);
    if (status == 200)
        status = take_version(&reading);
    if (!status && reading.end - line > SCOPE_HTTP1_LINE_MAX)
        return 414;
    if (status == 200)
        status = take_fields(&reading, fields);
    if (status == 200 ? reading.at - bytes > SCOPE_HTTP1_REQUEST_MAX
                      : !status && size >= SCOPE_HTTP1_REQUEST_MAX)
        return 431;
    frame->head_size = (size_t)(reading.at - bytes);
    return status == 200 ? conclude(&reading) : status;
}
