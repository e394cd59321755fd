/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress on stderr: one line that is rewritten on a terminal, else one line
 * every ten seconds. */
#ifndef SRC_PROGRESS_H
#define SRC_PROGRESS_H

#include <scope/err.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool quiet, terminal;
    bool open; /* a line without its newline is on the terminal */
    int64_t next_ns;
};

void progress_init(struct progress *progress, bool quiet);
/* Whether it is time for a line. */
bool progress_due(struct progress *progress, int64_t now_ns);
void progress_show(struct progress *progress, const char *fmt, ...)
    SCOPE_PRINTF(2, 3);
/* A line that stays. */
void progress_say(struct progress *progress, const char *fmt, ...)
    SCOPE_PRINTF(2, 3);
/* Ends the line that is rewritten. */
void progress_end(struct progress *progress);

#endif
