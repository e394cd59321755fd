/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loads the programs with libbpf from the object that this file holds. What
 * libbpf has to say goes into our errors. Everything hangs on file descriptors
 * of this process: nothing stays in the kernel when it ends.
 */
#include "collectors/syscalls/programs.h"

#include "collectors/syscalls/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define INITIAL_PIDNS 0xEFFFFFFCU /* PROC_PID_INIT_INO, linux/proc_ns.h */

_Static_assert(TABLE_BUCKETS == SYSCALLS_BUCKETS, "tables.h");
_Static_assert(TABLE_FIRST_OCTAVE == SYSCALLS_FIRST_OCTAVE, "tables.h");
_Static_assert(_Alignof(struct table_cell) == 8, "rows of 8 bytes are mapped");

/* Found from the top of the build folder, where the compiler runs. */
__asm__(".pushsection .rodata\n"
        ".balign 8\n"
        "syscalls_object:\n"
        ".incbin \"" SYSCALLS_OBJECT "\"\n"
        "syscalls_object_end:\n"
        ".balign 8\n"
        "syscalls_object_size:\n"
        ".quad syscalls_object_end - syscalls_object\n"
        ".popsection\n");
extern const char object[] __asm__("syscalls_object");
extern const uint64_t object_size __asm__("syscalls_object_size");

/* --- what libbpf says ----------------------------------------------------- */

static __thread char said[256]; /* its first warning since listen() */

__attribute__((format(printf, 2, 0))) static int
hear(enum libbpf_print_level level, const char *fmt, va_list args)
{
    if (level != LIBBPF_WARN || *said)
        return 0;
    vsnprintf(said, sizeof said, fmt, args);
    char *end = strchr(said, '\n');
    if (end)
        *end = '\0';
    return 0;
}

static libbpf_print_fn_t listen(void)
{
    *said = '\0';
    return libbpf_set_print(hear);
}

static enum scope_code fail(struct scope_err *err, int fault, const char *what)
{
    enum scope_code code =
        fault == EPERM || fault == EACCES ? SCOPE_PERM : SCOPE_UNAVAILABLE;
    if (*said)
        scope_fail(err, code, fault, "%s (%s)", what, said);
    else
        scope_fail(err, code, fault, "%s", what);
    return scope_hint(err, "this needs Linux 5.15 with CONFIG_BPF_EVENTS, "
                           "CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF, not "
                           "locked down; way=tracepoints does without");
}

/* --- whether it may ------------------------------------------------------- */

static bool has(const struct __user_cap_data_struct *sets, int capability)
{
    return sets[capability / 32].effective >> capability % 32 & 1;
}

enum scope_code programs_allowed(struct scope_err *err)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0}};
    if (syscall(SYS_capget, &header, sets) < 0)
        return scope_fail(err, SCOPE_UNAVAILABLE, errno, "capget");
    bool all = has(sets, CAP_SYS_ADMIN);
    bool bpf = all || has(sets, CAP_BPF);
    bool perfmon = all || has(sets, CAP_PERFMON);
    if (!bpf || !perfmon) {
        char self[128];
        ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
        self[length > 0 ? length : 0] = '\0';
        scope_fail(err, SCOPE_PERM, 0, "BPF programs must not be loaded: %s",
                   bpf       ? "CAP_PERFMON is missing"
                   : perfmon ? "CAP_BPF is missing"
                             : "CAP_BPF and CAP_PERFMON are missing");
        return scope_hint(err,
                          "run scope as root, or once as root: setcap "
                          "cap_bpf,cap_perfmon=ep %s",
                          length > 0 ? self : "scope");
    }
    if (access(BTF_PATH, R_OK) < 0) {
        scope_fail(err, SCOPE_UNAVAILABLE, errno, "read %s", BTF_PATH);
        return scope_hint(err, "the kernel must be built with "
                               "CONFIG_DEBUG_INFO_BTF");
    }
    return SCOPE_OK;
}

/* --- loading -------------------------------------------------------------- */

