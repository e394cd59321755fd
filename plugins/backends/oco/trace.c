/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX = 512 };

enum scope_code oco_trace_open(struct oco_trace *trace, const char *path,
                               struct scope_err *err)
{
    trace->fd = -1;
    if (!path)
        return SCOPE_OK;
    trace->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (trace->fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open the trace %s", path);
    return SCOPE_OK;
}

void oco_trace_close(struct oco_trace *trace)
{
    if (trace->fd >= 0)
        close(trace->fd);
    trace->fd = -1;
}

/* What is no plain character becomes a '?': a line stays one line, and moves
 * no terminal. */
static void plain(char *to, size_t room, const char *from)
{
    size_t length = 0;
    for (; from[length] && length + 1 < room; length++) {
        char c = from[length];
        to[length] = '?';
        if (c > ' ' && c < 0x7f)
            to[length] = c;
    }
    to[length] = '\0';
}

static const char *verdict_words(enum oco_verdict verdict)
{
    static const char *const words[] = {
        [OCO_DONE] = "",
        [OCO_TOLD] = " told ",
        [OCO_UNKNOWN] = " refused: unknown",
        [OCO_UNEXPECTED] = " refused: unexpected",
        [OCO_BACKWARDS] = " refused: progress going backwards",
    };
    return words[verdict];
}

void oco_trace_write(const struct oco_trace *trace, const char *app,
                     const char *event, const struct oco_message *message,
                     const struct oco_outcome *outcome)
{
    if (trace->fd < 0)
        return;
    char name[96];
    char word[96];
    char progress[32] = "";
    char line[LINE_MAX];
    struct timespec now;
    struct tm utc;
    plain(name, sizeof name, app);
    plain(word, sizeof word, event);
    if (message->has_progress)
        snprintf(progress, sizeof progress, "(%" PRId64 "%%)",
                 message->progress);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    int size = snprintf(
        line, sizeof line,
        "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %s %s%s: %s -> %s%s%s, %" PRIu64
        " cycles\n",
        utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
        utc.tm_min, utc.tm_sec, now.tv_nsec / 1000, name, word, progress,
        oco_state_word(outcome->before.state),
        oco_state_word(outcome->after.state), verdict_words(outcome->verdict),
        outcome->verdict == OCO_TOLD ? oco_command_word(outcome->command) : "",
        outcome->after.cycles);
    /* One write(2): nobody else's line comes between. What a full disk loses
     * is lost: the servos matter more. */
    if (write(trace->fd, line, (size_t)size) < 0)
        return;
}
