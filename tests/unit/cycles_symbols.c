/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that say where their functions are, in all the forms that programs
 * come in: each address must be given the function's name, its module's path
 * and its build-id, or none where nobody can know it; never another's.
 */
#include "collectors/cycles/symbols.h"

#include "collectors/cycles/demangle.h"
#include "collectors/cycles/maps.h"
#include "tests/unit/program.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <scope/alloc.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct scope_profile *profile;
static struct cycles_symbols *symbols;

static int begin(void **state)
{
    (void)state;
    profile = scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    symbols = cycles_symbols_new(profile);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cycles_symbols_free(symbols);
    scope_profile_free(profile);
    return 0;
}

static const struct scope_function *function_at(struct cycles_space *space,
                                                uint64_t address)
{
    /* The table may move when it grows. */
    uint32_t number = cycles_space_function(space, address, false);
    return &profile->functions[number];
}

static const char *path_of(const struct scope_function *function)
{
    return profile->modules[function->module].path;
}

static void assert_named(struct cycles_space *space, uint64_t address,
                         const char *name, const char *path)
{
    const struct scope_function *function = function_at(space, address);
    assert_string_equal(function->symbol, name);
    assert_string_equal(path_of(function), path);
    assert_true(function->named);
    assert_false(function->kernel);
}

/* All that the program told of. */
static void assert_program(struct cycles_space *space,
                           const struct program *program, const char *path)
{
    static const char *const names[][2] = {
        {"alpha", "alpha"},          {"beta", "beta"},
        {"gamma", "gamma_"},         {"compare", "compare"},
        {"sorter", "sorter"},        {"handler", "handler"},
        {"victim", "victim"},        {"cxx", "scope::Burn::run"},
        {"rust_old", "scope::burn"}, {"rust_new", "mycrate::foo"},
    };
    /* Built without libiberty names stay mangled, these are the last three. */
    char *readable = demangle("_ZN5scope4Burn3runEi");
    size_t count = sizeof names / sizeof *names - (readable ? 0 : 3);
    free(readable);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = program_at(program, names[i][0]);
        assert_named(space, at, names[i][1], path);
        assert_named(space, at + 1, names[i][1], path);
    }
    /* Where a call returns to is of the function before. */
    uint64_t at = program_at(program, "beta");
    uint32_t number = cycles_space_function(space, at, true);
    assert_string_not_equal(profile->functions[number].symbol, "beta");
    number = cycles_space_function(space, at + 1, true);
    assert_string_equal(profile->functions[number].symbol, "beta");
}

/* What readelf says of a file, "" when nothing. */
static void build_id_of(const char *path, char id[128])
{
    char *command = scope_format("readelf -n '%s' 2>/dev/null | "
                                 "sed -n 's/.*Build ID: //p'",
                                 path);
    FILE *from = popen(command, "r");
    id[0] = '\0';
    if (from && fgets(id, 128, from))
        id[strcspn(id, "\n")] = '\0';
    if (from)
        pclose(from);
    free(command);
}

static void assert_form(const char *name)
{
    char *path = program_path(name), id[128];
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    assert_program(space, program, path);
    const struct scope_function *function =
        function_at(space, program_at(program, "alpha"));
    build_id_of(path, id);
    assert_string_equal(profile->modules[function->module].build_id, id);
    cycles_space_free(space);
    program_end(program);
    free(path);
}

static void forms(void **state)
{
    (void)state;
    assert_form("functions-pie");
    assert_form("functions-fixed");
    assert_form("functions-static");
    assert_form("functions-staticpie");
    assert_form("functions-high");
}

static void debug_file_by_link(void **state)
{
    (void)state;
    assert_form("functions-linked");
    /* One that is not of this build does not count. */
    char *tree = tree_new(), *path = scope_format("%s/prog", tree);
    char *debug = scope_format("%s/functions-linked.debug", tree);
    char *from = program_path("functions-linked");
    char *wrong = program_path("functions-split.debug");
    program_copy(from, path);
    program_copy(wrong, debug);
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    assert_false(function_at(space, program_at(program, "beta"))->named);
    cycles_space_free(space);
    program_end(program);
    free(path);
    free(debug);
    free(from);
    free(wrong);
    tree_remove(tree);
}

