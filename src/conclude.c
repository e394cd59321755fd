/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a session as its user sees it. */
#include "src/session.h"

#include "lib/store/reader.h"
#include "src/analysis.h"
#include "src/output.h"
#include "src/overview.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static enum scope_code show(const struct session *session,
                            const struct scope_picks *analyzers,
                            enum scope_output output, struct scope_err *err)
{
    const char *path = scope_writer_path(session->writer);
    struct scope_dataset *dataset = NULL;
    struct scope_report *report = scope_report_new("scope");
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code == SCOPE_OK)
        overview_begin(report, dataset);
    if (code == SCOPE_OK)
        code = analysis_run(analyzers, dataset, report, err);
    if (code == SCOPE_OK || code == SCOPE_PARTIAL) {
        enum scope_code written = scope_output_print(report, (int)output, err);
        code = written == SCOPE_OK ? code : written;
    }
    scope_dataset_close(dataset);
    scope_report_free(report);
    return code;
}

enum scope_code session_conclude(struct session *session,
                                 const struct scope_picks *analyzers,
                                 enum scope_output output,
                                 struct scope_err *err)
{
    const char *kept = session->plan->output;
    enum scope_code code = scope_picks_count(analyzers)
                               ? show(session, analyzers, output, err)
                               : SCOPE_OK;
    if (*kept)
        progress_say(&session->progress, "trial %lld is in %s",
                     (long long)session->trial, kept);
    struct scope_err late = {0};
    enum scope_code closed = scope_writer_close(session->writer, &late);
    session->writer = NULL;
    if (closed != SCOPE_OK && (code == SCOPE_OK || code == SCOPE_PARTIAL)) {
        *err = late;
        return closed;
    }
    if (code == SCOPE_OK && (!session->valid || session->partial)) {
        err->text[0] = '\0'; /* it has been said already */
        code = SCOPE_PARTIAL;
    }
    return code;
}

void session_die_of_signal(const struct session *session)
{
    if (!session->signal)
        return;
    fflush(stdout);
    signal(session->signal, SIG_DFL);
    raise(session->signal);
}
