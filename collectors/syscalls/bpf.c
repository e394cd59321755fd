/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counting by BPF programs. A leaf of tables.h holds what tasks did that
 * belong to the same targets; a reading adds what its cells have more than at
 * the last one to each of these targets. A leaf of an ended target is given
 * back when no task belongs to it any more.
 */
#include "collectors/syscalls/counter.h"
#include "collectors/syscalls/programs.h"
#include "collectors/syscalls/tally.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define OWN_TARGET UINT32_MAX /* what calls the calibration makes belong to */
#define OWN_CALLS 4000
#define OWN_ROUNDS 7
#define IDLE_READINGS                                                          \
    2 /* that no task was seen in a leaf before it is let go */

struct counted {
    uint32_t id, key, bit; /* bit: of a cgroup or the system in a set */
    enum scope_target_kind kind;
    bool ended;
    struct tally *calls[TABLE_NUMBERS];
};

struct leaf {
    unsigned idle; /* readings without a task */
    bool hidden;   /* no task can find it any more */
};

struct bpf {
    struct programs programs;
    struct counted **counted;
    size_t count, room;
    struct tally *cells; /* as last read */
    struct leaf *leaves;
    struct tally now;
    uint16_t names[TABLE_NUMBERS]; /* the number that a call is shown as */
    uint64_t late; /* calls for a target that had ended and was let go */
    double cost_ns;
};

/* --- the own calls -------------------------------------------------------- */

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A call in ns, the fastest of a few rounds: what disturbs only adds. */
static double time_calls(void)
{
    double best = 0;
    for (int round = 0; round < OWN_ROUNDS; round++) {
        int64_t start_ns = clock_ns();
        for (int i = 0; i < OWN_CALLS; i++)
            syscall(SYS_getppid);
        double each = (double)(clock_ns() - start_ns) / OWN_CALLS;
        if (!round || each < best)
            best = each;
    }
    return best;
}

/* This process counts for a target of nobody's, then for none. */
static enum scope_code start(struct bpf *bpf, struct scope_err *err)
{
    struct programs *programs = &bpf->programs;
    double alone_ns = time_calls();
    enum scope_code code = programs_start(programs, err);
    if (!code)
        code = programs_point(programs, programs->processes, getpid(),
                              OWN_TARGET, err);
    if (code)
        return code;
    bpf->cost_ns = time_calls() - alone_ns;
    return programs_point(programs, programs->processes, getpid(), 0, err);
}

static double cost(void *self)
{
    const struct bpf *bpf = self;
    return bpf->cost_ns;
}

/* --- the way -------------------------------------------------------------- */

static enum scope_code probe(const struct syscalls_config *config,
                             struct scope_err *err)
{
    struct programs programs = {0};
    enum scope_code code = programs_allowed(err);
    if (code)
        return code;
    code = programs_load(&programs, config, err);
    programs_close(&programs);
    return code;
}

static void free_counted(struct counted *counted)
{
    for (size_t i = 0; i < TABLE_NUMBERS; i++) {
        if (counted->calls[i])
            tally_free(counted->calls[i]);
        free(counted->calls[i]);
    }
    free(counted);
}

static void close_bpf(void *self)
{
    struct bpf *bpf = self;
    for (size_t i = 0; i < bpf->count; i++)
        free_counted(bpf->counted[i]);
    for (size_t i = 0; bpf->cells && i <= bpf->programs.capacity; i++)
        tally_free(&bpf->cells[i]);
    free(bpf->counted);
    free(bpf->cells);
    free(bpf->leaves);
    tally_free(&bpf->now);
    programs_close(&bpf->programs);
    free(bpf);
}

