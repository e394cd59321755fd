/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loader: what a descriptor must be, who may have written the file, and
 * that ops left out are filled in. Loading real files is tests/cli/loader.bats.
 */
#include "lib/host/loader.h"
#include "lib/base/clock.h"
#include "lib/host/plugin_table.h"
#include "lib/host/trust.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <scope/load.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct scope_collector_ops no_ops;

static const struct scope_metric good_metrics[] = {
    {.name = "cpu.user",
     .semantics = SCOPE_COUNTER,
     .value = SCOPE_U64,
     .unit = SCOPE_UNIT_NS,
     .domain = "cpu",
     .help = "user time"},
    SCOPE_METRIC_END,
};

static struct scope_plugin good(void)
{
    return (struct scope_plugin){
        .abi = SCOPE_ABI,
        .size = sizeof(struct scope_plugin),
        .kind = SCOPE_COLLECTOR,
        .name = "good",
        .summary = "does what it should",
        .version = "1",
        .metrics = good_metrics,
        .collector = &no_ops,
    };
}

static void refused(const struct scope_plugin *plugin, const char *sentence)
{
    struct scope_err err = {0};
    assert_int_equal(scope_plugin_check(plugin, SCOPE_COLLECTOR, "good", &err),
                     SCOPE_FAILED);
    assert_string_equal(err.text, sentence);
}

static void a_good_descriptor_passes(void **state)
{
    (void)state;
    struct scope_plugin plugin = good();
    struct scope_err err = {0};
    assert_int_equal(scope_plugin_check_abi(&plugin, &err), SCOPE_OK);
    assert_int_equal(scope_plugin_check(&plugin, 0, "good", &err), SCOPE_OK);
    assert_int_equal(scope_plugin_check(&plugin, SCOPE_COLLECTOR, "good", &err),
                     SCOPE_OK);
}

static void another_abi_or_size_is_named(void **state)
{
    (void)state;
    struct scope_plugin plugin = good();
    plugin.abi = SCOPE_ABI + 1;
    struct scope_err err = {0};
    assert_int_equal(scope_plugin_check_abi(&plugin, &err), SCOPE_FAILED);
    char sentence[200];
    snprintf(sentence, sizeof sentence,
             "it was built for plugin ABI %d, this is ABI %d: build it again",
             SCOPE_ABI + 1, SCOPE_ABI);
    assert_string_equal(err.text, sentence);
    plugin.abi = SCOPE_ABI;
    plugin.size = 8;
    assert_int_equal(scope_plugin_check_abi(&plugin, &err), SCOPE_FAILED);
    snprintf(sentence, sizeof sentence,
             "its descriptor has 8 bytes instead of %zu: build it again",
             sizeof plugin);
    assert_string_equal(err.text, sentence);
}

static void faults_of_the_descriptor_are_named(void **state)
{
    (void)state;
    struct scope_plugin plugin = good();
    plugin.kind = 99;
    refused(&plugin, "it is of no known kind (99)");
    plugin.kind = SCOPE_ANALYZER;
    refused(&plugin,
            "its kind is analyzer, but it lies in a folder of collectors");
    plugin = good();
    plugin.name = "Good";
    refused(&plugin, "its name 'Good' is not a lower-case letter, then "
                     "letters, digits and '_'");
    plugin.name = NULL;
    refused(&plugin, "its name '' is not a lower-case letter, then letters, "
                     "digits and '_'");
    plugin.name = "other";
    refused(&plugin, "it calls itself 'other': its file must be other.so");
    plugin = good();
    plugin.summary = "";
    refused(&plugin, "it has no summary");
    plugin = good();
    plugin.version = NULL;
    refused(&plugin, "it has no version");
    plugin = good();
    plugin.collector = NULL;
    refused(&plugin, "it has no ops");
}

static void faults_of_metrics_are_named(void **state)
{
    (void)state;
    const struct {
        const char *sentence;
        struct scope_metric change;
    } faults[] = {
        {"metric 'CPU': a name is a lower-case letter, then letters, digits, "
         "'.' and '_'",
         {"CPU", SCOPE_COUNTER, SCOPE_U64, SCOPE_UNIT_NS, NULL, "x"}},
        {"metric 'a': its semantics and its value type do not go together",
         {"a", SCOPE_COUNTER, SCOPE_I64, SCOPE_UNIT_NS, NULL, "x"}},
        {"metric 'a': its semantics and its value type do not go together",
         {"a", SCOPE_GAUGE, SCOPE_HIST, SCOPE_UNIT_NS, NULL, "x"}},
        {"metric 'a': its semantics and its value type do not go together",
         {"a", SCOPE_HISTOGRAM, SCOPE_U64, SCOPE_UNIT_NS, NULL, "x"}},
        {"metric 'a': its semantics and its value type do not go together",
         {"a", 0, SCOPE_U64, SCOPE_UNIT_NS, NULL, "x"}},
        {"metric 'a' has no known unit",
         {"a", SCOPE_GAUGE, SCOPE_U64, 0, NULL, "x"}},
        {"metric 'a': its domain is not a lower-case word",
         {"a", SCOPE_GAUGE, SCOPE_U64, SCOPE_UNIT_NS, "a cpu", "x"}},
        {"metric 'a' has no help",
         {"a", SCOPE_GAUGE, SCOPE_U64, SCOPE_UNIT_NS, NULL, NULL}},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct scope_metric metrics[] = {faults[i].change,
                                               SCOPE_METRIC_END};
        struct scope_plugin plugin = good();
        plugin.metrics = metrics;
        refused(&plugin, faults[i].sentence);
    }
    const struct scope_metric twice[] = {good_metrics[0], good_metrics[0],
                                         SCOPE_METRIC_END};
    struct scope_plugin plugin = good();
    plugin.metrics = twice;
    refused(&plugin, "metric 'cpu.user' is in the table twice");
}

