/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: finds the subcommand, parses its options, prints what went
 * wrong once, and turns the code into the exit status. */
#include "config.h"
#include "src/command.h"

#include <stdio.h>
#include <string.h>

const struct scope_command *const scope_commands[] = {
    NULL,
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return 0;
    }
    fputs("scope: no command given; see scope help\n", stderr);
    return scope_code_status(SCOPE_USAGE);
}
