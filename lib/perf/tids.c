/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists threads. */
#include "lib/perf/tids.h"

#include <dirent.h>
#include <scope/alloc.h>
#include <stdio.h>

bool perf_tids_has(const struct perf_tids *tids, pid_t tid)
{
    for (size_t i = 0; i < tids->count; i++)
        if (tids->items[i] == tid)
            return true;
    return false;
}

void perf_tids_list(pid_t pid, struct perf_tids *tids)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    tids->count = 0;
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0)
            continue;
        tids->items = scope_grow(tids->items, &tids->room, tids->count,
                                 sizeof *tids->items);
        tids->items[tids->count++] = tid;
    }
    closedir(folder);
}

bool perf_tids_grew(const struct perf_tids *before,
                    const struct perf_tids *after)
{
    for (size_t i = 0; i < after->count; i++)
        if (!perf_tids_has(before, after->items[i]))
            return true;
    return false;
}
