/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selectors: read from "[ROLE=]VALUE", compiled, asked, and explained. */
#include "lib/host/targets_select.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const option_of[] = {
    [SCOPE_SELECT_PID] = "--pid",       [SCOPE_SELECT_COMM] = "--comm",
    [SCOPE_SELECT_EXE] = "--exe",       [SCOPE_SELECT_MATCH] = "--match",
    [SCOPE_SELECT_CGROUP] = "--cgroup", [SCOPE_SELECT_PORT] = "--port",
    [SCOPE_SELECT_ALL] = "--all",
};

/* Length of the role that argument begins with, before its '='; -1: none. */
static ptrdiff_t role_length(const char *argument)
{
    const char *at = argument;
    if (islower((unsigned char)*at))
        while (islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
               *at == '_' || *at == '-')
            at++;
    return *at == '=' ? at - argument : -1;
}

enum scope_code scope_selector_parse(enum scope_selector_kind kind,
                                     const char *argument,
                                     struct scope_selector *selector,
                                     struct scope_err *err)
{
    ptrdiff_t role = role_length(argument);
    const char *value = argument + role + 1;
    *selector = (struct scope_selector){.kind = kind};
    if (!*value && kind != SCOPE_SELECT_ALL)
        return scope_fail(err, SCOPE_USAGE, 0, "%s '%s': a value is missing",
                          option_of[kind], argument);
    if (role > 0) {
        selector->storage = scope_strdup(argument);
        selector->storage[role] = '\0';
        selector->role = selector->storage;
        selector->text = selector->storage + role + 1;
    } else {
        selector->storage = scope_strdup(value);
        selector->text = selector->storage;
        selector->role = "";
    }
    struct selector compiled;
    enum scope_code code = selector_init(&compiled, selector, err);
    if (code)
        scope_selector_free(selector);
    else
        selector_clear(&compiled);
    return code;
}

void scope_selector_free(struct scope_selector *selector)
{
    free(selector->storage);
    *selector = (struct scope_selector){0};
}

/* A whole decimal number from 1 to max, else 0. */
static long parse_number(const char *text, long max)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return 0;
    errno = 0;
    long number = strtol(text, &end, 10);
    return *end || errno || number > max ? 0 : number;
}

static enum scope_code compile(struct selector *selector, struct scope_err *err)
{
    char reason[128];
    int fault = 0;
    const char *text = selector->text;
    switch (selector->kind) {
    case SCOPE_SELECT_PID:
        selector->pid = (pid_t)parse_number(text, INT_MAX);
        if (!selector->pid)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "--pid '%s': not a process id", text);
        return SCOPE_OK;
    case SCOPE_SELECT_PORT:
        selector->port = (uint16_t)parse_number(text, UINT16_MAX);
        if (!selector->port)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "--port '%s': not a TCP port from 1 to 65535",
                              text);
        return SCOPE_OK;
    case SCOPE_SELECT_MATCH:
        fault = regcomp(&selector->regex, text, REG_EXTENDED | REG_NOSUB);
        if (!fault)
            return SCOPE_OK;
        regerror(fault, &selector->regex, reason, sizeof reason);
        scope_fail(err, SCOPE_USAGE, 0,
                   "--match '%s': not an extended regular expression: %s", text,
                   reason);
        return scope_hint(err, "see regex(7)");
    case SCOPE_SELECT_EXE:
        if (strchr(text, '/'))
            selector->resolved = realpath(text, NULL);
        return SCOPE_OK;
    case SCOPE_SELECT_COMM:
    case SCOPE_SELECT_CGROUP:
    case SCOPE_SELECT_ALL:
        return SCOPE_OK;
    }
    return scope_fail(err, SCOPE_USAGE, 0, "unknown kind of selector");
}

enum scope_code selector_init(struct selector *selector,
                              const struct scope_selector *from,
                              struct scope_err *err)
{
    *selector = (struct selector){
        .kind = from->kind,
        .text = scope_strdup(from->text ? from->text : ""),
        .role = scope_strdup(from->role ? from->role : ""),
    };
    enum scope_code code = compile(selector, err);
    if (code) {
        free(selector->text);
        free(selector->role);
    }
    return code;
}

void selector_clear(struct selector *selector)
{
    if (selector->kind == SCOPE_SELECT_MATCH)
        regfree(&selector->regex);
    cgroup_place_free(&selector->place);
    free(selector->resolved);
    free(selector->text);
    free(selector->role);
}