static enum scope_code open_bpf(const struct syscalls_config *config,
                                void **self, struct scope_err *err)
{
    struct bpf *bpf = scope_alloc(1, sizeof *bpf);
    for (uint32_t i = 0; i < TABLE_NUMBERS; i++)
        bpf->names[i] =
            (uint16_t)(i < TABLE_OTHER && syscalls_name(i) ? i : TABLE_OTHER);
    enum scope_code code = programs_allowed(err);
    if (!code)
        code = programs_load(&bpf->programs, config, err);
    if (!code) {
        bpf->cells =
            scope_alloc(bpf->programs.capacity + (size_t)1, sizeof *bpf->cells);
        bpf->leaves = scope_alloc(bpf->programs.capacity + (size_t)1,
                                  sizeof *bpf->leaves);
        code = start(bpf, err);
    }
    if (code) {
        close_bpf(bpf);
        return code;
    }
    *self = bpf;
    return SCOPE_OK;
}

/* --- targets -------------------------------------------------------------- */

/* Whether the process, or the thread, is the one that was meant. */
static bool is_alive(const struct scope_target *target)
{
    char path[64];
    char text[2048];
    uint64_t start_ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", target->pid,
             target->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    return rest &&
           sscanf(rest,
                  ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
                  "%*u %*d %*d %*d %*d %*d %*d %" SCNu64,
                  &start_ticks) == 1 &&
           start_ticks == target->start_ticks;
}

/* A process of a pid namespace below scope's own, which is not the machine's
 * first, has no pid that a program could compare. */
static bool is_nested(pid_t pid)
{
    char path[32];
    char text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, "\nNSpid:\t");
    return line && strcspn(line + 8, "\t\n") < strcspn(line + 8, "\n");
}

static enum scope_code attach_task(struct bpf *bpf,
                                   const struct scope_target *target,
                                   struct scope_err *err)
{
    struct programs *programs = &bpf->programs;
    bool thread = target->kind == SCOPE_TARGET_THREAD;
    int map = thread ? programs->threads : programs->processes;
    pid_t id = thread ? target->tid : target->pid;
    if (!is_alive(target))
        return SCOPE_NOT_FOUND;
    if (programs->pidns && is_nested(target->pid))
        return scope_fail(err, SCOPE_UNAVAILABLE, 0,
                          "process %d is in a pid namespace below scope's own, "
                          "which is not the machine's first",
                          target->pid);
    enum scope_code code = programs_point(programs, map, id, target->id, err);
    if (code || is_alive(target))
        return code;
    programs_forget(map, id);
    return SCOPE_NOT_FOUND;
}

static enum scope_code attach(void *self, const struct scope_target *target,
                              uint32_t key, struct scope_sink *sink,
                              struct scope_err *err)
{
    struct bpf *bpf = self;
    struct programs *programs = &bpf->programs;
    enum scope_code code = SCOPE_OK;
    uint32_t bit = 0;
    (void)sink;
    if (target->kind == SCOPE_TARGET_SYSTEM) {
        bit = programs->state->system = TABLE_SYSTEM;
        programs_renew(programs);
    } else if (target->kind == SCOPE_TARGET_CGROUP) {
        code = programs_cgroup(programs, target->cgroup, &bit, err);
    } else {
        code = attach_task(bpf, target, err);
    }
    if (code)
        return code;
    struct counted *counted = scope_alloc(1, sizeof *counted);
    counted->id = target->id;
    counted->key = key;
    counted->kind = target->kind;
    counted->bit = bit;
    bpf->counted = scope_grow(bpf->counted, &bpf->room, bpf->count,
                              sizeof(struct counted *));
    bpf->counted[bpf->count++] = counted;
    return SCOPE_OK;
}

static void detach(void *self, const struct scope_target *target, uint32_t key)
{
    struct bpf *bpf = self;
    (void)key;
    if (target->kind == SCOPE_TARGET_PROCESS)
        programs_forget(bpf->programs.processes, target->pid);
    if (target->kind == SCOPE_TARGET_THREAD)
        programs_forget(bpf->programs.threads, target->tid);
    for (size_t i = 0; i < bpf->count; i++)
        if (bpf->counted[i]->id == target->id)
            bpf->counted[i]->ended = true;
}

/* --- reading -------------------------------------------------------------- */

static struct counted *find_id(const struct bpf *bpf, uint32_t id)
{
    for (size_t i = 0; id && i < bpf->count; i++)
        if (bpf->counted[i]->id == id)
            return bpf->counted[i];
    return NULL;
}

