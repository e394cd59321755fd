/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/service.h"
#include "plugins/backends/oco/message.h"
#include "plugins/backends/oco/page.h"
#include "plugins/backends/oco/reply.h"
#include "plugins/backends/oco/route.h"

#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

static const char json_type[] = "application/json";

/* What a thread writes answers into. */
struct own {
    char text[OCO_REPLY_MAX];
    char headers[OCO_PAGE_HEADERS_MAX];
    char *page;
};

static void answer_constant(struct scope_httpd_reply *reply, const char *type,
                            const char *body, size_t size)
{
    reply->type = type;
    reply->body = body;
    reply->body_size = size;
    reply->constant = true;
}

static void answer_error(struct scope_httpd_reply *reply, unsigned status,
                         const char *body)
{
    reply->status = status;
    answer_constant(reply, json_type, body, strlen(body));
}

static void answer_text(struct scope_httpd_reply *reply, const struct own *own,
                        unsigned status, size_t size)
{
    reply->status = status;
    reply->type = json_type;
    reply->body = own->text;
    reply->body_size = size;
}

/* Whether the request's method is the one, or HEAD where GET is; answers when
 * it is not. */
static bool has_method(const struct scope_httpd_request *request,
                       struct scope_httpd_reply *reply, const char *method)
{
    bool get = strcmp(method, "GET") == 0;
    size_t size = request->method_size;
    if ((size == strlen(method) &&
         memcmp(request->method, method, size) == 0) ||
        (get && size == 4 && memcmp(request->method, "HEAD", 4) == 0))
        return true;
    reply->headers = get ? "allow: GET, HEAD\r\n" : "allow: POST\r\n";
    answer_error(reply, 405, "{\"detail\":\"Method Not Allowed\"}");
    return false;
}

/* --- a servo's message ---------------------------------------------------- */

struct exchange {
    const struct oco_service *service;
    struct own *own;
    struct scope_httpd_reply *reply;
    const char *app;
    char event[OCO_WORD_MAX + 1];
    struct oco_message message;
};

static size_t put_unexpected(const struct exchange *exchange,
                             const struct oco_standing *before)
{
    char progress[32] = "";
    if (exchange->message.event == OCO_WHATS_NEXT)
        return oco_reply_detail(exchange->own->text,
                                "Sequence error for %s: Unexpected WHATS_NEXT "
                                "in %s",
                                exchange->app, oco_state_word(before->state));
    if (exchange->message.has_progress)
        snprintf(progress, sizeof progress, "(%" PRId64 "%%)",
                 exchange->message.progress);
    return oco_reply_detail(exchange->own->text,
                            "Sequence error for %s: Unexpected event %s%s in "
                            "state %s",
                            exchange->app, exchange->event, progress,
                            oco_state_word(before->state));
}

static void answer_refusal(const struct exchange *exchange,
                           const struct oco_outcome *outcome)
{
    char *text = exchange->own->text;
    size_t size;
    if (outcome->verdict == OCO_UNEXPECTED)
        size = put_unexpected(exchange, &outcome->before);
    else if (outcome->verdict == OCO_BACKWARDS)
        size = oco_reply_detail(text,
                                "Sequence error for %s: Progress going "
                                "backwards: old=%" PRId64 ", new=%" PRId64,
                                exchange->app, outcome->before.progress,
                                exchange->message.progress);
    else
        size = oco_reply_detail(text, "Received event %s for unknown app %s",
                                exchange->event, exchange->app);
    answer_text(exchange->reply, exchange->own, 400, size);
}

static void answer_outcome(const struct exchange *exchange,
                           const struct oco_outcome *outcome)
{
    struct scope_httpd_reply *reply = exchange->reply;
    const struct oco_service *service = exchange->service;
    if (outcome->verdict == OCO_DONE) {
        answer_constant(reply, json_type, oco_reply_ok, strlen(oco_reply_ok));
    } else if (outcome->verdict != OCO_TOLD) {
        answer_refusal(exchange, outcome);
    } else if (outcome->command == OCO_ADJUST) {
        answer_constant(reply, json_type, service->adjust,
                        service->adjust_size);
    } else {
        const char *body = oco_reply_command(outcome->command);
        answer_constant(reply, json_type, body, strlen(body));
    }
}

/* A name that no application has. */
static void answer_stranger(const struct exchange *exchange)
{
    const struct scope_names *names = &exchange->service->names;
    char first[SCOPE_NAME_MAX + 1];
    char last[SCOPE_NAME_MAX + 1];
    scope_names_put(names, 0, first);
    scope_names_put(names, names->count - 1, last);
    answer_text(exchange->reply, exchange->own, 400,
                oco_reply_detail(exchange->own->text,
                                 "Received event %s for unknown app %s (there "
                                 "are %s to %s)",
                                 exchange->event, exchange->app, first, last));
}

