/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Picks: the plugins of one kind that the user chose, each once, in the order
 * first named, with their settings. Read from texts such as
 *
 *     perf
 *     perf.interval=10ms,threads
 *     http.url=http://127.0.0.1:8080/,rate=1k
 *
 * After the plugin's name and a dot come its options, separated by commas: the
 * part after a comma is the next option when it is written NAME=VALUE or is
 * the name of a bool, else it belongs to the value before it. Within a value
 * "\," is a comma and "\\" a backslash. The same plugin named again is the
 * same pick.
 */
#ifndef LIB_HOST_PICKS_H
#define LIB_HOST_PICKS_H

#include "lib/base/options.h"
#include "lib/host/loader.h"

struct scope_pick {
    const struct scope_loaded *loaded;
    struct scope_settings *settings;
};

struct scope_picks;

/* The registry must outlive the picks, as their plugins do. */
struct scope_picks *scope_picks_new(const struct scope_registry *registry,
                                    enum scope_kind kind);
void scope_picks_free(struct scope_picks *picks);

/* The pick of a plugin by name, made if it is new; prefix names its options in
 * messages, NULL: "<name>.". */
enum scope_code scope_picks_name(struct scope_picks *picks, const char *name,
                                 const char *prefix,
                                 const struct scope_place *place,
                                 const struct scope_pick **pick,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Reads one text as above. place may be NULL: the command line. */
enum scope_code scope_picks_add(struct scope_picks *picks, const char *text,
                                const struct scope_place *place,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/* Fails for the first pick that lacks a required option. */
enum scope_code scope_picks_finish(const struct scope_picks *picks,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

size_t scope_picks_count(const struct scope_picks *picks);
const struct scope_pick *scope_picks_at(const struct scope_picks *picks,
                                        size_t index);

#endif
