/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stat file of a process or a thread. */
#include "collectors/proc/process.h"
#include "collectors/proc/scan.h"

#include <string.h>

size_t stat_fields(const char *text, size_t length, uint64_t fields[STAT_COUNT])
{
    /* comm may hold anything, also ") R 1 2 3"; behind it are numbers only. */
    const char *at = memrchr(text, ')', length);
    size_t count = 0;
    if (!at || at[1] != ' ' || scan_is_end(at[2]) || scan_is_end(at[3]))
        return 0;
    at += 3;
    for (; count < STAT_COUNT; count++) {
        at = scan_blanks(at);
        at += *at == '-';
        if (!scan_u64(&at, &fields[count]))
            break;
    }
    return count;
}

bool stat_emit(struct reader *reader, int fd, const struct stat_row *rows,
               size_t row_count, uint32_t instance)
{
    uint64_t fields[STAT_COUNT];
    size_t length;
    const char *text = file_read(fd, &reader->room, true, &length);
    size_t count = text ? stat_fields(text, length, fields) : 0;
    for (size_t i = 0; i < row_count; i++) {
        size_t at = rows[i].field - STAT_FIRST;
        if (at < count)
            scope_emit_u64(reader->sink, rows[i].metric, instance,
                           fields[at] * (rows[i].ticks ? reader->tick_ns : 1));
    }
    return count > 0;
}
