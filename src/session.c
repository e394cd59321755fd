/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session. The order matters: drivers and the command are forked while there
 * are no threads and no open store; the store comes before the first frame;
 * targets are known before collectors hear of them; and what was started is
 * stopped in the opposite order, whatever happened in between.
 */
#include "src/session_run.h"

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "src/self.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCAN_NS (100 * NS_PER_MS)   /* exits, threads */
#define FULL_SCAN_NS NS_PER_S       /* new processes */
#define SELF_NS NS_PER_S            /* own metrics */
#define DRIVER_INTERVAL_NS NS_PER_S /* histograms and counts */
#define LEAD_NS (20 * NS_PER_MS)    /* from release to the first tick */
#define DRAIN_NS (3 * NS_PER_S)     /* for drivers after the end */

/* --- what cannot work here ------------------------------------------------ */

static enum scope_code probe_all(struct run *run,
                                 struct session_plugin *plugins, size_t *count,
                                 struct scope_err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct scope_err why = {0};
        const struct scope_loaded *loaded = plugins[i].loaded;
        enum scope_code code = loaded->collector.probe(
            scope_settings_config(plugins[i].settings), &why);
        if (code == SCOPE_OK) {
            plugins[kept++] = plugins[i];
            continue;
        }
        *err = why;
        scope_prefix(err, "%s cannot work here", loaded->plugin->name);
        if (*count == 1 || code == SCOPE_USAGE)
            return code;
        progress_say(&run->session->progress, "without %s: %s",
                     loaded->plugin->name, why.text);
        if (*why.hint)
            progress_say(&run->session->progress, "  %s", why.hint);
        scope_facts_add(&run->facts, "left_out", "%s: %s", loaded->plugin->name,
                        why.text);
        run->session->partial = true;
    }
    if (*count && !kept)
        return err->code;
    *count = kept;
    return SCOPE_OK;
}

/* --- the store ------------------------------------------------------------ */

static enum scope_code write_source(struct run *run, unsigned source,
                                    const struct session_plugin *plugin,
                                    bool driver, struct scope_err *err)
{
    const struct scope_plugin *of = plugin->loaded->plugin;
    struct scope_label *config = NULL;
    size_t count = 0;
    size_t room = 0;
    for (const struct scope_option *row = plugin->loaded->options; row->name;
         row++) {
        char *text = scope_settings_text(plugin->settings, row);
        if (!text)
            continue;
        config = scope_grow(config, &room, count, sizeof *config);
        config[count++] = (struct scope_label){.key = row->name, .value = text};
    }
    enum scope_code code = scope_writer_source(
        run->session->writer, source, of->name, driver, of->version, config,
        count, plugin->interval_ns, err);
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)config[i].value);
    free(config);
    return code;
}

static enum scope_code begin_trial(struct run *run, struct scope_err *err)
{
    const struct session_plan *plan = run->plan;
    struct scope_writer *writer = run->session->writer;
    enum scope_code code = scope_writer_begin(
        writer, run->start_ns, run->start_ns + scope_realtime_offset_ns(),
        plan->labels, plan->label_count, run->facts.items, run->facts.count,
        &run->session->trial, err);
    if (code != SCOPE_OK)
        return code;
    run->began = true;
    code = scope_writer_source(writer, 0, "scope", false, "", NULL, 0, SELF_NS,
                               err);
    unsigned source = 1;
    for (size_t i = 0; i < plan->collector_count && code == SCOPE_OK; i++)
        code = write_source(run, source++, &plan->collectors[i], false, err);
    for (size_t i = 0; i < plan->driver_count && code == SCOPE_OK; i++)
        code = write_source(run, source++, &plan->drivers[i], true, err);
    return code;
}

/* --- start ---------------------------------------------------------------- */

static enum scope_code take_signals(struct run *run, struct scope_err *err)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, &run->old_mask);
    signal(SIGPIPE, SIG_IGN);
    run->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    run->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (run->signal_fd < 0 || run->wake_fd < 0)
        return scope_fail(err, SCOPE_FAILED, errno, "listen for signals");
    return SCOPE_OK;
}