static bool means_exe(struct selector *selector, const struct select_view *view,
                      pid_t pid)
{
    if (!proc_exe(view->proc, pid, view->room, SELECT_ROOM)) {
        selector->denied |= errno == EACCES;
        return false;
    }
    const char *path = view->room;
    if (!strchr(selector->text, '/')) {
        const char *slash = strrchr(path, '/');
        return strcmp(slash ? slash + 1 : path, selector->text) == 0;
    }
    return strcmp(path, selector->text) == 0 ||
           (selector->resolved && strcmp(path, selector->resolved) == 0);
}

static bool means_cgroup(const struct selector *selector,
                         const struct select_view *view, pid_t pid)
{
    char path[32];
    if (!selector->place.directory)
        return false;
    snprintf(path, sizeof path, "%d/cgroup", pid);
    char *file = proc_file(view->proc, path, SELECT_ROOM);
    bool means = file && cgroup_holds(&selector->place, file);
    free(file);
    return means;
}

bool selector_means(struct selector *selector, const struct select_view *view,
                    const struct proc_stat *stat)
{
    bool means = false;
    switch (selector->kind) {
    case SCOPE_SELECT_PID:
        means = stat->pid == selector->pid;
        break;
    case SCOPE_SELECT_COMM:
        means = strcmp(stat->comm, selector->text) == 0;
        break;
    case SCOPE_SELECT_EXE:
        means = means_exe(selector, view, stat->pid);
        break;
    case SCOPE_SELECT_MATCH:
        means =
            proc_command(view->proc, stat->pid, view->room, SELECT_ROOM) > 0 &&
            regexec(&selector->regex, view->room, 0, NULL, 0) == 0;
        break;
    case SCOPE_SELECT_CGROUP:
        means = means_cgroup(selector, view, stat->pid);
        break;
    case SCOPE_SELECT_PORT:
        if (!view->sockets || !view->sockets->count)
            break;
        means = port_held(view->proc, stat->pid, view->sockets, selector->port);
        selector->denied |= !means && errno == EACCES;
        break;
    case SCOPE_SELECT_ALL:
        break;
    }
    return means;
}

static const char privilege[] = "run scope as root, or give it CAP_SYS_PTRACE";

static enum scope_code fail_port(const struct selector *selector, int proc,
                                 struct scope_err *err)
{
    struct port_sockets sockets = {0};
    port_sockets_read(proc, &selector->port, 1, &sockets);
    bool listened = sockets.count > 0;
    free(sockets.items);
    if (!listened) {
        scope_fail(err, SCOPE_NOT_FOUND, 0,
                   "--port %s: nothing listens on this TCP port",
                   selector->text);
        return scope_hint(err, "ss -ltnp lists what does; other network "
                               "namespaces are not looked into");
    }
    scope_fail(err, selector->denied ? SCOPE_PERM : SCOPE_NOT_FOUND, 0,
               "--port %s: somebody listens there, but which process cannot "
               "be seen",
               selector->text);
    return scope_hint(err,
                      "reading /proc/PID/fd of other users' processes is "
                      "not permitted: %s",
                      privilege);
}

enum scope_code selector_fail(const struct selector *selector, int proc,
                              struct scope_err *err)
{
    const char *option = option_of[selector->kind];
    const char *text = selector->text;
    if (selector->kind == SCOPE_SELECT_PORT)
        return fail_port(selector, proc, err);
    if (selector->kind == SCOPE_SELECT_CGROUP) {
        scope_fail(err, SCOPE_NOT_FOUND, 0, "--cgroup %s: no such cgroup",
                   text);
        return scope_hint(err, "give a directory, or a path below one of the "
                               "cgroup mounts that findmnt -t cgroup,cgroup2 "
                               "lists");
    }
    if (selector->kind == SCOPE_SELECT_EXE && selector->denied) {
        scope_fail(err, SCOPE_PERM, 0,
                   "--exe %s: no process that may be looked at runs it", text);
        return scope_hint(err,
                          "the executables of other users' processes must "
                          "not be read: %s",
                          privilege);
    }
    scope_fail(err, SCOPE_NOT_FOUND, 0, "%s %s: no such process", option, text);
    if (faccessat(proc, "1/stat", R_OK, 0) < 0)
        return scope_hint(err,
                          "other users' processes are hidden (hidepid): "
                          "%s",
                          privilege);
    if (selector->kind == SCOPE_SELECT_COMM && strlen(text) > 15)
        return scope_hint(err,
                          "the kernel cuts names at 15 bytes: try "
                          "--comm '%.15s'",
                          text);
    return scope_hint(err, "ps -eo pid,comm,args lists the processes");
}
