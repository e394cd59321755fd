/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small host for one collector that is linked into the test: its options,
 * a real sink, and the values of the last sweep by name.
 */
#ifndef TESTS_UNIT_HOST_H
#define TESTS_UNIT_HOST_H

#include "lib/host/sink.h"

#include <scope/plugin.h>
#include <scope/profile.h>

struct host;

/* settings: name, value, name, value, NULL. Fails the test when the plugin
 * does not open. */
struct host *host_open(const char *const *settings);
/* Only the code and the error of an open that is to fail. */
enum scope_code host_try(const char *const *settings, struct scope_err *err);
void host_close(struct host *host);

enum scope_code host_attach(struct host *host,
                            const struct scope_target *target,
                            struct scope_err *err);
void host_detach(struct host *host, const struct scope_target *target);
void host_start(struct host *host);
/* One sweep; fails the test when the plugin says so. */
void host_sample(struct host *host);

/* Whether the last sweep has the value, and its bits. target NULL: the
 * collector itself. */
bool host_has(const struct host *host, const char *metric,
              const struct scope_target *target, const char *instance,
              uint64_t *bits);
/* The value, which must be there. */
uint64_t host_value(const struct host *host, const char *metric,
                    const struct scope_target *target, const char *instance);
/* All that was emitted so far, which must be some. */
const struct scope_hist *host_hist(const struct host *host, const char *metric,
                                   const struct scope_target *target,
                                   const char *instance);
/* Values in the last sweep, and the texts of all events so far. */
size_t host_count(const struct host *host);
const char *host_events(const struct host *host);
/* The profile whose pieces the collector stored so far, or NULL. */
const struct scope_profile *host_profile(const struct host *host);
/* From now on artifacts find no room, or find it again. */
void host_refuse_artifacts(struct host *host, bool refuse);

#endif
