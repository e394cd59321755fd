/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes requests through their statements. */
#include "drivers/sql/client.h"

#include <scope/alloc.h>
#include <string.h>

static const struct sql_driver *driver_of(const struct scope_worker *worker)
{
    return worker->closure;
}

static uint64_t *counts_of(struct scope_worker *worker)
{
    return worker->tally.counts.own;
}

static size_t run_room(const struct scope_worker *worker)
{
    return (size_t)driver_of(worker)->options.pipeline;
}

static struct sql_run *run_at(const struct scope_worker *worker,
                              struct sql_client *client, size_t index)
{
    return &client->runs[(client->first + index) % run_room(worker)];
}

/* Connections are dealt out to the threads as evenly as can be, the first
 * threads having one more: counted from 0 over all of them. */
static uint64_t number_of(const struct scope_worker *worker,
                          const struct scope_slot *slot)
{
    uint64_t threads = (uint64_t)worker->options->threads;
    uint64_t all = (uint64_t)worker->options->connections;
    uint64_t more = all % threads;
    return worker->index * (all / threads) +
           (worker->index < more ? worker->index : more) + slot->index;
}

void sql_client_ready(struct scope_worker *worker, struct sql_client *client)
{
    if (client->ready)
        return;
    size_t parameters = driver_of(worker)->workload.parameter_count;
    client->values = scope_alloc(parameters + 1, sizeof *client->values);
    client->drawn = scope_alloc(parameters + 1, sizeof *client->drawn);
    client->prepared =
        scope_alloc(driver_of(worker)->workload.statement_count + 1, 1);
    client->runs = scope_alloc(run_room(worker), sizeof *client->runs);
    client->number = number_of(worker, &client->slot);
    client->ready = true;
}

void sql_client_free(struct scope_worker *worker, struct sql_client *client)
{
    if (!client->ready)
        return;
    size_t parameters = driver_of(worker)->workload.parameter_count;
    for (size_t i = 0; i < parameters; i++)
        sql_value_free(&client->values[i]);
    free(client->values);
    free(client->drawn);
    free(client->prepared);
    free(client->runs);
    scope_text_free(&client->text);
    client->ready = false;
}

bool sql_client_setup(struct scope_worker *worker, struct sql_client *client,
                      struct sql_command *command)
{
    const struct sql_workload *workload = &driver_of(worker)->workload;
    *command = (struct sql_command){0};
    if (client->setup < workload->connect_count) {
        command->text = workload->connect[client->setup++];
        return true;
    }
    for (;;) {
        size_t index = client->setup - workload->connect_count;
        if (index >= workload->statement_count)
            return false;
        client->setup++;
        command->statement = &workload->statements[index];
        command->index = index;
        client->prepared[index] = command->statement->mode == SQL_PREPARED;
        if (client->prepared[index])
            return true;
    }
}

bool sql_client_unprepared(const struct scope_worker *worker,
                           struct sql_client *client)
{
    size_t before = driver_of(worker)->workload.connect_count;
    if (client->setup <= before)
        return false;
    client->prepared[client->setup - before - 1] = false;
    return true;
}

/* --- values --------------------------------------------------------------- */

/* Those of the statement's own parameters anew; the shared ones once. */
static void draw(struct scope_worker *worker, struct sql_client *client,
                 struct sql_run *run, const struct sql_statement *statement)
{
    const struct sql_workload *workload = &driver_of(worker)->workload;
    for (size_t i = 0; i < statement->own_count; i++)
        client->drawn[statement->first_own + i] = 0;
    for (size_t i = 0; i < statement->binding_count; i++) {
        size_t at = statement->bindings[i];
        if (client->drawn[at] == run->serial)
            continue;
        client->drawn[at] = run->serial;
        sql_generator_draw(&workload->parameters[at].generator, &run->source,
                           &client->values[at]);
    }
}

const char *sql_client_text(struct scope_worker *worker,
                            struct sql_client *client,
                            const struct sql_statement *statement)
{
    enum sql_dialect dialect = driver_of(worker)->workload.dialect;
    struct scope_text *text = &client->text;
    text->length = 0;
    for (size_t i = 0; i < statement->piece_count; i++) {
        const struct sql_piece *piece = &statement->pieces[i];
        scope_text_put(text, piece->text, piece->length);
        if (piece->parameter != SIZE_MAX)
            sql_literal(dialect, text, &client->values[piece->parameter]);
    }
    return text->bytes;
}

