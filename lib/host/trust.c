/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who could have written a file, told by fstat() of what was opened. A POSIX
 * ACL that lets others write shows as group write permission, acl(5). */
#include "lib/host/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <sys/stat.h>
#include <unistd.h>

enum scope_code scope_trust_fd(int fd, const char *name, struct scope_err *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return scope_fail(err, SCOPE_IO, errno, "look at %s", name);
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return scope_fail(err, SCOPE_PERM, 0,
                          "%s belongs to user %u, who is neither root nor you",
                          name, status.st_uid);
    if (status.st_mode & S_IWOTH)
        return scope_fail(err, SCOPE_PERM, 0, "%s is writable by everybody",
                          name);
    if (status.st_mode & S_IWGRP)
        return scope_fail(err, SCOPE_PERM, 0, "%s is writable by group %u",
                          name, status.st_gid);
    return SCOPE_OK;
}

enum scope_code scope_trust_folder(const char *path, struct scope_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open the folder %s", path);
    char *name = scope_format("the folder %s", path);
    enum scope_code code = scope_trust_fd(fd, name, err);
    free(name);
    close(fd);
    return code;
}
