/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to selectors. */
#include "src/select.h"

#include <scope/alloc.h>

enum scope_code select_read(const struct select_options *options, bool all,
                            struct session_plan *plan, struct scope_err *err)
{
    static const char *const everything[] = {""};
    const struct scope_list whole = {.count = all, .items = everything};
    const struct {
        enum scope_selector_kind kind;
        const struct scope_list *list;
    } lists[] = {
        {SCOPE_SELECT_PID, &options->pid},
        {SCOPE_SELECT_COMM, &options->comm},
        {SCOPE_SELECT_EXE, &options->exe},
        {SCOPE_SELECT_MATCH, &options->match},
        {SCOPE_SELECT_CGROUP, &options->cgroup},
        {SCOPE_SELECT_PORT, &options->port},
        {SCOPE_SELECT_ALL, &whole},
    };
    struct scope_selector *selectors = NULL;
    size_t room = 0;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t j = 0; j < lists[i].list->count && code == SCOPE_OK; j++) {
            size_t *count = &plan->selector_count;
            selectors = scope_grow(selectors, &room, *count, sizeof *selectors);
            code = scope_selector_parse(lists[i].kind, lists[i].list->items[j],
                                        &selectors[*count], err);
            *count += code == SCOPE_OK;
        }
    plan->selectors = selectors;
    return code;
}

void select_free(struct session_plan *plan)
{
    struct scope_selector *selectors =
        (struct scope_selector *)(uintptr_t)plan->selectors;
    for (size_t i = 0; i < plan->selector_count; i++)
        scope_selector_free(&selectors[i]);
    free(selectors);
    plan->selectors = NULL;
    plan->selector_count = 0;
}