static void embedded(void **state)
{
    (void)state;
    char *path = program_path("functions-embedded");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    assert_named(space, program_at(program, "gamma"), "gamma_", path);
    assert_named(space, program_at(program, "beta"), "beta", path);
    assert_false(function_at(space, program_at(program, "sorter"))->named);
    cycles_space_free(space);
    program_end(program);
    free(path);
}

static void stripped(void **state)
{
    (void)state;
    char *path = program_path("functions-stripped"), id[128], expected[64];
    char *whole = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    /* A library's functions lie where the program's text ends. */
    uint64_t beta = program_at(program, "beta");
    const struct scope_function *function = function_at(space, beta + 9);
    assert_false(function->named);
    assert_string_equal(path_of(function), path);
    build_id_of(whole, id);
    assert_string_equal(profile->modules[function->module].build_id, id);
    /* All of a function's addresses are one function, named by its start,
     * which is what nm says of the program before it was stripped. */
    char *command = scope_format("nm '%s' | sed -n 's/^0*\\(.*\\) t beta$/"
                                 "functions-stripped+0x\\1/p'",
                                 whole);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    assert_non_null(fgets(expected, sizeof expected, from));
    pclose(from);
    expected[strcspn(expected, "\n")] = '\0';
    assert_string_equal(function->symbol, expected);
    assert_ptr_equal(function_at(space, beta), function_at(space, beta + 21));
    cycles_space_free(space);
    program_end(program);
    free(command);
    free(path);
    free(whole);
}

/* What objdump says of the calls into libraries. */
static void linkage(void **state)
{
    (void)state;
    char *path = program_path("functions-stripped");
    char *whole = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    char *command = scope_format(
        "nm '%s' | sed -n 's/ T alpha$/ alpha/p'; objdump -d '%s' | "
        "sed -n 's/^\\([0-9a-f]*\\) <\\([a-z_]*@plt\\)>:$/\\1 \\2/p'",
        whole, path);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    unsigned long address;
    char name[64];
    assert_int_equal(fscanf(from, "%lx %63s", &address, name), 2);
    assert_string_equal(name, "alpha");
    uint64_t bias = program_at(program, "alpha") - address;
    int entries = 0;
    for (; fscanf(from, "%lx %63s", &address, name) == 2; entries++)
        assert_named(space, bias + address + 6, name, path);
    assert_in_range(entries, 10, 100);
    pclose(from);
    cycles_space_free(space);
    program_end(program);
    free(command);
    free(path);
    free(whole);
}

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

/* Debug servers may be named in the environment; they are not asked. */
static void no_debug_server(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(server, (struct sockaddr *)&address, size), errno);
    assert_return_code(listen(server, 8), errno);
    assert_return_code(getsockname(server, (struct sockaddr *)&address, &size),
                       errno);
    char *url = scope_format("http://127.0.0.1:%d/", ntohs(address.sin_port));
    assert_return_code(setenv("DEBUGINFOD_URLS", url, 1), errno);
    char *path = program_path("functions-stripped");
    struct program *program = program_start(path, NULL);
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    uint64_t beta = program_at(program, "beta"), ips[8];
    assert_false(function_at(space, beta)->named);
    uint64_t regs[64] = {[7] = 0x1000, [8] = beta, [31] = 0x1000, [32] = beta};
    const uint8_t stack[256] = {0};
    bool cut;
    cycles_space_unwind(space, regs, stack, sizeof stack, ips, 8, &cut);
    struct pollfd asked = {.fd = server, .events = POLLIN};
    assert_int_equal(poll(&asked, 1, 0), 0);
    unsetenv("DEBUGINFOD_URLS");
    cycles_space_free(space);
    program_end(program);
    close(server);
    free(path);
    free(url);
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
    end(NULL);
    begin(NULL);
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
    end(NULL);
    begin(NULL);
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

