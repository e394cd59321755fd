/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process has mapped changes: libraries come, files are replaced or gone
 * or in a container, children and other programs follow. An address is given
 * the name that it had in what was mapped, or none; never another's.
 */
#include "tests/unit/symbols_case.h"

#include "collectors/cycles/maps.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <scope/alloc.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void library_opened_later(void **state)
{
    (void)state;
    char *path = program_path("functions-pie");
    char *library = program_path("library.so");
    char *load = scope_format("load %s", library);
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    program_obey(program, load);
    /* Nothing told of the mapping: the maps are read again, but not more than
     * once a second. */
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    assert_named(space, program_at(program, "work"), "library_work", library);
    assert_named(space, program_at(program, "inner"), "library_inner", library);
    assert_string_equal(function_at(space, 0x1234)->symbol, "[unknown]");
    cycles_space_free(space);
    program_end(program);
    free(load);
    free(library);
    free(path);
}

struct wanted {
    uint64_t address;
    struct cycles_map map;
};

static void take_wanted(void *closure, const struct cycles_map *map)
{
    struct wanted *wanted = closure;
    if (wanted->address - map->start < map->size)
        wanted->map = *map;
}

/* The mapping that has the address, as a record of the kernel would say it;
 * *text, which its path is in, to free(). */
static struct cycles_map map_at(pid_t pid, uint64_t address, char **text)
{
    struct wanted wanted = {.address = address};
    char *path = scope_format("/proc/%d/maps", (int)pid);
    size_t length;
    *text = maps_read(path, SIZE_MAX, &length);
    assert_non_null(*text);
    maps_parse(*text, length, take_wanted, &wanted);
    assert_non_null(wanted.map.path);
    free(path);
    return wanted.map;
}

static void told_of_mappings(void **state)
{
    (void)state;
    char *path = program_path("functions-pie"), *text;
    char *library = program_path("library.so");
    char *load = scope_format("load %s", library);
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    program_obey(program, load);
    uint64_t work = program_at(program, "work");
    assert_string_equal(function_at(space, work)->symbol, "[unknown]");
    struct cycles_map map = map_at(program->pid, work, &text);
    cycles_space_map(space, &map);
    assert_named(space, work, "library_work", library);
    /* Part of it is covered by something else, and the rest stays. */
    uint64_t inner = program_at(program, "inner");
    assert_true(work != inner);
    uint64_t covered = work > inner ? work : inner;
    cycles_space_map(space, &(struct cycles_map){
                                .start = covered,
                                .size = 16,
                                .path = "//anon",
                            });
    assert_string_equal(function_at(space, covered)->symbol, "[jit]");
    assert_named(space, work < inner ? work : inner,
                 work < inner ? "library_work" : "library_inner", library);
    assert_string_equal(path_of(function_at(space, covered + 17)), library);
    /* A file system whose device numbers mean nothing: the code decides. */
    cycles_space_exec(space);
    map.minor += 1000;
    cycles_space_map(space, &map);
    assert_named(space, work, "library_work", library);
    /* The same of a file with other code. */
    cycles_space_exec(space);
    map.minor++;
    map.path = path;
    cycles_space_map(space, &map);
    const struct scope_function *function = function_at(space, work);
    if (geteuid() != 0)
        assert_false(function->named);
    assert_string_not_equal(function->symbol, "alpha");
    cycles_space_free(space);
    program_end(program);
    free(text);
    free(load);
    free(library);
    free(path);
}

static void children_and_exec(void **state)
{
    (void)state;
    char *path = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    program_obey(program, "fork");
    struct cycles_space *child = cycles_space_fork(space, program->child);
    assert_program(child, program, path);
    cycles_space_free(child);
    child = cycles_space_new(symbols, program->child);
    assert_program(child, program, path);
    /* What a process had mapped is not what it has. */
    cycles_space_exec(child);
    cycles_space_free(space);
    space = child;
    struct stat st;
    assert_return_code(stat(path, &st), errno);
    cycles_space_map(space, &(struct cycles_map){.start = 0x10000,
                                                 .size = 0x1000,
                                                 .path = "/nowhere/gone"});
    assert_string_equal(function_at(space, 0x10010)->symbol, "gone+0x10");
    assert_false(function_at(space, 0x10010)->named);
    cycles_space_free(space);
    program_end(program);
    /* One that is gone has nothing. */
    space = cycles_space_new(symbols, 0x3fffffff);
    assert_string_equal(function_at(space, 0x10010)->symbol, "[unknown]");
    cycles_space_free(space);
    free(path);
}

/* Without the right to open what is mapped. */
static void may_see_mapped_files(bool may)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    assert_return_code(syscall(SYS_capget, &header, sets), errno);
    const unsigned both[] = {CAP_SYS_ADMIN, CAP_CHECKPOINT_RESTORE};
    for (size_t i = 0; i < 2; i++) {
        uint32_t bit = UINT32_C(1) << both[i] % 32;
        uint32_t *effective = &sets[both[i] / 32].effective;
        *effective = may ? *effective | bit : *effective & ~bit;
    }
    assert_return_code(syscall(SYS_capset, &header, sets), errno);
}

struct replaced {
    char *tree, *path, *library;
    struct program *program;
};

/* A program with a library, both copies to be changed. */
static struct replaced replaced_start(void)
{
    struct replaced it = {.tree = tree_new()};
    char *from = program_path("functions-pie");
    char *library = program_path("library.so");
    it.path = scope_format("%s/prog", it.tree);
    it.library = scope_format("%s/library", it.tree);
    program_copy(from, it.path);
    program_copy(library, it.library);
    it.program = program_start(it.path, NULL);
    char *load = scope_format("load %s", it.library);
    program_obey(it.program, load);
    free(load);
    free(from);
    free(library);
    return it;
}