static enum scope_code spawn_drivers(struct run *run, struct scope_err *err)
{
    const struct session_plan *plan = run->plan;
    unsigned source = 1 + (unsigned)plan->collector_count;
    run->drivers = scope_alloc(plan->driver_count, sizeof(void *));
    for (size_t i = 0; i < plan->driver_count; i++) {
        const struct session_plugin *plugin = &plan->drivers[i];
        const void *config = scope_settings_config(plugin->settings);
        enum scope_code code = plugin->loaded->driver.probe(config, err);
        if (code == SCOPE_OK)
            code =
                scope_driver_spawn(plugin->loaded, config, source++,
                                   plugin->interval_ns, &run->drivers[i], err);
        if (code != SCOPE_OK)
            return code;
        run->driver_count++;
    }
    return SCOPE_OK;
}

/* Opens every collector; one that fails is left out while another is left. */
static enum scope_code open_collectors(struct run *run, struct scope_err *err)
{
    const struct session_plan *plan = run->plan;
    run->sampler = scope_sampler_new();
    for (size_t i = 0; i < plan->collector_count; i++) {
        const struct session_plugin *plugin = &plan->collectors[i];
        enum scope_code code =
            scope_sampler_add(run->sampler, plugin->loaded,
                              scope_settings_config(plugin->settings),
                              (unsigned)i + 1, plugin->interval_ns, err);
        if (code != SCOPE_OK)
            return scope_prefix(err, "%s", plugin->loaded->plugin->name);
    }
    return SCOPE_OK;
}

static enum scope_code start_threads(struct run *run, struct early *early,
                                     struct scope_err *err)
{
    run->live = live_new(run->plan->stop_if, run->driver_count);
    run->recording =
        recording_new(run->session->writer, run->sampler, run->drivers,
                      run->driver_count, run->live, run->wake_fd);
    scope_host_init(&run->self_host, self_metrics, SELF_NS);
    run->self =
        scope_sink_new(0, &run->self_host, recording_outlet(run->recording));
    session_tell_targets(run, early);
    unsigned source = 0;
    enum scope_code code = recording_start(run->recording, err);
    return code == SCOPE_OK ? scope_sampler_prepare(run->sampler, &source, err)
                            : code;
}

/* --- the middle ----------------------------------------------------------- */

