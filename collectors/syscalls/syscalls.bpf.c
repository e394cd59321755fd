/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts system calls in the kernel. These programs run with preemption off and
 * never within themselves, so what belongs to a CPU needs no lock.
 *
 * A call costs no hash: a task's own storage says which leaf it belongs to, the
 * leaf's row of the index which cell its call has. A task looks itself up once
 * after the targets changed. See tables.h for who writes what.
 */
#include "collectors/syscalls/tables.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include MACHINE /* the header of the machine that this is built for */

#define ENOSYS 38
#define TRIES 64 /* more CPUs than that never take from a ring at once */

const char terms[] SEC("license") = "GPL";

const volatile struct table_settings settings SEC(".rodata.settings");
struct table_state state SEC(".data.state");

/* The sizes of all but the first are set before they are loaded. */
struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct table_task);
} tasks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct table_target);
} processes SEC(".maps"), threads SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
    __uint(max_entries, TABLE_CGROUPS);
    __type(key, __u32);
    __type(value, __u32);
} cgroups SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct table_place);
    __type(value, __u32);
} leaf_of_place SEC(".maps");

#define ARRAY(name, object)                                                    \
    struct {                                                                   \
        __uint(type, BPF_MAP_TYPE_ARRAY);                                      \
        __uint(map_flags, BPF_F_MMAPABLE);                                     \
        __uint(max_entries, 1);                                                \
        __type(key, __u32);                                                    \
        __type(value, object);                                                 \
    } name SEC(".maps")

struct table_row {
    __u32 cells[TABLE_NUMBERS]; /* 0: none yet */
};

ARRAY(leaves, struct table_leaf); /* [0] is not used */
ARRAY(rows, struct table_row);    /* by leaf */
ARRAY(free_leaves, __u64);
ARRAY(free_cells, __u64);
ARRAY(cell_users, __u64); /* leaf * TABLE_NUMBERS + number, 0: none */

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(struct table_cell)); /* less without times */
} cells SEC(".maps"); /* by CPU * capacity + cell - 1 */

static __always_inline void lose(__u32 why)
{
    __sync_fetch_and_add(&state.lost[why], 1);
}

/* 0: none left. */
static __always_inline __u32 take(struct table_free *ends, void *ring)
{
    for (int i = 0; i < TRIES; i++) {
        __u32 head = *(volatile __u32 *)&ends->head;
        __u32 at = head % settings.capacity;
        if (head == *(volatile __u32 *)&ends->tail)
            return 0;
        __u64 *item = bpf_map_lookup_elem(ring, &at);
        if (!item)
            return 0;
        __u32 taken = *item;
        if (__sync_val_compare_and_swap(&ends->head, head, head + 1) == head)
            return taken;
    }
    return 0;
}

/* A cell for a call that its leaf makes for the first time. */
static __noinline __u32 take_cell(__u32 leaf, __u32 number)
{
    struct table_row *row = bpf_map_lookup_elem(&rows, &leaf);
    __u32 cell = take(&state.cells, &free_cells);
    __u64 *user = bpf_map_lookup_elem(&cell_users, &cell);
    if (!row || !cell || !user || number >= TABLE_NUMBERS)
        return 0;
    __u32 other = __sync_val_compare_and_swap(&row->cells[number], 0, cell);
    *(volatile __u64 *)user =
        other ? TABLE_ABANDONED : leaf * TABLE_NUMBERS + number;
    return other ? other : cell;
}

static __noinline __u32 find_leaf(const struct table_place *place)
{
    if (!place)
        return 0;
    __u32 *found = bpf_map_lookup_elem(&leaf_of_place, place);
    if (found)
        return *found;
    __u32 at = take(&state.leaves, &free_leaves);
    struct table_leaf *leaf = bpf_map_lookup_elem(&leaves, &at);
    if (!at || !leaf)
        return 0;
    leaf->place = *place;
    leaf->tasks = 0;
    if (bpf_map_update_elem(&leaf_of_place, place, &at, BPF_NOEXIST) == 0) {
        *(volatile __u32 *)&leaf->state = 1;
        return at;
    }
    *(volatile __u32 *)&leaf->state = TABLE_ABANDONED;
    found = bpf_map_lookup_elem(&leaf_of_place, place);
    return found ? *found : 0;
}

static __always_inline void count_task(__u32 at, int change)
{
    struct table_leaf *leaf = bpf_map_lookup_elem(&leaves, &at);
    if (at && leaf)
        __sync_fetch_and_add(&leaf->tasks, change);
}

/* False when there is no leaf for it; it must try again. */
static __always_inline int join(struct table_task *task,
                                const struct table_place *place)
{
    __u32 leaf = place->owner || place->set ? find_leaf(place) : 0;
    if (leaf != task->leaf) {
        count_task(leaf, 1);
        count_task(task->leaf, -1);
        task->leaf = leaf;
    }
    task->owner = place->owner;
    task->set = place->set;
    return leaf || (!place->owner && !place->set);
}

