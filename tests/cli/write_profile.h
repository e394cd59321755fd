/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A profile whose counts are known, in pieces of a second, as the collector
 * cycles stores it. */
#ifndef TESTS_CLI_WRITE_PROFILE_H
#define TESTS_CLI_WRITE_PROFILE_H

#include "lib/store/writer.h"

/*
 * As source 2, of the processes with target ids 1 and 2: one piece for each
 * second from the tenth to the fifteenth. A sample of a second within the
 * window of 10 s to 14 s stands for 10 ms (for 1000 cycles when pmu), and is
 * taken this often a second; outside ten times as often:
 *
 *     1: main;run_poll_loop;process_stream                        7
 *     1: main;run_poll_loop;process_stream;http_analyze          30
 *     1: main;run_poll_loop;_do_poll;do_syscall_64;ep_poll       20
 *     1: main;cold                                                3
 *     2: main;run_poll_loop;process_stream;http_analyze          10
 *     another process, postgres: main;work                       40
 *     a kernel thread, ksoftirqd/0: net_rx_action                 5
 *
 * changed: http_analyze of 1 takes 60, cold is gone, and main;fresh takes 12.
 * Each second loses `lost` samples. hostile: a function called this, too, once
 * a second below main of 1; or NULL.
 */
struct known_profile {
    bool pmu, changed;
    uint64_t lost;
    const char *name, *hostile;
};
void write_profile(struct scope_writer *writer,
                   const struct known_profile *known);

#endif
