/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contract, kept by every plugin in SCOPE_PLUGIN_PATH: it loads, its probe
 * answers and leaves nothing behind, and it lives from open to close without
 * targets or with what this test gives it, leaving nothing open.
 */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"
#include "lib/base/options.h"
#include "lib/host/loader.h"
#include "lib/host/sink.h"
#include "lib/host/snippets.h"
#include "lib/present/present.h"
#include "lib/store/reader.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct scope_registry *registry;

static int open_registry(void **state)
{
    (void)state;
    struct scope_err err = {0};
    if (scope_registry_open(&registry, &err) == SCOPE_OK)
        return 0;
    print_error("%s\n", err.text);
    return -1;
}

static int close_registry(void **state)
{
    (void)state;
    scope_registry_close(registry);
    return 0;
}

static const struct scope_loaded *plugin_at(size_t i)
{
    return scope_registry_at(registry, i);
}

static void must(enum scope_code code, const struct scope_loaded *loaded,
                 const char *op, const struct scope_err *err)
{
    if (code)
        fail_msg("%s: %s: %s", loaded->path, op, err->text);
}

static void every_plugin_loads(void **state)
{
    (void)state;
    const struct scope_refusal *refusals;
    size_t count = scope_registry_refusals(registry, &refusals);
    for (size_t i = 0; i < count; i++)
        print_error("%s: %s\n", refusals[i].path, refusals[i].reason);
    assert_int_equal(count, 0);
    assert_true(scope_registry_count(registry) > 0);
}

static size_t entries(const char *folder)
{
    size_t count = 0;
    DIR *open = opendir(folder);
    assert_non_null(open);
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

/* What a plugin must not leave behind in its process. */
struct traces {
    size_t files, threads;
    char folder[4096];
};

static struct traces traces_now(void)
{
    struct traces traces = {.files = entries("/proc/self/fd"),
                            .threads = entries("/proc/self/task")};
    assert_non_null(getcwd(traces.folder, sizeof traces.folder));
    return traces;
}

static void left_nothing(const struct traces *before,
                         const struct scope_loaded *loaded, const char *op)
{
    struct traces now = traces_now();
    /* A thread that was joined has its entry in /proc for a moment more. */
    for (int i = 0; i < 100 && now.threads != before->threads; i++) {
        usleep(10000);
        now = traces_now();
    }
    if (now.files != before->files)
        fail_msg("%s: %s leaves files open", loaded->path, op);
    if (now.threads != before->threads)
        fail_msg("%s: %s leaves threads running", loaded->path, op);
    assert_string_equal(now.folder, before->folder);
}

static void probes_answer_and_leave_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = plugin_at(i);
        for (int again = 0; again < 2; again++) {
            struct traces before = traces_now();
            struct scope_err err = {0};
            enum scope_code code = scope_loaded_works(loaded, &err);
            if (code && code != SCOPE_UNAVAILABLE && code != SCOPE_PERM)
                fail_msg("%s: probe fails with %s: %s", loaded->path,
                         scope_code_text(code), err.text);
            if (code && !err.text[0])
                fail_msg("%s: probe gives no reason", loaded->path);
            left_nothing(&before, loaded, "probe");
        }
    }
}

/* Settings with every default; NULL when something required has none, or when
 * the plugin cannot work here. */
static struct scope_settings *usual(const struct scope_loaded *loaded)
{
    for (const struct scope_option *row = loaded->options; row && row->name;
         row++)
        if (row->required)
            return NULL;
    struct scope_err err = {0};
    if (scope_loaded_works(loaded, &err))
        return NULL;
    return scope_settings_new(loaded->options, loaded->config_size, "");
}

static bool swallow(void *closure, const void *frame, size_t size)
{
    (void)closure, (void)frame, (void)size;
    return true;
}

