/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who listens on a TCP port: the sockets, and which processes hold them. */
#ifndef LIB_HOST_TARGETS_PORT_H
#define LIB_HOST_TARGETS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct port_socket {
    uint64_t inode;
    uint16_t port;
};

struct port_sockets {
    struct port_socket *items;
    size_t count, room;
};

/* Lists the sockets that listen on one of the ports, in proc's own network
 * namespace, TCP over IPv4 and IPv6. */
void port_sockets_read(int proc, const uint16_t *ports, size_t count,
                       struct port_sockets *sockets);

/* Whether the process holds a socket that listens on this port; errno is
 * EACCES when its files must not be seen, else 0. */
bool port_held(int proc, pid_t pid, const struct port_sockets *sockets,
               uint16_t port);

#endif
