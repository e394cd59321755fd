/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backend http: answers as options, paths and headers say (wish.h), and
 * records when requests arrived (arrivals.h): a server that costs little, to
 * stand behind a proxy, and to check drivers against.
 */
#include "lib/net/httpd.h"
#include "plugins/backends/http/arrivals.h"
#include "plugins/backends/http/wish.h"

#include <errno.h>
#include <scope/plugin.h>
#include <string.h>
#include <time.h>

struct config {
    struct scope_httpd_options httpd;
    uint64_t size;
    int64_t status;
    const char *delay;
    int64_t growth_ns;
    int64_t seed;
    int64_t arrivals_ns;
    bool faults;
};

static const struct scope_option options[] = {
    SCOPE_HTTPD_OPTIONS(struct config, httpd),
    SCOPE_OPTION_SIZE(struct config, size, "size", .fallback = "128",
                      .max = "1TiB",
                      .help = "bytes of an answer's body; a path of /size/N "
                              "or a header x-scope-size: N says otherwise, "
                              "/echo sends back what came"),
    SCOPE_OPTION_INT(struct config, status, "status", .fallback = "200",
                     .min = "200", .max = "599", .value = "N",
                     .help = "status of an answer; /status/N, "
                             "x-scope-status"),
    SCOPE_OPTION_STRING(struct config, delay, "delay", .fallback = "0",
                        .value = "TIME",
                        .help = "how long an answer is held back: 5ms, "
                                "uniform:FROM:TO, exponential:MEAN, "
                                "normal:MEAN:DEVIATION, "
                                "lognormal:MEDIAN:SIGMA, "
                                "pareto:LEAST:EXPONENT; /delay/TIME, "
                                "x-scope-delay"),
    SCOPE_OPTION_DURATION(struct config, growth_ns, "delay-growth",
                          .fallback = "0", .max = "1h",
                          .help = "added to the delay for each answer that is "
                                  "being held back already"),
    SCOPE_OPTION_INT(struct config, seed, "seed", .fallback = "1", .value = "N",
                     .help = "of the delays that are drawn"),
    SCOPE_OPTION_DURATION(struct config, arrivals_ns, "arrivals",
                          .fallback = "10m", .max = "24h",
                          .help = "record for so long, from the first on, when "
                                  "requests arrive: GET /scope/arrivals tells, "
                                  "POST /scope/arrivals/reset begins anew; 0: "
                                  "never"),
    SCOPE_OPTION_BOOL(struct config, faults, "faults", .fallback = "no",
                      .help = "allow /stall/TIME (the whole thread sleeps), "
                              "/reset, /garbage and /cut (the connection "
                              "breaks), to test clients with"),
    SCOPE_OPTION_END,
};

struct backend {
    const struct config *config;
    struct wish usual; /* without a path or a header that says otherwise */
    struct arrivals arrivals;
    struct scope_httpd *httpd;
};

/* Of each thread. */
struct own {
    struct scope_random random;
    char *text; /* what goes into the present answer */
    /* The last path, and what it means: loads ask for the same thing. */
    char path[128];
    size_t path_size; /* 0: none */
    struct wish wish;
};

static void thread_open(void *closure, void *memory, unsigned index)
{
    const struct backend *backend = closure;
    struct own *own = memory;
    scope_random_seed(&own->random, (uint64_t)backend->config->seed + index);
}

static void thread_close(void *closure, void *memory)
{
    struct own *own = memory;
    (void)closure;
    free(own->text);
}

static bool keeps(void *closure, const struct scope_httpd_request *head)
{
    static const char word[] = "/echo";
    (void)closure;
    return memmem(head->path, head->path_size, word, sizeof word - 1);
}

static void refuse(struct own *own, unsigned status,
                   const struct scope_err *err, struct scope_httpd_reply *reply)
{
    free(own->text);
    own->text = scope_format("%s\n", err->text);
    reply->status = status;
    reply->type = "text/plain";
    reply->body = own->text;
    reply->body_size = strlen(own->text);
}

