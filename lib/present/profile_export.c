/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles as other programs read them: Brendan Gregg's folded stacks (a stack
 * a line, outermost function first, then its samples), and speedscope's file
 * format (https://www.speedscope.app/file-format-schema.json).
 */
#include "config.h"
#include "lib/base/inert.h"
#include "lib/present/export_inside.h"
#include "lib/present/present.h"

#include <inttypes.h>
#include <scope/alloc.h>
#include <scope/profile.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE "cycles"

static void add_json(struct scope_text *out, const char *text)
{
    char *inert = scope_inert(text);
    scope_json_text(out, inert);
    free(inert);
}

/* What stands for an owner's role where a target's own would. */
static const char *role_of(const struct scope_trial *trial,
                           const struct scope_owner *owner)
{
    static const char *const roles[SCOPE_OWNER_KINDS] = {
        [SCOPE_OWNER_OTHER] = "other processes",
        [SCOPE_OWNER_KERNEL] = "kernel threads",
        [SCOPE_OWNER_SCOPE] = "scope",
        [SCOPE_OWNER_DRIVER] = "driver",
    };
    if (roles[owner->kind])
        return roles[owner->kind];
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_target *target = trial->series[i].target;
        if (target && target->id == owner->target)
            return target->role;
    }
    return "";
}

/* Profiles of the plan's trials, one after another. Trials without one are
 * passed over, unless none has one. */
static enum scope_code
each_profile(const struct scope_export_plan *plan,
             void (*each)(void *closure, const struct scope_export_plan *plan,
                          const struct scope_trial *trial,
                          const struct scope_profile *profile),
             void *closure, struct scope_err *err)
{
    size_t found = 0;
    for (size_t i = 0; i < plan->trial_count; i++) {
        const struct scope_trial *trial = plan->trials[i];
        struct scope_profile *profile = NULL;
        enum scope_code code =
            scope_trial_profile(plan->dataset, trial, SOURCE, trial->start_ns,
                                trial->end_ns, &profile, err);
        if (code != SCOPE_OK && code != SCOPE_NOT_FOUND)
            return code;
        if (code == SCOPE_OK) {
            each(closure, plan, trial, profile);
            found++;
        }
        scope_profile_free(profile);
    }
    if (found)
        return SCOPE_OK;
    scope_fail(err, SCOPE_NOT_FOUND, 0, "no profile was recorded");
    return scope_hint(err, "scope collect -C " SOURCE " records one");
}

/* The stacks from the outermost frame of stack on: their number, and the
 * stacks in *path, which grows. */
struct path {
    uint32_t *stacks;
    size_t count, room;
};

static void find_path(const struct scope_profile *profile, uint32_t stack,
                      struct path *path)
{
    path->count = profile->stacks[stack].depth;
    while (path->room < path->count)
        path->stacks = scope_grow(path->stacks, &path->room, path->room,
                                  sizeof *path->stacks);
    for (size_t i = path->count; i-- > 0; stack = profile->stacks[stack].parent)
        path->stacks[i] = stack;
}

/* --- folded ----------------------------------------------------------------
 */

struct folded_line {
    char *path;
    uint64_t samples;
};

struct folded {
    struct folded_line *lines;
    size_t count, room;
};

static void add_frame(struct scope_text *text, const char *name, bool mark)
{
    char *inert = scope_inert(name);
    if (text->length)
        scope_text_char(text, ';');
    for (char *at = inert; (at = strchr(at, ';'));)
        *at = ':';
    scope_text_add(text, "%s%s", inert, mark ? "_[k]" : "");
    free(inert);
}

static void fold(void *closure, const struct scope_export_plan *plan,
                 const struct scope_trial *trial,
                 const struct scope_profile *profile)
{
    struct folded *folded = closure;
    struct path path = {0};
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        const struct scope_owner *owner = &profile->owners[count->owner];
        const char *role = role_of(trial, owner);
        struct scope_text text = {0};
        if (!count->samples)
            continue;
        if (*role)
            add_frame(&text, role, false);
        add_frame(&text, owner->name, false);
        find_path(profile, count->stack, &path);
        for (size_t k = 0; k < path.count; k++) {
            const struct scope_function *function =
                &profile->functions[profile->stacks[path.stacks[k]].function];
            add_frame(&text, function->symbol,
                      function->kernel && plan->mark_kernel);
        }
        folded->lines = scope_grow(folded->lines, &folded->room, folded->count,
                                   sizeof *folded->lines);
        folded->lines[folded->count++] = (struct folded_line){
            .path = scope_text_take(&text), .samples = count->samples};
    }
    free(path.stacks);
}

