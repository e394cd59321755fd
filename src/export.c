/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports into files. */
#include "src/export.h"

#include "lib/base/options.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

enum scope_code export_format(const char *word, enum scope_export *format,
                              struct scope_err *err)
{
    size_t count = 0;
    for (; scope_exports[count]; count++)
        if (strcmp(scope_exports[count], word) == 0) {
            *format = (enum scope_export)count;
            return SCOPE_OK;
        }
    scope_fail(err, SCOPE_USAGE, 0, "unknown export format '%s'", word);
    const char *near = scope_nearest(word, scope_exports, count);
    if (near)
        return scope_hint(err, "did you mean %s?", near);
    return scope_hint(err, "there are " EXPORT_WORDS);
}

static enum scope_code split(const char *text, enum scope_export *format,
                             const char **path, struct scope_err *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || !equals[1]) {
        scope_fail(err, SCOPE_USAGE, 0, "--export %s is not FORMAT=FILE", text);
        return scope_hint(err, "write --export hdr=FILE");
    }
    char *word = scope_format("%.*s", (int)(equals - text), text);
    enum scope_code code = export_format(word, format, err);
    free(word);
    *path = equals + 1;
    return code == SCOPE_OK ? code : scope_prefix(err, "--export %s", text);
}

enum scope_code export_check(const struct scope_list *texts,
                             struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < texts->count && code == SCOPE_OK; i++) {
        enum scope_export format;
        const char *path;
        code = split(texts->items[i], &format, &path, err);
    }
    return code;
}

enum scope_code export_save(const char *path, const struct scope_text *text,
                            struct scope_err *err)
{
    if (!path || strcmp(path, "-") == 0) {
        fwrite(text->bytes, 1, text->length, stdout); /* main() sees failures */
        return SCOPE_OK;
    }
    FILE *file = fopen(path, "we");
    if (!file)
        return scope_fail(err, SCOPE_IO, errno, "create %s", path);
    size_t written = fwrite(text->bytes, 1, text->length, file);
    if (fclose(file) != 0 || written != text->length)
        return scope_fail(err, SCOPE_IO, errno, "write %s", path);
    return SCOPE_OK;
}

enum scope_code export_all(const struct scope_list *texts,
                           const struct scope_dataset *dataset,
                           const struct scope_trial *const *trials,
                           size_t count, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < texts->count && count && code == SCOPE_OK; i++) {
        enum scope_export format = SCOPE_EXPORT_HDR;
        const char *path = NULL;
        struct scope_text text = {0};
        code = split(texts->items[i], &format, &path, err);
        if (code != SCOPE_OK)
            return code;
        bool single = format == SCOPE_EXPORT_HGRM ||
                      format == SCOPE_EXPORT_FORTIO ||
                      format == SCOPE_EXPORT_FOLDED;
        struct scope_export_plan plan = {
            .dataset = dataset,
            .trials = single ? trials + count - 1 : trials,
            .trial_count = single ? 1 : count,
            .unit_ns = 1e6,
        };
        code = scope_export_write(format, &plan, &text, err);
        if (code == SCOPE_OK)
            code = export_save(path, &text, err);
        if (code != SCOPE_OK)
            scope_prefix(err, "--export %s", texts->items[i]);
        scope_text_free(&text);
    }
    return code;
}