static void collect(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_collector_ops *ops = &loaded->collector;
    struct scope_err err = {0};
    struct scope_host host;
    void *self = NULL;
    scope_host_init(&host, loaded->plugin->metrics, 100 * NS_PER_MS);
    must(ops->open(config, &host, &self, &err), loaded, "open", &err);
    struct scope_sink *sink =
        scope_sink_new(1, &host, (struct scope_outlet){.put = swallow});
    must(ops->start(self, &err), loaded, "start", &err);
    const struct scope_target target = {
        .id = 1, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};
    bool attached = false;
    for (int i = 0; i < 3; i++) {
        /* Without a target, with one, and without it again. */
        if (attached)
            ops->detach(self, &target);
        attached = i == 1 && ops->targets & SCOPE_TARGETS_SYSTEM;
        if (attached)
            must(ops->attach(self, &target, sink, &err), loaded, "attach",
                 &err);
        scope_sink_begin(sink, scope_now_ns());
        must(ops->sample(self, sink, &err), loaded, "sample", &err);
        assert_true(scope_sink_end(sink));
    }
    ops->stop(self);
    ops->close(self);
    struct scope_sink_totals totals = scope_sink_totals(sink);
    assert_int_equal(totals.misused, 0);
    if (ops->targets & SCOPE_TARGETS_SYSTEM)
        assert_true(totals.values > 0);
    scope_sink_free(sink);
    scope_host_free(&host);
}

static void drive(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_driver_ops *ops = &loaded->driver;
    struct scope_err err = {0};
    struct scope_host host;
    void *self = NULL;
    bool done = false;
    scope_host_init(&host, loaded->plugin->metrics, NS_PER_S);
    must(ops->open(config, &host, &self, &err), loaded, "open", &err);
    struct scope_sink *sink =
        scope_sink_new(1, &host, (struct scope_outlet){.put = swallow});
    int64_t start_ns = scope_now_ns();
    must(ops->start(self, start_ns, 10 * NS_PER_MS, &err), loaded, "start",
         &err);
    for (int i = 0; i < 1000 && !done; i++)
        must(ops->wait(self, scope_now_ns() + 10 * NS_PER_MS, &done, &err),
             loaded, "wait", &err);
    assert_true(done);
    scope_sink_begin(sink, scope_now_ns());
    must(ops->sample(self, sink, &err), loaded, "sample", &err);
    assert_true(scope_sink_end(sink));
    ops->stop(self);
    ops->close(self);
    struct scope_sink_totals totals = scope_sink_totals(sink);
    assert_int_equal(totals.misused, 0);
    assert_true(totals.values > 0);
    scope_sink_free(sink);
    scope_host_free(&host);
}

static char bound_to[256];

static void note_bound(const struct scope_serve *serve, const char *bound)
{
    (void)serve;
    snprintf(bound_to, sizeof bound_to, "%s", bound);
}

static void serve(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_backend_ops *ops = &loaded->backend;
    struct scope_err err = {0};
    void *self = NULL;
    must(ops->open(config, &self, &err), loaded, "open", &err);
    /* Readable from the start: it gets ready and returns. */
    struct scope_serve how = {.listen = "127.0.0.1:0",
                              .stop_fd = eventfd(1, EFD_CLOEXEC),
                              .ready = note_bound};
    assert_true(how.stop_fd >= 0);
    bound_to[0] = '\0';
    must(ops->serve(self, &how, &err), loaded, "serve", &err);
    close(how.stop_fd);
    if (strncmp(bound_to, "127.0.0.1:", 10) != 0 ||
        strcmp(bound_to, "127.0.0.1:0") == 0)
        fail_msg("%s: serve is ready on '%s'", loaded->path, bound_to);
    ops->close(self);
}

static const char *const upstreams[] = {"127.0.0.1:8081", NULL};
static const struct scope_route route = {.protocol = "http",
                                         .listen = "127.0.0.1:8080",
                                         .upstreams = upstreams,
                                         .workers = 1};

static void write_file(const char *path, const struct scope_text *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text->bytes, 1, text->length, file), text->length);
    assert_int_equal(fclose(file), 0);
}

