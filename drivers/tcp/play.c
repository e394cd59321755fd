/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client of a netbench scenario, in one thread: what it does when is the
 * scenario's to say; what is counted and timed is what every load counts.
 */
#include "drivers/tcp/driver.h"
#include "drivers/tcp/kinds.h"
#include "lib/net/files.h"
#include "lib/net/pin.h"
#include "lib/net/scenario_tls.h"
#include "lib/net/stage.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* A scenario of which nothing worked is not repeated at once. */
#define BACK_OFF_NS INT64_C(100000000)

struct connection {
    struct scope_link link;
    void *ticket;
    struct scope_session *session; /* NULL: not yet */
    int64_t begun_ns, limit_ns;
    TAILQ_ENTRY(connection)
    among; /* those that are being made, or the others */
};

TAILQ_HEAD(connections, connection);

struct play {
    struct options options;
    struct scope_scenario scenario;
    bool multiplex;
    struct servers servers;
    struct scope_tls **tls; /* one, or one for each of a server's connections */
    size_t tls_count;
    struct scope_peer *peers; /* for each server, each of these */
    struct kinds kinds;
    struct scope_tally tally;
    struct scope_ledger ledger;
    int cpu; /* -1: any */
    /* The thread's. */
    struct scope_loop loop;
    struct scope_stage *stage;
    struct connections opening, others;
    uint64_t sent, received; /* by stages that are no more */
    int64_t repeats;
    uint64_t faults_before; /* the present run */
    bool drained;
    int64_t again_ns; /* the next run, or INT64_MAX */
    /* Everybody's. */
    pthread_t thread;
    bool running;
    int64_t start_ns;
    _Atomic int64_t end_ns;
    atomic_bool leave;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over; /* locked */
};

/* --- connections ---------------------------------------------------------- */

static void free_connection(struct play *play, struct connection *connection)
{
    TAILQ_REMOVE(connection->session ? &play->others : &play->opening,
                 connection, among);
    scope_link_close(&connection->link);
    free(connection);
}

static void give_up(struct play *play, struct connection *connection)
{
    char detail[SCOPE_DETAIL_SIZE];
    void *ticket = connection->ticket;
    snprintf(detail, sizeof detail, "connect: %s", connection->link.detail);
    scope_tally_fault(&play->tally, connection->link.fault, NULL, detail);
    free_connection(play, connection);
    scope_stage_failed(play->stage, ticket);
}

static void take_result(struct play *play, struct connection *connection,
                        enum scope_link_result result)
{
    struct scope_link *link = &connection->link;
    if (result == SCOPE_LINK_FAILED)
        give_up(play, connection);
    if (result != SCOPE_LINK_READY)
        return;
    scope_tally_connect(&play->tally, link->connected_ns - link->begun_ns,
                        link->stream ? link->up_ns - link->connected_ns : -1);
    play->tally.counts.connections++;
    TAILQ_REMOVE(&play->opening, connection, among);
    TAILQ_INSERT_TAIL(&play->others, connection, among);
    connection->session = scope_stage_connected(
        play->stage, connection->ticket,
        &(struct scope_wire){.fd = link->fd, .tls = link->stream}, connection);
}

static const struct scope_peer *peer_of(const struct play *play,
                                        const struct scope_step *step)
{
    size_t each = play->tls_count ? play->tls_count : 1;
    size_t which = play->tls_count > 1 ? step->to : 0;
    return &play->peers[step->at * each + which];
}

static void connect_to(void *closure, const struct scope_step *step,
                       void *ticket)
{
    struct play *play = closure;
    struct connection *connection = scope_alloc(1, sizeof *connection);
    int64_t now_ns = scope_now_ns();
    scope_link_init(&connection->link);
    connection->ticket = ticket;
    connection->begun_ns = now_ns;
    connection->limit_ns = now_ns + play->options.load.connect_timeout_ns;
    TAILQ_INSERT_TAIL(&play->opening, connection, among);
    take_result(play, connection,
                scope_link_open(&connection->link, peer_of(play, step),
                                &play->loop, connection, now_ns));
}

static void limit_opening(struct play *play, int64_t now_ns)
{
    struct connection *connection;
    while ((connection = TAILQ_FIRST(&play->opening)) &&
           connection->limit_ns <= now_ns) {
        TAILQ_REMOVE(&play->opening, connection, among);
        TAILQ_INSERT_TAIL(&play->opening, connection, among);
        connection->limit_ns = now_ns + play->options.load.connect_timeout_ns;
        take_result(play, connection,
                    scope_link_timeout(&connection->link, &play->loop,
                                       connection, now_ns));
    }
}