static void a_driver_begins_with_the_load_metrics(void **state)
{
    (void)state;
    static const struct scope_driver_ops ops;
    struct scope_metric metrics[] = {SCOPE_LOAD_METRICS, SCOPE_METRIC_END};
    struct scope_plugin plugin = good();
    plugin.kind = SCOPE_DRIVER;
    plugin.driver = &ops;
    plugin.metrics = metrics;
    struct scope_err err = {0};
    assert_int_equal(scope_plugin_check(&plugin, 0, "good", &err), SCOPE_OK);
    metrics[SCOPE_LOAD_LATENCY].unit = SCOPE_UNIT_COUNT;
    assert_int_equal(scope_plugin_check(&plugin, 0, "good", &err),
                     SCOPE_FAILED);
    assert_string_equal(err.text,
                        "metric 11 is not 'latency': a driver's table begins "
                        "with SCOPE_LOAD_METRICS of <scope/load.h>");
    plugin.metrics = NULL;
    assert_int_equal(scope_plugin_check(&plugin, 0, "good", &err),
                     SCOPE_FAILED);
    assert_string_equal(err.text,
                        "metric 0 is not 'requests': a driver's table begins "
                        "with SCOPE_LOAD_METRICS of <scope/load.h>");
}

static void absent_ops_succeed_and_do_nothing(void **state)
{
    (void)state;
    struct scope_plugin plugin = good();
    struct scope_loaded loaded = {.plugin = &plugin};
    scope_plugin_fill_ops(&loaded);
    void *self = NULL;
    assert_int_equal(loaded.collector.probe(NULL, NULL), SCOPE_OK);
    assert_int_equal(loaded.collector.open(NULL, NULL, &self, NULL), SCOPE_OK);
    assert_int_equal(loaded.collector.attach(self, NULL, NULL, NULL), SCOPE_OK);
    assert_int_equal(loaded.collector.sample(self, NULL, NULL), SCOPE_OK);
    loaded.collector.stop(self);
    loaded.collector.close(self);

    static const struct scope_driver_ops none;
    plugin.kind = SCOPE_DRIVER;
    plugin.driver = &none;
    scope_plugin_fill_ops(&loaded);
    int64_t until_ns = scope_now_ns() + 2 * NS_PER_MS;
    bool done = true;
    assert_int_equal(loaded.driver.wait(self, until_ns, &done, NULL), SCOPE_OK);
    assert_false(done);
    assert_true(scope_now_ns() >= until_ns);
}

static char folder[] = "/tmp/scope-loader.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void who_may_write_decides_trust(void **state)
{
    (void)state;
    struct scope_err err = {0};
    char sentence[200];
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(scope_trust_folder(folder, &err), SCOPE_OK);
    assert_int_equal(chmod(folder, 0757), 0);
    assert_int_equal(scope_trust_folder(folder, &err), SCOPE_PERM);
    snprintf(sentence, sizeof sentence,
             "the folder %s is writable by everybody", folder);
    assert_string_equal(err.text, sentence);
    assert_int_equal(chmod(folder, 0775), 0);
    assert_int_equal(scope_trust_folder(folder, &err), SCOPE_PERM);
    snprintf(sentence, sizeof sentence, "the folder %s is writable by group %u",
             folder, getegid());
    assert_string_equal(err.text, sentence);
    assert_int_equal(chmod(folder, 0755), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, 4242, (gid_t)-1), 0);
        assert_int_equal(scope_trust_folder(folder, &err), SCOPE_PERM);
        snprintf(sentence, sizeof sentence,
                 "the folder %s belongs to user 4242, who is neither root nor "
                 "you",
                 folder);
        assert_string_equal(err.text, sentence);
        assert_int_equal(chown(folder, 0, (gid_t)-1), 0);
    }
}

static void kinds_have_words(void **state)
{
    (void)state;
    for (enum scope_kind kind = SCOPE_COLLECTOR; kind <= SCOPE_ANALYZER;
         kind++) {
        assert_int_equal(scope_kind_of(scope_kind_word(kind)), kind);
        assert_int_equal(scope_kind_of(scope_kind_folder(kind)), kind);
    }
    assert_int_equal(scope_kind_of("widget"), 0);
    assert_null(scope_kind_word(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_descriptor_passes),
        cmocka_unit_test(another_abi_or_size_is_named),
        cmocka_unit_test(faults_of_the_descriptor_are_named),
        cmocka_unit_test(faults_of_metrics_are_named),
        cmocka_unit_test(a_driver_begins_with_the_load_metrics),
        cmocka_unit_test(absent_ops_succeed_and_do_nothing),
        cmocka_unit_test(who_may_write_decides_trust),
        cmocka_unit_test(kinds_have_words),
    };
    return cmocka_run_group_tests_name("loader", tests, make_folder,
                                       remove_folder);
}
