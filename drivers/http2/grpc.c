/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/http2/grpc.h"

#include <ctype.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const grpc_names[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
    NULL,
};

/* --- what is called ------------------------------------------------------- */

static enum scope_code check_name(const char *name, struct scope_err *err)
{
    const char *slash = *name == '/' ? strchr(name + 1, '/') : NULL;
    bool good = slash && slash > name + 1 && slash[1];
    for (const char *at = name; good && *at; at++)
        good = isalnum((unsigned char)*at) || strchr("/._-", *at);
    if (good)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0, "grpc: %s is not the name of a method",
               name);
    return scope_hint(err, "it looks like /package.Service/Method");
}

static enum scope_code read_statuses(struct grpc *grpc,
                                     const struct scope_list *list,
                                     struct scope_err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t n = 0;
        while (grpc_names[n] && strcasecmp(grpc_names[n], list->items[i]) != 0)
            n++;
        if (!grpc_names[n]) {
            scope_fail(err, SCOPE_USAGE, 0,
                       "expect-grpc: %s is not a status of gRPC",
                       list->items[i]);
            return scope_hint(err, "they are OK, CANCELLED, UNKNOWN, ..., by "
                                   "name");
        }
        grpc->expected |= 1U << n;
    }
    if (!list->count)
        grpc->expected = 1;
    return SCOPE_OK;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum scope_code read_hex(struct grpc *grpc, const char *text,
                                struct scope_err *err)
{
    size_t length = strlen(text);
    grpc->message_size = length / 2;
    grpc->message = scope_alloc(grpc->message_size + 1, 1);
    bool good = length % 2 == 0;
    for (size_t i = 0; good && i < grpc->message_size; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        grpc->message[i] = (char)(high * 16 + low);
    }
    if (!good)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "grpc-hex: %s is not pairs of hexadecimal digits",
                          text);
    return SCOPE_OK;
}

/* At most eight digits and a unit. */
static void write_timeout(struct grpc *grpc, int64_t timeout_ns)
{
    static const struct {
        int64_t ns;
        char letter;
    } units[] = {{1, 'n'}, {1000, 'u'}, {1000000, 'm'}, {1000000000, 'S'}};
    if (!timeout_ns)
        return;
    size_t unit = 0;
    while (unit < 3 && timeout_ns / units[unit].ns > 99999999)
        unit++;
    snprintf(grpc->timeout, sizeof grpc->timeout, "%jd%c",
             (intmax_t)(timeout_ns / units[unit].ns), units[unit].letter);
}

enum scope_code grpc_open(struct grpc *grpc, const struct options *options,
                          struct scope_err *err)
{
    *grpc = (struct grpc){.on = options->grpc != NULL};
    if (!options->grpc) {
        if (!options->grpc_hex && !options->grpc_statuses.count)
            return SCOPE_OK;
        return scope_fail(err, SCOPE_USAGE, 0,
                          "%s is for calls: grpc names the method",
                          options->grpc_hex ? "grpc-hex" : "expect-grpc");
    }
    enum scope_code code = check_name(options->grpc, err);
    if (code == SCOPE_OK && options->requests.replay)
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "grpc and replay cannot be given together");
    if (code == SCOPE_OK)
        code = read_statuses(grpc, &options->grpc_statuses, err);
    if (code == SCOPE_OK && options->grpc_hex &&
        (options->requests.body_size || options->requests.body_file))
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "grpc-hex and body-size or body-file cannot be given "
                          "together");
    if (code == SCOPE_OK && options->grpc_hex)
        code = read_hex(grpc, options->grpc_hex, err);
    write_timeout(grpc, options->load.timeout_ns);
    return code;
}

void grpc_close(struct grpc *grpc)
{
    free(grpc->message);
    *grpc = (struct grpc){0};
}

void grpc_fields(const struct grpc *grpc, const char *fields[static 7])
{
    size_t count = 0;
    if (grpc->on) {
        fields[count++] = "te";
        fields[count++] = "trailers";
        fields[count++] = "content-type";
        fields[count++] = "application/grpc";
    }
    if (*grpc->timeout) {
        fields[count++] = "grpc-timeout";
        fields[count++] = grpc->timeout;
    }
    fields[count] = NULL;
}

