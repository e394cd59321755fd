/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/script.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

/* The settings are those that the backend oco adjusts unless it is told
 * otherwise. */
static const char description[] =
    "{\"descriptor\":{\"application\":{\"components\":{"
    "\"web\":{\"settings\":{\"cpu\":{\"value\":1},"
    "\"replicas\":{\"value\":3}}},"
    "\"java\":{\"settings\":{\"mem\":{\"value\":2},"
    "\"GCTimeRatio\":{\"value\":99}}},"
    "\"db\":{\"settings\":{\"cpu\":{\"value\":1},"
    "\"commit_delay\":{\"value\":0}}}}},"
    "\"measurement\":{\"metrics\":{\"throughput\":{\"unit\":\"rps\"}}}},"
    "\"status\":\"ok\"}";
static const char measurement[] =
    "{\"metrics\":{\"throughput\":{\"value\":1000,\"unit\":\"rps\"}},"
    "\"annotations\":{},\"status\":\"ok\"}";

/* What is said besides the event and the progress. */
static const char *const params[OCO_STEP_COUNT] = {
    [OCO_SAY_HELLO] = "{\"agent\":\"scope\"}",
    [OCO_ASK_DESCRIBE] = "null",
    [OCO_SAY_DESCRIPTION] = description,
    [OCO_ASK_MEASURE] = "null",
    [OCO_SAY_MEASUREMENT] = measurement,
    [OCO_ASK_ADJUST] = "null",
    [OCO_SAY_ADJUSTMENT] = "{\"state\":{},\"status\":\"ok\"}",
    [OCO_SAY_GOODBYE] = "{\"reason\":\"the load has ended\"}",
};

static char *body_of(enum oco_step step, unsigned report, unsigned reports)
{
    const char *event = oco_event_words[oco_steps[step].event];
    if (!oco_steps[step].reports)
        return scope_format("{\"event\":\"%s\",\"param\":%s}", event,
                            params[step]);
    /* Evenly between nothing and all of it. */
    return scope_format(
        "{\"event\":\"%s\",\"param\":{\"progress\":%u,\"runtime\":%u}}", event,
        (report + 1) * 100 / (reports + 1), report + 1);
}

static void write_tails(struct oco_script *script, const char *headers)
{
    for (unsigned step = 0; step < OCO_STEP_COUNT; step++) {
        unsigned count = oco_steps[step].reports ? script->reports : 1;
        script->tails[step] = scope_alloc(count, sizeof *script->tails[step]);
        for (unsigned i = 0; i < count; i++) {
            struct oco_words *tail = &script->tails[step][i];
            char *body = body_of((enum oco_step)step, i, script->reports);
            tail->bytes = scope_format("/servo HTTP/1.1\r\n%s"
                                       "Content-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n%s",
                                       headers, strlen(body), body);
            tail->size = strlen(tail->bytes);
            if (script->head.size + tail->size > script->longest)
                script->longest = script->head.size + tail->size;
            free(body);
        }
    }
}

void oco_script_write(struct oco_script *script, const struct scope_url *server,
                      const char *account, const char *token, unsigned reports)
{
    /* What the URL has for a path goes before everything. */
    size_t size = strlen(server->target);
    while (size && server->target[size - 1] == '/')
        size--;
    int before = (int)size;
    char *headers =
        scope_format("Host: %s\r\nUser-Agent: scope\r\n%s%s%s",
                     server->authority, token ? "Authorization: Bearer " : "",
                     token ? token : "", token ? "\r\n" : "");
    *script = (struct oco_script){.reports = reports};
    script->head.bytes = scope_format("POST %.*s/accounts/%s/applications/",
                                      before, server->target, account);
    script->head.size = strlen(script->head.bytes);
    script->list = scope_format("GET %.*s/accounts/%s/application-overrides "
                                "HTTP/1.1\r\n%s\r\n",
                                before, server->target, account, headers);
    script->statistics = scope_format("GET %.*s/ HTTP/1.1\r\n%s\r\n", before,
                                      server->target, headers);
    write_tails(script, headers);
    free(headers);
}

void oco_script_free(struct oco_script *script)
{
    for (unsigned step = 0; step < OCO_STEP_COUNT; step++) {
        unsigned count = oco_steps[step].reports ? script->reports : 1;
        for (unsigned i = 0; script->tails[step] && i < count; i++)
            free(script->tails[step][i].bytes);
        free(script->tails[step]);
    }
    free(script->head.bytes);
    free(script->list);
    free(script->statistics);
    *script = (struct oco_script){0};
}

size_t oco_script_say(const struct oco_script *script,
                      const struct oco_servo *servo, char *out)
{
    const struct oco_words *tail = &script->tails[servo->step][servo->report];
    char *at = mempcpy(out, script->head.bytes, script->head.size);
    at = stpcpy(at, servo->name);
    at = mempcpy(at, tail->bytes, tail->size);
    return (size_t)(at - out);
}

char *oco_script_segment(const char *text)
{
    char *segment = scope_alloc(strlen(text) * 3 + 1, 1);
    char *at = segment;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || strchr("-._~", c))
            *at++ = (char)c;
        else
            at += sprintf(at, "%%%02X", c);
    }
    return segment;
}
