/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for events and deadlines. */
#include "lib/net/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

enum scope_code scope_loop_probe(struct scope_err *err)
{
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return scope_fail(err, SCOPE_UNAVAILABLE, errno, "epoll_create1");
    enum scope_code code = SCOPE_OK;
    if (epoll_pwait2(fd, &event, 1, &(struct timespec){0}, NULL) < 0) {
        code = scope_fail(err, SCOPE_UNAVAILABLE, errno, "epoll_pwait2");
        scope_hint(err, "it needs Linux 5.11 or later");
    }
    close(fd);
    return code;
}

enum scope_code scope_loop_open(struct scope_loop *loop, struct scope_err *err)
{
    *loop = (struct scope_loop){.epoll_fd = -1, .wake_fd = -1};
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return scope_fail(err, SCOPE_FAILED, errno, "epoll_create1");
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wake_fd < 0)
        return scope_fail(err, SCOPE_FAILED, errno, "eventfd");
    int error = scope_loop_watch(loop, loop->wake_fd, NULL);
    if (error)
        return scope_fail(err, SCOPE_FAILED, error, "epoll_ctl");
    return SCOPE_OK;
}

void scope_loop_close(struct scope_loop *loop)
{
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->wake_fd = loop->epoll_fd = -1;
}

void scope_loop_sharpen(void)
{
    /* Else every wait ends up to 50 us late, to share wake-ups with others
     * (PR_SET_TIMERSLACK in prctl(2)). */
    prctl(PR_SET_TIMERSLACK, 1UL);
}

int scope_loop_watch(struct scope_loop *loop, int fd, void *who)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = who,
    };
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? errno : 0;
}

int scope_loop_set(struct scope_loop *loop, int fd, uint32_t events, void *who)
{
    struct epoll_event event = {.events = events, .data.ptr = who};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (errno != ENOENT)
        return errno;
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? errno : 0;
}

/*
 * The kernel lets a wait end late by a thousandth of its length, whatever the
 * timer slack (select_estimate_accuracy() in fs/select.c). A long wait
 * therefore ends a little early, and its rest is waited for with the next.
 */
static int64_t first_part(int64_t wait_ns)
{
    return wait_ns > 2000000 ? wait_ns - wait_ns / 500 : wait_ns;
}

int scope_loop_wait(struct scope_loop *loop, int64_t now_ns,
                    int64_t deadline_ns)
{
    struct timespec timeout;
    struct timespec *limit = NULL;
    if (deadline_ns < INT64_MAX) {
        int64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        wait_ns = first_part(wait_ns);
        timeout.tv_sec = wait_ns / NS_PER_S;
        timeout.tv_nsec = wait_ns % NS_PER_S;
        limit = &timeout;
    }
    int count = epoll_pwait2(loop->epoll_fd, loop->events, SCOPE_LOOP_EVENTS,
                             limit, NULL);
    return count > 0 ? count : 0;
}

void scope_loop_wake(struct scope_loop *loop)
{
    /* Fails only when it is full of wake-ups already. */
    eventfd_write(loop->wake_fd, 1);
}
