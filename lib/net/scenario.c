/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads scenarios: everything around the lists of operations. */
#include "lib/net/scenario_steps.h"

#include <errno.h>
#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

/* Certificates and names that are not given. */
static const char *text_of(const json_t *text)
{
    return json_is_string(text) ? json_string_value(text) : "";
}

static enum scope_code check_list(struct scope_scenario_compiler *compiler,
                                  const json_t *list, const char *path,
                                  size_t max)
{
    if (list && !json_is_array(list))
        return scope_scenario_refuse(compiler, path, "it is not a list");
    if (json_array_size(list) > max)
        return scope_scenario_refuse(compiler, path, "it holds more than %zu",
                                     max);
    return SCOPE_OK;
}

static enum scope_code read_traces(struct scope_scenario_compiler *compiler,
                                   const json_t *list)
{
    struct scope_scenario *scenario = compiler->scenario;
    enum scope_code code =
        check_list(compiler, list, "traces", SCOPE_SCENARIO_TRACES);
    if (code != SCOPE_OK)
        return code;
    scenario->traces = scope_alloc(json_array_size(list) + 1, sizeof(char *));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *name = json_array_get(list, i);
        snprintf(compiler->place, sizeof compiler->place, "traces[%zu]", i);
        if (!json_is_string(name) || !json_string_length(name) ||
            json_string_length(name) > SCOPE_SCENARIO_NAME)
            return scope_scenario_refuse(compiler, compiler->place,
                                         "it is not a name of 1 to %d bytes",
                                         SCOPE_SCENARIO_NAME);
        scenario->traces[scenario->trace_count++] =
            scope_strdup(json_string_value(name));
    }
    return SCOPE_OK;
}

static enum scope_code
read_certificates(struct scope_scenario_compiler *compiler, const json_t *list)
{
    struct scope_scenario *scenario = compiler->scenario;
    enum scope_code code =
        check_list(compiler, list, "certificates", SCOPE_SCENARIO_PARTIES * 3);
    if (code != SCOPE_OK)
        return code;
    scenario->certificates =
        scope_alloc(json_array_size(list) + 1, sizeof(char *));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        snprintf(compiler->place, sizeof compiler->place, "certificates[%zu]",
                 i);
        if (!json_is_object(item))
            return scope_scenario_refuse(compiler, compiler->place,
                                         "it is not an object");
        scenario->certificates[scenario->certificate_count++] =
            scope_strdup(text_of(json_object_get(item, "pem")));
    }
    return SCOPE_OK;
}

/* The index of a certificate that need not be named. */
static enum scope_code
check_certificate(struct scope_scenario_compiler *compiler,
                  const json_t *number, const char *key, uint32_t *index)
{
    size_t count = compiler->scenario->certificate_count;
    *index = SCOPE_SCENARIO_NONE;
    if (!number)
        return SCOPE_OK;
    if (!json_is_integer(number) || json_integer_value(number) < 0 ||
        (uint64_t)json_integer_value(number) >= count)
        return scope_scenario_refuse(compiler, compiler->place,
                                     "%s is not one of the %zu certificates",
                                     key, count);
    *index = (uint32_t)json_integer_value(number);
    return SCOPE_OK;
}

/* What netbench's routers could be told. */
static const struct {
    const char *name, *key;
} router_operations[] = {
    {"sleep", "amount_ms"},
    {"server_buffer_count", "packet_count"},
    {"server_drop_rate", "packet_count"},
    {"server_reorder_rate", "packet_count"},
    {"server_corrupt_rate", "packet_count"},
    {"server_delay", "amount_ms"},
    {"server_jitter", "amount_ms"},
    {"server_mtu", "mtu"},
    {"client_buffer_count", "packet_count"},
    {"client_drop_rate", "packet_count"},
    {"client_reorder_rate", "packet_count"},
    {"client_corrupt_rate", "packet_count"},
    {"client_delay", "amount_ms"},
    {"client_jitter", "amount_ms"},
    {"client_mtu", "mtu"},
    {"client_rebind_port_rate", "packet_count"},
    {"client_rebind_address_rate", "packet_count"},
    {"trace", "trace_id"},
};

