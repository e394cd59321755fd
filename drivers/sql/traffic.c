/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes on the wire, as the kernel counts them for each TCP connection: the
 * servers' libraries keep no count. */
#include "drivers/sql/client.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

void sql_client_bytes(struct scope_worker *worker, struct sql_client *client,
                      int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) ||
        size < offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof(__u64))
        return;
    uint64_t sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
    uint64_t received = info.tcpi_bytes_received;
    if (sent > client->sent)
        worker->tally.counts.sent += sent - client->sent;
    if (received > client->received)
        worker->tally.counts.received += received - client->received;
    client->sent = sent;
    client->received = received;
}
