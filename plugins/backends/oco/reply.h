/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bodies of answers. */
#ifndef PLUGINS_BACKENDS_OCO_REPLY_H
#define PLUGINS_BACKENDS_OCO_REPLY_H

#include "lib/net/httpd.h"
#include "lib/net/names.h"
#include "plugins/backends/oco/message.h"

enum { OCO_REPLY_MAX = 4096 };

extern const char oco_reply_ok[];

/* The reply that tells a command without parameters. */
const char *oco_reply_command(enum oco_command command);

/* The reply that says ADJUST, from the payload as JSON text (NULL: that of the
 * example application) or a file (NULL: none); to free(). */
enum scope_code oco_reply_adjust(char **reply, const char *text,
                                 const char *path,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* The list of all applications; to free(). */
char *oco_reply_list(const struct scope_names *names, size_t *size);

/* Each writes at most OCO_REPLY_MAX bytes, with a NUL, and returns the length.
 */
size_t oco_reply_statistics(char *out, const struct oco_statistics *statistics);
/* {"detail": text}; bytes that are not UTF-8 are shown as '?'. */
size_t oco_reply_detail(char *out, const char *fmt, ...) SCOPE_PRINTF(2, 3);
size_t oco_reply_complaint(char *out, const struct oco_complaint *complaint);

#endif
