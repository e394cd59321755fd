/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one way from a report to its bytes. */
#include "lib/present/model.h"

#include <string.h>

bool scope_output_of(const char *path, enum scope_output *output)
{
    static const struct {
        const char *suffix;
        enum scope_output output;
    } suffixes[] = {
        {".html", SCOPE_OUTPUT_HTML},   {".htm", SCOPE_OUTPUT_HTML},
        {".csv", SCOPE_OUTPUT_CSV},     {".json", SCOPE_OUTPUT_JSON},
        {".md", SCOPE_OUTPUT_MARKDOWN},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcasecmp(dot, suffixes[i].suffix) == 0) {
            *output = suffixes[i].output;
            return true;
        }
    return false;
}

enum scope_code scope_report_write(const struct scope_report *report,
                                   const struct scope_style *style,
                                   struct scope_text *out,
                                   struct scope_err *err)
{
    switch (style->output) {
    case SCOPE_OUTPUT_TABLE:
        scope_write_table(report, style, out);
        return SCOPE_OK;
    case SCOPE_OUTPUT_CSV:
        scope_write_csv(report, out);
        return SCOPE_OK;
    case SCOPE_OUTPUT_JSON:
        scope_write_json(report, out);
        return SCOPE_OK;
    case SCOPE_OUTPUT_MARKDOWN:
        scope_write_markdown(report, style, out);
        return SCOPE_OK;
    case SCOPE_OUTPUT_HTML:
        scope_write_html(report, out);
        return SCOPE_OK;
    }
    return scope_fail(err, SCOPE_USAGE, 0, "unknown output format %d",
                      (int)style->output);
}
