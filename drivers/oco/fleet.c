/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/fleet.h"
#include "drivers/oco/server.h"
#include "lib/net/names.h"

#include <scope/alloc.h>
#include <string.h>

static enum scope_code name_by_pattern(struct oco_fleet *fleet,
                                       struct scope_err *err)
{
    struct scope_names names;
    size_t count = (size_t)fleet->options.apps;
    enum scope_code code =
        scope_names_parse(&names, fleet->options.pattern, count, err);
    if (code != SCOPE_OK)
        return code;
    fleet->names = scope_alloc(count, sizeof *fleet->names);
    for (; fleet->count < count; fleet->count++) {
        char name[SCOPE_NAME_MAX + 1];
        scope_names_put(&names, fleet->count, name);
        fleet->names[fleet->count] = scope_strdup(name);
    }
    return SCOPE_OK;
}

/* A header cannot carry everything (RFC 6750, section 2.1). */
static enum scope_code check_token(const char *token, struct scope_err *err)
{
    for (; token && *token; token++)
        if (*token <= ' ' || *token >= 0x7f)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "the token holds a blank, a control character "
                              "or one beyond ASCII");
    return SCOPE_OK;
}

static enum scope_code find_server(struct oco_fleet *fleet,
                                   struct scope_err *err)
{
    const struct options *options = &fleet->options;
    struct scope_url *server = &fleet->server;
    enum scope_code code = check_token(options->token, err);
    if (code == SCOPE_OK)
        code = scope_url_parse(server, options->url, err);
    if (code == SCOPE_OK && strchr(server->target, '?'))
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "URL %s: a query has no place before /accounts",
                          options->url);
    if (code == SCOPE_OK && server->secure)
        code = scope_tls_client(&fleet->tls, &options->tls, server->host,
                                (const char *[]){"http/1.1", NULL}, err);
    if (code == SCOPE_OK)
        code =
            scope_resolve(server->host, server->port, &fleet->addresses, err);
    if (code != SCOPE_OK)
        return code;
    fleet->peer =
        (struct scope_peer){.addresses = &fleet->addresses, .tls = fleet->tls};
    char *account = oco_script_segment(options->account);
    oco_script_write(&fleet->script, server, account, options->token,
                     (unsigned)options->reports);
    free(account);
    return SCOPE_OK;
}

enum scope_code oco_fleet_open(struct oco_fleet **out,
                               const struct options *options,
                               struct scope_err *err)
{
    struct oco_fleet *fleet = scope_alloc(1, sizeof *fleet);
    fleet->options = *options;
    enum scope_code code = find_server(fleet, err);
    if (code == SCOPE_OK)
        code = options->apps ? name_by_pattern(fleet, err)
                             : oco_server_list(fleet, err);
    if (code != SCOPE_OK) {
        oco_fleet_free(fleet);
        return code;
    }
    fleet->servos = scope_alloc(fleet->count, sizeof *fleet->servos);
    for (size_t i = 0; i < fleet->count; i++) {
        size_t length = strlen(fleet->names[i]);
        fleet->servos[i].name = fleet->names[i];
        if (length > fleet->longest)
            fleet->longest = length;
    }
    *out = fleet;
    return SCOPE_OK;
}

void oco_fleet_free(struct oco_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        free(fleet->names[i]);
    free(fleet->names);
    free(fleet->servos);
    oco_script_free(&fleet->script);
    scope_addresses_free(&fleet->addresses);
    scope_tls_free(fleet->tls);
    scope_url_free(&fleet->server);
    free(fleet);
}

struct oco_spread oco_fleet_spread(const struct oco_fleet *fleet)
{
    struct oco_spread spread = {.apps = fleet->count, .min = UINT64_MAX};
    uint64_t sum = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        uint64_t cycles = atomic_load_explicit(&fleet->servos[i].cycles,
                                               memory_order_relaxed);
        sum += cycles;
        if (cycles < spread.min)
            spread.min = cycles;
        if (cycles > spread.max)
            spread.max = cycles;
    }
    spread.sum = (double)sum;
    spread.average = spread.sum / (double)fleet->count;
    return spread;
}
