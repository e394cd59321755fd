/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds and loads plugins. The directory is the registry: a plugin is
 * <folder>/<name>.so in SCOPE_PLUGIN_PATH (folders separated by ':', ignored
 * when the program runs with raised privileges) or <plugindir>/<kind>s/, and
 * each folder of the path may hold such kind folders itself. What is refused
 * stays listed with one exact sentence.
 */
#ifndef LIB_HOST_LOADER_H
#define LIB_HOST_LOADER_H

#include <scope/plugin.h>

struct scope_loaded {
    const struct scope_plugin *plugin; /* as exported */
    const char *path;
    /* The plugin's options and behind them the host's, that every plugin of
     * its kind has (a collector's interval), with the struct that holds both.
     */
    const struct scope_option *options;
    size_t config_size;
    /* The ops with every absent one filled in; by kind. */
    union {
        struct scope_collector_ops collector;
        struct scope_driver_ops driver;
        struct scope_backend_ops backend;
        struct scope_proxy_ops proxy;
        struct scope_policy_ops policy;
        struct scope_analyzer_ops analyzer;
    };
};

struct scope_refusal {
    const char *path;
    const char *reason;
};

struct scope_registry;

/* Loads all that is found. Fails only when a folder of SCOPE_PLUGIN_PATH
 * cannot be read. */
enum scope_code scope_registry_open(struct scope_registry **registry,
                                    struct scope_err *err) SCOPE_MUST_CHECK;
void scope_registry_close(struct scope_registry *registry);

/* Sorted by kind, then name. */
size_t scope_registry_count(const struct scope_registry *registry);
const struct scope_loaded *
scope_registry_at(const struct scope_registry *registry, size_t index);
size_t scope_registry_refusals(const struct scope_registry *registry,
                               const struct scope_refusal **refusals);

/* The refusal of a file that has the name, or NULL. */
const struct scope_refusal *
scope_registry_refused(const struct scope_registry *registry, const char *name);

/* By kind and name; SCOPE_USAGE with the nearest name as the hint, or with the
 * refusal when a plugin of that name was found and refused. */
enum scope_code scope_registry_find(const struct scope_registry *registry,
                                    enum scope_kind kind, const char *name,
                                    const struct scope_loaded **found,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* The plugin's probe; OK for kinds that have none. */
enum scope_code scope_loaded_probe(const struct scope_loaded *loaded,
                                   const void *config,
                                   struct scope_err *err) SCOPE_MUST_CHECK;
/* The same with every option at its default, and unset where it has none. */
enum scope_code scope_loaded_works(const struct scope_loaded *loaded,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* The interval in a configuration of a collector or driver; 0: not set. */
int64_t scope_loaded_interval_ns(const struct scope_loaded *loaded,
                                 const void *config);

/* "collector" and "collectors" (also the folder); NULL when unknown. */
const char *scope_kind_word(enum scope_kind kind);
const char *scope_kind_folder(enum scope_kind kind);
/* The kind of either word; 0 when unknown. */
enum scope_kind scope_kind_of(const char *word);

#endif
