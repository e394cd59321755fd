/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario's certificates are texts, and OpenSSL is given files: each text
 * becomes a file in memory for as long as it is read.
 */
#include "lib/net/scenario_tls.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[32];
};

static enum scope_code write_file(struct memory_file *file,
                                  const struct scope_scenario *scenario,
                                  uint32_t index, const char *what,
                                  struct scope_err *err)
{
    file->fd = -1;
    if (!scope_scenario_has_pem(scenario, index)) {
        scope_fail(err, SCOPE_USAGE, 0, "the scenario brings no %s in PEM",
                   what);
        return scope_hint(err, "give files: tls-cert and tls-key to a server, "
                               "tls-ca or tls-insecure to a client");
    }
    const char *text = scenario->certificates[index];
    size_t left = strlen(text);
    file->fd = memfd_create("certificate", MFD_CLOEXEC);
    if (file->fd < 0)
        return scope_fail(err, SCOPE_FAILED, errno, "memfd_create");
    while (left) {
        ssize_t wrote = write(file->fd, text, left);
        if (wrote < 0)
            return scope_fail(err, SCOPE_FAILED, errno,
                              "write the scenario's %s to memory", what);
        text += wrote;
        left -= (size_t)wrote;
    }
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    return SCOPE_OK;
}

static void close_file(struct memory_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
}

enum scope_code scope_scenario_tls_server(struct scope_tls **tls,
                                          const struct scope_scenario *scenario,
                                          uint32_t server,
                                          const char *client_ca,
                                          struct scope_err *err)
{
    const struct scope_scenario_party *party = &scenario->servers[server];
    struct memory_file certificate = {.fd = -1};
    struct memory_file key = {.fd = -1};
    enum scope_code code = write_file(&certificate, scenario,
                                      party->certificate, "certificate", err);
    if (code == SCOPE_OK)
        code =
            write_file(&key, scenario, party->private_key, "private key", err);
    if (code == SCOPE_OK)
        code = scope_tls_server(tls, certificate.path, key.path, client_ca,
                                NULL, err);
    if (code != SCOPE_OK)
        scope_prefix(err, "server %u of the scenario", server);
    close_file(&certificate);
    close_file(&key);
    return code;
}

bool scope_scenario_has_authority(const struct scope_scenario *scenario,
                                  uint32_t client)
{
    return scope_scenario_has_pem(scenario,
                                  scenario->clients[client].authority);
}

enum scope_code scope_scenario_tls_client(
    struct scope_tls **tls, const struct scope_scenario *scenario,
    uint32_t client, uint32_t connection,
    const struct scope_tls_options *options, struct scope_err *err)
{
    struct memory_file ca = {.fd = -1};
    struct scope_tls_options own = *options;
    char *name = scope_format("%u.%s.net", connection, scenario->id);
    enum scope_code code =
        write_file(&ca, scenario, scenario->clients[client].authority,
                   "certificate authority", err);
    own.ca = ca.path;
    if (code == SCOPE_OK)
        code = scope_tls_client(tls, &own, name, NULL, err);
    close_file(&ca);
    free(name);
    return code;
}