/* --- what the stage says ------------------------------------------------- */

static void timed(void *closure, uint32_t trace, int64_t took_ns,
                  bool outermost)
{
    struct play *play = closure;
    if (!outermost)
        scope_tally_part(&play->tally, play->kinds.part[trace], 0, took_ns);
    else
        scope_tally_answer(&play->tally, play->kinds.whole[trace], 0, 0,
                           took_ns);
}

static void marked(void *closure, uint32_t trace)
{
    struct play *play = closure;
    play->tally.counts.kinds[play->kinds.part[trace]]++;
}

static void done(void *closure, void *owner, enum scope_fault fault,
                 const char *detail)
{
    struct play *play = closure;
    const struct connection *connection = owner;
    char text[SCOPE_DETAIL_SIZE];
    play->tally.counts.connections--;
    if (detail) {
        snprintf(text, sizeof text, "connection: %s", detail);
        scope_tally_fault(&play->tally, fault, NULL, text);
    } else if (play->kinds.connections) {
        scope_tally_answer(&play->tally, 0, 0, connection->begun_ns,
                           scope_now_ns());
    }
}

static void gone(void *closure, void *owner)
{
    free_connection(closure, owner);
}

static const struct scope_stage_hooks hooks = {
    .timed = timed,
    .marked = marked,
    .connect = connect_to,
    .done = done,
    .gone = gone,
};

/* --- runs of the scenario ------------------------------------------------- */

static uint64_t count_faults(const struct play *play)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SCOPE_FAULT_COUNT; i++)
        sum += play->tally.counts.errors[i];
    return sum;
}

static void begin_run(struct play *play)
{
    play->again_ns = INT64_MAX;
    play->repeats++;
    play->faults_before = count_faults(play);
    play->stage =
        scope_stage_new(&play->scenario, play->multiplex, &hooks, play);
    scope_stage_start(play->stage, (size_t)play->options.client);
}

static void end_run(struct play *play)
{
    struct connection *connection;
    if (!play->stage)
        return;
    struct scope_stage_counts counts = scope_stage_counts(play->stage);
    play->sent += counts.sent;
    play->received += counts.received;
    scope_stage_free(play->stage);
    play->stage = NULL;
    while ((connection = TAILQ_FIRST(&play->opening)))
        free_connection(play, connection);
}

static void drain(struct play *play)
{
    struct scope_counts *counts = &play->tally.counts;
    counts->cut = counts->outstanding;
    counts->outstanding = counts->connections = 0;
    end_run(play);
    play->drained = true;
    pthread_mutex_lock(&play->lock);
    play->over = true;
    pthread_cond_signal(&play->changed);
    pthread_mutex_unlock(&play->lock);
}

/* The scenario was done once, or cannot go on. */
static void finish_run(struct play *play, int64_t now_ns)
{
    bool failed = count_faults(play) > play->faults_before;
    if (scope_stage_is_stuck(play->stage)) {
        scope_tally_fault(&play->tally, SCOPE_FAULT_OTHER, NULL,
                          "scenario: every thread is parked, and nothing is "
                          "left to unpark one");
        failed = true;
    }
    end_run(play);
    if (play->options.repeat && play->repeats >= play->options.repeat)
        drain(play);
    else
        play->again_ns = failed ? now_ns + BACK_OFF_NS : now_ns;
}

/* Returns when there is more to do. */
static int64_t step_on(struct play *play, int64_t now_ns)
{
    int64_t end_ns = atomic_load_explicit(&play->end_ns, memory_order_relaxed);
    if (play->drained)
        return INT64_MAX;
    if (now_ns >= end_ns) {
        drain(play);
        return INT64_MAX;
    }
    if (!play->stage && play->again_ns <= now_ns)
        begin_run(play);
    if (!play->stage)
        return play->again_ns < end_ns ? play->again_ns : end_ns;
    limit_opening(play, now_ns);
    int64_t next_ns = scope_stage_run(play->stage, now_ns);
    play->tally.counts.outstanding = scope_stage_sessions(play->stage);
    if (scope_stage_is_over(play->stage) || scope_stage_is_stuck(play->stage)) {
        finish_run(play, now_ns);
        return play->drained ? INT64_MAX : play->again_ns;
    }
    const struct connection *first = TAILQ_FIRST(&play->opening);
    if (first && first->limit_ns < next_ns)
        next_ns = first->limit_ns;
    return next_ns < end_ns ? next_ns : end_ns;
}

