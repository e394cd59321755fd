/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listening sockets by net/tcp and net/tcp6, holders by their fd links. */
#include "lib/host/targets_port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN_STATE 0x0a

/* Takes the line if it is a socket that listens on one of the ports; false
 * when it is one that does not listen. */
static bool consider(const char *line, const uint16_t *ports, size_t count,
                     struct port_sockets *sockets)
{
    unsigned port;
    unsigned state;
    uint64_t inode;
    if (sscanf(line,
               " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x"
               " %*x %*u %*u %" SCNu64,
               &port, &state, &inode) != 3)
        return true;
    if (state != TCP_LISTEN_STATE)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (ports[i] != port)
            continue;
        sockets->items = scope_grow(sockets->items, &sockets->room,
                                    sockets->count, sizeof *sockets->items);
        sockets->items[sockets->count++] =
            (struct port_socket){.inode = inode, .port = ports[i]};
        break;
    }
    return true;
}

static void read_table(int proc, const char *path, const uint16_t *ports,
                       size_t count, struct port_sockets *sockets)
{
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) {
        if (fd >= 0)
            close(fd);
        return;
    }
    char *line = NULL;
    size_t room = 0;
    /* The kernel lists the listening sockets first; the connections behind
     * them may be a hundred thousand. */
    while (getline(&line, &room, file) > 0 &&
           consider(line, ports, count, sockets))
        ;
    free(line);
    fclose(file);
}

void port_sockets_read(int proc, const uint16_t *ports, size_t count,
                       struct port_sockets *sockets)
{
    sockets->count = 0;
    read_table(proc, "net/tcp", ports, count, sockets);
    read_table(proc, "net/tcp6", ports, count, sockets);
}

static bool link_listens(const char *link, const struct port_sockets *sockets,
                         uint16_t port)
{
    uint64_t inode;
    if (sscanf(link, "socket:[%" SCNu64 "]", &inode) != 1)
        return false;
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->items[i].inode == inode && sockets->items[i].port == port)
            return true;
    return false;
}

bool port_held(int proc, pid_t pid, const struct port_sockets *sockets,
               uint16_t port)
{
    char path[32];
    snprintf(path, sizeof path, "%d/fd", pid);
    int folder = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries) {
        int saved = errno;
        if (folder >= 0)
            close(folder);
        errno = saved;
        return false;
    }
    bool held = false;
    for (const struct dirent *entry; !held && (entry = readdir(entries));) {
        char link[64];
        ssize_t length =
            readlinkat(folder, entry->d_name, link, sizeof link - 1);
        if (length <= 0)
            continue;
        link[length] = '\0';
        held = link_listens(link, sockets, port);
    }
    closedir(entries);
    errno = 0;
    return held;
}