static void proxy(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_proxy_ops *ops = &loaded->proxy;
    struct scope_err err = {0};
    char folder[] = "/tmp/scope-contract.XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = scope_format("%s/configuration", folder);
    struct scope_snippets *snippets = scope_snippets_new();
    struct scope_text file = {0};
    must(ops->render(config, &route, snippets, &file, &err), loaded, "render",
         &err);
    assert_non_null(file.bytes);
    assert_non_null(strstr(file.bytes, "8080"));
    write_file(path, &file);
    void *self = NULL;
    must(ops->start(config, path, &self, &err), loaded, "start", &err);
    pid_t pid = 0;
    enum scope_code code = SCOPE_BUSY;
    for (int i = 0; i < 500 && code == SCOPE_BUSY; i++) {
        code = ops->ready(self, &pid, &err);
        if (code == SCOPE_BUSY)
            usleep(10000);
    }
    must(code, loaded, "ready", &err);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), 0);
    must(ops->reload(self, &err), loaded, "reload", &err);
    ops->stop(self);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    unlink(path);
    rmdir(folder);
    scope_text_free(&file);
    scope_snippets_free(snippets);
    free(path);
}

static void policy(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_policy_ops *ops = &loaded->policy;
    struct scope_err err = {0};
    struct scope_text headers = {0};
    for (const char *const *name = ops->proxies; *name; name++) {
        struct scope_snippets *snippets = scope_snippets_new();
        must(ops->render(config, *name, &route, snippets, &err), loaded,
             "render", &err);
        scope_snippets_free(snippets);
    }
    must(ops->decorate(config, &headers, &err), loaded, "decorate", &err);
    if (headers.length && (headers.length < 2 ||
                           strcmp(headers.bytes + headers.length - 2, "\r\n")))
        fail_msg("%s: decorate does not end a header", loaded->path);
    scope_text_free(&headers);
}

static void analyze(const struct scope_loaded *loaded, const void *config)
{
    const struct scope_analyzer_ops *ops = &loaded->analyzer;
    struct scope_err err = {0};
    void *self = NULL;
    struct scope_dataset *dataset = NULL;
    struct scope_report *report = scope_report_new("empty");
    must(scope_dataset_open(NULL, 0, &dataset, &err), loaded, "no store", &err);
    must(ops->open(config, &self, &err), loaded, "open", &err);
    enum scope_code code = ops->run(self, dataset, report, &err);
    /* Nothing to analyze: it may say so, but not fail otherwise. */
    if (code && code != SCOPE_PARTIAL && code != SCOPE_NOT_FOUND)
        must(code, loaded, "run", &err);
    ops->close(self);
    scope_dataset_close(dataset);
    scope_report_free(report);
}

static void lives_leave_nothing(void **state)
{
    (void)state;
    static void (*const lives[])(const struct scope_loaded *, const void *) = {
        [SCOPE_COLLECTOR] = collect, [SCOPE_DRIVER] = drive,
        [SCOPE_BACKEND] = serve,     [SCOPE_PROXY] = proxy,
        [SCOPE_POLICY] = policy,     [SCOPE_ANALYZER] = analyze,
    };
    size_t lived = 0;
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = plugin_at(i);
        struct scope_settings *settings = usual(loaded);
        if (!settings)
            continue;
        /* The first life may load what the C library keeps for good. */
        for (int life = 0; life < 2; life++) {
            struct traces before = traces_now();
            lives[loaded->plugin->kind](loaded,
                                        scope_settings_config(settings));
            if (life)
                left_nothing(&before, loaded, "a life");
        }
        scope_settings_free(settings);
        lived++;
    }
    assert_true(lived > 0);
}

static void names_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_plugin *plugin = plugin_at(i)->plugin;
        const struct scope_loaded *found;
        struct scope_err err = {0};
        assert_int_equal(scope_registry_find(registry, plugin->kind,
                                             plugin->name, &found, &err),
                         SCOPE_OK);
        assert_ptr_equal(found->plugin, plugin);
    }
    const struct scope_loaded *found;
    struct scope_err err = {0};
    assert_int_equal(scope_registry_find(registry, SCOPE_COLLECTOR,
                                         "no_such_thing_at_all", &found, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text, "unknown collector 'no_such_thing_at_all'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plugin_loads),
        cmocka_unit_test(names_are_told_apart),
        cmocka_unit_test(probes_answer_and_leave_nothing),
        cmocka_unit_test(lives_leave_nothing),
    };
    return cmocka_run_group_tests_name("plugins", tests, open_registry,
                                       close_registry);
}
