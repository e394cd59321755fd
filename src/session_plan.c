/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: what the commands that run sessions make of their options. */
#include "src/session.h"

#include <scope/alloc.h>
#include <string.h>

enum scope_code session_read_labels(struct session_plan *plan,
                                    const struct scope_list *texts,
                                    struct scope_err *err)
{
    struct scope_label *labels = scope_alloc(texts->count, sizeof *labels);
    plan->labels = labels;
    for (size_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i];
        const char *equals = strchr(text, '=');
        if (!equals || equals == text || !equals[1]) {
            scope_fail(err, SCOPE_USAGE, 0, "--label %s is not KEY=VALUE",
                       text);
            return scope_hint(err, "write --label rate=1000");
        }
        char *key = scope_format("%.*s", (int)(equals - text), text);
        for (size_t j = 0; j < plan->label_count; j++)
            if (strcmp(labels[j].key, key) == 0) {
                scope_fail(err, SCOPE_USAGE, 0, "--label %s is given twice",
                           key);
                free(key);
                return SCOPE_USAGE;
            }
        labels[plan->label_count++] =
            (struct scope_label){.key = key, .value = scope_strdup(equals + 1)};
    }
    return SCOPE_OK;
}

void session_free_labels(struct session_plan *plan)
{
    for (size_t i = 0; i < plan->label_count; i++) {
        free((void *)(uintptr_t)plan->labels[i].key);
        free((void *)(uintptr_t)plan->labels[i].value);
    }
    free((void *)(uintptr_t)plan->labels);
    plan->labels = NULL;
    plan->label_count = 0;
}

struct session_plugin *session_plugins(const struct scope_picks *picks,
                                       int64_t interval_ns, size_t *count)
{
    *count = scope_picks_count(picks);
    struct session_plugin *plugins = scope_alloc(*count, sizeof *plugins);
    for (size_t i = 0; i < *count; i++) {
        const struct scope_pick *pick = scope_picks_at(picks, i);
        int64_t own_ns = scope_loaded_interval_ns(
            pick->loaded, scope_settings_config(pick->settings));
        plugins[i] = (struct session_plugin){
            .loaded = pick->loaded,
            .settings = pick->settings,
            .interval_ns = own_ns ? own_ns : interval_ns,
        };
    }
    return plugins;
}
