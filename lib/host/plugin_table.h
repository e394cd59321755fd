/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plugin declares must be before the host acts on it. */
#ifndef LIB_HOST_PLUGIN_TABLE_H
#define LIB_HOST_PLUGIN_TABLE_H

#include "lib/host/loader.h"

/* abi and size, first of all: nothing else may be read if they differ. */
enum scope_code scope_plugin_check_abi(const struct scope_plugin *plugin,
                                       struct scope_err *err) SCOPE_MUST_CHECK;

/* Everything else: kind and name against where the file lies (kind 0: any),
 * texts, ops, options, metrics. */
enum scope_code scope_plugin_check(const struct scope_plugin *plugin,
                                   enum scope_kind kind, const char *stem,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* Rows in one plugin's table of metrics; NULL when none. */
enum scope_code scope_metrics_check(const struct scope_metric *metrics,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Copies the ops of the plugin's kind and fills in the absent ones. */
void scope_plugin_fill_ops(struct scope_loaded *loaded);

/* The host's options beside the plugin's: makes loaded->options. */
void scope_plugin_fill_options(struct scope_loaded *loaded);
void scope_plugin_free_options(struct scope_loaded *loaded);
/* Fails for a plugin that has an option of the host's name. */
enum scope_code
scope_plugin_check_hosted(const struct scope_plugin *plugin,
                          struct scope_err *err) SCOPE_MUST_CHECK;

#endif