/* The target of a pid that is not older than the task, or what is so far. */
static __always_inline __u32 target_of(void *map, __u32 id, __u32 born,
                                       __u32 so_far)
{
    const struct table_target *target = bpf_map_lookup_elem(map, &id);
    return target && target->order > born ? target->target : so_far;
}

/* Global, as static ones are looked at with every value they may return. */
__noinline __u32 cgroup_bit(__u32 i)
{
    return bpf_current_task_under_cgroup(&cgroups, i) == 1 ? 1U << i : 0;
}

/* Where the running task belongs. */
static __always_inline void look_up(const struct table_task *task,
                                    struct table_place *place)
{
    struct bpf_pidns_info id = {};
    if (settings.pidns) {
        if (bpf_get_ns_current_pid_tgid(settings.pidns_dev, settings.pidns_ino,
                                        &id, sizeof id))
            id.pid = id.tgid = 0;
    } else {
        __u64 both = bpf_get_current_pid_tgid();
        id.pid = (__u32)both;
        id.tgid = both >> 32;
    }
    place->owner = target_of(&processes, id.tgid, task->born, task->owner);
    place->thread =
        settings.threads ? target_of(&threads, id.pid, task->born, 0) : 0;
    place->set = state.system;
    for (__u32 i = 0; i < TABLE_CGROUPS && i < state.cgroups; i++)
        place->set |= cgroup_bit(i);
}

/* The generation as of now; what was written before it was raised is seen
 * after this. */
static __always_inline __u32 generation_now(void)
{
    return __sync_fetch_and_add(&state.generation, 0);
}

/* Not one to retry with. */
#define NO_GENERATION 0

static __noinline int follow(struct table_task *task)
{
    struct table_place place;
    if (!task)
        return 0;
    __u32 generation = generation_now();
    __u32 attached = *(volatile __u32 *)&state.attached;
    look_up(task, &place);
    task->cell = 0;
    task->seen = attached;
    task->generation = join(task, &place) ? generation : NO_GENERATION;
    return 0;
}

/* What is known of the running task; NULL: it cannot be followed. */
static __always_inline struct table_task *
running_task(struct task_struct *current)
{
    struct table_task *task = bpf_task_storage_get(
        &tasks, current, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!task)
        lose(TABLE_LOST_TASKS);
    else if (task->generation != state.generation)
        follow(task);
    return task;
}

/* Counts a call and returns where its figures go, NULL: nowhere. *at is the
 * number of the cell, *call what is known of the call. */
static __always_inline struct table_cell *
count_call(struct task_struct *current, const struct table_task *task,
           __u64 number, __u32 *at, __u32 *call)
{
    __u32 leaf = task->leaf;
    if (!leaf) {
        if (task->generation == NO_GENERATION)
            lose(TABLE_LOST_LEAVES);
        return 0;
    }
    if (number > TABLE_OTHER || is_other_abi(current))
        number = TABLE_OTHER;
    *call = settings.calls[number];
    struct table_row *row = bpf_map_lookup_elem(&rows, &leaf);
    if (!row || !(*call & TABLE_CALL_COUNTED))
        return 0;
    *at = row->cells[number];
    if (!*at)
        *at = take_cell(leaf, number);
    if (!*at) {
        lose(TABLE_LOST_CELLS);
        return 0;
    }
    __u32 slot = bpf_get_smp_processor_id() * settings.capacity + *at - 1;
    struct table_cell *cell = bpf_map_lookup_elem(&cells, &slot);
    if (cell)
        cell->calls++;
    else
        lose(TABLE_LOST_CPUS);
    return cell;
}

/* Not used without times. */
SEC("tp_btf/sys_enter")
int BPF_PROG(enter, struct pt_regs *regs, long id)
{
    struct task_struct *current = bpf_get_current_task_btf();
    struct table_task *task = running_task(current);
    __u32 at, call;
    if (!task)
        return 0;
    task->cell = 0;
    if (!count_call(current, task, id, &at, &call))
        return 0;
    task->cell = at;
    task->call = call;
    task->start_ns = bpf_ktime_get_ns();
    return 0;
}

/* The octave's number, in halves: 32, 16, 8, ... */
static __always_inline __u32 log2_of(__u64 value)
{
    __u32 bits = 0;
#pragma unroll
    for (int half = 32; half; half /= 2)
        if (value >> half) {
            value >>= half;
            bits += half;
        }
    return bits;
}

static __always_inline __u32 bucket_of(__u64 ns)
{
    __u32 octave = log2_of(ns | 1);
    if (octave < TABLE_FIRST_OCTAVE)
        return 0;
    __u32 bucket =
        (octave - TABLE_FIRST_OCTAVE) * 4 + ((ns >> (octave - 2)) & 3);
    return bucket < TABLE_BUCKETS ? bucket : TABLE_BUCKETS - 1;
}

