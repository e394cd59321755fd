/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is answered to each request. Made once; the answers that recur are
 * written then, and only complaints and figures are written when asked for. */
#ifndef PLUGINS_BACKENDS_OCO_SERVICE_H
#define PLUGINS_BACKENDS_OCO_SERVICE_H

#include "lib/net/httpd.h"
#include "lib/net/names.h"
#include "plugins/backends/oco/apps.h"
#include "plugins/backends/oco/trace.h"

struct oco_service {
    struct oco_apps *apps; /* the service's own, as all of it */
    struct scope_names names;
    char *account; /* NULL: any */
    char *adjust;  /* the answer to WHATS_NEXT that says ADJUST */
    char *list;
    size_t adjust_size, list_size;
    struct oco_trace trace;
};

struct oco_service_options {
    const char *account; /* NULL: any */
    const char *pattern; /* of names */
    uint32_t apps;
    const char *adjust;      /* JSON; NULL: that of the example application */
    const char *adjust_file; /* instead; NULL: none */
    const char *trace;       /* file; NULL: none */
};

/* Free with oco_service_free, also after a failure. */
enum scope_code oco_service_make(struct oco_service *service,
                                 const struct oco_service_options *options,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
void oco_service_free(struct oco_service *service);

/* Its closure is a struct oco_service. */
extern const struct scope_httpd_handler oco_service_handler;

#endif
