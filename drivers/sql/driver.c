/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to a running engine, and the way back. */
#include "drivers/sql/client.h"

#include "lib/net/url.h"

#include <netdb.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *const sql_prepare_words[] = {
    [SQL_PREPARE_NO] = "no",
    [SQL_PREPARE_YES] = "yes",
    [SQL_PREPARE_FRESH] = "fresh",
    NULL,
};
const char *const sql_tls_words[] = {
    [SQL_TLS_DISABLE] = "disable",         [SQL_TLS_PREFER] = "prefer",
    [SQL_TLS_REQUIRE] = "require",         [SQL_TLS_VERIFY_CA] = "verify-ca",
    [SQL_TLS_VERIFY_FULL] = "verify-full", NULL,
};
const char *const sql_mode_choices[] = {"workload", "prepared", "extended",
                                        "simple", NULL};

/* --- errands -------------------------------------------------------------- */

/* When more connections than this time out at once, the server has other
 * worries than the statements that nobody waits for. */
enum { MOST_ERRANDS = 256 };

static void *run_errands(void *closure)
{
    struct sql_driver *driver = closure;
    pthread_mutex_lock(&driver->lock);
    for (;;) {
        struct sql_errand *errand = driver->errands;
        if (!errand && driver->leave)
            break;
        if (!errand) {
            pthread_cond_wait(&driver->changed, &driver->lock);
            continue;
        }
        driver->errands = errand->next;
        driver->errand_count--;
        pthread_mutex_unlock(&driver->lock);
        errand->run(errand);
        errand->free(errand);
        pthread_mutex_lock(&driver->lock);
    }
    pthread_mutex_unlock(&driver->lock);
    return NULL;
}

void sql_driver_errand(struct sql_driver *driver, struct sql_errand *errand)
{
    pthread_mutex_lock(&driver->lock);
    if (!driver->running)
        driver->running =
            !pthread_create(&driver->runner, NULL, run_errands, driver);
    bool taken = driver->running && driver->errand_count < MOST_ERRANDS;
    if (taken) {
        struct sql_errand **last = &driver->errands;
        while (*last)
            last = &(*last)->next;
        errand->next = NULL;
        *last = errand;
        driver->errand_count++;
        pthread_cond_signal(&driver->changed);
    }
    pthread_mutex_unlock(&driver->lock);
    if (!taken)
        errand->free(errand);
}

/* What has not begun is dropped; what has is waited for, but not for ever: a
 * server that does not even answer a connect would hold up the end. */
static void end_errands(struct sql_driver *driver)
{
    pthread_mutex_lock(&driver->lock);
    while (driver->errands) {
        struct sql_errand *errand = driver->errands;
        driver->errands = errand->next;
        errand->free(errand);
    }
    driver->leave = true;
    pthread_cond_signal(&driver->changed);
    pthread_mutex_unlock(&driver->lock);
    if (!driver->running)
        return;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    if (pthread_timedjoin_np(driver->runner, NULL, &until) == 0)
        return;
    pthread_cancel(driver->runner);
    pthread_join(driver->runner, NULL);
}

/* --- before and after the load -------------------------------------------- */

static enum scope_code check_statements(const struct sql_driver *driver,
                                        void *session, struct scope_err *err)
{
    const struct sql_workload *workload = &driver->workload;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < workload->statement_count; i++) {
        const struct sql_statement *statement = &workload->statements[i];
        /* Of several, the later may need what the earlier make. */
        if (statement->mode == SQL_SIMPLE && strchr(statement->placed, ';'))
            continue;
        code = driver->server->parse(session, statement, err);
        if (code == SCOPE_OK)
            continue;
        scope_prefix(err, "statement %s", statement->name);
        code = scope_at(&statement->place, err);
        bool makes = driver->options.prepare != SQL_PREPARE_NO;
        scope_hint(err, "%s",
                   workload->table_count && !makes
                       ? "if its tables are not there yet, prepare=yes makes "
                         "them"
                       : "check=no would run it all the same, and count its "
                         "errors");
    }
    return code;
}

static enum scope_code look_first(const struct sql_driver *driver,
                                  struct scope_err *err)
{
    bool prepares = driver->options.prepare != SQL_PREPARE_NO;
    if (!prepares && !driver->options.check)
        return SCOPE_OK;
    void *session = NULL;
    enum scope_code code = driver->server->login(driver, &session, err);
    if (code != SCOPE_OK)
        return code;
    for (size_t i = 0; code == SCOPE_OK && i < driver->workload.connect_count;
         i++)
        code = driver->server->ask(session, driver->workload.connect[i], NULL,
                                   err);
    if (code == SCOPE_OK && prepares)
        code = sql_tables_make(driver, session, err);
    if (code == SCOPE_OK && driver->options.check)
        code = check_statements(driver, session, err);
    driver->server->logout(session);
    return code;
}