static enum scope_code
check_router_operation(struct scope_scenario_compiler *compiler,
                       const json_t *item, size_t at)
{
    char path[160];
    snprintf(path, sizeof path, "%s.scenario[%zu]", compiler->place, at);
    const char *name =
        json_object_iter_key(json_object_iter((json_t *)(uintptr_t)item));
    if (json_object_size(item) != 1)
        return scope_scenario_refuse(compiler, path,
                                     "it is not an operation: "
                                     "{\"name\": {...}}");
    const json_t *fields = json_object_get(item, name);
    if (strcmp(name, "rebind_all") == 0) {
        if (json_is_boolean(json_object_get(fields, "ports")) &&
            json_is_boolean(json_object_get(fields, "addresses")))
            return SCOPE_OK;
        return scope_scenario_refuse(compiler, path,
                                     "ports and addresses are not both true "
                                     "or false");
    }
    uint64_t value;
    for (size_t i = 0; i < sizeof router_operations / sizeof *router_operations;
         i++)
        if (strcmp(name, router_operations[i].name) == 0)
            return scope_scenario_number(compiler, fields,
                                         router_operations[i].key, UINT32_MAX,
                                         path, &value);
    return scope_scenario_refuse(compiler, path, "unknown operation \"%.64s\"",
                                 name);
}

/* There is nothing to run them, but a file that has them is checked whole. */
static enum scope_code read_routers(struct scope_scenario_compiler *compiler,
                                    const json_t *list)
{
    enum scope_code code =
        check_list(compiler, list, "routers", SCOPE_SCENARIO_PARTIES);
    compiler->scenario->router_count = json_array_size(list);
    for (size_t i = 0; code == SCOPE_OK && i < json_array_size(list); i++) {
        const json_t *ops =
            json_object_get(json_array_get(list, i), "scenario");
        snprintf(compiler->place, sizeof compiler->place, "routers[%zu]", i);
        if (!json_is_array(ops))
            return scope_scenario_refuse(compiler, compiler->place,
                                         "scenario is not a list");
        for (size_t j = 0; code == SCOPE_OK && j < json_array_size(ops); j++)
            code = check_router_operation(compiler, json_array_get(ops, j), j);
    }
    return code;
}

static enum scope_code
read_connection(struct scope_scenario_compiler *compiler, const json_t *item,
                struct scope_scenario_connection *connection)
{
    const json_t *ops = json_object_get(item, "ops");
    const json_t *peers = json_object_get(item, "peer_streams");
    size_t first_step = compiler->scenario->step_count;
    char path[128];
    snprintf(path, sizeof path, "%s.peer_streams", compiler->place);
    if (!json_is_object(item))
        return scope_scenario_refuse(compiler, compiler->place,
                                     "it is not an object");
    compiler->opens = 0;
    compiler->client = NULL;
    compiler->remote = false;
    json_t *none = json_array();
    enum scope_code code =
        check_list(compiler, peers, path, SCOPE_SCENARIO_STEPS);
    connection->peer_count = (uint32_t)json_array_size(peers);
    if (code == SCOPE_OK)
        code = scope_scenario_threads(compiler, 1, path, &connection->ops);
    if (code == SCOPE_OK)
        code = scope_scenario_threads(compiler, connection->peer_count, path,
                                      &connection->peers);
    if (code == SCOPE_OK)
        code = scope_scenario_compile(compiler, ops ? ops : none, "ops", -1,
                                      connection->ops);
    compiler->remote = true;
    for (uint32_t i = 0; code == SCOPE_OK && i < connection->peer_count; i++)
        code = scope_scenario_compile(compiler, json_array_get(peers, i),
                                      "peer_streams", (int)i,
                                      connection->peers + i);
    json_decref(none);
    if (code != SCOPE_OK)
        return code;
    connection->several = compiler->opens + connection->peer_count > 1;
    compiler->scenario->several |= connection->several;
    return scope_scenario_resolve_streams(compiler, connection, first_step);
}

