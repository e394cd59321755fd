/* skeleton: a proxy. See <scope/plugin.h> for what each op may do. The program
 * here only follows its configuration file; put the real one in its place. */
#include <errno.h>
#include <scope/plugin.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct config {
    const char *program;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_PATH(struct config, program, "program",
                      .fallback = "/usr/bin/tail",
                      .help = "the proxy's program"),
    SCOPE_OPTION_END,
};

struct state {
    pid_t pid;
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    const struct config *wanted = config;
    if (access(wanted->program, X_OK) == 0)
        return SCOPE_OK;
    scope_fail(err, SCOPE_UNAVAILABLE, errno, "run %s", wanted->program);
    return scope_hint(err, "install it, or name it with program=PATH");
}

/* Policies put their part into the place "listener". */
static enum scope_code render(const void *config,
                              const struct scope_route *route,
                              const struct scope_snippets *snippets,
                              struct scope_text *file, struct scope_err *err)
{
    (void)config, (void)err;
    scope_text_add(file, "listen %s\n%s", route->listen,
                   scope_snippet_text(snippets, "listener"));
    for (const char *const *at = route->upstreams; *at; at++)
        scope_text_add(file, "upstream %s\n", *at);
    return SCOPE_OK;
}

static enum scope_code start(const void *config, const char *path, void **self,
                             struct scope_err *err)
{
    const struct config *wanted = config;
    char *argv[] = {(char *)(uintptr_t)wanted->program, (char[]){"-f"},
                    (char *)(uintptr_t)path, NULL};
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1,
                                     0);
    int failure =
        posix_spawn(&pid, wanted->program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure)
        return scope_fail(err, SCOPE_FAILED, failure, "start %s",
                          wanted->program);
    struct state *state = scope_alloc(1, sizeof *state);
    state->pid = pid;
    *self = state;
    return SCOPE_OK;
}

static enum scope_code ready(void *self, pid_t *pid, struct scope_err *err)
{
    const struct state *state = self;
    siginfo_t ended = {.si_pid = 0};
    if (waitid(P_PID, (id_t)state->pid, &ended,
               WEXITED | WNOHANG | WNOWAIT) < 0 ||
        ended.si_pid)
        return scope_fail(err, SCOPE_FAILED, 0, "the program has ended");
    *pid = state->pid;
    return SCOPE_OK;
}

static void stop(void *self)
{
    struct state *state = self;
    kill(state->pid, SIGTERM);
    waitpid(state->pid, NULL, 0);
    free(state);
}

static const struct scope_proxy_ops ops = {
    .probe = probe,
    .render = render,
    .start = start,
    .ready = ready,
    .stop = stop,
};

SCOPE_PLUGIN(.kind = SCOPE_PROXY, .name = "skeleton",
             .summary = "a program that reads its configuration",
             .version = "0.1", .options = options,
             .config_size = sizeof(struct config), .proxy = &ops);