static bool same(const struct tally *a, const struct tally *b)
{
    if (a->calls != b->calls || a->time_ns != b->time_ns ||
        a->error_count != b->error_count)
        return false;
    for (size_t i = 0; i < a->error_count; i++)
        if (a->errors[i].calls != b->errors[i].calls)
            return false;
    return a->bytes == b->bytes;
}

static void add_to(struct counted *counted, uint16_t number,
                   const struct tally *now, const struct tally *before)
{
    struct tally **sum = &counted->calls[number];
    if (!*sum)
        *sum = scope_alloc(1, sizeof **sum);
    tally_add(*sum, now, before);
}

/* To every target that the place belongs to. */
static void add_cell(struct bpf *bpf, const struct table_place *place,
                     uint16_t number, const struct tally *before)
{
    const struct tally *now = &bpf->now;
    bool wanted = !place->owner || place->owner == OWN_TARGET;
    for (size_t i = 0; i < bpf->count; i++) {
        struct counted *counted = bpf->counted[i];
        if (counted->id == place->owner)
            wanted = true;
        if (counted->id == place->owner || counted->id == place->thread ||
            (counted->bit & place->set))
            add_to(counted, number, now, before);
    }
    if (!wanted)
        bpf->late += now->calls - before->calls;
}

static void read_cells(struct bpf *bpf)
{
    struct programs *programs = &bpf->programs;
    for (uint32_t at = 1; at <= programs->capacity; at++) {
        uint64_t user =
            __atomic_load_n(&programs->cell_users[at], __ATOMIC_ACQUIRE);
        if (user == TABLE_ABANDONED)
            programs_give_cell(programs, at);
        if (!user || user == TABLE_ABANDONED)
            continue;
        tally_read(&bpf->now, programs, at);
        if (same(&bpf->now, &bpf->cells[at]))
            continue;
        add_cell(bpf, &programs->leaves[user / TABLE_NUMBERS].place,
                 bpf->names[user % TABLE_NUMBERS], &bpf->cells[at]);
        tally_copy(&bpf->cells[at], &bpf->now);
    }
}

static void tell(const struct counted *counted,
                 const struct syscalls_reader *reader, bool times)
{
    for (uint32_t i = 0; i < TABLE_NUMBERS; i++) {
        struct tally *sum = counted->calls[i];
        if (!sum)
            continue;
        uint32_t number = i == TABLE_OTHER ? SYSCALLS_OTHER : i;
        const struct syscalls_row row = {
            .target = counted->key,
            .number = number,
            .calls = sum->calls,
            .bytes = sum->bytes,
            .time_ns = sum->time_ns,
            .max_ns = sum->max_ns,
            .latency = times ? sum->latency : NULL,
        };
        reader->row(reader->closure, &row);
        for (size_t k = 0; k < sum->error_count; k++) {
            const struct syscalls_error error = {
                .target = counted->key,
                .number = number,
                .code = sum->errors[k].code,
                .calls = sum->errors[k].calls,
            };
            reader->error(reader->closure, &error);
        }
        sum->max_ns = 0;
    }
}

/* --- giving back ---------------------------------------------------------- */

static bool has_ended(const struct bpf *bpf, uint32_t id)
{
    const struct counted *counted = find_id(bpf, id);
    return id && (!counted || counted->ended);
}

static void free_leaf(struct bpf *bpf, uint32_t at)
{
    struct programs *programs = &bpf->programs;
    for (uint32_t number = 0; number < TABLE_NUMBERS; number++) {
        uint32_t cell = programs->rows[at][number];
        if (!cell)
            continue;
        programs->rows[at][number] = 0;
        tally_free(&bpf->cells[cell]);
        programs_give_cell(programs, cell);
    }
    bpf->leaves[at] = (struct leaf){0};
    programs_give_leaf(programs, at);
}

/*
 * No task that is not in a leaf of an ended target can come to it, but for one
 * that moves from another of its leaves just now: so it is first hidden, then
 * looked at again.
 */
