/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of an HTTP/1.x answer, and answers that arrive in pieces: what has
 * come so far and what may come next (RFC 9112, sections 6 and 7). */
#include "lib/net/http1.h"

#include <scope/alloc.h>
#include <string.h>

const char *scope_http1_text(enum scope_http1_result result)
{
    static const char *const texts[] = {
#define X(name, text) [SCOPE_HTTP1_##name] = (text),
        SCOPE_HTTP1_RESULTS(X)
#undef X
    };
    return texts[result];
}

void scope_http1_free(struct scope_http1 *answer)
{
    free(answer->stash);
    *answer = (struct scope_http1){0};
}

void scope_http1_next(struct scope_http1 *answer)
{
    answer->state = SCOPE_HTTP1_HEAD;
    answer->begun = false;
    answer->interim = 0;
    answer->trailers = 0;
    answer->stashed = 0;
    answer->length = 0;
}

static enum scope_http1_result begin_body(struct scope_http1 *answer,
                                          const struct scope_http1_head *head)
{
    answer->status = head->status;
    answer->keep_alive = head->keep_alive;
    answer->left = head->length;
    answer->state = head->next;
    answer->digits = 0;
    answer->line = 0;
    if (head->next != SCOPE_HTTP1_COMPLETE)
        return SCOPE_HTTP1_MORE;
    if (head->status >= 200)
        return SCOPE_HTTP1_DONE;
    answer->interim++;
    answer->state = SCOPE_HTTP1_HEAD;
    return SCOPE_HTTP1_MORE;
}

/* Appends to the stash what fits; the number of bytes taken. */
static size_t stash(struct scope_http1 *answer, const char *bytes, size_t size)
{
    size_t left = SCOPE_HTTP1_HEAD_MAX - answer->stashed;
    size_t taken = size < left ? size : left;
    uint32_t needed = answer->stashed + (uint32_t)taken;
    if (needed > answer->room) {
        uint32_t room = answer->room ? answer->room : 1024;
        while (room < needed)
            room *= 2;
        answer->stash = scope_realloc(answer->stash, room, 1);
        answer->room = room;
    }
    memcpy(answer->stash + answer->stashed, bytes, taken);
    answer->stashed = needed;
    return taken;
}

/* Where the first empty line ends, looked for from a line end at or after
 * `from`; 0 without one. */
static size_t find_end(const char *text, size_t size, size_t from)
{
    const char *end = text + size;
    const char *at = text + from;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        if (end - at >= 1 && at[0] == '\n')
            return (size_t)(at - text) + 1;
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
            return (size_t)(at - text) + 2;
    }
    return 0;
}

static void show_head(const struct scope_http1_memo *memo,
                      const struct scope_http1_head *head, const char *bytes)
{
    if (memo->sight && head->status >= 200)
        memo->sight->head(memo->sight->closure, bytes, head->size);
}

/* A head that goes on from what was stashed before. */
static enum scope_http1_result
continue_head(struct scope_http1 *answer, const struct scope_http1_memo *memo,
              const char *bytes, size_t size, size_t *used)
{
    static const char start[] = "HTTP/1.";
    size_t before = answer->stashed;
    *used = stash(answer, bytes, size);
    size_t known = answer->stashed < 7 ? answer->stashed : 7;
    if (memcmp(answer->stash, start, known) != 0)
        return SCOPE_HTTP1_BAD_STATUS_LINE;
    size_t end =
        find_end(answer->stash, answer->stashed, before > 2 ? before - 2 : 0);
    if (!end)
        return answer->stashed < SCOPE_HTTP1_HEAD_MAX
                   ? SCOPE_HTTP1_MORE
                   : SCOPE_HTTP1_HEAD_TOO_LONG;
    struct scope_http1_head head;
    enum scope_http1_result result =
        scope_http1_read_head(answer->stash, end, answer->no_body, &head);
    if (result != SCOPE_HTTP1_DONE)
        return result == SCOPE_HTTP1_MORE ? SCOPE_HTTP1_BAD_HEADER : result;
    *used = end - before;
    answer->stashed = 0;
    show_head(memo, &head, answer->stash);
    return begin_body(answer, &head);
}