/* --- the thread ----------------------------------------------------------- */

static void settle(struct play *play, int64_t now_ns)
{
    struct scope_counts *counts = &play->tally.counts;
    struct scope_stage_counts now = {0};
    if (play->stage)
        now = scope_stage_counts(play->stage);
    counts->sent = play->sent + now.sent;
    counts->received = play->received + now.received;
    struct timespec cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    counts->cpu_ns = cpu.tv_sec * INT64_C(1000000000) + cpu.tv_nsec;
    counts->time_ns = now_ns;
}

static void hear(struct play *play, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;
    if (!connection)
        return;
    if (connection->session)
        scope_session_event(connection->session, event->events);
    else
        take_result(play, connection,
                    scope_link_event(&connection->link, &play->loop, connection,
                                     scope_now_ns()));
}

static void prepare(const struct play *play)
{
    scope_loop_sharpen();
    if (play->cpu < 0)
        return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((size_t)play->cpu, &only);
    sched_setaffinity(0, sizeof only, &only);
}

static void *run(void *closure)
{
    struct play *play = closure;
    prepare(play);
    play->again_ns = play->start_ns;
    for (;;) {
        int64_t now_ns = scope_now_ns();
        int64_t next_ns = step_on(play, now_ns);
        if (play->drained && atomic_load(&play->leave))
            break;
        if (scope_tally_wanted(&play->tally)) {
            settle(play, now_ns);
            scope_tally_give(&play->tally);
        }
        int count = scope_loop_wait(&play->loop, scope_now_ns(), next_ns);
        for (int i = 0; i < count; i++)
            hear(play, &play->loop.events[i]);
    }
    settle(play, scope_now_ns());
    return NULL;
}

/* --- a driver's ops ------------------------------------------------------- */

enum scope_code play_start(struct play *play, int64_t start_ns,
                           int64_t duration_ns, struct scope_err *err)
{
    play->start_ns = start_ns;
    play->end_ns = duration_ns ? start_ns + duration_ns : INT64_MAX;
    int error = pthread_create(&play->thread, NULL, run, play);
    if (error)
        return scope_fail(err, SCOPE_FAILED, error, "start a thread");
    play->running = true;
    return SCOPE_OK;
}

enum scope_code play_wait(struct play *play, int64_t until_ns, bool *is_done)
{
    const struct timespec until = {
        .tv_sec = until_ns / 1000000000,
        .tv_nsec = until_ns % 1000000000,
    };
    pthread_mutex_lock(&play->lock);
    while (!play->over && pthread_cond_timedwait(&play->changed, &play->lock,
                                                 &until) != ETIMEDOUT)
        ;
    *is_done = play->over;
    pthread_mutex_unlock(&play->lock);
    return SCOPE_OK;
}

void play_sample(struct play *play, struct scope_sink *sink)
{
    if (play->running) {
        scope_tally_ask(&play->tally);
        scope_loop_wake(&play->loop);
        scope_tally_wait(&play->tally);
    } else {
        scope_tally_take(&play->tally);
    }
    scope_ledger_emit(&play->ledger, sink);
}

void play_stop(struct play *play)
{
    int64_t now_ns = scope_now_ns();
    if (now_ns < play->end_ns)
        play->end_ns = now_ns;
    play->leave = true;
    scope_loop_wake(&play->loop);
    if (play->running)
        pthread_join(play->thread, NULL);
    play->running = false;
}

void play_close(struct play *play)
{
    end_run(play);
    scope_loop_close(&play->loop);
    if (play->ledger.tallies) {
        scope_ledger_free(&play->ledger);
        scope_tally_free(&play->tally);
    }
    kinds_free(&play->kinds);
    for (size_t i = 0; i < play->tls_count; i++)
        scope_tls_free(play->tls[i]);
    free(play->tls);
    free(play->peers);
    servers_free(&play->servers);
    scope_scenario_free(&play->scenario);
    pthread_cond_destroy(&play->changed);
    pthread_mutex_destroy(&play->lock);
    free(play);
}

