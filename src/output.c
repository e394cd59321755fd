/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What standard output is: a terminal of some width, or something else. */
#include "src/output.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const scope_formats[] = {
    [SCOPE_OUTPUT_TABLE] = "table",
    [SCOPE_OUTPUT_CSV] = "csv",
    [SCOPE_OUTPUT_JSON] = "json",
    [SCOPE_OUTPUT_MARKDOWN] = "markdown",
    NULL,
};

struct scope_style scope_output_style(enum scope_output output)
{
    struct scope_style style = {.output = output};
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return style;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.width = size.ws_col;
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    style.color =
        !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
    return style;
}

enum scope_code scope_output_print(const struct scope_report *report,
                                   int format, struct scope_err *err)
{
    struct scope_style style = scope_output_style((enum scope_output)format);
    struct scope_text text = {0};
    enum scope_code code = scope_report_write(report, &style, &text, err);
    if (!code && text.length)
        fwrite(text.bytes, 1, text.length, stdout);
    scope_text_free(&text);
    return code;
}