/* Other builds take their names. */
static void replace(const struct replaced *it)
{
    char *other = program_path("library-other.so");
    char *aside = scope_format("%s/aside", it->tree);
    program_copy(other, aside);
    assert_return_code(rename(aside, it->library), errno);
    program_copy(other, aside);
    assert_return_code(rename(aside, it->path), errno);
    free(aside);
    free(other);
}

static void replaced_end(struct replaced *it)
{
    program_end(it->program);
    free(it->path);
    free(it->library);
    tree_remove(it->tree);
}

static void replaced_while_running(void **state)
{
    (void)state;
    struct replaced it = replaced_start();
    replace(&it);
    if (geteuid() == 0) {
        struct cycles_space *space = cycles_space_new(symbols, it.program->pid);
        assert_program(space, it.program, it.path);
        assert_named(space, program_at(it.program, "work"), "library_work",
                     it.library);
        cycles_space_free(space);
    }
    replaced_end(&it);
}

static void replaced_and_not_to_be_seen(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct replaced it = replaced_start();
    may_see_mapped_files(false);
    /* Opened in time, it is kept. */
    struct cycles_space *early = cycles_space_new(symbols, it.program->pid);
    replace(&it);
    assert_program(early, it.program, it.path);
    assert_named(early, program_at(it.program, "work"), "library_work",
                 it.library);
    cycles_space_free(early);
    symbols_end(NULL);
    symbols_begin(NULL);
    /* Too late: never the other build's names. The program itself can still
     * be had, for /proc/PID/exe is it. */
    struct cycles_space *late = cycles_space_new(symbols, it.program->pid);
    assert_program(late, it.program, it.path);
    const struct scope_function *function =
        function_at(late, program_at(it.program, "work"));
    assert_false(function->named);
    assert_string_equal(path_of(function), it.library);
    assert_memory_equal(function->symbol, "library+0x", 10);
    assert_string_equal(profile->modules[function->module].build_id, "");
    cycles_space_free(late);
    may_see_mapped_files(true);
    replaced_end(&it);
}

static void deleted_and_renamed(void **state)
{
    (void)state;
    struct replaced it = replaced_start();
    char *aside = scope_format("%s/renamed", it.tree);
    struct cycles_space *space = cycles_space_new(symbols, it.program->pid);
    assert_return_code(rename(it.path, aside), errno);
    assert_return_code(unlink(it.library), errno);
    assert_program(space, it.program, it.path);
    assert_named(space, program_at(it.program, "inner"), "library_inner",
                 it.library);
    cycles_space_free(space);
    if (geteuid() == 0) {
        space = cycles_space_new(symbols, it.program->pid);
        assert_program(space, it.program, aside);
        assert_named(space, program_at(it.program, "inner"), "library_inner",
                     it.library);
        cycles_space_free(space);
    }
    free(aside);
    replaced_end(&it);
}

/* A file system and process ids of its own; the symbols are in a debug file
 * that only it has. */
static void container(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    char *jail = tree_new(), id[128];
    char *from = program_path("functions-split");
    char *debug = program_path("functions-split.debug");
    build_id_of(from, id);
    assert_int_equal(strlen(id), 40);
    char *path = scope_format("%s/bin", jail);
    assert_return_code(mkdir(path, 0755), errno);
    free(path);
    path = scope_format("%s/bin/only-here", jail);
    program_copy(from, path);
    char *place =
        scope_format("usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
    tree_file(jail, place, "%s", "");
    char *inside = scope_format("%s/%s", jail, place);
    /* A link cannot lead out of it. */
    assert_return_code(unlink(inside), errno);
    assert_return_code(symlink(debug, inside), errno);
    tree_file(jail, "tmp/here", "%s", "");
    struct program *program = program_start("/bin/only-here", jail);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    assert_false(function_at(space, program_at(program, "alpha"))->named);
    cycles_space_free(space);
    symbols_end(NULL);
    symbols_begin(NULL);
    assert_return_code(unlink(inside), errno);
    program_copy(debug, inside);
    space = cycles_space_new(symbols, program->pid);
    assert_program(space, program, "/bin/only-here");
    /* It knows itself by another number, and names its map by that. */
    program_obey(program, "jit");
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    assert_named(space, program_at(program, "jit") + 8,
                 "Script:~first /app.js:1:1", "[jit]");
    /* Records of the kernel have paths as the process sees them. */
    cycles_space_exec(space);
    struct stat st;
    assert_return_code(stat(path, &st), errno);
    uint64_t page = program_at(program, "alpha") & ~UINT64_C(4095);
    cycles_space_map(space, &(struct cycles_map){
                                .start = page,
                                .size = 4096,
                                .path = "/bin/only-here",
                                .inode = st.st_ino + 1,
                            });
    assert_false(function_at(space, program_at(program, "alpha"))->named);
    cycles_space_free(space);
    program_end(program);
    free(inside);
    free(place);
    free(path);
    free(from);
    free(debug);
    tree_remove(jail);
}

int main(void)
{
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, symbols_begin, symbols_end)
    const struct CMUnitTest tests[] = {
        CASE(library_opened_later),
        CASE(told_of_mappings),
        CASE(children_and_exec),
        CASE(replaced_while_running),
        CASE(replaced_and_not_to_be_seen),
        CASE(deleted_and_renamed),
        CASE(container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