static void just_in_time(void **state)
{
    (void)state;
    char *path = program_path("functions-pie");
    struct program *program = program_start(path, NULL);
    program_obey(program, "jit");
    struct cycles_space *space = cycles_space_new(symbols, program->pid);
    uint64_t code = program_at(program, "jit");
    assert_named(space, code, "Script:~first /app.js:1:1", "[jit]");
    assert_named(space, code + 63, "Script:~first /app.js:1:1", "[jit]");
    assert_named(space, code + 64, "second", "[jit]");
    assert_string_equal(function_at(space, code + 96)->symbol, "[jit]");
    assert_false(function_at(space, code + 96)->named);
    program_obey(program, "more");
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    /* An address without a name has the map read on, which replaces. */
    assert_string_equal(function_at(space, code + 97)->symbol, "[jit]");
    assert_named(space, code, "replaced", "[jit]");
    assert_string_equal(function_at(space, code + 17)->symbol, "[jit]");
    assert_named(space, code + 64, "second again", "[jit]");
    cycles_space_free(space);
    char *map = scope_format("/tmp/perf-%d.map", (int)program->pid);
    program_end(program);
    unlink(map);
    free(map);
    free(path);
}

static uint64_t vdso_function(void)
{
    uint64_t at = getauxval(AT_SYSINFO_EHDR);
    uint64_t entry;
    memcpy(&entry, (const uint8_t *)(uintptr_t)at + 24, sizeof entry);
    return at + entry;
}

static void vdso(void **state)
{
    (void)state;
    if (!getauxval(AT_SYSINFO_EHDR))
        skip();
    struct cycles_space *space = cycles_space_new(symbols, getpid());
    const struct scope_function *function = function_at(space, vdso_function());
    assert_string_equal(path_of(function), "[vdso]");
    bool found = false;
    for (uint64_t at = 0; at < 8192 && !found; at += 16) {
        function = function_at(space, getauxval(AT_SYSINFO_EHDR) + at);
        found = strcmp(function->symbol, "clock_gettime") == 0;
    }
    assert_true(found);
    assert_true(function->named);
    assert_int_equal(strlen(profile->modules[function->module].build_id), 40);
    cycles_space_free(space);
}

static void kernel(void **state)
{
    (void)state;
    FILE *from = fopen("/proc/kallsyms", "r");
    char line[512], name[256], type;
    unsigned long address;
    uint64_t found = 0;
    while (from && fgets(line, sizeof line, from))
        if (sscanf(line, "%lx %c %255s", &address, &type, name) == 3 &&
            strcmp(name, "ksys_read") == 0)
            found = address;
    if (from)
        fclose(from);
    if (!found) {
        assert_non_null(cycles_symbols_no_kernel(symbols));
        uint32_t number = cycles_symbols_kernel(symbols, 0xffffffff81000123);
        assert_string_equal(profile->functions[number].symbol, "[kernel]");
        return;
    }
    assert_null(cycles_symbols_no_kernel(symbols));
    uint32_t number = cycles_symbols_kernel(symbols, found + 5);
    const struct scope_function *function = &profile->functions[number];
    assert_string_equal(function->symbol, "ksys_read");
    assert_true(function->kernel);
    assert_true(function->named);
    assert_string_equal(path_of(function), "[kernel]");
    assert_int_equal(cycles_symbols_kernel(symbols, found + 5), number);
    number = cycles_symbols_kernel(symbols, UINT64_MAX - 4096);
    function = &profile->functions[number];
    assert_string_equal(function->symbol, "[kernel]");
    assert_false(function->named);
    assert_true(function->kernel);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(forms),
        CASE(debug_file_by_link),
        CASE(embedded),
        CASE(stripped),
        CASE(linkage),
        CASE(library_opened_later),
        CASE(told_of_mappings),
        CASE(no_debug_server),
        CASE(children_and_exec),
        CASE(replaced_while_running),
        CASE(replaced_and_not_to_be_seen),
        CASE(deleted_and_renamed),
        CASE(container),
        CASE(just_in_time),
        CASE(vdso),
        CASE(kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