/* --- opening -------------------------------------------------------------- */

static enum scope_code open_scenario(struct play *play, struct scope_err *err)
{
    const struct options *options = &play->options;
    struct scope_scenario *scenario = &play->scenario;
    enum scope_code code =
        scope_scenario_load(scenario, options->scenario, err);
    if (code != SCOPE_OK)
        return code;
    if ((size_t)options->client >= scenario->client_count)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "client: the scenario %s has %zu, numbered from 0",
                          options->scenario, scenario->client_count);
    if (scenario->routed)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "scenario %s: clients connect through routers, which "
                          "scope does not have",
                          options->scenario);
    return scope_multiplex_choose(scenario, options->multiplex,
                                  &play->multiplex, err);
}

/* A scenario's certificates are for one name for each connection of a server;
 * others are for the server's. */
static enum scope_code open_tls(struct play *play, struct scope_err *err)
{
    const struct options *options = &play->options;
    const struct scope_scenario *scenario = &play->scenario;
    const struct scope_tls_options *tls = &options->tls;
    uint32_t client = (uint32_t)options->client;
    bool own = !tls->ca && !tls->insecure &&
               scope_scenario_has_authority(scenario, client);
    size_t count = 1;
    if (!options->secure)
        return SCOPE_OK;
    for (size_t i = 0; own && !tls->name && i < scenario->server_count; i++)
        if (count < scenario->servers[i].connection_count)
            count = scenario->servers[i].connection_count;
    play->tls = scope_alloc(count, sizeof(struct scope_tls *));
    enum scope_code code = SCOPE_OK;
    while (code == SCOPE_OK && play->tls_count < count) {
        size_t i = play->tls_count++;
        code = own ? scope_scenario_tls_client(&play->tls[i], scenario, client,
                                               (uint32_t)i, tls, err)
                   : scope_tls_client(&play->tls[i], tls,
                                      play->servers.items[0].host, NULL, err);
    }
    return code;
}

static void set_peers(struct play *play)
{
    size_t each = play->tls_count ? play->tls_count : 1;
    size_t servers = play->servers.count;
    play->peers = scope_alloc(servers * each + 1, sizeof *play->peers);
    for (size_t i = 0; i < servers * each; i++) {
        play->peers[i].addresses = &play->servers.items[i / each].addresses;
        play->peers[i].tls = play->tls_count ? play->tls[i % each] : NULL;
    }
}

static enum scope_code open_thread(struct play *play, struct scope_err *err)
{
    struct scope_pins pins;
    enum scope_code code =
        scope_pins_parse(&pins, &play->options.load.cpus, err);
    if (code == SCOPE_OK)
        code = scope_loop_open(&play->loop, err);
    if (code != SCOPE_OK)
        return code;
    play->cpu = scope_pins_cpu(&pins, 0);
    scope_ledger_init(&play->ledger,
                      &(struct scope_ledger_plan){
                          .threads = 1,
                          .kinds = (const char *const *)play->kinds.words,
                          .parts = play->kinds.parts,
                      });
    scope_tally_init(&play->tally, play->ledger.kind_count, false);
    play->ledger.tallies[0] = &play->tally;
    return SCOPE_OK;
}

static void init_locks(struct play *play)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&play->lock, NULL);
    pthread_cond_init(&play->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

enum scope_code play_open(const struct options *options, struct play **made,
                          struct scope_err *err)
{
    struct play *play = scope_alloc(1, sizeof *play);
    play->options = *options;
    play->loop.epoll_fd = play->loop.wake_fd = -1;
    TAILQ_INIT(&play->opening);
    TAILQ_INIT(&play->others);
    init_locks(play);
    enum scope_code code = open_scenario(play, err);
    if (code == SCOPE_OK)
        code = kinds_open(&play->kinds, &play->scenario,
                          (size_t)options->client, err);
    if (code == SCOPE_OK)
        code = servers_open(&play->servers, options,
                            play->scenario.server_count, err);
    if (code == SCOPE_OK)
        code = open_tls(play, err);
    if (code == SCOPE_OK)
        set_peers(play);
    if (code == SCOPE_OK)
        code = scope_files_reserve(play->scenario.connection_count, err);
    if (code == SCOPE_OK)
        code = open_thread(play, err);
    if (code == SCOPE_OK)
        *made = play;
    else
        play_close(play);
    return code;
}
