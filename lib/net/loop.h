/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread's event loop: epoll with deadlines kept to the nanosecond, and a
 * way for other threads to wake it. Descriptors are watched edge-triggered for
 * everything from the start, so that no request costs an epoll_ctl(2).
 */
#ifndef LIB_NET_LOOP_H
#define LIB_NET_LOOP_H

#include <scope/err.h>
#include <stdint.h>
#include <sys/epoll.h>

enum { SCOPE_LOOP_EVENTS = 256 };

struct scope_loop {
    int epoll_fd, wake_fd;
    struct epoll_event events[SCOPE_LOOP_EVENTS];
};

/* Whether the kernel has what a loop needs. */
enum scope_code scope_loop_probe(struct scope_err *err) SCOPE_MUST_CHECK;

/* Close with scope_loop_close, also after a failure. */
enum scope_code scope_loop_open(struct scope_loop *loop,
                                struct scope_err *err) SCOPE_MUST_CHECK;
void scope_loop_close(struct scope_loop *loop);

/* Makes the calling thread's timers as exact as the kernel can. */
void scope_loop_sharpen(void);

/* Watches fd until it is closed; its events carry who. 0, or an errno. */
int scope_loop_watch(struct scope_loop *loop, int fd, void *who);

/* Watches fd level-triggered for these events (EPOLLIN ...) from now on, or
 * for others than before: for libraries that do not read until EAGAIN. 0, or
 * an errno. */
int scope_loop_set(struct scope_loop *loop, int fd, uint32_t events, void *who);

/*
 * Waits until something happens, at the longest until deadline_ns
 * (CLOCK_MONOTONIC; INT64_MAX: for ever). now_ns is the present time. Returns
 * the number of events, which are in loop->events; one with data.ptr NULL is a
 * scope_loop_wake.
 */
int scope_loop_wait(struct scope_loop *loop, int64_t now_ns,
                    int64_t deadline_ns);

/* From any thread: ends the present or the next wait. */
void scope_loop_wake(struct scope_loop *loop);

#endif