/* One more than the highest CPU that is plugged in. */
static uint32_t count_cpus(void)
{
    char text[256];
    int fd = open("/sys/devices/system/cpu/present", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0) {
        long count = sysconf(_SC_NPROCESSORS_CONF);
        return count > 0 ? (uint32_t)count : 1;
    }
    /* "0-3,8": the last number. */
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    const char *last = text + strlen(text);
    while (last > text && last[-1] >= '0' && last[-1] <= '9')
        last--;
    return (uint32_t)strtoul(last, NULL, 10) + 1;
}

/* What the programs must know of a call beside its number. */
static unsigned traits_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned traits;
    } special[] = {
        {"rt_sigreturn", TABLE_CALL_NO_RESULT},
        {"fork", TABLE_CALL_MAKES},
        {"vfork", TABLE_CALL_MAKES},
        {"clone", TABLE_CALL_MAKES},
        {"clone3", TABLE_CALL_MAKES},
        {"exit", TABLE_CALL_ENDS},
        {"exit_group", TABLE_CALL_ENDS},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(special[i].name, name) == 0)
            return special[i].traits;
    return 0;
}

static bool is_wanted(const struct scope_list *only, const char *name)
{
    for (size_t i = 0; name && i < only->count; i++)
        if (strcmp(only->items[i], name) == 0)
            return true;
    return !only->count;
}

static void choose_calls(struct table_settings *settings,
                         const struct scope_list *only)
{
    int sigreturn = syscalls_number("rt_sigreturn");
    settings->sigreturn = sigreturn < 0 ? TABLE_OTHER : (uint32_t)sigreturn;
    for (uint32_t i = 0; i < TABLE_NUMBERS; i++) {
        const char *name = i < TABLE_OTHER ? syscalls_name(i) : NULL;
        unsigned call = name ? traits_of(name) : 0;
        if (is_wanted(only, name))
            call |= TABLE_CALL_COUNTED;
        if (name && syscalls_moves_bytes(i))
            call |= TABLE_CALL_BYTES;
        settings->calls[i] = (uint8_t)call;
    }
}

static void choose_settings(struct table_settings *settings,
                            const struct syscalls_config *config,
                            uint32_t capacity)
{
    struct stat pidns;
    settings->times = config->mode == SYSCALLS_LATENCY;
    settings->threads = config->threads;
    settings->capacity = capacity;
    if (stat("/proc/self/ns/pid", &pidns) == 0 &&
        pidns.st_ino != INITIAL_PIDNS) {
        settings->pidns = 1;
        settings->pidns_dev = pidns.st_dev;
        settings->pidns_ino = pidns.st_ino;
    }
    choose_calls(settings, &config->calls);
}

/* How many entries each map has; the array of cgroups has its own. */
static int size_maps(struct programs *programs)
{
    const struct {
        const char *name;
        uint32_t entries;
    } sizes[] = {
        {"processes", SYSCALLS_TARGETS},
        {"threads", SYSCALLS_TARGETS},
        {"leaf_of_place", programs->capacity},
        {"leaves", programs->capacity + 1},
        {"rows", programs->capacity + 1},
        {"free_leaves", programs->capacity},
        {"free_cells", programs->capacity},
        {"cell_users", programs->capacity + 1},
        {"cells", programs->capacity * programs->cpus},
    };
    int fault = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !fault; i++) {
        struct bpf_map *map =
            bpf_object__find_map_by_name(programs->object, sizes[i].name);
        fault = map ? bpf_map__set_max_entries(map, sizes[i].entries) : -ENOENT;
        if (!fault && strcmp(sizes[i].name, "cells") == 0)
            fault = bpf_map__set_value_size(map, (uint32_t)programs->cell_size);
    }
    return -fault;
}

static int map_fd(const struct programs *programs, const char *name)
{
    return bpf_object__find_map_fd_by_name(programs->object, name);
}

