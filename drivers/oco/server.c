/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/server.h"
#include "drivers/oco/talk.h"

#include <jansson.h>
#include <string.h>

/* How long the server may take, all in all. */
#define ASK_NS INT64_C(5000000000)
#define END_NS INT64_C(2000000000)
enum { BATCH = 64 };

/* The answer as JSON, to json_decref. */
static enum scope_code ask(const struct oco_fleet *fleet, const char *request,
                           int64_t limit_ns, json_t **root,
                           struct scope_err *err)
{
    struct talk talk;
    enum scope_code code = talk_open(&talk, &fleet->peer, limit_ns, err);
    if (code == SCOPE_OK)
        code = talk_send(&talk, request, strlen(request), err);
    if (code == SCOPE_OK)
        code = talk_read(&talk, err);
    if (code == SCOPE_OK && talk.answer.status != 200)
        code = scope_fail(err, SCOPE_NOT_FOUND, 0, "the server says status %u",
                          talk.answer.status);
    if (code == SCOPE_OK) {
        *root = json_loadb(talk.body ? talk.body : "", talk.body_size, 0, NULL);
        if (!json_is_object(*root)) {
            json_decref(*root);
            code = scope_fail(err, SCOPE_NOT_FOUND, 0,
                              "the server's answer is no JSON object");
        }
    }
    talk_close(&talk);
    return code;
}

/* --- the list ------------------------------------------------------------- */

static enum scope_code name_all(struct oco_fleet *fleet, json_t *list,
                                struct scope_err *err)
{
    const char *name;
    json_t *ignored;
    size_t count = json_object_size(list);
    if (!count)
        return scope_fail(err, SCOPE_FAILED, 0, "the server lists none");
    fleet->names = scope_alloc(count, sizeof *fleet->names);
    json_object_foreach(list, name, ignored)
    {
        fleet->names[fleet->count++] = oco_script_segment(name);
    }
    return SCOPE_OK;
}

enum scope_code oco_server_list(struct oco_fleet *fleet, struct scope_err *err)
{
    json_t *root;
    enum scope_code code = ask(fleet, fleet->script.list, ASK_NS, &root, err);
    if (code == SCOPE_OK) {
        /* Some servers wrap it in a status. */
        json_t *data = json_object_get(root, "data");
        code = name_all(fleet,
                        json_is_object(data) && json_object_get(root, "status")
                            ? data
                            : root,
                        err);
        json_decref(root);
    }
    if (code == SCOPE_OK)
        return code;
    scope_prefix(err, "ask %s for its applications", fleet->options.url);
    return scope_hint(err, "say how many there are, to have them named by "
                           "name-pattern: apps=5, say");
}

/* --- statistics ----------------------------------------------------------- */

static enum scope_code read_statistics(const json_t *root,
                                       struct oco_spread *spread,
                                       struct scope_err *err)
{
    const json_t *n = json_object_get(root, "n");
    const json_t *average = json_object_get(root, "average");
    const json_t *min = json_object_get(root, "min");
    const json_t *max = json_object_get(root, "max");
    *spread = (struct oco_spread){0};
    if (!json_is_integer(n) || json_integer_value(n) < 0)
        return scope_fail(err, SCOPE_NOT_FOUND, 0,
                          "the server's answer is no statistics");
    if (json_integer_value(n) == 0)
        return SCOPE_OK;
    if (!json_is_number(average) || json_number_value(average) < 0 ||
        !json_is_integer(min) || json_integer_value(min) < 0 ||
        !json_is_integer(max) || json_integer_value(max) < 0)
        return scope_fail(err, SCOPE_NOT_FOUND, 0,
                          "the server's answer is no statistics");
    spread->apps = (uint64_t)json_integer_value(n);
    spread->min = (uint64_t)json_integer_value(min);
    spread->max = (uint64_t)json_integer_value(max);
    spread->average = json_number_value(average);
    spread->sum = spread->average * (double)spread->apps;
    return SCOPE_OK;
}

enum scope_code oco_server_statistics(const struct oco_fleet *fleet,
                                      struct oco_spread *spread,
                                      struct scope_err *err)
{
    json_t *root;
    enum scope_code code =
        ask(fleet, fleet->script.statistics, END_NS, &root, err);
    if (code != SCOPE_OK)
        return code;
    code = read_statistics(root, spread, err);
    json_decref(root);
    return code;
}

/* --- GOODBYE -------------------------------------------------------------- */

/* Says it for those from *next on, so many that neither side has to wait for
 * the other to read. */
static enum scope_code say_batch(struct oco_fleet *fleet, struct talk *talk,
                                 char *message, size_t *next, size_t *said,
                                 struct scope_err *err)
{
    size_t asked = 0;
    for (; *next < fleet->count && asked < BATCH; ++*next) {
        struct oco_servo *servo = &fleet->servos[*next];
        if (!servo->greeted)
            continue;
        servo->step = OCO_SAY_GOODBYE;
        servo->report = 0;
        size_t size = oco_script_say(&fleet->script, servo, message);
        enum scope_code code = talk_send(talk, message, size, err);
        if (code != SCOPE_OK)
            return code;
        asked++;
    }
    while (asked--) {
        enum scope_code code = talk_read(talk, err);
        if (code != SCOPE_OK)
            return code;
        *said += talk->answer.status == 200;
    }
    return SCOPE_OK;
}

enum scope_code oco_server_goodbye(struct oco_fleet *fleet, size_t *said,
                                   size_t *all, struct scope_err *err)
{
    struct talk talk;
    size_t next = 0;
    *said = 0;
    *all = 0;
    for (size_t i = 0; i < fleet->count; i++)
        *all += fleet->servos[i].greeted;
    if (!*all)
        return SCOPE_OK;
    char *message = scope_alloc(fleet->script.longest + fleet->longest + 1, 1);
    enum scope_code code = talk_open(&talk, &fleet->peer, END_NS, err);
    while (code == SCOPE_OK && next < fleet->count)
        code = say_batch(fleet, &talk, message, &next, said, err);
    talk_close(&talk);
    free(message);
    return code;
}