/* --- a request's way ------------------------------------------------------ */

static const struct sql_unit *pick_unit(const struct sql_workload *workload,
                                        struct sql_random *random)
{
    if (workload->unit_count == 1)
        return workload->units;
    double at = sql_random_unit(random);
    size_t index = 0;
    while (index + 1 < workload->unit_count &&
           at >= workload->units[index].until)
        index++;
    return &workload->units[index];
}

/* From its first command on, also when it is tried again: then with the same
 * random numbers, so that the request stays what it was. */
static void begin(struct scope_worker *worker, struct sql_client *client,
                  struct sql_run *run)
{
    const struct sql_driver *driver = driver_of(worker);
    run->source = (struct sql_source){
        .random = sql_random_stream((uint64_t)driver->options.load.seed,
                                    run->exchange.number),
        .connection = client->number,
    };
    run->unit = pick_unit(&driver->workload, &run->source.random);
    run->rollback = run->unit->rollback > 0 &&
                    sql_random_unit(&run->source.random) < run->unit->rollback;
    run->phase = run->unit->transaction ? SQL_BEGINNING : SQL_STEPPING;
    run->step = 0;
    run->times = 0;
    run->again = false;
}

static void perform(struct scope_worker *worker, struct sql_client *client,
                    struct sql_run *run, int64_t now_ns)
{
    const struct sql_driver *driver = driver_of(worker);
    struct sql_command command = {0};
    switch (run->phase) {
    case SQL_BEGINNING:
        command.text = run->unit->begin;
        break;
    case SQL_STEPPING:
        command.index = run->unit->steps[run->step].statement;
        command.statement = &driver->workload.statements[command.index];
        draw(worker, client, run, command.statement);
        break;
    case SQL_ENDING:
        command.text = run->rollback ? "ROLLBACK" : "COMMIT";
        break;
    case SQL_UNDOING:
        command.text = "ROLLBACK";
        break;
    }
    run->step_ns = now_ns;
    driver->server->perform(worker, client, &command, now_ns);
}

void sql_client_send(struct scope_worker *worker, struct scope_slot *slot,
                     const struct scope_exchange *exchange)
{
    struct sql_client *client = (struct sql_client *)slot;
    struct sql_run *run = run_at(worker, client, client->count++);
    *run = (struct sql_run){.exchange = *exchange, .serial = ++client->serial};
    begin(worker, client, run);
    perform(worker, client, run, exchange->sent_ns);
}

static void pop(struct scope_worker *worker, struct sql_client *client)
{
    client->first = (client->first + 1) % run_room(worker);
    client->count--;
}

/* The next command of a run, when its last one went well; false: there is
 * none. */
static bool advance(struct sql_run *run)
{
    const struct sql_unit *unit = run->unit;
    if (run->phase == SQL_BEGINNING) {
        run->phase = SQL_STEPPING;
        return true;
    }
    if (run->phase != SQL_STEPPING)
        return false;
    if (++run->times == unit->steps[run->step].times) {
        run->times = 0;
        run->step++;
    }
    if (run->step < unit->step_count)
        return true;
    run->phase = SQL_ENDING;
    return unit->transaction;
}

static void count_good(struct scope_worker *worker, const struct sql_run *run,
                       const struct sql_outcome *outcome, int64_t now_ns)
{
    uint64_t *counts = counts_of(worker);
    if (run->phase == SQL_ENDING && run->rollback)
        counts[SQL_COUNT_ROLLBACKS]++;
    if (run->phase != SQL_STEPPING)
        return;
    counts[SQL_COUNT_STATEMENTS]++;
    counts[SQL_COUNT_ROWS] += outcome->rows;
    counts[SQL_COUNT_BYTES] += outcome->bytes;
    if (run->unit->transaction)
        scope_tally_part(&worker->tally, run->unit->steps[run->step].part,
                         run->step_ns, now_ns);
}

/* It goes behind those that were sent after it: its turn has come again. */
static void try_again(struct scope_worker *worker, struct sql_client *client,
                      int64_t now_ns)
{
    struct sql_run run = *run_at(worker, client, 0);
    pop(worker, client);
    struct sql_run *last = run_at(worker, client, client->count++);
    *last = run;
    begin(worker, client, last);
    perform(worker, client, last, now_ns);
}

