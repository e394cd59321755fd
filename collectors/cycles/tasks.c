/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree of processes by pid (tsearch(3)). */
#include "collectors/cycles/tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Names of processes that are no targets; beyond, they share one. */
#define OWNERS 4096
/* How long one that ended is kept: samples of its last moments, and what it
 * made, may ask for it. */
#define KEEP_NS INT64_C(2000000000)

/* What the host calls a driver's process. */
#define DRIVER "scope-drive"

#define KERNEL_THREAD UINT64_C(0x00200000) /* PF_KTHREAD */

struct cycles_tasks {
    struct scope_profile *profile;
    struct cycles_symbols *symbols;
    void *root;
    struct cycles_target **targets;
    size_t target_count, target_room;
    uint32_t strangers; /* owners that are no targets */
    pid_t hidden;
    bool hidden_target;
    /* During a walk: tasks to be taken out. */
    int64_t before_ns;
    struct cycles_task **old;
    size_t old_count, old_room;
};

static int compare(const void *left, const void *right)
{
    const struct cycles_task *a = left;
    const struct cycles_task *b = right;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

struct cycles_tasks *cycles_tasks_new(struct scope_profile *profile,
                                      struct cycles_symbols *symbols)
{
    struct cycles_tasks *tasks = scope_alloc(1, sizeof *tasks);
    tasks->profile = profile;
    tasks->symbols = symbols;
    return tasks;
}

static void free_task(void *node)
{
    struct cycles_task *task = node;
    cycles_space_free(task->space);
    free(task);
}

void cycles_tasks_free(struct cycles_tasks *tasks)
{
    if (!tasks)
        return;
    tdestroy(tasks->root, free_task);
    for (size_t i = 0; i < tasks->target_count; i++)
        free(tasks->targets[i]);
    free(tasks->targets);
    free(tasks->old);
    free(tasks);
}

static enum scope_owner_kind stranger(const struct cycles_task *task)
{
    if (task->own)
        return strcmp(task->name, DRIVER) == 0 ? SCOPE_OWNER_DRIVER
                                               : SCOPE_OWNER_SCOPE;
    return task->kernel ? SCOPE_OWNER_KERNEL : SCOPE_OWNER_OTHER;
}

uint32_t cycles_task_owner(struct cycles_tasks *tasks, struct cycles_task *task)
{
    if (task->target)
        return task->target->owner;
    if (task->owned)
        return task->owner;
    const struct scope_owner owner = {
        .kind = stranger(task),
        .name = tasks->strangers < OWNERS ? task->name : "[other]",
    };
    size_t before = tasks->profile->owner_count;
    task->owner = scope_profile_owner(tasks->profile, &owner);
    task->owned = true;
    tasks->strangers += tasks->profile->owner_count > before;
    return task->owner;
}

static void set_name(struct cycles_task *task, const char *name)
{
    snprintf(task->name, sizeof task->name, "%s", name);
}

static struct cycles_task *look_up(const struct cycles_tasks *tasks, pid_t pid)
{
    const struct cycles_task key = {.pid = pid};
    void *node = tfind(&key, &tasks->root, compare);
    return node ? *(struct cycles_task **)node : NULL;
}

static struct cycles_task *add(struct cycles_tasks *tasks, pid_t pid)
{
    struct cycles_task *task = scope_alloc(1, sizeof *task);
    task->pid = pid;
    if (!tsearch(task, &tasks->root, compare))
        abort(); /* out of memory */
    return task;
}

static void take_out(struct cycles_tasks *tasks, struct cycles_task *task)
{
    tdelete(task, &tasks->root, compare);
    free_task(task);
}

/* From /proc/PID/stat: what it is called, whether the kernel made it for
 * itself, and whether this program is it, or made it; false when there is none.
 */
static bool read_stat(struct cycles_task *task, uint64_t *start_ticks)
{
    char path[32];
    char text[1024];
    uint64_t flags;
    pid_t parent;
    snprintf(path, sizeof path, "/proc/%d/stat", task->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    char *begin = strchr(text, '(');
    char *end = strrchr(text, ')');
    if (!begin || !end || end < begin ||
        sscanf(end,
               ") %*c %d %*d %*d %*d %*d %" SCNu64 " %*u %*u %*u %*u %*u %*u "
               "%*d %*d %*d %*d %*d %*d %" SCNu64,
               &parent, &flags, start_ticks) != 3)
        return false;
    *end = '\0';
    set_name(task, begin + 1);
    task->kernel = flags & KERNEL_THREAD;
    task->own = task->pid == getpid() || parent == getpid();
    return true;
}

/* One that was there before its first record. */
static struct cycles_task *add_known(struct cycles_tasks *tasks, pid_t pid)
{
    struct cycles_task *task = add(tasks, pid);
    uint64_t start_ticks;
    if (pid == 0) {
        set_name(task, "swapper");
        task->kernel = true;
    } else if (!read_stat(task, &start_ticks)) {
        set_name(task, "[unknown]");
    }
    return task;
}

struct cycles_task *cycles_tasks_find(struct cycles_tasks *tasks, pid_t pid)
{
    struct cycles_task *task = look_up(tasks, pid);
    return task ? task : add_known(tasks, pid);
}

void cycles_tasks_scan(struct cycles_tasks *tasks)
{
    DIR *folder = opendir("/proc");
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (isdigit((unsigned char)*entry->d_name))
            cycles_tasks_find(tasks, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(folder);
}

/* Maps of other users' processes may be hidden. */
static void note_hidden(struct cycles_tasks *tasks,
                        const struct cycles_task *task)
{
    char path[32];
    if (tasks->hidden_target || (tasks->hidden && !task->target))
        return;
    snprintf(path, sizeof path, "/proc/%d/maps", task->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return;
    }
    if (errno != EACCES && errno != EPERM)
        return;
    tasks->hidden = task->pid;
    tasks->hidden_target = task->target;
}

/* Other threads may outlive the main one. */
static bool is_gone(pid_t pid)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d", pid);
    return access(path, F_OK) < 0;
}

/* One that is gone already had what its parent has: it would have a space if
 * it had executed something. */
struct cycles_space *cycles_task_space(struct cycles_tasks *tasks,
                                       struct cycles_task *task)
{
    if (task->space)
        return task->space;
    struct cycles_task *parent =
        task->parent ? look_up(tasks, task->parent) : NULL;
    if (parent && !parent->space && !is_gone(parent->pid))
        parent->space = cycles_space_new(tasks->symbols, parent->pid);
    if (parent && parent->space && is_gone(task->pid)) {
        task->space = cycles_space_fork(parent->space, task->pid);
        return task->space;
    }
    note_hidden(tasks, task);
    task->space = cycles_space_new(tasks->symbols, task->pid);
    return task->space;
}

enum scope_code cycles_tasks_attach(struct cycles_tasks *tasks,
                                    const struct scope_target *wanted,
                                    uint32_t instance)
{
    struct cycles_task now = {.pid = wanted->pid};
    uint64_t start_ticks;
    if (!read_stat(&now, &start_ticks) || start_ticks != wanted->start_ticks)
        return SCOPE_NOT_FOUND;
    struct cycles_target *target = scope_alloc(1, sizeof *target);
    const struct scope_owner owner = {.kind = SCOPE_OWNER_TARGET,
                                      .target = wanted->id,
                                      .pid = wanted->pid,
                                      .name = wanted->name};
    target->id = wanted->id;
    target->instance = instance;
    target->owner = scope_profile_owner(tasks->profile, &owner);
    tasks->targets = scope_grow(tasks->targets, &tasks->target_room,
                                tasks->target_count, sizeof target);
    tasks->targets[tasks->target_count++] = target;
    struct cycles_task *task = cycles_tasks_find(tasks, wanted->pid);
    task->target = target;
    cycles_task_space(tasks, task);
    return SCOPE_OK;
}

void cycles_tasks_detach(struct cycles_tasks *tasks, uint32_t id)
{
    for (size_t i = 0; i < tasks->target_count; i++)
        if (tasks->targets[i]->id == id)
            tasks->targets[i]->ended = true;
}

/* Also where its pid was another's, whose end was not seen. */
static void play_fork(struct cycles_tasks *tasks,
                      const struct cycles_record *record)
{
    if (record->pid == record->parent.pid)
        return; /* a thread */
    struct cycles_task *old = look_up(tasks, record->pid);
    if (old)
        take_out(tasks, old);
    struct cycles_task *parent = cycles_tasks_find(tasks, record->parent.pid);
    struct cycles_task *task = add(tasks, record->pid);
    memcpy(task->name, parent->name, sizeof task->name);
    task->parent = parent->pid;
    task->target = parent->target;
    task->kernel = parent->kernel;
    task->own = parent->own;
    if (parent->space)
        task->space = cycles_space_fork(parent->space, task->pid);
}

static void play_comm(struct cycles_tasks *tasks,
                      const struct cycles_record *record)
{
    struct cycles_task *task = cycles_tasks_find(tasks, record->pid);
    if (record->pid != record->tid)
        return; /* the name of a thread */
    if (record->comm.exec) {
        cycles_space_exec(cycles_task_space(tasks, task));
        task->kernel = false;
        task->own = false;
        task->owned = false;
    }
    if (strcmp(task->name, record->comm.name) == 0)
        return;
    set_name(task, record->comm.name);
    task->owned = false;
}

static void play_mapped(struct cycles_tasks *tasks,
                        const struct cycles_record *record)
{
    const struct cycles_mapped *mapped = &record->mapped;
    struct cycles_task *task = look_up(tasks, record->pid);
    /* Else its maps are read when they are first needed. */
    if (!task || !task->space || !mapped->executable)
        return;
    const struct cycles_map map = {
        .start = mapped->start,
        .size = mapped->size,
        .offset = mapped->offset,
        .major = mapped->major,
        .minor = mapped->minor,
        .inode = mapped->inode,
        .path = mapped->path,
    };
    cycles_space_map(task->space, &map);
}

void cycles_tasks_play(struct cycles_tasks *tasks,
                       const struct cycles_record *record)
{
    struct cycles_task *task;
    switch (record->type) {
    case PERF_RECORD_FORK:
        play_fork(tasks, record);
        break;
    case PERF_RECORD_COMM:
        play_comm(tasks, record);
        break;
    case PERF_RECORD_MMAP2:
        play_mapped(tasks, record);
        break;
    case PERF_RECORD_EXIT:
        task = record->pid == record->tid ? look_up(tasks, record->pid) : NULL;
        if (task && !task->ended) {
            task->ended = true;
            task->ended_ns = (int64_t)record->time;
        }
        break;
    default:
        break;
    }
}

static void collect_old(const void *node, VISIT visit, void *closure)
{
    struct cycles_tasks *tasks = closure;
    struct cycles_task *task = *(struct cycles_task *const *)node;
    if (visit != postorder && visit != leaf)
        return;
    if (task->target && task->target->ended)
        task->target = NULL;
    if (!task->ended || task->ended_ns > tasks->before_ns)
        return;
    tasks->old =
        scope_grow(tasks->old, &tasks->old_room, tasks->old_count, sizeof task);
    tasks->old[tasks->old_count++] = task;
}

void cycles_tasks_sweep(struct cycles_tasks *tasks, int64_t now_ns,
                        void (*each)(void *closure,
                                     const struct cycles_target *target),
                        void *closure)
{
    for (size_t i = 0; i < tasks->target_count; i++)
        each(closure, tasks->targets[i]);
    tasks->before_ns = now_ns - KEEP_NS;
    tasks->old_count = 0;
    twalk_r(tasks->root, collect_old, tasks);
    for (size_t i = 0; i < tasks->old_count; i++)
        if (is_gone(tasks->old[i]->pid))
            take_out(tasks, tasks->old[i]);
        else
            tasks->old[i]->ended_ns = now_ns; /* ask again later */
    size_t kept = 0;
    for (size_t i = 0; i < tasks->target_count; i++)
        if (tasks->targets[i]->ended)
            free(tasks->targets[i]);
        else
            tasks->targets[kept++] = tasks->targets[i];
    tasks->target_count = kept;
}

pid_t cycles_tasks_hidden(const struct cycles_tasks *tasks, bool *target)
{
    *target = tasks->hidden_target;
    return tasks->hidden;
}
