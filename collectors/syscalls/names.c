/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel calls its calls and errors. Names of calls are libseccomp's,
 * for the architecture that scope runs on; those that it does not know yet are
 * the ones of the kernel header scope was built with. A call that neither
 * knows has no name.
 */
#include "collectors/syscalls/counter.h"

#include <asm/unistd.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLS = 1024,    /* every architecture's numbers but MIPS's lie below */
    NAME_LENGTH = 32 /* the longest so far has 23 letters */
};

static struct {
    char name[NAME_LENGTH]; /* "": none */
    bool moves_bytes;
} calls[CALLS];

static const struct {
    uint32_t number;
    const char *name;
} header[] = {
#define CALL(name) {__NR_##name, #name},
#include "collectors/syscalls/header_calls.h"
};

/*
 * Those whose result is how much of the caller's payload was moved. Not among
 * them: sendmmsg and recvmmsg (messages), io_submit and io_uring_enter
 * (operations), getrandom, getdents64, readlink, getxattr and the like (the
 * kernel's own words, not payload), and the receiving half of message queues
 * (mq_timedreceive, msgrcv), as what their sending half sends cannot be told.
 */
static const char *const movers[] = {
    "read",
    "pread64",
    "readv",
    "preadv",
    "preadv2",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "recv",
    "recvfrom",
    "recvmsg",
    "send",
    "sendto",
    "sendmsg",
    "sendfile",
    "sendfile64",
    "splice",
    "tee",
    "vmsplice",
    "copy_file_range",
    "process_vm_readv",
    "process_vm_writev",
};

/* The kernel's include/linux/errno.h: what only tracers see, of a call that
 * was interrupted or that is begun again. */
static const struct {
    int code;
    const char *name;
} inner_errors[] = {
    {512, "ERESTARTSYS"},           {513, "ERESTARTNOINTR"},
    {514, "ERESTARTNOHAND"},        {515, "ENOIOCTLCMD"},
    {516, "ERESTART_RESTARTBLOCK"},
};

static void keep(uint32_t number, const char *name)
{
    size_t length = strlen(name);
    if (number >= CALLS || length >= NAME_LENGTH || *calls[number].name)
        return;
    memcpy(calls[number].name, name, length + 1);
    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        calls[number].moves_bytes |= strcmp(movers[i], name) == 0;
}

static void learn(void)
{
    for (int number = 0; number < CALLS; number++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
        if (name)
            keep((uint32_t)number, name);
        free(name);
    }
    for (size_t i = 0; i < sizeof header / sizeof *header; i++)
        keep(header[i].number, header[i].name);
}

static void learn_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, learn);
}

const char *syscalls_name(uint32_t number)
{
    learn_once();
    return number < CALLS && *calls[number].name ? calls[number].name : NULL;
}

int syscalls_number(const char *name)
{
    learn_once();
    for (int i = 0; *name && i < CALLS; i++)
        if (strcmp(calls[i].name, name) == 0)
            return i;
    return -1;
}

bool syscalls_moves_bytes(uint32_t number)
{
    learn_once();
    return number < CALLS && calls[number].moves_bytes;
}

const char *syscalls_error_name(int code)
{
    for (size_t i = 0; i < sizeof inner_errors / sizeof *inner_errors; i++)
        if (inner_errors[i].code == code)
            return inner_errors[i].name;
    return code > 0 ? strerrorname_np(code) : NULL;
}