static bool is_conflict(const char *sqlstate)
{
    return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}

static void failed(struct scope_worker *worker, struct sql_client *client,
                   struct sql_run *run, const struct sql_outcome *outcome,
                   int64_t now_ns)
{
    const struct sql_driver *driver = driver_of(worker);
    bool undo = run->unit->transaction && run->phase == SQL_STEPPING;
    bool again =
        is_conflict(outcome->sqlstate) && run->tries < driver->options.retries;
    if (again) {
        run->tries++;
        worker->tally.counts.retries++;
    } else {
        scope_slot_lost(worker, &client->slot, SCOPE_FAULT_OTHER,
                        outcome->sqlstate, outcome->message);
    }
    if (undo) {
        run->again = again;
        run->phase = SQL_UNDOING;
        perform(worker, client, run, now_ns);
    } else if (again) {
        try_again(worker, client, now_ns);
    } else {
        pop(worker, client);
        scope_slot_next(worker, &client->slot, now_ns);
    }
}

/* The server has taken the transaction back, or could not. */
static void undone(struct scope_worker *worker, struct sql_client *client,
                   const struct sql_run *run, const struct sql_outcome *outcome,
                   int64_t now_ns)
{
    if (outcome->failed) {
        sql_client_gone(worker, client, SCOPE_FAULT_OTHER, outcome->sqlstate,
                        outcome->message, now_ns);
    } else if (run->again) {
        try_again(worker, client, now_ns);
    } else {
        pop(worker, client);
        scope_slot_next(worker, &client->slot, now_ns);
    }
}

void sql_client_done(struct scope_worker *worker, struct sql_client *client,
                     const struct sql_outcome *outcome, int64_t now_ns)
{
    struct sql_run *run = run_at(worker, client, 0);
    if (run->phase == SQL_UNDOING) {
        undone(worker, client, run, outcome, now_ns);
        return;
    }
    if (outcome->failed) {
        failed(worker, client, run, outcome, now_ns);
        return;
    }
    count_good(worker, run, outcome, now_ns);
    if (advance(run)) {
        perform(worker, client, run, now_ns);
        return;
    }
    scope_slot_answered(
        worker, &client->slot, &run->exchange,
        (unsigned)(run->unit - driver_of(worker)->workload.units), now_ns);
    pop(worker, client);
    scope_slot_next(worker, &client->slot, now_ns);
}

/* --- ends ----------------------------------------------------------------- */

/* Was its loss told, before what it had done was taken back? */
static bool is_told(const struct sql_run *run)
{
    return run->phase == SQL_UNDOING && !run->again;
}

static void lose_all(struct scope_worker *worker, struct sql_client *client,
                     enum scope_fault fault, const char *name,
                     const char *detail)
{
    for (size_t i = 0; i < client->count; i++)
        if (!is_told(run_at(worker, client, i)))
            scope_slot_lost(worker, &client->slot, fault, name, detail);
    sql_client_forget(client);
}

void sql_client_gone(struct scope_worker *worker, struct sql_client *client,
                     enum scope_fault fault, const char *name,
                     const char *detail, int64_t now_ns)
{
    lose_all(worker, client, fault, name, detail);
    scope_slot_reopen(worker, &client->slot, now_ns);
}

void sql_client_forget(struct sql_client *client)
{
    client->first = 0;
    client->count = 0;
}

void sql_client_check(struct scope_worker *worker, struct scope_slot *slot,
                      int64_t now_ns)
{
    struct sql_client *client = (struct sql_client *)slot;
    struct sql_driver *driver = worker->closure;
    if (!client->count)
        return;
    int64_t limit_ns = scope_worker_timeout_ns(worker, now_ns);
    if (run_at(worker, client, 0)->exchange.sent_ns >= limit_ns)
        return;
    struct sql_errand *errand = driver->server->cancel(driver, client);
    if (errand) {
        counts_of(worker)[SQL_COUNT_CANCELS]++;
        sql_driver_errand(driver, errand);
    }
    sql_client_gone(worker, client, SCOPE_FAULT_TIMEOUT, NULL,
                    "no answer in time; the statement was cancelled and its "
                    "connection closed",
                    now_ns);
}