static void answer_servo(struct oco_service *service, struct own *own,
                         const struct scope_httpd_request *request,
                         struct scope_httpd_reply *reply,
                         const struct oco_route *route)
{
    struct exchange exchange = {
        .service = service, .own = own, .reply = reply, .app = route->app};
    struct oco_complaint complaint;
    if (!oco_message_read(&exchange.message, exchange.event, request->body,
                          request->body_size, &complaint)) {
        answer_text(reply, own, 422,
                    oco_reply_complaint(own->text, &complaint));
        return;
    }
    uint64_t app;
    if (!scope_names_find(&service->names, route->app, strlen(route->app),
                          &app)) {
        answer_stranger(&exchange);
        return;
    }
    struct oco_outcome outcome =
        oco_apps_feed(service->apps, (uint32_t)app, &exchange.message);
    oco_trace_write(&service->trace, route->app, exchange.event,
                    &exchange.message, &outcome);
    answer_outcome(&exchange, &outcome);
}

/* --- the rest ------------------------------------------------------------- */

static void answer_statistics(struct oco_service *service, struct own *own,
                              struct scope_httpd_reply *reply)
{
    struct oco_statistics statistics = oco_apps_statistics(service->apps);
    answer_text(reply, own, 200, oco_reply_statistics(own->text, &statistics));
}

static void answer_get(struct oco_service *service, struct own *own,
                       struct scope_httpd_reply *reply,
                       enum oco_endpoint endpoint)
{
    if (endpoint == OCO_STATISTICS) {
        answer_statistics(service, own, reply);
    } else if (endpoint == OCO_LIST) {
        answer_constant(reply, json_type, service->list, service->list_size);
    } else if (endpoint == OCO_OPENAPI) {
        answer_constant(reply, json_type, oco_page_openapi(),
                        strlen(oco_page_openapi()));
    } else {
        reply->type = "text/html; charset=utf-8";
        reply->body_size = oco_page_write(own->page, own->headers);
        reply->body = own->page;
        reply->headers = own->headers;
    }
}

static void answer(void *closure, void *own_bytes,
                   const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply)
{
    struct oco_service *service = closure;
    struct own *own = own_bytes;
    struct oco_route route;
    oco_route_read(&route, request->path, request->path_size);
    if (route.endpoint == OCO_NO_ENDPOINT) {
        answer_error(reply, 404, "{\"detail\":\"Not Found\"}");
        return;
    }
    bool servo = route.endpoint == OCO_SERVO;
    if (!has_method(request, reply, servo ? "POST" : "GET"))
        return;
    if (service->account && route.account[0] &&
        strcmp(service->account, route.account) != 0)
        answer_text(
            reply, own, 404,
            oco_reply_detail(own->text, "Unknown account %s", route.account));
    else if (servo)
        answer_servo(service, own, request, reply, &route);
    else
        answer_get(service, own, reply, route.endpoint);
}

static void thread_open(void *closure, void *own, unsigned index)
{
    (void)closure;
    (void)index;
    ((struct own *)own)->page = scope_alloc(oco_page_room(), 1);
}

static void thread_close(void *closure, void *own)
{
    (void)closure;
    free(((struct own *)own)->page);
}

const struct scope_httpd_handler oco_service_handler = {
    .thread_size = sizeof(struct own),
    .json = true,
    .thread_open = thread_open,
    .thread_close = thread_close,
    .answer = answer,
};

enum scope_code oco_service_make(struct oco_service *service,
                                 const struct oco_service_options *options,
                                 struct scope_err *err)
{
    *service = (struct oco_service){.trace = {.fd = -1}};
    enum scope_code code = scope_names_parse(&service->names, options->pattern,
                                             options->apps, err);
    if (code == SCOPE_OK)
        code = oco_reply_adjust(&service->adjust, options->adjust,
                                options->adjust_file, err);
    if (code == SCOPE_OK)
        code = oco_trace_open(&service->trace, options->trace, err);
    if (code != SCOPE_OK)
        return code;
    service->adjust_size = strlen(service->adjust);
    service->account = options->account ? scope_strdup(options->account) : NULL;
    service->list = oco_reply_list(&service->names, &service->list_size);
    service->apps = oco_apps_new(options->apps);
    return SCOPE_OK;
}

void oco_service_free(struct oco_service *service)
{
    oco_trace_close(&service->trace);
    oco_apps_free(service->apps);
    free(service->account);
    free(service->adjust);
    free(service->list);
    *service = (struct oco_service){.trace = {.fd = -1}};
}