static enum scope_code
read_connections(struct scope_scenario_compiler *compiler, const json_t *list,
                 const char *party, size_t number,
                 struct scope_scenario_party *of)
{
    struct scope_scenario *scenario = compiler->scenario;
    char path[64];
    snprintf(path, sizeof path, "%s[%zu].connections", party, number);
    if (!json_is_array(list))
        return scope_scenario_refuse(compiler, path, "it is not a list");
    of->connections = (uint32_t)scenario->connection_count;
    of->connection_count = (uint32_t)json_array_size(list);
    if (scenario->connection_count + of->connection_count >
        SCOPE_SCENARIO_STEPS)
        return scope_scenario_refuse(compiler, path,
                                     "more than %d connections in all",
                                     SCOPE_SCENARIO_STEPS);
    scenario->connection_count += of->connection_count;
    scenario->connections =
        scope_realloc(scenario->connections, scenario->connection_count + 1,
                      sizeof *scenario->connections);
    enum scope_code code = SCOPE_OK;
    for (uint32_t i = 0; code == SCOPE_OK && i < of->connection_count; i++) {
        struct scope_scenario_connection *connection =
            &scenario->connections[of->connections + i];
        *connection = (struct scope_scenario_connection){0};
        snprintf(compiler->place, sizeof compiler->place,
                 "%s[%zu].connections[%" PRIu32 "]", party, number, i);
        code = read_connection(compiler, json_array_get(list, i), connection);
    }
    return code;
}

static enum scope_code read_server(struct scope_scenario_compiler *compiler,
                                   const json_t *item, size_t number,
                                   struct scope_scenario_party *server)
{
    server->name = scope_strdup(text_of(json_object_get(item, "name")));
    server->authority = SCOPE_SCENARIO_NONE;
    enum scope_code code =
        read_connections(compiler, json_object_get(item, "connections"),
                         "servers", number, server);
    snprintf(compiler->place, sizeof compiler->place, "servers[%zu]", number);
    if (code == SCOPE_OK)
        code = check_certificate(compiler, json_object_get(item, "private_key"),
                                 "private_key", &server->private_key);
    if (code == SCOPE_OK)
        code = check_certificate(compiler, json_object_get(item, "certificate"),
                                 "certificate", &server->certificate);
    if (code == SCOPE_OK)
        code = check_certificate(compiler,
                                 json_object_get(item, "certificate_authority"),
                                 "certificate_authority", &server->authority);
    return code;
}

static enum scope_code read_client(struct scope_scenario_compiler *compiler,
                                   const json_t *item, size_t number,
                                   struct scope_scenario_party *client)
{
    const json_t *trusted = json_object_get(item, "certificate_authorities");
    client->name = scope_strdup(text_of(json_object_get(item, "name")));
    client->private_key = client->certificate = SCOPE_SCENARIO_NONE;
    enum scope_code code =
        read_connections(compiler, json_object_get(item, "connections"),
                         "clients", number, client);
    snprintf(compiler->place, sizeof compiler->place, "clients[%zu]", number);
    uint32_t other;
    if (code == SCOPE_OK)
        code =
            check_certificate(compiler, json_array_get(trusted, 0),
                              "certificate_authorities[0]", &client->authority);
    for (size_t i = 1; code == SCOPE_OK && i < json_array_size(trusted); i++)
        code = check_certificate(compiler, json_array_get(trusted, i),
                                 "certificate_authorities", &other);
    if (code == SCOPE_OK)
        code =
            scope_scenario_threads(compiler, 1, compiler->place, &client->ops);
    compiler->client = client;
    compiler->remote = false;
    if (code == SCOPE_OK)
        code =
            scope_scenario_compile(compiler, json_object_get(item, "scenario"),
                                   "scenario", -1, client->ops);
    return code;
}

static enum scope_code read_parties(struct scope_scenario_compiler *compiler,
                                    const json_t *root)
{
    struct scope_scenario *scenario = compiler->scenario;
    const json_t *servers = json_object_get(root, "servers");
    const json_t *clients = json_object_get(root, "clients");
    if (!json_is_array(servers) || !json_is_array(clients))
        return scope_scenario_refuse(
            compiler, json_is_array(servers) ? "clients" : "servers",
            "it is not a list");
    enum scope_code code =
        check_list(compiler, servers, "servers", SCOPE_SCENARIO_PARTIES);
    if (code == SCOPE_OK)
        code = check_list(compiler, clients, "clients", SCOPE_SCENARIO_PARTIES);
    if (code != SCOPE_OK)
        return code;
    scenario->servers =
        scope_alloc(json_array_size(servers) + 1, sizeof *scenario->servers);
    scenario->clients =
        scope_alloc(json_array_size(clients) + 1, sizeof *scenario->clients);
    /* First the servers: what clients connect to is checked against them. */
    for (size_t i = 0; code == SCOPE_OK && i < json_array_size(servers); i++)
        code = read_server(compiler, json_array_get(servers, i), i,
                           &scenario->servers[scenario->server_count++]);
    for (size_t i = 0; code == SCOPE_OK && i < json_array_size(clients); i++)
        code = read_client(compiler, json_array_get(clients, i), i,
                           &scenario->clients[scenario->client_count++]);
    return code;
}

