/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML from anywhere is a tree or one error with a place, and a tree is
 * settings or one error. */
#include "tests/fuzz/target.h"

#include "lib/base/yaml.h"

#include <string.h>

struct config {
    bool threads;
    int64_t interval_ns;
    struct scope_list events, labels;
    const char *url;
};

static const struct scope_option table[] = {
    SCOPE_OPTION_BOOL(struct config, threads, "threads", .help = "a"),
    SCOPE_OPTION_DURATION(struct config, interval_ns, "interval", .help = "b"),
    SCOPE_OPTION_LIST(struct config, events, "events", .help = "c"),
    SCOPE_OPTION_REPEAT(struct config, labels, "label", .help = "d"),
    SCOPE_OPTION_STRING(struct config, url, "url", .help = "e"),
    SCOPE_OPTION_END,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct scope_yaml_file *file;
    struct scope_err err = {0};
    if (scope_yaml_parse("in", (const char *)bytes, size, &file, &err)) {
        TARGET_ASSERT(err.code == SCOPE_USAGE);
        TARGET_ASSERT(strncmp(err.text, "in:", 3) == 0);
        TARGET_ASSERT(!file);
        return 0;
    }
    struct scope_settings *settings =
        scope_settings_new(table, sizeof(struct config), "");
    if (scope_settings_yaml(settings, scope_yaml_root(file), &err))
        TARGET_ASSERT(err.code == SCOPE_USAGE && err.text[0]);
    scope_settings_free(settings);
    scope_yaml_free(file);
    return 0;
}