static enum scope_http1_result read_head(struct scope_http1 *answer,
                                         struct scope_http1_memo *memo,
                                         const char *bytes, size_t size,
                                         size_t *used)
{
    answer->begun = true;
    if (answer->stashed)
        return continue_head(answer, memo, bytes, size, used);
    if (memo->head.size && size >= memo->head.size &&
        memo->no_body == answer->no_body &&
        memcmp(bytes, memo->bytes, memo->head.size) == 0) {
        *used = memo->head.size;
        show_head(memo, &memo->head, bytes);
        return begin_body(answer, &memo->head);
    }
    size_t within = size < SCOPE_HTTP1_HEAD_MAX ? size : SCOPE_HTTP1_HEAD_MAX;
    struct scope_http1_head head;
    enum scope_http1_result result =
        scope_http1_read_head(bytes, within, answer->no_body, &head);
    if (result == SCOPE_HTTP1_MORE)
        return continue_head(answer, memo, bytes, size, used);
    if (result != SCOPE_HTTP1_DONE)
        return result;
    if (head.size <= sizeof memo->bytes) {
        memo->head = head;
        memo->no_body = answer->no_body;
        memcpy(memo->bytes, bytes, head.size);
    }
    *used = head.size;
    show_head(memo, &head, bytes);
    return begin_body(answer, &head);
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

/* A chunk's size line has ended. */
static enum scope_http1_result begin_chunk(struct scope_http1 *answer)
{
    if (!answer->digits)
        return SCOPE_HTTP1_BAD_CHUNK;
    answer->digits = 0;
    answer->line = 0;
    answer->state = answer->left ? SCOPE_HTTP1_CHUNK : SCOPE_HTTP1_TRAILERS;
    return SCOPE_HTTP1_MORE;
}

static enum scope_http1_result chunk_size_byte(struct scope_http1 *answer,
                                               char c)
{
    int value = hex_value(c);
    if (value >= 0) {
        if (answer->digits == 15)
            return SCOPE_HTTP1_BAD_CHUNK;
        answer->left =
            (answer->digits ? answer->left << 4 : 0) | (uint64_t)value;
        answer->digits++;
        return SCOPE_HTTP1_MORE;
    }
    if (c == '\n')
        return begin_chunk(answer);
    if (!answer->digits || (c != ';' && c != '\r' && c != ' ' && c != '\t'))
        return SCOPE_HTTP1_BAD_CHUNK;
    answer->state = SCOPE_HTTP1_CHUNK_EXTENSION;
    answer->line = c == '\r';
    return SCOPE_HTTP1_MORE;
}

/* What stands between a chunk's size and the end of its line. */
static enum scope_http1_result chunk_extension_byte(struct scope_http1 *answer,
                                                    char c)
{
    if (c == '\n')
        return begin_chunk(answer);
    if (answer->line == 1) /* the carriage return was not the end */
        return SCOPE_HTTP1_BAD_CHUNK;
    if (++answer->trailers > SCOPE_HTTP1_HEAD_MAX)
        return SCOPE_HTTP1_HEAD_TOO_LONG;
    answer->line = c == '\r';
    return SCOPE_HTTP1_MORE;
}

static enum scope_http1_result chunk_end_byte(struct scope_http1 *answer,
                                              char c)
{
    if (c == '\n') {
        answer->state = SCOPE_HTTP1_CHUNK_SIZE;
        answer->line = 0;
        return SCOPE_HTTP1_MORE;
    }
    if (c != '\r' || answer->line++)
        return SCOPE_HTTP1_BAD_CHUNK;
    return SCOPE_HTTP1_MORE;
}

/* Trailers are skipped: lines up to an empty one. */
static enum scope_http1_result trailer_byte(struct scope_http1 *answer, char c)
{
    if (++answer->trailers > SCOPE_HTTP1_HEAD_MAX)
        return SCOPE_HTTP1_HEAD_TOO_LONG;
    if (c == '\n') {
        if (!answer->line) {
            answer->state = SCOPE_HTTP1_COMPLETE;
            return SCOPE_HTTP1_DONE;
        }
        answer->line = 0;
    } else if (c != '\r') {
        answer->line++;
    }
    return SCOPE_HTTP1_MORE;
}

static enum scope_http1_result framing_byte(struct scope_http1 *answer, char c)
{
    switch (answer->state) {
    case SCOPE_HTTP1_CHUNK_SIZE:
        return chunk_size_byte(answer, c);
    case SCOPE_HTTP1_CHUNK_EXTENSION:
        return chunk_extension_byte(answer, c);
    case SCOPE_HTTP1_CHUNK_END:
        return chunk_end_byte(answer, c);
    default:
        return trailer_byte(answer, c);
    }
}

uint64_t scope_http1_skippable(const struct scope_http1 *answer)
{
    switch (answer->state) {
    case SCOPE_HTTP1_BODY:
    case SCOPE_HTTP1_CHUNK:
        return answer->left;
    case SCOPE_HTTP1_TO_CLOSE:
        return UINT64_MAX;
    default:
        return 0;
    }
}

enum scope_http1_result scope_http1_skip(struct scope_http1 *answer,
                                         uint64_t size)
{
    answer->length += size;
    if (answer->state == SCOPE_HTTP1_TO_CLOSE)
        return SCOPE_HTTP1_MORE;
    answer->left -= size;
    if (answer->left)
        return SCOPE_HTTP1_MORE;
    if (answer->state == SCOPE_HTTP1_CHUNK) {
        answer->state = SCOPE_HTTP1_CHUNK_END;
        answer->line = 0;
        return SCOPE_HTTP1_MORE;
    }
    answer->state = SCOPE_HTTP1_COMPLETE;
    return SCOPE_HTTP1_DONE;
}

enum scope_http1_result scope_http1_feed(struct scope_http1 *answer,
                                         struct scope_http1_memo *memo,
                                         const char *bytes, size_t size,
                                         size_t *used)
{
    enum scope_http1_result result = SCOPE_HTTP1_MORE;
    size_t at = 0;
    while (result == SCOPE_HTTP1_MORE && at < size) {
        size_t taken = 0;
        uint64_t skippable = scope_http1_skippable(answer);
        if (skippable) {
            taken = skippable < size - at ? (size_t)skippable : size - at;
            if (memo->sight)
                memo->sight->body(memo->sight->closure, bytes + at, taken);
            result = scope_http1_skip(answer, taken);
        } else if (answer->state == SCOPE_HTTP1_HEAD) {
            result = read_head(answer, memo, bytes + at, size - at, &taken);
        } else {
            result = framing_byte(answer, bytes[at]);
            taken = 1;
        }
        at += taken;
    }
    *used = at;
    return result;
}

enum scope_http1_result scope_http1_close(struct scope_http1 *answer)
{
    if (answer->state != SCOPE_HTTP1_TO_CLOSE)
        return SCOPE_HTTP1_CUT;
    answer->state = SCOPE_HTTP1_COMPLETE;
    return SCOPE_HTTP1_DONE;
}