/* Maps the tables; programs_close unmaps them. */
static int map_tables(struct programs *programs)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = programs->capacity;
    size_t items = room + 1; /* from 1 on */
    size_t cells = room * programs->cpus;
    const struct {
        const char *name;
        size_t size;
        void *pointer;
    } tables[PROGRAMS_MAPS] = {
        {".data.state", sizeof *programs->state, &programs->state},
        {"leaves", items * sizeof *programs->leaves, &programs->leaves},
        {"rows", items * sizeof *programs->rows, &programs->rows},
        {"free_leaves", room * sizeof(uint64_t), &programs->free_leaves},
        {"free_cells", room * sizeof(uint64_t), &programs->free_cells},
        {"cell_users", items * sizeof(uint64_t), &programs->cell_users},
        {"cells", cells * programs->cell_size, &programs->cells},
    };
    for (size_t i = 0; i < PROGRAMS_MAPS; i++) {
        size_t size = (tables[i].size + page - 1) / page * page;
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                            map_fd(programs, tables[i].name), 0);
        if (memory == MAP_FAILED)
            return errno;
        programs->maps[i].memory = memory;
        programs->maps[i].size = size;
        memcpy(tables[i].pointer, &memory, sizeof memory);
    }
    return 0;
}

static void give(const struct programs *programs, struct table_free *ends,
                 uint64_t *ring, uint32_t item)
{
    ring[ends->tail % programs->capacity] = item;
    __atomic_store_n(&ends->tail, ends->tail + 1, __ATOMIC_RELEASE);
}

void programs_give_leaf(struct programs *programs, uint32_t leaf)
{
    programs->leaves[leaf] = (struct table_leaf){0};
    give(programs, &programs->state->leaves, programs->free_leaves, leaf);
}

void programs_give_cell(struct programs *programs, uint32_t cell)
{
    programs->cell_users[cell] = 0;
    for (uint32_t cpu = 0; cpu < programs->cpus; cpu++)
        memset(programs_cell(programs, cpu, cell), 0, programs->cell_size);
    give(programs, &programs->state->cells, programs->free_cells, cell);
}

static int fill(struct programs *programs)
{
    int fault = map_tables(programs);
    for (uint32_t i = 1; i <= programs->capacity && !fault; i++) {
        give(programs, &programs->state->leaves, programs->free_leaves, i);
        give(programs, &programs->state->cells, programs->free_cells, i);
    }
    if (!fault)
        programs->state->generation = 1;
    return fault;
}

static int prepare(struct programs *programs,
                   const struct syscalls_config *config)
{
    struct table_settings settings = {0};
    const struct bpf_object_open_opts options = {.sz = sizeof options,
                                                 .object_name = "syscalls"};
    /* One more, for scope's own calls at the start. */
    programs->capacity = (uint32_t)config->capacity + 1;
    programs->cpus = count_cpus();
    programs->times = config->mode == SYSCALLS_LATENCY;
    programs->cell_size = programs->times
                              ? sizeof(struct table_cell)
                              : offsetof(struct table_cell, time_ns);
    programs->object = bpf_object__open_mem(object, object_size, &options);
    if (!programs->object)
        return errno;
    int fault = size_maps(programs);
    struct bpf_program *enter =
        bpf_object__find_program_by_name(programs->object, "enter");
    if (!fault)
        fault = -bpf_program__set_autoload(enter, programs->times);
    struct bpf_map *map =
        bpf_object__find_map_by_name(programs->object, ".rodata.settings");
    if (fault || !map)
        return fault ? fault : ENOENT;
    choose_settings(&settings, config, programs->capacity);
    programs->pidns = settings.pidns;
    return -bpf_map__set_initial_value(map, &settings, sizeof settings);
}

enum scope_code programs_load(struct programs *programs,
                              const struct syscalls_config *config,
                              struct scope_err *err)
{
    *programs = (struct programs){0};
    libbpf_print_fn_t before = listen();
    int fault = prepare(programs, config);
    if (!fault)
        fault = -bpf_object__load(programs->object);
    if (!fault) {
        programs->counter = bpf_program__fd(bpf_object__find_program_by_name(
            programs->object, programs->times ? "enter" : "leave"));
        programs->processes = map_fd(programs, "processes");
        programs->threads = map_fd(programs, "threads");
        programs->cgroup_array = map_fd(programs, "cgroups");
        programs->leaf_of_place = map_fd(programs, "leaf_of_place");
        fault = fill(programs);
    }
    libbpf_set_print(before);
    if (fault == ENOMEM) {
        scope_fail(err, SCOPE_UNAVAILABLE, fault,
                   "make tables for %u pairs of a target and a call on %u CPUs",
                   programs->capacity, programs->cpus);
        return scope_hint(err, "set a lower syscalls.capacity");
    }
    return fault ? fail(err, fault, "load the BPF programs") : SCOPE_OK;
}

