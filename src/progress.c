/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress on stderr. */
#include "src/progress.h"

#include "lib/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *progress, bool quiet)
{
    *progress = (struct progress){.quiet = quiet,
                                  .terminal = isatty(STDERR_FILENO) == 1};
}

bool progress_due(struct progress *progress, int64_t now_ns)
{
    int64_t every_ns = progress->terminal ? NS_PER_S / 4 : 10 * NS_PER_S;
    if (progress->quiet)
        return false;
    if (!progress->next_ns)
        progress->next_ns = now_ns + every_ns;
    if (now_ns < progress->next_ns)
        return false;
    progress->next_ns = now_ns + every_ns;
    return true;
}

void progress_show(struct progress *progress, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (progress->terminal)
        fputs("\r\033[K", stderr);
    fputs("scope: ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    if (!progress->terminal)
        fputc('\n', stderr);
    progress->open = progress->terminal;
    fflush(stderr);
}

void progress_say(struct progress *progress, const char *fmt, ...)
{
    if (progress->quiet)
        return;
    progress_end(progress);
    va_list args;
    va_start(args, fmt);
    fputs("scope: ", stderr);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->open)
        fputs("\r\033[K", stderr);
    progress->open = false;
}
