/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope doctor: what this machine can measure, what not, why, and what would
 * change that. */
#include "src/command.h"

#include "src/doctor.h"
#include "src/listing.h"
#include "src/output.h"

struct config {
    int format;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_FORMAT(struct config, format),
    SCOPE_OPTION_END,
};

struct scope_table *doctor_table(struct scope_report *report, const char *id,
                                 const char *title, const char *what)
{
    struct scope_table *table = scope_report_table(report, id, title);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "what", what, 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "state", "State", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "why", "What that means", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "remedy",
                       "What would change it", 0, NULL);
    scope_table_legend(table, "to be heeded");
    return table;
}

void doctor_row(struct scope_table *table, bool good, const char *what,
                const char *state, const char *why, const char *remedy)
{
    scope_table_row(table);
    scope_cell_text(table, what);
    scope_cell_text(table, state);
    scope_cell_text(table, why);
    scope_cell_text(table, remedy);
    if (!good)
        scope_table_doubt(table);
}

/* Every fact of the node, as a trial's manifest holds them. */
static void add_facts(struct scope_report *report,
                      const struct scope_facts *facts)
{
    struct scope_table *table =
        scope_report_table(report, "machine", "This machine");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "fact", "Fact", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "value", "Value", 0, NULL);
    for (size_t i = 0; i < facts->count; i++) {
        scope_table_row(table);
        scope_cell_text(table, facts->items[i].key);
        scope_cell_text(table, facts->items[i].value);
    }
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct config *wanted = config;
    struct scope_registry *registry;
    if (argc)
        return scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'",
                          argv[0]);
    enum scope_code code = scope_registry_open(&registry, err);
    if (code)
        return code;
    struct scope_facts facts = {0};
    scope_facts_node(&facts);
    struct scope_report *report = scope_report_new("");
    doctor_abilities(report, &facts);
    listing_plugins(report, "Plugins", registry, 0);
    listing_absent(report, 0);
    listing_refusals(report, registry);
    doctor_steadiness(report, &facts);
    doctor_capabilities(report);
    add_facts(report, &facts);
    code = scope_output_print(report, wanted->format, err);
    scope_report_free(report);
    scope_facts_free(&facts);
    scope_registry_close(registry);
    return code;
}

const struct scope_command scope_cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "says what this machine can measure, what not, and why",
    .about = "Tries what scope needs and shows what is missing with what "
             "would bring it: counters, tracing, privileges, limits, plugins; "
             "then what makes figures unsteady here, and the facts that every "
             "trial keeps about the machine. What is to be heeded is marked "
             "with '!'.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
