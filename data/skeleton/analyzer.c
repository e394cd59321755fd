/* skeleton: an analyzer. See <scope/dataset.h> for what it reads and
 * <scope/report.h> for what it makes. */
#include <scope/dataset.h>
#include <scope/plugin.h>
#include <scope/report.h>

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    (void)self, (void)err;
    struct scope_table *table =
        scope_report_table(report, "skeleton", "Samples of each trial");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "Trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "series", "Series",
                       SCOPE_UNIT_COUNT, "metrics of targets and instances");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "samples", "Samples",
                       SCOPE_UNIT_COUNT, NULL);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        uint64_t samples = 0;
        for (size_t j = 0; j < trial->series_count; j++)
            samples += trial->series[j].count;
        scope_table_row(table);
        scope_cell_text(table, trial->name);
        scope_cell_number(table, (double)trial->series_count);
        scope_cell_number(table, (double)samples);
    }
    return SCOPE_OK;
}

static const struct scope_analyzer_ops ops = {
    .run = run,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "skeleton",
             .summary = "counts what each trial holds", .version = "0.1",
             .analyzer = &ops);
