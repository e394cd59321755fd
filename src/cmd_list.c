/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope list: the plugins that are there, those that cannot work here with the
 * reason, and those that were refused; and what there is of data. */
#include "src/command.h"

#include "lib/base/text.h"
#include "src/listing.h"
#include "src/listing_categories.h"
#include "src/output.h"

#include <string.h>

struct config {
    int format;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_FORMAT(struct config, format),
    SCOPE_OPTION_END,
};

static enum scope_code read_kind(int argc, char **argv, enum scope_kind *kind,
                                 struct scope_err *err)
{
    *kind = 0;
    if (!argc)
        return SCOPE_OK;
    *kind = scope_kind_of(argv[0]);
    if (argc == 1 && *kind)
        return SCOPE_OK;
    if (argc > 1)
        return scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'",
                          argv[1]);
    struct scope_text known = {0};
    for (enum scope_kind each = SCOPE_COLLECTOR; scope_kind_word(each); each++)
        scope_text_add(&known, "%s%s", known.length ? ", " : "",
                       scope_kind_folder(each));
    scope_fail(err, SCOPE_USAGE, 0, "'%s' is no kind of plugin", argv[0]);
    scope_hint(err, "there are %s, categories", known.bytes);
    scope_text_free(&known);
    return SCOPE_USAGE;
}

static enum scope_code list_categories(int format, struct scope_err *err)
{
    struct scope_report *report = scope_report_new("Categories");
    enum scope_code code = listing_categories(report, err);
    if (!code)
        code = scope_output_print(report, format, err);
    scope_report_free(report);
    return code;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct config *wanted = config;
    enum scope_kind kind;
    struct scope_registry *registry;
    if (argc == 1 && strcmp(argv[0], "categories") == 0)
        return list_categories(wanted->format, err);
    enum scope_code code = read_kind(argc, argv, &kind, err);
    if (!code)
        code = scope_registry_open(&registry, err);
    if (code)
        return code;
    struct scope_report *report = scope_report_new("Plugins");
    listing_plugins(report, "", registry, kind);
    listing_absent(report, kind);
    listing_refusals(report, registry);
    code = scope_output_print(report, wanted->format, err);
    scope_report_free(report);
    scope_registry_close(registry);
    return code;
}

const struct scope_command scope_cmd_list = {
    .name = "list",
    .operands = "[KIND]",
    .summary = "lists the plugins, and why some cannot work here",
    .about =
        "KIND is collectors, drivers, backends, proxies, policies or "
        "analyzers. A plugin that cannot work on this machine is listed "
        "with the reason and what would help; one that was not built, with "
        "the package that its library is in; a file that was refused, "
        "with the sentence that says why. KIND may also be categories: what "
        "profiles can be sorted by.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
