/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a load's figures are to be believed, as lines and as an object: the
 * stored checks, and the figures of the generator itself. */
#include "lib/present/export_inside.h"

#include "lib/base/inert.h"
#include "lib/base/units.h"

#include <inttypes.h>
#include <math.h>

static char *value(char *out, double number, enum scope_unit unit)
{
    return scope_format_value(out, 32, number, unit, 4);
}

static void add_checks(struct scope_text *out, const char *prefix,
                       const struct scope_trial *trial)
{
    for (size_t i = 0; i < trial->check_count; i++) {
        const struct scope_check *check = &trial->checks[i];
        if (check->passed)
            continue;
        char *reason = scope_inert(check->reason);
        scope_text_add(out, "%s  %s failed: %s\n", prefix, check->name, reason);
        free(reason);
    }
}

/* Readers of these files take them for text of the locale and, where that is
 * ASCII, fail at any other byte, even in a comment. */
static void make_ascii(struct scope_text *out, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < out->length; i++) {
        unsigned char byte = (unsigned char)out->bytes[i];
        bool micro = byte == 0xc2 && (unsigned char)out->bytes[i + 1] == 0xb5;
        if (byte < 0x80)
            out->bytes[kept++] = out->bytes[i];
        else if (byte >= 0xc0)
            out->bytes[kept++] = micro ? 'u' : '?';
    }
    out->length = kept;
    out->bytes[kept] = '\0';
}

void scope_verdict_lines(struct scope_text *out, const char *prefix,
                         const struct scope_trial *trial,
                         const struct scope_outcome *outcome)
{
    const struct scope_hist *delay = &outcome->timing[SCOPE_TIMING_DELAY];
    size_t start = out->length;
    char a[32], b[32], c[32];
    char *name = scope_inert(trial->name);
    char *store = scope_inert(trial->store);
    scope_text_add(out, "%strial %" PRId64 " of %s (%s): %s\n", prefix,
                   trial->id, store, name,
                   !trial->judged ? "not judged"
                   : trial->valid ? "valid"
                                  : "NOT VALID");
    free(name);
    free(store);
    add_checks(out, prefix, trial);
    value(a, outcome->achieved.summary.mean, SCOPE_UNIT_HERTZ);
    if (outcome->intended > 0)
        scope_text_add(out,
                       "%srate: intended %s, achieved %s, error %+.3f %%\n",
                       prefix, value(b, outcome->rate, SCOPE_UNIT_HERTZ), a,
                       (scope_outcome_share(outcome) - 1) * 100);
    else
        scope_text_add(out, "%srate: achieved %s (closed loop)\n", prefix, a);
    if (delay->total)
        scope_text_add(out, "%ssend delay: p50 %s, p99 %s, max %s\n", prefix,
                       value(a, scope_hist_told(delay, 0.5), SCOPE_UNIT_NS),
                       value(b, scope_hist_told(delay, 0.99), SCOPE_UNIT_NS),
                       value(c, (double)delay->max, SCOPE_UNIT_NS));
    scope_text_add(out, "%sgenerator CPU: %s, busiest thread %s\n", prefix,
                   value(a, outcome->cpu, SCOPE_UNIT_RATIO),
                   value(b, outcome->busiest, SCOPE_UNIT_RATIO));
    if (!isnan(outcome->capacity))
        scope_text_add(out,
                       "%sLittle's law: %.2f requests under way where there is "
                       "room for %.0f\n",
                       prefix, scope_outcome_busy(outcome), outcome->capacity);
    make_ascii(out, start);
}

json_t *scope_verdict_json(const struct scope_trial *trial,
                           const struct scope_outcome *outcome)
{
    json_t *verdict = json_object();
    json_object_set_new(verdict, "judged", json_boolean(trial->judged));
    json_object_set_new(verdict, "valid",
                        trial->judged ? json_boolean(trial->valid)
                                      : json_null());
    const struct scope_hist *delay = &outcome->timing[SCOPE_TIMING_DELAY];
    double latest = delay->total ? (double)delay->max : NAN;
    const struct {
        const char *key;
        double value;
    } figures[] = {
        {"rate_intended_hertz", outcome->rate},
        {"rate_achieved_hertz", outcome->achieved.summary.mean},
        {"rate_error", scope_outcome_share(outcome) - 1},
        {"delay_p50_ns", scope_hist_told(delay, 0.5)},
        {"delay_p99_ns", scope_hist_told(delay, 0.99)},
        {"delay_max_ns", latest},
        {"generator_cpu", outcome->cpu},
        {"generator_busiest", outcome->busiest},
        {"littles_law_under_way", scope_outcome_busy(outcome)},
        {"littles_law_room", outcome->capacity},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        json_object_set_new(verdict, figures[i].key,
                            scope_json_number(figures[i].value));
    json_t *checks = json_array();
    for (size_t i = 0; i < trial->check_count; i++) {
        const struct scope_check *check = &trial->checks[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", scope_json_string(check->name));
        json_object_set_new(one, "passed", json_boolean(check->passed));
        json_object_set_new(one, "reason", scope_json_string(check->reason));
        json_array_append_new(checks, one);
    }
    json_object_set_new(verdict, "checks", checks);
    return verdict;
}
