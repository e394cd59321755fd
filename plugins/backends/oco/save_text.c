/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The saved state as text: JSON with a line for each application that was
 * heard of. What is read must be a state that the sequence can lead to. */
#include "plugins/backends/oco/save.h"

#include <inttypes.h>
#include <jansson.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "scope-oco-state"
enum { VERSION = 1, LINE_MAX = SCOPE_NAME_MAX + 160 };
/* So many that their sum over all applications stays far from overflow. */
#define CYCLES_MAX (INT64_C(1) << 45)

static char *put_line(char *at, const char *name,
                      const struct oco_standing *standing, bool first)
{
    char next[32] = "null";
    char progress[32] = "null";
    if (standing->command != OCO_NOTHING)
        snprintf(next, sizeof next, "\"%s\"",
                 oco_command_word(standing->command));
    if (standing->in_progress)
        snprintf(progress, sizeof progress, "%" PRId64, standing->progress);
    return at + snprintf(at, LINE_MAX,
                         "%s\n\"%s\":{\"state\":\"%s\",\"next\":%s,"
                         "\"progress\":%s,\"cycles\":%" PRIu64 "}",
                         first ? "" : ",", name,
                         oco_state_word(standing->state), next, progress,
                         standing->cycles);
}

char *oco_save_write(struct oco_apps *apps, const struct scope_names *names,
                     size_t *size)
{
    uint32_t count = oco_apps_count(apps);
    char *text = scope_alloc((size_t)count + 2, LINE_MAX);
    char *at = text + snprintf(text, LINE_MAX,
                               "{\"format\":\"%s\",\"version\":%d,"
                               "\"applications\":{",
                               FORMAT, VERSION);
    bool first = true;
    for (uint32_t i = 0; i < count; i++) {
        char name[SCOPE_NAME_MAX + 1];
        struct oco_standing standing = oco_apps_standing(apps, i);
        if (standing.state == OCO_INITIAL)
            continue;
        scope_names_put(names, i, name);
        at = put_line(at, name, &standing, first);
        first = false;
    }
    at = stpcpy(at, "\n}}\n");
    *size = (size_t)(at - text);
    return text;
}

/* Whether the sequence leaves an application so. */
static bool is_reachable(const struct oco_standing *standing)
{
    bool reports =
        standing->state == OCO_IN_MEASURE || standing->state == OCO_IN_ADJUST;
    if (standing->state == OCO_INITIAL || standing->in_progress != reports)
        return false;
    if (standing->command == OCO_NOTHING)
        return true;
    for (unsigned from = 0; from < OCO_STATE_COUNT; from++)
        for (unsigned event = 0; event < OCO_EVENT_COUNT; event++) {
            const struct oco_step *step = oco_fsm_step(
                (enum oco_state)from, (enum oco_event)event, false);
            if (step->allowed && step->state == standing->state &&
                step->command == standing->command)
                return true;
        }
    return false;
}

static bool read_standing(struct oco_standing *standing, const json_t *item)
{
    const json_t *next = json_object_get(item, "next");
    const json_t *progress = json_object_get(item, "progress");
    const json_t *cycles = json_object_get(item, "cycles");
    const char *state = json_string_value(json_object_get(item, "state"));
    json_int_t count = json_integer_value(cycles);
    if (!state || !json_is_integer(cycles) || count < 0 || count > CYCLES_MAX ||
        !(json_is_null(next) || json_is_string(next)) ||
        !(json_is_null(progress) || json_is_integer(progress)))
        return false;
    *standing = (struct oco_standing){
        .state = oco_state_of(state),
        .command = json_is_null(next) ? OCO_NOTHING
                                      : oco_command_of(json_string_value(next)),
        .in_progress = json_is_integer(progress),
        .progress = json_integer_value(progress),
        .cycles = (uint64_t)count,
    };
    return standing->state < OCO_STATE_COUNT &&
           standing->command < OCO_COMMAND_COUNT && is_reachable(standing);
}

static enum scope_code read_applications(json_t *applications,
                                         struct oco_standing *standings,
                                         const struct scope_names *names,
                                         struct scope_err *err)
{
    const char *name;
    json_t *item;
    json_object_foreach(applications, name, item)
    {
        uint64_t index;
        if (!scope_names_find(names, name, strlen(name), &index)) {
            char last[SCOPE_NAME_MAX + 1];
            scope_names_put(names, names->count - 1, last);
            scope_fail(err, SCOPE_USAGE, 0,
                       "it holds an application '%.64s', and the last one "
                       "here is %s",
                       name, last);
            return scope_hint(err, "serve the applications that it was "
                                   "written for (apps, name-pattern), or "
                                   "another file");
        }
        if (!read_standing(&standings[index], item))
            return scope_fail(err, SCOPE_CORRUPT, 0,
                              "what it says of %.64s cannot be", name);
    }
    return SCOPE_OK;
}

enum scope_code oco_save_read(const char *text, size_t size,
                              struct oco_apps *apps,
                              const struct scope_names *names,
                              struct scope_err *err)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return scope_fail(err, SCOPE_CORRUPT, 0, "line %d, column %d: %s",
                          error.line, error.column, error.text);
    struct oco_standing *standings =
        scope_alloc(oco_apps_count(apps), sizeof *standings);
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *version = json_object_get(root, "version");
    json_t *applications = json_object_get(root, "applications");
    enum scope_code code;
    if (!format || strcmp(format, FORMAT) != 0)
        code = scope_fail(err, SCOPE_CORRUPT, 0, "it is no saved state");
    else if (json_integer_value(version) != VERSION)
        code = scope_fail(err, SCOPE_CORRUPT, 0,
                          "it is of a version other than %d", VERSION);
    else if (!json_is_object(applications))
        code = scope_fail(err, SCOPE_CORRUPT, 0, "it holds no applications");
    else
        code = read_applications(applications, standings, names, err);
    if (code == SCOPE_OK)
        oco_apps_restore(apps, standings);
    free(standings);
    json_decref(root);
    return code;
}
