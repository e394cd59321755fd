/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples as CSV or JSON, written while they are read. */
#include "src/dump.h"

#include "lib/base/clock.h"
#include "lib/present/model.h"
#include "lib/store/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

struct dump {
    FILE *out;
    bool json;
    bool begun; /* a sample was written: JSON wants a comma */
    struct scope_text line;
    struct scope_err *err;
};

/* Who was measured: "nginx[42]", "worker[42/43]", a cgroup's path, "system";
 * nothing when it is the source itself. */
static void add_target(struct scope_text *name,
                       const struct scope_target *target)
{
    if (!target)
        return;
    scope_text_add(name, "%s", target->name);
    if (target->kind == SCOPE_TARGET_PROCESS)
        scope_text_add(name, "[%d]", (int)target->pid);
    else if (target->kind == SCOPE_TARGET_THREAD)
        scope_text_add(name, "[%d/%d]", (int)target->pid, (int)target->tid);
}

/* What is the same in all samples of a series. */
static void add_series(struct scope_text *out, bool json,
                       const struct scope_series *series)
{
    static const char *const keys[] = {"source", "metric", "target",
                                       "instance"};
    struct scope_text target = {0};
    add_target(&target, series->target);
    const char *texts[] = {series->source, series->metric.name,
                           target.bytes ? target.bytes : "", series->instance};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json) {
            scope_text_add(out, ", \"%s\": ", keys[i]);
            scope_json_text(out, texts[i]);
        } else {
            scope_text_char(out, ',');
            scope_csv_text(out, texts[i]);
        }
    }
    scope_text_free(&target);
}

static void add_value(struct scope_text *out, bool json,
                      const struct scope_samples *samples, size_t i)
{
    char number[64];
    if (samples->value == SCOPE_U64) {
        scope_text_add(out, "%" PRIu64, samples->u64[i]);
    } else if (samples->value == SCOPE_I64) {
        scope_text_add(out, "%" PRId64, samples->i64[i]);
    } else if (isfinite(samples->f64[i])) {
        scope_exact_number(number, sizeof number, samples->f64[i]);
        scope_text_add(out, "%s", number);
    } else if (json) {
        scope_text_add(out, "null");
    }
}

static enum scope_code write_series(void *closure,
                                    const struct scope_series *series,
                                    const struct scope_samples *samples)
{
    struct dump *dump = closure;
    const struct scope_trial *trial = series->trial;
    struct scope_text same = {0};
    add_series(&same, dump->json, series);
    int64_t offset = trial->realtime_ns - trial->start_ns;
    for (size_t i = 0; i < samples->count; i++) {
        int64_t time_ns = samples->time_ns[i] + offset;
        dump->line.length = 0;
        if (dump->json)
            scope_text_add(&dump->line,
                           "%s\n  {\"time\": ", dump->begun ? "," : "");
        scope_text_add(&dump->line, "%" PRId64 ".%09" PRId64,
                       time_ns / NS_PER_S, time_ns % NS_PER_S);
        scope_text_add(&dump->line,
                       dump->json ? ", \"trial\": %" PRId64 : ",%" PRId64,
                       trial->id);
        scope_text_put(&dump->line, same.bytes, same.length);
        scope_text_add(&dump->line, dump->json ? ", \"value\": " : ",");
        add_value(&dump->line, dump->json, samples, i);
        scope_text_char(&dump->line, dump->json ? '}' : '\n');
        dump->begun = true;
        if (fwrite(dump->line.bytes, 1, dump->line.length, dump->out) !=
            dump->line.length)
            break;
    }
    scope_text_free(&same);
    if (ferror(dump->out))
        return scope_fail(dump->err, SCOPE_IO, errno, "write the samples");
    return SCOPE_OK;
}

enum scope_code scope_dump(const struct scope_dataset *dataset, bool json,
                           FILE *out, struct scope_err *err)
{
    struct dump dump = {.out = out, .json = json, .err = err};
    enum scope_code code = SCOPE_OK;
    fputs(json ? "{\"format\": \"scope-dump\", \"version\": 1, \"samples\": ["
               : "time,trial,source,metric,target,instance,value\n",
          out);
    for (size_t i = 0; i < scope_dataset_trials(dataset) && !code; i++)
        code = scope_trial_scan(dataset, scope_dataset_trial(dataset, i),
                                write_series, &dump, err);
    if (json && !code)
        fputs("\n]}\n", out);
    scope_text_free(&dump.line);
    return code;
}