void grpc_prefix(struct message *message)
{
    size_t size = message->request->body_size;
    message->prefix[0] = 0; /* not compressed */
    for (int i = 0; i < 4; i++)
        message->prefix[1 + i] = (uint8_t)(size >> (24 - 8 * i));
    message->prefix_size = 5;
    message->size = size + 5;
}

/* --- what is answered ----------------------------------------------------- */

void grpc_begin(struct grpc_answer *answer)
{
    *answer = (struct grpc_answer){.status = -1};
}

static bool is(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(text, word, size) == 0;
}

static void read_status(struct grpc_answer *answer, const char *value,
                        size_t size)
{
    int status = 0;
    answer->is_malformed = !size || size > 4;
    for (size_t i = 0; i < size && !answer->is_malformed; i++) {
        answer->is_malformed = !isdigit((unsigned char)value[i]);
        status = status * 10 + value[i] - '0';
    }
    /* One that nobody knows is to be taken for this. */
    if (!answer->is_malformed)
        answer->status = status < GRPC_STATUSES ? status : GRPC_UNKNOWN;
}

/* Percent-encoded; bytes that are not for people are shown inert later. */
static void read_text(struct grpc_answer *answer, const char *value,
                      size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size && count < sizeof answer->text - 1; i++) {
        char c = value[i];
        if (c == '%' && i + 2 < size && digit_of(value[i + 1]) >= 0 &&
            digit_of(value[i + 2]) >= 0) {
            c = (char)(digit_of(value[i + 1]) * 16 + digit_of(value[i + 2]));
            i += 2;
        }
        answer->text[count++] = c;
        if (!c)
            answer->text[count - 1] = '?';
    }
    answer->text[count] = '\0';
}

void grpc_header(struct grpc_answer *answer, const char *name, size_t name_size,
                 const char *value, size_t value_size)
{
    static const char type[] = "application/grpc";
    if (is(name, name_size, "grpc-status"))
        read_status(answer, value, value_size);
    else if (is(name, name_size, "grpc-message"))
        read_text(answer, value, value_size);
    else if (is(name, name_size, "content-type"))
        answer->is_grpc = value_size >= sizeof type - 1 &&
                          memcmp(value, type, sizeof type - 1) == 0;
}

const char *grpc_data(struct grpc_answer *answer, const char *from,
                      size_t from_size, const char **bytes, size_t *size)
{
    *size = 0;
    *bytes = from;
    while (from_size && !answer->left) {
        answer->prefix[answer->have++] = (uint8_t)*from++;
        from_size--;
        if (answer->have < sizeof answer->prefix)
            continue;
        answer->have = 0;
        answer->messages++;
        answer->compressed = answer->compressed || answer->prefix[0];
        for (int i = 1; i < 5; i++)
            answer->left = answer->left << 8 | answer->prefix[i];
    }
    if (!from_size)
        return NULL;
    *bytes = from;
    *size = from_size < answer->left ? from_size : answer->left;
    answer->left -= (uint32_t)*size;
    answer->size += *size;
    return from_size > *size ? from + *size : NULL;
}

int grpc_end(const struct grpc_answer *answer, unsigned http_status,
             char *detail, size_t detail_size)
{
    if (http_status != 200 && answer->status < 0)
        snprintf(detail, detail_size, "HTTP status %u and no grpc-status",
                 http_status);
    else if (answer->is_malformed)
        snprintf(detail, detail_size, "a grpc-status that is no number");
    else if (answer->status < 0)
        snprintf(detail, detail_size, "no grpc-status");
    else if (!answer->is_grpc)
        snprintf(detail, detail_size, "a content-type that is not gRPC's");
    else if (answer->have || answer->left)
        snprintf(detail, detail_size, "a message that is cut off");
    else if (answer->compressed)
        snprintf(detail, detail_size, "a message that is compressed, unasked");
    else if (!answer->status && answer->messages != 1)
        snprintf(detail, detail_size, "%u messages instead of one",
                 answer->messages);
    else
        return answer->status;
    return -1;
}