int session_take_signal(struct run *run)
{
    struct signalfd_siginfo info;
    int found = 0;
    while (read(run->signal_fd, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            found = (int)info.ssi_signo;
    return found;
}

void session_sleep_until(struct run *run, int64_t deadline_ns)
{
    struct pollfd fds[] = {{.fd = run->signal_fd, .events = POLLIN},
                           {.fd = run->wake_fd, .events = POLLIN}};
    int64_t left_ns = deadline_ns - scope_now_ns();
    struct timespec left = scope_timespec(left_ns > 0 ? left_ns : 0);
    ppoll(fds, 2, &left, NULL);
    uint64_t ignored;
    if (fds[1].revents && read(run->wake_fd, &ignored, sizeof ignored) < 0)
        return;
}

static int64_t min_ns(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The load of the last second, as far as it is known. */
static void describe_load(struct run *run, char *out, size_t size)
{
    struct live_figures figures = live_figures(run->live);
    char p50[32], p99[32], rate[32];
    *out = '\0';
    if (!run->driver_count || !figures.known)
        return;
    scope_format_value(rate, sizeof rate, figures.rate, SCOPE_UNIT_HERTZ, 4);
    scope_format_value(p50, sizeof p50, figures.p50, SCOPE_UNIT_NS, 3);
    scope_format_value(p99, sizeof p99, figures.p99, SCOPE_UNIT_NS, 3);
    snprintf(out, size, ", %s, p50 %s, p99 %s, %.0f errors, %.0f outstanding",
             rate, p50, p99, figures.errors, figures.outstanding);
}

static void show_progress(struct run *run, int64_t now_ns)
{
    struct progress *progress = &run->session->progress;
    if (!progress_due(progress, now_ns))
        return;
    char load[192], left[48] = "", processes[32] = "";
    double second = (double)NS_PER_S;
    describe_load(run, load, sizeof load);
    if (run->plan->duration_ns)
        snprintf(left, sizeof left, ", %.0f s left",
                 fmax(0, (double)(run->end_ns - now_ns) / second));
    if (run->plan->selector_count || run->plan->command)
        snprintf(processes, sizeof processes, ", %zu processes",
                 scope_targets_alive(run->targets));
    if (now_ns < run->start_ns)
        progress_show(progress, "warming up, %.1f s left%s",
                      (double)(run->start_ns - now_ns) / second, load);
    else
        progress_show(progress, "%.0f s%s%s%s",
                      (double)(now_ns - run->start_ns) / second, processes,
                      load, left);
}

/* Whether there is nothing left to measure when the processes are gone. */
static bool only_processes(const struct session_plan *plan)
{
    for (size_t i = 0; i < plan->selector_count; i++)
        if (plan->selectors[i].kind == SCOPE_SELECT_ALL ||
            plan->selectors[i].kind == SCOPE_SELECT_CGROUP)
            return false;
    return plan->selector_count > 0;
}

/* A rule of --stop-if holds: the trial keeps what it has, and why. */
static void stop_early(struct run *run)
{
    char reason[256];
    live_stop(run->live, reason, sizeof reason);
    run->session->stopped = true;
    scope_event(run->self, SCOPE_EVENT_NOTE, NULL, 1, "stopped early: %s",
                reason);
    if (run->plan->terse)
        progress_say(&run->session->progress, "  stopped early: %s", reason);
}

/* Whether it is over, apart from signals. */
static bool ended(struct run *run, int64_t now_ns)
{
    struct recording_state state = recording_state(run->recording);
    if (state.failed || state.driver_failed)
        return true;
    if (run->plan->duration_ns && now_ns >= run->end_ns)
        return true;
    if (run->driver_count && !state.driving)
        return true;
    if (run->command.pid && child_ended(&run->command))
        return true;
    if (state.stop) {
        stop_early(run);
        return true;
    }
    if (run->plan->duration_ns || !only_processes(run->plan) ||
        scope_targets_alive(run->targets))
        return false;
    progress_say(&run->session->progress,
                 "everything that was measured has ended");
    return true;
}

static enum scope_code watch(struct run *run, struct scope_err *err)
{
    int64_t scan_ns = run->load_ns;
    int64_t full_ns = run->load_ns + FULL_SCAN_NS;
    int64_t self_ns = run->start_ns;
    enum scope_code code = SCOPE_OK;
    for (;;) {
        int64_t now_ns = scope_now_ns();
        if (now_ns >= scan_ns) {
            bool full = now_ns >= full_ns;
            code = session_scan(run, full, err);
            scan_ns = now_ns + SCAN_NS;
            if (full)
                full_ns = now_ns + FULL_SCAN_NS;
        }
        if (now_ns >= self_ns) {
            self_sample(run->self, run->sampler,
                        scope_targets_alive(run->targets));
            self_ns = now_ns + SELF_NS;
        }
        show_progress(run, now_ns);
        int got = session_take_signal(run);
        if (got)
            run->session->signal = got;
        if (got || code != SCOPE_OK || ended(run, now_ns))
            return code;
        int64_t next_ns = min_ns(scan_ns, self_ns);
        if (run->plan->duration_ns)
            next_ns = min_ns(next_ns, run->end_ns);
        session_sleep_until(run, next_ns);
    }
}

static void free_run(struct run *run)
{
    scope_sampler_free(run->sampler);
    for (size_t i = 0; i < run->driver_count; i++)
        scope_driver_free(run->drivers[i]);
    free(run->drivers);
    recording_free(run->recording);
    live_free(run->live);
    scope_sink_free(run->self);
    scope_host_free(&run->self_host);
    scope_facts_free(&run->facts);
    scope_targets_free(run->targets);
    if (run->signal_fd >= 0)
        close(run->signal_fd);
    if (run->wake_fd >= 0)
        close(run->wake_fd);
    sigprocmask(SIG_SETMASK, &run->old_mask, NULL);
}

static enum scope_code prepare(struct run *run, struct session_plan *plan,
                               struct early *early, struct scope_err *err)
{
    scope_facts_node(&run->facts);
    enum scope_code code = take_signals(run, err);
    if (code == SCOPE_OK)
        code = probe_all(run, plan->collectors, &plan->collector_count, err);
    if (code == SCOPE_OK)
        code = spawn_drivers(run, err);
    if (code == SCOPE_OK && plan->command)
        code = child_hold(plan->command, &run->command, err);
    if (code == SCOPE_OK)
        code = session_find_targets(run, early, err);
    if (code == SCOPE_OK)
        code = open_collectors(run, err);
    if (code == SCOPE_OK)
        code = scope_writer_open(plan->output, &run->session->writer, err);
    if (code != SCOPE_OK)
        return code;
    run->load_ns = scope_now_ns() + LEAD_NS;
    run->start_ns = run->load_ns + plan->warmup_ns;
    code = begin_trial(run, err);
    return code == SCOPE_OK ? start_threads(run, early, err) : code;
}

static enum scope_code release(struct run *run, struct scope_err *err)
{
    const struct session_plan *plan = run->plan;
    /* Attaching took its time: the window begins now. */
    run->load_ns = scope_now_ns() + LEAD_NS;
    run->start_ns = run->load_ns + plan->warmup_ns;
    run->end_ns = run->start_ns + plan->duration_ns;
    scope_sampler_start(run->sampler, run->start_ns);
    live_window(run->live, run->start_ns);
    int64_t load_ns =
        plan->duration_ns ? plan->warmup_ns + plan->duration_ns : 0;
    for (size_t i = 0; i < run->driver_count; i++)
        scope_driver_start(run->drivers[i], run->load_ns, plan->warmup_ns,
                           load_ns);
    return plan->command ? child_release(&run->command, plan->command[0], err)
                         : SCOPE_OK;
}

enum scope_code session_run(struct session *session,
                            const struct session_plan *asked,
                            struct scope_err *err)
{
    struct session_plan plan = *asked; /* probing leaves plugins out */
    struct run run = {
        .session = session, .plan = &plan, .signal_fd = -1, .wake_fd = -1};
    struct early early = {.run = &run};
    *session = (struct session){.plan = asked};
    progress_init(&session->progress, asked->quiet);
    enum scope_code code = prepare(&run, &plan, &early, err);
    if (code == SCOPE_OK)
        code = release(&run, err);
    if (code == SCOPE_OK)
        code = watch(&run, err);
    code = session_finish(&run, code, err);
    struct scope_err late = {0};
    if (run.began && session_judge(&run, code == SCOPE_OK, &late) != SCOPE_OK &&
        code == SCOPE_OK) {
        *err = late;
        code = late.code;
    }
    if (code == SCOPE_OK && run.command_ended && run.command.status) {
        progress_say(&session->progress, "%s ended with %s %d", plan.command[0],
                     WIFSIGNALED(run.command.status) ? "signal" : "status",
                     WIFSIGNALED(run.command.status)
                         ? WTERMSIG(run.command.status)
                         : WEXITSTATUS(run.command.status));
        session->partial = true;
    }
    progress_end(&session->progress);
    free_run(&run);
    free(early.items);
    if (code != SCOPE_OK && session->writer) {
        enum scope_code closed = scope_writer_close(session->writer, &late);
        (void)closed;
        session->writer = NULL;
    }
    return code;
}