static enum scope_code attach(struct programs *programs, const char *name,
                              struct scope_err *err)
{
    libbpf_print_fn_t before = listen();
    struct bpf_program *program =
        bpf_object__find_program_by_name(programs->object, name);
    struct bpf_link *link = program ? bpf_program__attach(program) : NULL;
    int fault = link ? 0 : program ? errno : ENOENT;
    libbpf_set_print(before);
    if (fault)
        return fail(err, fault, "attach the BPF programs");
    programs->links[programs->link_count++] = link;
    return SCOPE_OK;
}

enum scope_code programs_start(struct programs *programs, struct scope_err *err)
{
    /* First what follows tasks, then what counts them. */
    static const char *const order[] = {"born", "gone", "renamed", "leave",
                                        NULL};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; order[i] && !code; i++)
        code = attach(programs, order[i], err);
    if (!code && programs->times)
        code = attach(programs, "enter", err);
    return code;
}

void programs_close(struct programs *programs)
{
    libbpf_print_fn_t before = listen();
    while (programs->link_count)
        bpf_link__destroy(programs->links[--programs->link_count]);
    for (size_t i = 0; i < PROGRAMS_MAPS; i++)
        if (programs->maps[i].memory)
            munmap(programs->maps[i].memory, programs->maps[i].size);
    bpf_object__close(programs->object);
    libbpf_set_print(before);
    *programs = (struct programs){0};
}

/* --- targets -------------------------------------------------------------- */

void programs_renew(struct programs *programs)
{
    __atomic_add_fetch(&programs->state->generation, 1, __ATOMIC_SEQ_CST);
}

enum scope_code programs_point(struct programs *programs, int map, pid_t id,
                               uint32_t target, struct scope_err *err)
{
    uint32_t key = (uint32_t)id;
    const struct table_target value = {.target = target,
                                       .order = programs->state->attached + 1};
    if (bpf_map_update_elem(map, &key, &value, BPF_ANY) < 0)
        return scope_fail(err, errno == E2BIG ? SCOPE_BUSY : SCOPE_IO, errno,
                          "count the calls of process %d", id);
    __atomic_store_n(&programs->state->attached, value.order, __ATOMIC_SEQ_CST);
    programs_renew(programs);
    return SCOPE_OK;
}

void programs_forget(int map, pid_t id)
{
    uint32_t key = (uint32_t)id;
    /* Absent: a later target of the same id has taken its place. */
    (void)bpf_map_delete_elem(map, &key);
}

enum scope_code programs_cgroup(struct programs *programs, const char *path,
                                uint32_t *bit, struct scope_err *err)
{
    uint32_t next = programs->state->cgroups;
    if (next == TABLE_CGROUPS)
        return scope_fail(err, SCOPE_BUSY, 0,
                          "cgroup %s: no more than %d are told apart", path,
                          TABLE_CGROUPS);
    enum scope_code code =
        programs->cgroups ? SCOPE_OK : attach(programs, "moved", err);
    if (code)
        return code;
    programs->cgroups = true;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? SCOPE_NOT_FOUND
                   : scope_fail(err, SCOPE_IO, errno, "open %s", path);
    int fault = bpf_map_update_elem(programs->cgroup_array, &next, &fd, BPF_ANY)
                    ? errno
                    : 0;
    close(fd);
    if (fault == EBADF) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0, "%s is a cgroup of version 1",
                   path);
        return scope_hint(err, "BPF tells only those of version 2 apart: "
                               "choose its processes instead");
    }
    if (fault)
        return scope_fail(err, SCOPE_IO, fault, "count the calls of %s", path);
    *bit = 1U << next;
    __atomic_store_n(&programs->state->cgroups, next + 1, __ATOMIC_SEQ_CST);
    programs_renew(programs);
    return SCOPE_OK;
}

uint64_t programs_missed(const struct programs *programs)
{
    struct bpf_prog_info info = {0};
    uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(programs->counter, &info, &size)
               ? 0
               : info.recursion_misses;
}