static __always_inline void count_error(struct table_cell *cell, __u16 code)
{
#pragma unroll
    for (int i = 0; i < TABLE_ERRORS; i++) {
        if (!cell->codes[i])
            cell->codes[i] = code;
        if (cell->codes[i] == code) {
            cell->errors[i]++;
            return;
        }
    }
    cell->others++;
}

static __always_inline void count_result(struct table_cell *cell, __u32 call,
                                         long result)
{
    if (result >= 0) {
        if (call & TABLE_CALL_BYTES)
            cell->bytes += result;
    } else if (result >= -4095 && !(call & TABLE_CALL_NO_RESULT)) {
        count_error(cell, -result);
    }
}

/* A call that has begun under our eyes. One that seccomp refused has not. */
static __always_inline int end_call(struct task_struct *current, long result)
{
    struct table_task *task = bpf_task_storage_get(&tasks, current, 0, 0);
    if (!task || !task->cell)
        return 0;
    __u32 slot =
        bpf_get_smp_processor_id() * settings.capacity + task->cell - 1;
    struct table_cell *cell = bpf_map_lookup_elem(&cells, &slot);
    task->cell = 0;
    if (!cell)
        return 0;
    __u64 ns = bpf_ktime_get_ns() - task->start_ns;
    cell->time_ns += ns;
    if (ns > cell->max_ns)
        cell->max_ns = ns;
    cell->latency[bucket_of(ns)]++;
    count_result(cell, task->call, result);
    return 0;
}

/*
 * Without times calls are counted where they end: a program there and one where
 * they begin cost twice as much. The kernel has forgotten the number of
 * rt_sigreturn then, as of a call that a debugger cancelled; and a child comes
 * out of a call that is its maker's.
 */
static __always_inline int count_ended(struct task_struct *current,
                                       struct pt_regs *regs, long result)
{
    struct table_task *task = running_task(current);
    __u64 number = number_in(regs);
    __u32 at, call;
    if (!task)
        return 0;
    if (number == NO_NUMBER && result != -ENOSYS)
        number = settings.sigreturn;
    if (!result && number < TABLE_NUMBERS &&
        settings.calls[number] & TABLE_CALL_MAKES)
        return 0;
    struct table_cell *cell = count_call(current, task, number, &at, &call);
    if (cell)
        count_result(cell, call, result);
    return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(leave, struct pt_regs *regs, long result)
{
    struct task_struct *current = bpf_get_current_task_btf();
    return settings.times ? end_call(current, result)
                          : count_ended(current, regs, result);
}

/* A child counts for whom its maker counts for, from its first call on. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(born, struct task_struct *parent, struct task_struct *child)
{
    const struct table_task none = {};
    const struct table_task *maker = bpf_task_storage_get(&tasks, parent, 0, 0);
    struct table_task *task =
        bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!task) {
        lose(TABLE_LOST_TASKS);
        return 0;
    }
    __u32 generation = generation_now();
    struct table_place place = {};
    task->born = *(volatile __u32 *)&state.attached;
    if (maker && maker->generation == generation) {
        place.owner = maker->owner;
        place.set = maker->set;
        task->born = maker->seen;
    } else {
        /* It has been in this call since before the targets changed. */
        look_up(maker ? maker : &none, &place);
        place.thread = 0;
    }
    task->seen = task->born;
    /* It may have been born into another cgroup. */
    if (!join(task, &place) || state.cgroups)
        generation = NO_GENERATION;
    task->generation = generation;
    return 0;
}

/* The call that ends a task does not end. */
static __always_inline void count_last(struct task_struct *current,
                                       const struct table_task *task)
{
    struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(current);
    __u64 number = number_in(regs);
    __u32 at, call;
    if (number < TABLE_NUMBERS && settings.calls[number] & TABLE_CALL_ENDS)
        count_call(current, task, number, &at, &call);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(gone)
{
    struct task_struct *current = bpf_get_current_task_btf();
    struct table_task *task = settings.times
                                  ? bpf_task_storage_get(&tasks, current, 0, 0)
                                  : running_task(current);
    if (!task)
        return 0;
    if (!settings.times)
        count_last(current, task);
    count_task(task->leaf, -1);
    task->leaf = 0;
    task->cell = 0;
    return 0;
}

/* A thread that becomes its process's only one takes the pid of the first:
 * what was attached under that means it, though it may be older. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(renamed, struct task_struct *running, int old_pid)
{
    struct task_struct *current = bpf_get_current_task_btf();
    struct table_task *task = bpf_task_storage_get(&tasks, current, 0, 0);
    if (!task || old_pid == (int)bpf_get_current_pid_tgid())
        return 0;
    task->born = 0;
    task->generation = NO_GENERATION;
    return 0;
}

/* Which cgroups a task is in is looked up again after any has moved. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(moved)
{
    __sync_fetch_and_add(&state.generation, 1);
    return 0;
}
