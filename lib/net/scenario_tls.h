/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS with the certificates that a scenario brings along. */
#ifndef LIB_NET_SCENARIO_TLS_H
#define LIB_NET_SCENARIO_TLS_H

#include "lib/net/scenario.h"
#include "lib/net/tls.h"

/* As scope_tls_server, for one of the scenario's servers. */
enum scope_code
scope_scenario_tls_server(struct scope_tls **tls,
                          const struct scope_scenario *scenario,
                          uint32_t server, const char *client_ca,
                          struct scope_err *err) SCOPE_MUST_CHECK;

/* Whether the client's certificate authority is there, which vouches for
 * names like "0.ID.net": one for each of a server's connections. */
bool scope_scenario_has_authority(const struct scope_scenario *scenario,
                                  uint32_t client);

/* As scope_tls_client with the scenario's authority, for connections to a
 * server's connection of that number. */
enum scope_code
scope_scenario_tls_client(struct scope_tls **tls,
                          const struct scope_scenario *scenario,
                          uint32_t client, uint32_t connection,
                          const struct scope_tls_options *options,
                          struct scope_err *err) SCOPE_MUST_CHECK;

#endif
