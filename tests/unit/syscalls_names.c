/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of system calls against <sys/syscall.h>, and of errors against what
 * the C library and the kernel call them. */
#include "tests/unit/unit.h"

#include "collectors/syscalls/counter.h"

#include <errno.h>
#include <sys/syscall.h>

/* Those that every architecture has. */
static const struct {
    const char *name;
    uint32_t number;
    bool moves;
} known[] = {
    {"read", SYS_read, true},
    {"write", SYS_write, true},
    {"readv", SYS_readv, true},
    {"writev", SYS_writev, true},
    {"pread64", SYS_pread64, true},
    {"pwrite64", SYS_pwrite64, true},
    {"preadv", SYS_preadv, true},
    {"pwritev", SYS_pwritev, true},
    {"preadv2", SYS_preadv2, true},
    {"pwritev2", SYS_pwritev2, true},
    {"splice", SYS_splice, true},
    {"tee", SYS_tee, true},
    {"vmsplice", SYS_vmsplice, true},
    {"sendfile", SYS_sendfile, true},
    {"sendto", SYS_sendto, true},
    {"recvfrom", SYS_recvfrom, true},
    {"sendmsg", SYS_sendmsg, true},
    {"recvmsg", SYS_recvmsg, true},
    {"copy_file_range", SYS_copy_file_range, true},
    {"process_vm_readv", SYS_process_vm_readv, true},
    {"process_vm_writev", SYS_process_vm_writev, true},
    {"sendmmsg", SYS_sendmmsg, false},
    {"recvmmsg", SYS_recvmmsg, false},
    {"getrandom", SYS_getrandom, false},
    {"mq_timedreceive", SYS_mq_timedreceive, false},
    {"close", SYS_close, false},
    {"futex", SYS_futex, false},
    {"getppid", SYS_getppid, false},
    {"epoll_pwait", SYS_epoll_pwait, false},
    {"accept4", SYS_accept4, false},
    {"exit_group", SYS_exit_group, false},
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *name = syscalls_name(known[i].number);
        assert_non_null(name);
        assert_string_equal(name, known[i].name);
        assert_int_equal(syscalls_number(known[i].name), known[i].number);
        assert_int_equal(syscalls_moves_bytes(known[i].number), known[i].moves);
    }
}

/* Every call of the header scope is built with has a name, also those newer
 * than the library; and a name has one number. */
static void test_all(void **state)
{
    (void)state;
    static const struct {
        uint32_t number;
        const char *name;
    } header[] = {
#define CALL(name) {__NR_##name, #name},
#include "collectors/syscalls/header_calls.h"
    };
    size_t count = sizeof header / sizeof *header;
    assert_true(count > 250);
    for (size_t i = 0; i < count; i++) {
        if (!syscalls_name(header[i].number))
            fail_msg("%s has no name", header[i].name);
        /* Architectures rename a few (fadvise64_64). */
        if (syscalls_number(header[i].name) >= 0)
            assert_int_equal(syscalls_number(header[i].name), header[i].number);
    }
    for (uint32_t number = 0; number < 2048; number++)
        if (syscalls_name(number))
            assert_int_equal(syscalls_number(syscalls_name(number)), number);
}

static void test_unknown(void **state)
{
    (void)state;
    static const uint32_t none[] = {1000, 1023, 1024, 0x40000000,
                                    SYSCALLS_OTHER};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(syscalls_name(none[i]));
        assert_false(syscalls_moves_bytes(none[i]));
    }
    assert_int_equal(syscalls_number("no_such_call"), -1);
    assert_int_equal(syscalls_number(""), -1);
}

static void test_errors(void **state)
{
    (void)state;
    assert_string_equal(syscalls_error_name(EAGAIN), "EAGAIN");
    assert_string_equal(syscalls_error_name(EINPROGRESS), "EINPROGRESS");
    assert_string_equal(syscalls_error_name(512), "ERESTARTSYS");
    assert_string_equal(syscalls_error_name(516), "ERESTART_RESTARTBLOCK");
    assert_null(syscalls_error_name(0));
    assert_null(syscalls_error_name(-1));
    assert_null(syscalls_error_name(4000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
