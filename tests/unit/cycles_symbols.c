/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that say where their functions are, in all the forms that programs
 * come in: each address must be given the function's name, its module's path
 * and its build-id, or none where nobody can know it; never another's.
 */
#include "tests/unit/symbols_case.h"

#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <scope/alloc.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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
#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, symbols_begin, symbols_end)
    const struct CMUnitTest tests[] = {
        CASE(forms),        CASE(debug_file_by_link),
        CASE(embedded),     CASE(stripped),
        CASE(linkage),      CASE(no_debug_server),
        CASE(just_in_time), CASE(vdso),
        CASE(kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