static enum scope_code read_root(struct scope_scenario_compiler *compiler,
                                 const json_t *root)
{
    struct scope_scenario *scenario = compiler->scenario;
    if (!json_is_object(root))
        return scope_scenario_refuse(compiler, "the whole",
                                     "it is not an object");
    scenario->id = scope_strdup(text_of(json_object_get(root, "id")));
    enum scope_code code =
        read_traces(compiler, json_object_get(root, "traces"));
    if (code == SCOPE_OK)
        code =
            read_certificates(compiler, json_object_get(root, "certificates"));
    if (code == SCOPE_OK)
        code = read_routers(compiler, json_object_get(root, "routers"));
    if (code == SCOPE_OK)
        code = read_parties(compiler, root);
    if (code == SCOPE_OK)
        scope_scenario_resolve_checkpoints(compiler);
    return code;
}

enum scope_code scope_scenario_parse(struct scope_scenario *scenario,
                                     const char *text, size_t size,
                                     const char *where, struct scope_err *err)
{
    *scenario = (struct scope_scenario){0};
    if (size > SCOPE_SCENARIO_BYTES)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "scenario %s: it is larger than %d MiB", where,
                          SCOPE_SCENARIO_BYTES / 1024 / 1024);
    json_error_t fault;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    if (!root)
        return scope_fail(err, SCOPE_USAGE, 0, "scenario %s:%d:%d: %s", where,
                          fault.line, fault.column, fault.text);
    struct scope_scenario_compiler compiler = {
        .scenario = scenario, .err = err, .where = where};
    enum scope_code code = read_root(&compiler, root);
    free(compiler.raw);
    json_decref(root);
    return code;
}

enum scope_code scope_scenario_load(struct scope_scenario *scenario,
                                    const char *path, struct scope_err *err)
{
    *scenario = (struct scope_scenario){0};
    FILE *file = fopen(path, "re");
    if (!file)
        return scope_fail(err, SCOPE_USAGE, errno, "open the scenario %s",
                          path);
    char *text = NULL;
    size_t size = 0;
    size_t got = 1;
    while (got && size <= SCOPE_SCENARIO_BYTES) {
        text = scope_realloc(text, size + 65536, 1);
        got = fread(text + size, 1, 65536, file);
        size += got;
    }
    enum scope_code code =
        ferror(file)
            ? scope_fail(err, SCOPE_IO, errno, "read the scenario %s", path)
            : scope_scenario_parse(scenario, text, size, path, err);
    fclose(file);
    free(text);
    return code;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void scope_scenario_free(struct scope_scenario *scenario)
{
    for (size_t i = 0; i < scenario->client_count; i++)
        free(scenario->clients[i].name);
    for (size_t i = 0; i < scenario->server_count; i++)
        free(scenario->servers[i].name);
    free_texts(scenario->traces, scenario->trace_count);
    free_texts(scenario->certificates, scenario->certificate_count);
    free(scenario->clients);
    free(scenario->servers);
    free(scenario->connections);
    free(scenario->steps);
    free(scenario->threads);
    free(scenario->streams);
    free(scenario->checkpoints);
    free(scenario->id);
    *scenario = (struct scope_scenario){0};
}

const char *const scope_multiplex_words[] = {
    [SCOPE_MULTIPLEX_AUTO] = "auto",
    [SCOPE_MULTIPLEX_NO] = "no",
    [SCOPE_MULTIPLEX_YES] = "yes",
    NULL,
};

enum scope_code scope_multiplex_choose(const struct scope_scenario *scenario,
                                       int multiplex, bool *frames,
                                       struct scope_err *err)
{
    *frames = multiplex == SCOPE_MULTIPLEX_YES ||
              (multiplex == SCOPE_MULTIPLEX_AUTO && scenario->several);
    if (multiplex != SCOPE_MULTIPLEX_NO || !scenario->several)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0,
               "multiplex=no: a connection of the scenario has several "
               "streams");
    return scope_hint(err, "a bare connection carries one: multiplex=yes, on "
                           "both sides");
}

bool scope_scenario_has_pem(const struct scope_scenario *scenario,
                            uint32_t index)
{
    return index < scenario->certificate_count &&
           strstr(scenario->certificates[index], "-----BEGIN ") != NULL;
}
