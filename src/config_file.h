/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of --config: a mapping from a command's name to its options, under
 * the same names as on the command line.
 *
 *     collect:
 *       interval: 50ms
 *       port: {sidecar: 8080}       # a mapping gives KEY=VALUE items
 *       collector:                  # plugins with their options
 *         perf: {interval: 10ms}
 *         proc:
 *       drive: {http: {url: "http://127.0.0.1:8080/", rate: 1k}}
 */
#ifndef SRC_CONFIG_FILE_H
#define SRC_CONFIG_FILE_H

#include "src/command.h"

/* Applies the command's section of the file to its settings. */
enum scope_code scope_config_file(const char *path,
                                  const struct scope_command *command,
                                  struct scope_settings *settings,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