static int by_path(const void *left, const void *right)
{
    const struct folded_line *a = left, *b = right;
    return strcmp(a->path, b->path);
}

/* Stacks of processes that are called the same are one. */
static void write_folded(struct folded *folded, struct scope_text *out)
{
    qsort(folded->lines, folded->count, sizeof *folded->lines, by_path);
    for (size_t i = 0; i < folded->count; i++) {
        uint64_t samples = folded->lines[i].samples;
        while (i + 1 < folded->count &&
               strcmp(folded->lines[i].path, folded->lines[i + 1].path) == 0)
            samples += folded->lines[++i].samples;
        scope_text_add(out, "%s %" PRIu64 "\n", folded->lines[i].path, samples);
    }
}

enum scope_code scope_export_folded(const struct scope_export_plan *plan,
                                    struct scope_text *out,
                                    struct scope_err *err)
{
    struct folded folded = {0};
    enum scope_code code = each_profile(plan, fold, &folded, err);
    if (code == SCOPE_OK && folded.count)
        write_folded(&folded, out);
    for (size_t i = 0; i < folded.count; i++)
        free(folded.lines[i].path);
    free(folded.lines);
    return code;
}

/* --- speedscope ------------------------------------------------------------
 */

struct speedscope {
    struct scope_profile *frames; /* its functions are the shared ones */
    struct scope_text profiles;
    struct path path;
    uint64_t heaviest; /* of a target */
    size_t count, active;
};

/* The shared frame of a process that has no profile to itself. */
static uint32_t frame_of_process(struct speedscope *speedscope,
                                 const char *name)
{
    struct scope_function function = {
        .symbol = name,
        .module = scope_profile_module(speedscope->frames, "", ""),
        .named = true,
    };
    return scope_profile_function(speedscope->frames, &function);
}

static uint32_t frame_of(struct speedscope *speedscope,
                         const struct scope_profile *profile, uint32_t stack)
{
    struct scope_function function =
        profile->functions[profile->stacks[stack].function];
    function.module = scope_profile_module(
        speedscope->frames, profile->modules[function.module].path, "");
    return scope_profile_function(speedscope->frames, &function);
}

/* One of a target, or one of all others of a kind. */
struct chosen {
    enum scope_owner_kind kind;
    size_t owner; /* of a target */
};

static bool is_chosen(const struct chosen *chosen, uint32_t owner,
                      const struct scope_profile *profile)
{
    return profile->owners[owner].kind == chosen->kind &&
           (chosen->kind != SCOPE_OWNER_TARGET || chosen->owner == owner);
}

static void add_stack(struct speedscope *speedscope, struct scope_text *samples,
                      const struct scope_profile *profile,
                      const struct scope_profile_count *count)
{
    const struct scope_owner *owner = &profile->owners[count->owner];
    struct path *path = &speedscope->path;
    const char *comma = "";
    scope_text_add(samples, samples->length ? ",\n[" : "[");
    if (owner->kind != SCOPE_OWNER_TARGET) {
        scope_text_add(samples, "%" PRIu32,
                       frame_of_process(speedscope, owner->name));
        comma = ",";
    }
    find_path(profile, count->stack, path);
    for (size_t i = 0; i < path->count; i++, comma = ",")
        scope_text_add(samples, "%s%" PRIu32, comma,
                       frame_of(speedscope, profile, path->stacks[i]));
    scope_text_char(samples, ']');
}

/* Stores may have trials of the same name. */
static char *name_of(const struct scope_export_plan *plan,
                     const struct scope_trial *trial,
                     const struct scope_profile *profile,
                     const struct chosen *chosen)
{
    const struct scope_owner *owner = &profile->owners[chosen->owner];
    const char *role = role_of(trial, owner);
    bool stores = strcmp(plan->trials[0]->store,
                         plan->trials[plan->trial_count - 1]->store) != 0;
    const char *doubtful = trial->judged && !trial->valid ? " (doubtful)" : "";
    char *of = scope_format("%s%s%s%s", trial->name, stores ? " of " : "",
                            stores ? trial->store : "", doubtful);
    char *name =
        chosen->kind == SCOPE_OWNER_TARGET
            ? scope_format("%s: %s%s%s[%d]", of, role, *role ? " " : "",
                           owner->name, (int)owner->pid)
            : scope_format("%s: %s", of, role);
    free(of);
    return name;
}

