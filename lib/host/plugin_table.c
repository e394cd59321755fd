/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One check, one sentence: what a plugin's author has to change. */
#include "lib/host/plugin_table.h"

#include "lib/base/options.h"
#include "lib/base/units.h"

#include <scope/load.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum scope_code scope_plugin_check_abi(const struct scope_plugin *plugin,
                                       struct scope_err *err)
{
    if (plugin->abi != SCOPE_ABI)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "it was built for plugin ABI %u, this is ABI %u: "
                          "build it again",
                          plugin->abi, SCOPE_ABI);
    if (plugin->size != sizeof *plugin)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "its descriptor has %u bytes instead of %zu: build "
                          "it again",
                          plugin->size, sizeof *plugin);
    return SCOPE_OK;
}

static bool spelled(const char *text, const char *letters)
{
    return *text && strchr(LETTERS, *text) && !text[strspn(text, letters)];
}

static bool good_pair(enum scope_semantics semantics, enum scope_value value)
{
    switch (semantics) {
    case SCOPE_COUNTER:
        return value == SCOPE_U64 || value == SCOPE_F64;
    case SCOPE_GAUGE:
        return value == SCOPE_U64 || value == SCOPE_I64 || value == SCOPE_F64;
    case SCOPE_HISTOGRAM:
        return value == SCOPE_HIST;
    }
    return false;
}

static enum scope_code check_metric(const struct scope_metric *metrics,
                                    const struct scope_metric *row,
                                    struct scope_err *err)
{
    if (!spelled(row->name, LETTERS DIGITS "._"))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "metric '%s': a name is a lower-case letter, then "
                          "letters, digits, '.' and '_'",
                          row->name);
    for (const struct scope_metric *other = metrics; other < row; other++)
        if (strcmp(other->name, row->name) == 0)
            return scope_fail(err, SCOPE_FAILED, 0,
                              "metric '%s' is in the table twice", row->name);
    if (!good_pair(row->semantics, row->value))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "metric '%s': its semantics and its value type do "
                          "not go together",
                          row->name);
    if (!scope_unit_word(row->unit))
        return scope_fail(err, SCOPE_FAILED, 0, "metric '%s' has no known unit",
                          row->name);
    if (row->domain && !spelled(row->domain, LETTERS DIGITS "_"))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "metric '%s': its domain is not a lower-case word",
                          row->name);
    if (!row->help || !*row->help)
        return scope_fail(err, SCOPE_FAILED, 0, "metric '%s' has no help",
                          row->name);
    return SCOPE_OK;
}

enum scope_code scope_metrics_check(const struct scope_metric *metrics,
                                    struct scope_err *err)
{
    for (const struct scope_metric *row = metrics; row && row->name; row++) {
        enum scope_code code = check_metric(metrics, row, err);
        if (code)
            return code;
    }
    return SCOPE_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A driver's first metrics are those every analyzer and the verdict know. */
static enum scope_code check_load(const struct scope_metric *metrics,
                                  struct scope_err *err)
{
    static const struct scope_metric load[] = {SCOPE_LOAD_METRICS};
    for (size_t i = 0; i < SCOPE_LOAD_COUNT; i++) {
        const struct scope_metric *row = metrics ? &metrics[i] : NULL;
        if (!row || !row->name || !same_text(row->name, load[i].name) ||
            row->semantics != load[i].semantics ||
            row->value != load[i].value || row->unit != load[i].unit ||
            !same_text(row->domain, load[i].domain))
            return scope_fail(err, SCOPE_FAILED, 0,
                              "metric %zu is not '%s': a driver's table begins "
                              "with SCOPE_LOAD_METRICS of <scope/load.h>",
                              i, load[i].name);
    }
    return SCOPE_OK;
}

static enum scope_code check_place(const struct scope_plugin *plugin,
                                   enum scope_kind kind, const char *stem,
                                   struct scope_err *err)
{
    if (!scope_kind_word(plugin->kind))
        return scope_fail(err, SCOPE_FAILED, 0, "it is of no known kind (%d)",
                          (int)plugin->kind);
    if (kind && plugin->kind != kind)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "its kind is %s, but it lies in a folder of %s",
                          scope_kind_word(plugin->kind),
                          scope_kind_folder(kind));
    if (!plugin->name || !spelled(plugin->name, LETTERS DIGITS "_"))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "its name '%s' is not a lower-case letter, then "
                          "letters, digits and '_'",
                          plugin->name ? plugin->name : "");
    if (strcmp(plugin->name, stem) != 0)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "it calls itself '%s': its file must be %s.so",
                          plugin->name, plugin->name);
    return SCOPE_OK;
}

enum scope_code scope_plugin_check(const struct scope_plugin *plugin,
                                   enum scope_kind kind, const char *stem,
                                   struct scope_err *err)
{
    enum scope_code code = check_place(plugin, kind, stem, err);
    if (code)
        return code;
    if (!plugin->summary || !*plugin->summary)
        return scope_fail(err, SCOPE_FAILED, 0, "it has no summary");
    if (!plugin->version || !*plugin->version)
        return scope_fail(err, SCOPE_FAILED, 0, "it has no version");
    if (!plugin->collector)
        return scope_fail(err, SCOPE_FAILED, 0, "it has no ops");
    code = scope_options_check(plugin->options, plugin->config_size, err);
    if (!code)
        code = scope_plugin_check_hosted(plugin, err);
    if (!code)
        code = scope_metrics_check(plugin->metrics, err);
    if (!code && plugin->kind == SCOPE_DRIVER)
        code = check_load(plugin->metrics, err);
    return code;
}