/* Headers that are the connection's, and not the request's. */
static bool is_ours(const struct scope_httpd_field *field)
{
    static const char *const names[] = {"connection", "transfer-encoding",
                                        "content-length", "expect"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (scope_httpd_is(field->name, field->name_size, names[i]))
            return true;
    return false;
}

static void echo(struct own *own, const struct scope_httpd_request *request,
                 struct scope_httpd_reply *reply)
{
    size_t size = 64 + request->method_size;
    for (size_t i = 0; i < request->field_count; i++)
        size += request->fields[i].name_size + request->fields[i].value_size +
                sizeof "x-echo-: \r\n";
    own->text = scope_realloc(own->text, size, 1);
    char *at = own->text;
    at = stpcpy(at, "x-echo-method: ");
    at = mempcpy(at, request->method, request->method_size);
    at = stpcpy(at, "\r\n");
    for (size_t i = 0; i < request->field_count; i++) {
        const struct scope_httpd_field *field = &request->fields[i];
        if (is_ours(field))
            continue;
        at = stpcpy(at, "x-echo-");
        at = mempcpy(at, field->name, field->name_size);
        at = stpcpy(at, ": ");
        at = mempcpy(at, field->value, field->value_size);
        at = stpcpy(at, "\r\n");
    }
    reply->headers = own->text;
    reply->type = "application/octet-stream";
    reply->body = request->body ? request->body : "";
    reply->body_size = request->body ? request->body_size : 0;
}

static void tell_arrivals(struct backend *backend, const struct wish *wish,
                          struct own *own, struct scope_httpd_reply *reply)
{
    if (!backend->config->arrivals_ns) {
        struct scope_err err = {
            .text = "arrivals are not recorded: the backend was started with "
                    "--arrivals 0"};
        refuse(own, 404, &err, reply);
        return;
    }
    if (wish->special == WISH_ARRIVALS_RESET) {
        arrivals_reset(&backend->arrivals);
        reply->status = 204;
        return;
    }
    reply->type = "application/json";
    reply->body = arrivals_json(&backend->arrivals);
    reply->body_size = strlen(reply->body);
    reply->owned = true;
}

static void stall(int64_t ns)
{
    struct timespec left = {.tv_sec = ns / 1000000000,
                            .tv_nsec = ns % 1000000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

static void fulfil(const struct backend *backend, const struct wish *wish,
                   struct own *own, const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply)
{
    static const char garbage[] = "\x16\x03\x01 this is no answer\r\n\r\n";
    reply->status = wish->status;
    reply->body_size = wish->size;
    reply->delay_ns = delay_draw(&wish->delay, &own->random) +
                      (int64_t)request->held * backend->config->growth_ns;
    if (wish->stall_ns)
        stall(wish->stall_ns);
    switch (wish->special) {
    case WISH_ECHO:
        echo(own, request, reply);
        break;
    case WISH_RESET:
        reply->end = SCOPE_HTTPD_RESET;
        break;
    case WISH_CUT:
        reply->end = SCOPE_HTTPD_CUT;
        break;
    case WISH_GARBAGE:
        reply->end = SCOPE_HTTPD_RAW;
        reply->body = garbage;
        reply->body_size = sizeof garbage - 1;
        reply->constant = true;
        break;
    default:
        break;
    }
}

static bool is_known(const struct scope_httpd_request *request)
{
    static const char *const methods[] = {"GET",   "POST",   "HEAD",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (scope_httpd_is(request->method, request->method_size, methods[i]))
            return true;
    return false;
}

/* What the request wishes; 200, or the status to refuse it with. */
static unsigned read_wish(const struct backend *backend, struct own *own,
                          const struct scope_httpd_request *request,
                          struct scope_err *err)
{
    struct wish *wish = &own->wish;
    bool special = false;
    for (size_t i = 0; i < request->field_count; i++)
        special |= request->fields[i].name[0] == 'x';
    if (!special && request->path_size == own->path_size &&
        memcmp(request->path, own->path, own->path_size) == 0)
        return 200;
    own->path_size = 0;
    *wish = backend->usual;
    unsigned status = wish_read(wish, request, backend->config->faults, err);
    /* What depends on more than the path is read again each time. */
    if (status == 200 && !special && wish->special < WISH_ARRIVALS &&
        request->path_size <= sizeof own->path) {
        memcpy(own->path, request->path, request->path_size);
        own->path_size = request->path_size;
    }
    return status;
}

static void answer(void *closure, void *memory,
                   const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply)
{
    struct backend *backend = closure;
    struct own *own = memory;
    struct scope_err err = {0};
    unsigned status = 501;
    if (is_known(request))
        status = read_wish(backend, own, request, &err);
    else
        scope_fail(&err, SCOPE_USAGE, 0, "the method %.*s is not known",
                   (int)request->method_size, request->method);
    bool ours = status == 200 && own->wish.special >= WISH_ARRIVALS;
    if (backend->config->arrivals_ns && !ours)
        arrivals_add(&backend->arrivals, request->arrived_ns);
    if (status == 405)
        reply->headers = own->wish.special == WISH_ARRIVALS
                             ? "allow: GET, HEAD\r\n"
                             : "allow: POST\r\n";
    if (status != 200)
        refuse(own, status, &err, reply);
    else if (ours)
        tell_arrivals(backend, &own->wish, own, reply);
    else
        fulfil(backend, &own->wish, own, request, reply);
}

static const struct scope_httpd_handler handler = {
    .thread_size = sizeof(struct own),
    .thread_open = thread_open,
    .thread_close = thread_close,
    .keeps = keeps,
    .answer = answer,
};

static void backend_close(void *self)
{
    struct backend *backend = self;
    scope_httpd_close(backend->httpd);
    if (backend->config->arrivals_ns)
        arrivals_free(&backend->arrivals);
    free(backend);
}

static enum scope_code backend_open(const void *given, void **self,
                                    struct scope_err *err)
{
    const struct config *config = given;
    struct wish usual = {.size = config->size,
                         .status = (unsigned)config->status};
    enum scope_code code = delay_parse(&usual.delay, config->delay, err);
    if (code)
        return code;
    struct backend *backend = scope_alloc(1, sizeof *backend);
    backend->config = config;
    backend->usual = usual;
    if (config->arrivals_ns)
        arrivals_init(&backend->arrivals, config->arrivals_ns);
    code = scope_httpd_open(&backend->httpd, &config->httpd, &handler, backend,
                            err);
    if (code)
        backend_close(backend);
    else
        *self = backend;
    return code;
}

static enum scope_code backend_serve(void *self,
                                     const struct scope_serve *serve,
                                     struct scope_err *err)
{
    struct backend *backend = self;
    return scope_httpd_serve(backend->httpd, serve, err);
}

static const struct scope_backend_ops ops = {
    .open = backend_open,
    .serve = backend_serve,
    .close = backend_close,
};

SCOPE_PLUGIN(.kind = SCOPE_BACKEND, .name = "http",
             .summary = "answers HTTP as asked for, and records arrivals",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .backend = &ops);