static void give_back(struct bpf *bpf)
{
    struct programs *programs = &bpf->programs;
    for (uint32_t at = 1; at <= programs->capacity; at++) {
        struct table_leaf *leaf = &programs->leaves[at];
        struct leaf *own = &bpf->leaves[at];
        uint32_t state = __atomic_load_n(&leaf->state, __ATOMIC_ACQUIRE);
        if (state == TABLE_ABANDONED)
            programs_give_leaf(programs, at);
        if (state != 1 || (!has_ended(bpf, leaf->place.owner) &&
                           !has_ended(bpf, leaf->place.thread)))
            continue;
        bool idle = __atomic_load_n(&leaf->tasks, __ATOMIC_ACQUIRE) == 0;
        own->idle = idle ? own->idle + 1 : 0;
        if (own->idle < IDLE_READINGS)
            continue;
        if (own->hidden) {
            free_leaf(bpf, at);
            continue;
        }
        (void)bpf_map_delete_elem(programs->leaf_of_place, &leaf->place);
        own->hidden = true;
        own->idle = 0;
    }
}

static bool is_used(const struct bpf *bpf, const struct counted *counted)
{
    for (uint32_t at = 1; at <= bpf->programs.capacity; at++) {
        const struct table_leaf *leaf = &bpf->programs.leaves[at];
        if (__atomic_load_n(&leaf->state, __ATOMIC_ACQUIRE) == 1 &&
            (leaf->place.owner == counted->id ||
             leaf->place.thread == counted->id))
            return true;
    }
    return false;
}

static void end_targets(struct bpf *bpf, const struct syscalls_reader *reader)
{
    for (size_t i = bpf->count; i-- > 0;) {
        struct counted *counted = bpf->counted[i];
        if (!counted->ended || is_used(bpf, counted))
            continue;
        reader->ended(reader->closure, counted->key);
        free_counted(counted);
        bpf->counted[i] = bpf->counted[--bpf->count];
    }
}

static enum scope_code read_bpf(void *self,
                                const struct syscalls_reader *reader,
                                struct scope_err *err)
{
    struct bpf *bpf = self;
    (void)err;
    bool times = bpf->programs.times;
    read_cells(bpf);
    for (size_t i = 0; i < bpf->count; i++)
        tell(bpf->counted[i], reader, times);
    end_targets(bpf, reader);
    give_back(bpf);
    return SCOPE_OK;
}

static uint64_t lost(void *self, const char **why)
{
    static const char *const reasons[] = {
        [TABLE_LOST_CELLS] = "its tables are full: raise syscalls.capacity",
        [TABLE_LOST_LEAVES] = "its tables are full: raise syscalls.capacity",
        [TABLE_LOST_TASKS] = "the kernel had no memory to follow tasks",
        [TABLE_LOST_CPUS] = "they were made on a CPU that was added",
        "the programs ran already",
        "those who made them were left behind by a target that had ended",
    };
    const struct bpf *bpf = self;
    const struct table_state *state = bpf->programs.state;
    uint64_t counts[TABLE_LOST_KINDS + 2];
    uint64_t sum = 0;
    size_t most = 0;
    for (size_t i = 0; i < TABLE_LOST_KINDS; i++)
        counts[i] = __atomic_load_n(&state->lost[i], __ATOMIC_RELAXED);
    counts[TABLE_LOST_KINDS] = programs_missed(&bpf->programs);
    counts[TABLE_LOST_KINDS + 1] = bpf->late;
    for (size_t i = 0; i < TABLE_LOST_KINDS + 2; i++) {
        sum += counts[i];
        if (counts[i] > counts[most])
            most = i;
    }
    *why = reasons[most];
    return sum;
}

const struct syscalls_way syscalls_by_bpf = {
    .name = "bpf",
    .times = true,
    .errors = true,
    .probe = probe,
    .open = open_bpf,
    .attach = attach,
    .detach = detach,
    .read = read_bpf,
    .lost = lost,
    .cost = cost,
    .close = close_bpf,
};
