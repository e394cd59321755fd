/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs analyzers over a dataset into one report. */
#include "src/analysis.h"

static enum scope_code run_one(const struct scope_pick *pick,
                               const struct scope_dataset *dataset,
                               struct scope_report *report,
                               struct scope_err *err)
{
    const struct scope_analyzer_ops *ops = &pick->loaded->analyzer;
    void *self = NULL;
    enum scope_code code =
        ops->open(scope_settings_config(pick->settings), &self, err);
    if (code == SCOPE_OK) {
        code = ops->run(self, dataset, report, err);
        ops->close(self);
    }
    if (code != SCOPE_OK)
        scope_prefix(err, "%s", pick->loaded->plugin->name);
    return code;
}

enum scope_code analysis_run(const struct scope_picks *analyzers,
                             const struct scope_dataset *dataset,
                             struct scope_report *report, struct scope_err *err)
{
    enum scope_code result = SCOPE_OK;
    for (size_t i = 0; i < scope_picks_count(analyzers); i++) {
        enum scope_code code =
            run_one(scope_picks_at(analyzers, i), dataset, report, err);
        if (code != SCOPE_OK && code != SCOPE_PARTIAL)
            return code;
        if (code != SCOPE_OK)
            result = code;
    }
    return result;
}
