/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/reply.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

const char *const oco_judgement_names[] = {
    [OCO_WRONG_STATUS] = "wrong-status",
    [OCO_WRONG_BODY] = "wrong-body",
    [OCO_WRONG_COMMAND] = "wrong-command",
    [OCO_NOT_OK] = "not-ok",
};

static const char *const commands[] = {
    [OCO_WANT_DESCRIBE] = "DESCRIBE",
    [OCO_WANT_MEASURE] = "MEASURE",
    [OCO_WANT_ADJUST] = "ADJUST",
};

/* How much of what a server says is repeated to people. */
enum { QUOTED = 60 };

static enum oco_judgement judge_command(enum oco_wanted wanted,
                                        const json_t *root, char *detail,
                                        size_t detail_size)
{
    const char *command = json_string_value(json_object_get(root, "cmd"));
    const json_t *param = json_object_get(root, "param");
    if (!command || (param && !json_is_object(param) && !json_is_null(param))) {
        snprintf(detail, detail_size, "no command where %s was awaited",
                 commands[wanted]);
        return OCO_WRONG_BODY;
    }
    if (strcmp(command, commands[wanted]) == 0)
        return OCO_RIGHT;
    if (strcmp(command, "SLEEP") == 0)
        return OCO_SLEEP;
    snprintf(detail, detail_size, "%.*s where %s was awaited", QUOTED, command,
             commands[wanted]);
    return OCO_WRONG_COMMAND;
}

static enum oco_judgement judge_notice(const json_t *root, char *detail,
                                       size_t detail_size)
{
    const char *status = json_string_value(json_object_get(root, "status"));
    if (!status) {
        snprintf(detail, detail_size, "no status in the reply");
        return OCO_WRONG_BODY;
    }
    if (strcmp(status, "ok") == 0)
        return OCO_RIGHT;
    snprintf(detail, detail_size, "status %.*s where ok was awaited", QUOTED,
             status);
    return OCO_NOT_OK;
}

static enum oco_judgement judge_body(enum oco_wanted wanted, const char *body,
                                     size_t size, char *detail,
                                     size_t detail_size)
{
    json_error_t error;
    json_t *root = json_loadb(body, size, 0, &error);
    enum oco_judgement judgement;
    if (!root) {
        snprintf(detail, detail_size, "no JSON: %.*s", QUOTED, error.text);
        return OCO_WRONG_BODY;
    }
    if (wanted == OCO_WANT_OK)
        judgement = judge_notice(root, detail, detail_size);
    else
        judgement = judge_command(wanted, root, detail, detail_size);
    json_decref(root);
    return judgement;
}

/* A refusal's own words, if it has some. */
static void quote_detail(const char *body, size_t size, unsigned status,
                         char *detail, size_t detail_size)
{
    json_t *root = json_loadb(body, size, 0, NULL);
    const char *words = json_string_value(json_object_get(root, "detail"));
    snprintf(detail, detail_size, "status %u%s%.*s", status, words ? ": " : "",
             QUOTED * 2, words ? words : "");
    json_decref(root);
}

enum oco_judgement oco_reply_judge(struct oco_known *known,
                                   enum oco_wanted wanted, unsigned status,
                                   const char *body, size_t size, char *detail,
                                   size_t detail_size)
{
    /* GOODBYE of one that was not there has done its work, too. */
    if (wanted == OCO_WANT_WHATEVER && (status == 200 || status == 400))
        return OCO_RIGHT;
    if (status != 200) {
        quote_detail(body, size, status, detail, detail_size);
        return OCO_WRONG_STATUS;
    }
    if (size && size == known->bodies[wanted].size &&
        memcmp(body, known->bodies[wanted].bytes, size) == 0)
        return OCO_RIGHT;
    enum oco_judgement judgement =
        judge_body(wanted, body, size, detail, detail_size);
    if (judgement == OCO_RIGHT && size <= OCO_REPLY_KNOWN_MAX) {
        known->bodies[wanted].size = size;
        memcpy(known->bodies[wanted].bytes, body, size);
    }
    return judgement;
}
