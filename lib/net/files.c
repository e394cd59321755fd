/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes room for connections. */
#include "lib/net/files.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

/* For all that is not a connection: pipes, epoll, libraries. */
enum { OTHERS = 1024 };

enum scope_code scope_files_reserve(uint64_t connections, struct scope_err *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return scope_fail(err, SCOPE_FAILED, errno, "getrlimit");
    uint64_t wanted = connections + OTHERS;
    if (limit.rlim_cur >= wanted)
        return SCOPE_OK;
    const struct rlimit raised = {
        .rlim_cur = wanted,
        .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted,
    };
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return SCOPE_OK;
    enum scope_code code = scope_fail(err, SCOPE_UNAVAILABLE, errno,
                                      "open %" PRIu64 " connections with a "
                                      "limit of %" PRIu64 " files",
                                      connections, (uint64_t)limit.rlim_max);
    scope_hint(err, "raise it first: ulimit -n %" PRIu64, wanted);
    return code;
}
