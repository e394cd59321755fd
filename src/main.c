/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: finds the subcommand, parses its options, prints what went
 * wrong once, and turns the code into the exit status. */
#include "config.h"
#include "src/arguments.h"
#include "src/command.h"
#include "src/describe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct scope_command *const scope_commands[] = {
#define X(name) &scope_cmd_##name,
    SCOPE_COMMANDS(X)
#undef X
        NULL,
};

static const struct scope_command *find_command(const char *name)
{
    for (size_t i = 0; scope_commands[i]; i++)
        if (strcmp(scope_commands[i]->name, name) == 0)
            return scope_commands[i];
    return NULL;
}

static enum scope_code unknown_command(const char *name, struct scope_err *err)
{
    const char *names[sizeof scope_commands / sizeof *scope_commands];
    size_t count = 0;
    for (; scope_commands[count]; count++)
        names[count] = scope_commands[count]->name;
    scope_fail(err, SCOPE_USAGE, 0, "unknown %s '%s'",
               *name == '-' ? "option" : "command", name);
    const char *near = scope_nearest(name, names, count);
    if (near)
        return scope_hint(err, "did you mean %s?", near);
    return scope_hint(err, "see scope help");
}

static void print_help(const struct scope_arguments *arguments,
                       const struct scope_command *command)
{
    struct scope_text text = {0};
    if (!command)
        scope_describe_program(&text);
    else if (arguments->pick)
        scope_describe_plugin(&text, arguments->pick->loaded);
    else
        scope_describe_command(&text, command);
    fputs(text.bytes, stdout);
    scope_text_free(&text);
}

static enum scope_code run_command(const struct scope_command *command,
                                   int argc, char **argv, struct scope_err *err)
{
    struct scope_arguments arguments;
    enum scope_code code =
        scope_arguments_read(&arguments, command, argc, argv, err);
    if (!code && arguments.help)
        print_help(&arguments, command);
    else if (!code && command->plugin)
        code = command->run_plugin(scope_settings_config(arguments.settings),
                                   arguments.pick, arguments.count,
                                   arguments.operands, err);
    else if (!code)
        code = command->run(scope_settings_config(arguments.settings),
                            arguments.count, arguments.operands, err);
    scope_arguments_free(&arguments);
    return code;
}

static enum scope_code run(int argc, char **argv,
                           const struct scope_command **command,
                           struct scope_err *err)
{
    if (argc < 2) {
        scope_fail(err, SCOPE_USAGE, 0, "no command is given");
        return scope_hint(err, "see scope help");
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return SCOPE_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(NULL, NULL);
        return SCOPE_OK;
    }
    *command = find_command(argv[1]);
    if (!*command)
        return unknown_command(argv[1], err);
    return run_command(*command, argc - 1, argv + 1, err);
}

/* What was printed has arrived, or the exit status says that it has not. */
static enum scope_code flush_output(enum scope_code code, struct scope_err *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    int sys = errno;
    return code ? code
                : scope_fail(err, SCOPE_IO, sys, "write to standard output");
}

int main(int argc, char **argv)
{
    struct scope_err err = {0};
    const struct scope_command *command = NULL;
    enum scope_code code = run(argc, argv, &command, &err);
    code = flush_output(code, &err);
    if (code && err.text[0]) {
        fprintf(stderr, "scope%s%s: %s\n", command ? " " : "",
                command ? command->name : "", err.text);
        if (err.hint[0])
            fprintf(stderr, "hint: %s\n", err.hint);
    }
    return scope_code_status(code);
}
