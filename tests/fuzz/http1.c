/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers of any bytes, whole and in two pieces (cut where the first byte
 * says): the outcome must be the same, and no byte may be read twice.
 */
#include "lib/net/http1.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct outcome {
    enum scope_http1_result result;
    size_t used;
    int status;
    bool keep_alive;
};

static void feed(struct scope_http1 *answer, struct scope_http1_memo *memo,
                 const uint8_t *bytes, size_t size, struct outcome *outcome)
{
    if (outcome->result != SCOPE_HTTP1_MORE || !size)
        return;
    char *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    size_t used = 0;
    outcome->result = scope_http1_feed(answer, memo, copy, size, &used);
    if (used > size || (outcome->result == SCOPE_HTTP1_MORE && used != size))
        abort();
    outcome->used += used;
    outcome->status = answer->status;
    outcome->keep_alive = answer->keep_alive;
    free(copy);
}

static struct outcome read_answer(struct scope_http1_memo *memo,
                                  const uint8_t *bytes, size_t size, size_t cut)
{
    struct scope_http1 answer = {.no_body = memo->no_body};
    struct outcome outcome = {0};
    scope_http1_next(&answer);
    feed(&answer, memo, bytes, cut, &outcome);
    feed(&answer, memo, bytes + cut, size - cut, &outcome);
    scope_http1_free(&answer);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    size_t cut = bytes[0] < size - 1 ? bytes[0] : size - 1;
    struct scope_http1_memo memo = {.no_body = bytes[0] == 255};
    struct outcome whole = read_answer(&memo, bytes + 1, size - 1, 0);
    struct outcome known = read_answer(&memo, bytes + 1, size - 1, 0);
    struct outcome split = read_answer(&memo, bytes + 1, size - 1, cut);
    if (whole.result != known.result || whole.used != known.used)
        abort();
    /* A fault may be found out with more or fewer bytes at hand, and then by
     * another name; an answer may not. */
    if (whole.result == SCOPE_HTTP1_DONE || split.result == SCOPE_HTTP1_DONE)
        if (whole.result != split.result || whole.used != split.used ||
            whole.status != split.status ||
            whole.keep_alive != split.keep_alive)
            abort();
    return 0;
}
