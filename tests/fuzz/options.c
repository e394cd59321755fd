/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value of each type is accepted, and then its text sets it again to the
 * same text; or it is refused with a reason. */
#include "tests/fuzz/target.h"

#include "lib/base/options.h"

#include <string.h>

static const char *const words[] = {"small", "large", NULL};

struct config {
    bool flag;
    int64_t count, interval_ns;
    uint64_t size;
    double rate, share, number;
    const char *text;
    int choice;
    struct scope_list list, repeat;
};

static const struct scope_option table[] = {
    SCOPE_OPTION_BOOL(struct config, flag, "flag", .help = "a"),
    SCOPE_OPTION_INT(struct config, count, "count", .help = "b"),
    SCOPE_OPTION_DURATION(struct config, interval_ns, "interval", .help = "c"),
    SCOPE_OPTION_SIZE(struct config, size, "size", .help = "d"),
    SCOPE_OPTION_RATE(struct config, rate, "rate", .help = "e"),
    SCOPE_OPTION_RATIO(struct config, share, "share", .help = "f"),
    SCOPE_OPTION_NUMBER(struct config, number, "number", .help = "g"),
    SCOPE_OPTION_STRING(struct config, text, "text", .help = "h"),
    SCOPE_OPTION_CHOICE(struct config, choice, "choice", .choices = words,
                        .help = "i"),
    SCOPE_OPTION_LIST(struct config, list, "list", .help = "j"),
    SCOPE_OPTION_END,
};

/* The text of the row after it was set to value; NULL: refused. */
static char *set_and_read(const struct scope_option *row, const char *value)
{
    struct scope_err err = {0};
    struct scope_settings *settings =
        scope_settings_new(table, sizeof(struct config), "");
    char *text = NULL;
    if (scope_settings_set(settings, row->name, value, NULL, &err))
        TARGET_ASSERT(err.code == SCOPE_USAGE && err.text[0]);
    else
        text = scope_settings_text(settings, row);
    scope_settings_free(settings);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *value = target_text(bytes, size);
    for (const struct scope_option *row = table; row->name; row++) {
        char *text = set_and_read(row, value);
        if (!text)
            continue;
        char *again = set_and_read(row, text);
        TARGET_ASSERT(again && strcmp(text, again) == 0);
        free(again);
        free(text);
    }
    free(value);
    return 0;
}
