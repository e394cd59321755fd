/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all spaces share: the kernel's names, modules, and answers. */
#include "collectors/cycles/symbols.h"

#include "collectors/cycles/answers.h"
#include "collectors/cycles/space.h"

#include <scope/alloc.h>

struct cycles_symbols *cycles_symbols_new(struct scope_profile *profile)
{
    struct cycles_symbols *symbols = scope_alloc(1, sizeof *symbols);
    symbols->profile = profile;
    symbols->answers = scope_alloc(ANSWERS, sizeof *symbols->answers);
    modules_init(&symbols->modules);
    kallsyms_read(&symbols->kernel);
    symbols->kernel_serial = ++symbols->serials;
    return symbols;
}

void cycles_symbols_free(struct cycles_symbols *symbols)
{
    if (!symbols)
        return;
    kallsyms_free(&symbols->kernel);
    modules_free(&symbols->modules);
    free(symbols->answers);
    free(symbols);
}

const char *cycles_symbols_no_kernel(const struct cycles_symbols *symbols)
{
    return symbols->kernel.hidden;
}

uint32_t cycles_symbols_kernel(struct cycles_symbols *symbols, uint64_t ip)
{
    struct answer *answer = answer_place(symbols, symbols->kernel_serial, ip);
    if (answer->address == ip && answer->space == symbols->kernel_serial)
        return answer->function;
    unsigned readings = symbols->kernel.readings;
    uint32_t function =
        kallsyms_function(&symbols->kernel, ip, symbols->profile);
    /* Where a BPF program was another may be since. */
    if (symbols->kernel.readings != readings)
        symbols->kernel_serial = ++symbols->serials;
    *answer_place(symbols, symbols->kernel_serial, ip) = (struct answer){
        .address = ip,
        .space = symbols->kernel_serial,
        .function = function,
    };
    return function;
}
