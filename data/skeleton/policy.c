/* skeleton: a policy. See <scope/plugin.h> for what each op may do. */
#include <scope/plugin.h>
#include <string.h>

struct config {
    const char *header;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_STRING(struct config, header, "header",
                        .fallback = "X-Skeleton",
                        .help = "the header that requests carry"),
    SCOPE_OPTION_END,
};

static const char *const proxies[] = {"haproxy", "nginx", NULL};

static enum scope_code render(const void *config, const char *proxy,
                              const struct scope_route *route,
                              struct scope_snippets *snippets,
                              struct scope_err *err)
{
    (void)route;
    const struct config *wanted = config;
    if (strcmp(proxy, "haproxy") == 0)
        scope_text_add(scope_snippet(snippets, "http-request"),
                       "http-request deny unless { req.hdr(%s) -m found }\n",
                       wanted->header);
    else if (strcmp(proxy, "nginx") == 0)
        scope_text_add(scope_snippet(snippets, "server"),
                       "proxy_pass_header %s;\n", wanted->header);
    else
        return scope_fail(err, SCOPE_UNAVAILABLE, 0,
                          "the policy is not written for %s", proxy);
    return SCOPE_OK;
}

static enum scope_code decorate(const void *config, struct scope_text *headers,
                                struct scope_err *err)
{
    (void)err;
    const struct config *wanted = config;
    scope_text_add(headers, "%s: yes\r\n", wanted->header);
    return SCOPE_OK;
}

static const struct scope_policy_ops ops = {
    .proxies = proxies,
    .render = render,
    .decorate = decorate,
};

SCOPE_PLUGIN(.kind = SCOPE_POLICY, .name = "skeleton",
             .summary = "lets only requests with a header pass",
             .version = "0.1", .options = options,
             .config_size = sizeof(struct config), .policy = &ops);