static void add_profile(struct speedscope *speedscope,
                        const struct scope_export_plan *plan,
                        const struct scope_trial *trial,
                        const struct scope_profile *profile,
                        const struct chosen *chosen)
{
    struct scope_text samples = {0}, weights = {0};
    struct scope_text *out = &speedscope->profiles;
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        if (!count->weight || !is_chosen(chosen, count->owner, profile))
            continue;
        add_stack(speedscope, &samples, profile, count);
        scope_text_add(&weights, "%s%" PRIu64, sum ? "," : "", count->weight);
        sum += count->weight;
    }
    if (sum) {
        char *name = name_of(plan, trial, profile, chosen);
        scope_text_add(out, "%s{\"type\":\"sampled\",\"name\":",
                       speedscope->count ? ",\n" : "");
        add_json(out, name);
        scope_text_add(out,
                       ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRIu64
                       ",\n\"samples\":[",
                       profile->unit == SCOPE_UNIT_NS ? "nanoseconds" : "none",
                       sum);
        scope_text_put(out, samples.bytes, samples.length);
        scope_text_add(out, "],\n\"weights\":[");
        scope_text_put(out, weights.bytes, weights.length);
        scope_text_add(out, "]}");
        if (chosen->kind == SCOPE_OWNER_TARGET && sum > speedscope->heaviest) {
            speedscope->heaviest = sum;
            speedscope->active = speedscope->count;
        }
        speedscope->count++;
        free(name);
    }
    scope_text_free(&samples);
    scope_text_free(&weights);
}

static void add_profiles(void *closure, const struct scope_export_plan *plan,
                         const struct scope_trial *trial,
                         const struct scope_profile *profile)
{
    bool done[SCOPE_OWNER_KINDS] = {false};
    for (int targets = 1; targets >= 0; targets--)
        for (size_t i = 0; i < profile->owner_count; i++) {
            const struct chosen chosen = {.kind = profile->owners[i].kind,
                                          .owner = i};
            bool target = chosen.kind == SCOPE_OWNER_TARGET;
            if (target != targets || done[chosen.kind])
                continue;
            done[chosen.kind] = !target;
            add_profile(closure, plan, trial, profile, &chosen);
        }
}

static void write_frames(const struct scope_profile *frames,
                         struct scope_text *out)
{
    for (size_t i = 0; i < frames->function_count; i++) {
        const struct scope_function *function = &frames->functions[i];
        const char *module = frames->modules[function->module].path;
        scope_text_add(out, "%s{\"name\":", i ? ",\n" : "");
        add_json(out, function->symbol);
        if (*module) {
            scope_text_add(out, ",\"file\":");
            add_json(out, module);
        }
        scope_text_char(out, '}');
    }
}

enum scope_code scope_export_speedscope(const struct scope_export_plan *plan,
                                        struct scope_text *out,
                                        struct scope_err *err)
{
    struct speedscope speedscope = {
        .frames = scope_profile_new("", SCOPE_UNIT_COUNT, 0),
    };
    enum scope_code code = each_profile(plan, add_profiles, &speedscope, err);
    if (code == SCOPE_OK) {
        scope_text_add(
            out,
            "{\"$schema\":\"https://www.speedscope.app/"
            "file-format-schema.json\",\n\"exporter\":\"scope@" PACKAGE_VERSION
            "\",\"name\":");
        add_json(out, plan->trials[0]->store);
        scope_text_add(out,
                       ",\"activeProfileIndex\":%zu,\n\"shared\":{"
                       "\"frames\":[",
                       speedscope.active);
        write_frames(speedscope.frames, out);
        scope_text_add(out, "]},\n\"profiles\":[");
        scope_text_put(out, speedscope.profiles.bytes,
                       speedscope.profiles.length);
        scope_text_add(out, "]}\n");
    }
    scope_profile_free(speedscope.frames);
    scope_text_free(&speedscope.profiles);
    free(speedscope.path.stacks);
    return code;
}