/* Nobody is left to be told of what fails here: the tables then stay, and are
 * known as scope's. */
static void clean_up(const struct sql_driver *driver)
{
    void *session = NULL;
    if (driver->server->login(driver, &session, NULL) != SCOPE_OK)
        return;
    sql_tables_drop(driver, session);
    driver->server->logout(session);
}

static void close_driver(void *closure)
{
    struct sql_driver *driver = closure;
    end_errands(driver);
    if (driver->options.cleanup && driver->workload.table_count)
        clean_up(driver);
    pthread_cond_destroy(&driver->changed);
    pthread_mutex_destroy(&driver->lock);
    sql_workload_free(&driver->workload);
    free(driver->where);
    free(driver->address);
    free(driver);
}

/* --- opening -------------------------------------------------------------- */

/* The libraries would ask the resolver, and wait for it, for each connection.
 */
static enum scope_code find_host(struct sql_driver *driver,
                                 struct scope_err *err)
{
    const struct sql_options *options = &driver->options;
    if (options->host[0] == '/') {
        driver->where = scope_strdup(options->host);
        return SCOPE_OK;
    }
    driver->where =
        scope_format("%s:%jd", options->host, (intmax_t)options->port);
    char port[16];
    snprintf(port, sizeof port, "%jd", (intmax_t)options->port);
    struct scope_addresses addresses = {0};
    enum scope_code code = scope_resolve(options->host, port, &addresses, err);
    if (code != SCOPE_OK)
        return code;
    char text[NI_MAXHOST];
    const struct scope_address *first = addresses.items;
    if (!addresses.count ||
        getnameinfo((const struct sockaddr *)&first->bytes, first->size, text,
                    sizeof text, NULL, 0, NI_NUMERICHOST))
        code = scope_fail(err, SCOPE_NOT_FOUND, 0, "%s has no address",
                          options->host);
    else
        driver->address = scope_strdup(text);
    scope_addresses_free(&addresses);
    return code;
}

static enum scope_code check_pipeline(const struct sql_driver *driver,
                                      struct scope_err *err)
{
    const struct sql_workload *workload = &driver->workload;
    if (driver->options.pipeline == 1)
        return SCOPE_OK;
    for (size_t i = 0; i < workload->unit_count; i++) {
        const struct sql_unit *unit = &workload->units[i];
        if (unit->transaction)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "pipeline: transaction %s is sent a statement "
                              "at a time",
                              unit->name);
        const struct sql_statement *statement =
            &workload->statements[unit->steps[0].statement];
        if (statement->mode == SQL_SIMPLE)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "pipeline: statement %s has mode simple, which "
                              "cannot be sent so",
                              statement->name);
    }
    return SCOPE_OK;
}

static enum scope_code read_workload(struct sql_driver *driver,
                                     struct scope_err *err)
{
    const struct sql_options *options = &driver->options;
    const struct sql_source_options source = {
        .dialect = driver->server->dialect,
        .file = options->workload,
        .preset = sql_preset_text(options->preset),
        .statements = options->statements,
        .parameters = options->parameters,
        .rows = options->rows,
        .mode = options->mode - 1,
    };
    enum scope_code code = sql_workload_open(&driver->workload, &source, err);
    return code == SCOPE_OK ? check_pipeline(driver, err) : code;
}

static size_t most_bindings(const struct sql_workload *workload)
{
    size_t most = 0;
    for (size_t i = 0; i < workload->statement_count; i++)
        if (workload->statements[i].binding_count > most)
            most = workload->statements[i].binding_count;
    return most;
}

enum scope_code sql_driver_open(const struct sql_server *server,
                                const struct sql_options *options, void **self,
                                struct scope_err *err)
{
    struct sql_driver *driver = scope_alloc(1, sizeof *driver);
    driver->server = server;
    driver->options = *options;
    driver->protocol = server->protocol;
    driver->protocol.close = close_driver;
    pthread_mutex_init(&driver->lock, NULL);
    pthread_cond_init(&driver->changed, NULL);
    enum scope_code code = read_workload(driver, err);
    if (code == SCOPE_OK)
        code = find_host(driver, err);
    if (code == SCOPE_OK)
        code = look_first(driver, err);
    if (code != SCOPE_OK) {
        driver->options.cleanup = false;
        close_driver(driver);
        return code;
    }
    driver->protocol.worker_size =
        most_bindings(&driver->workload) * server->binding_size;
    driver->protocol.kinds = (const char *const *)driver->workload.kinds;
    driver->protocol.parts =
        (unsigned)(driver->workload.kind_count - driver->workload.unit_count);
    const struct scope_engine_plan plan = {
        .options = &driver->options.load,
        .protocol = &driver->protocol,
        .closure = driver,
        .streams = (uint32_t)driver->options.pipeline,
        .own = SQL_COUNTS,
    };
    return scope_engine_open(&plan, self, err);
}
