/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demangling by libiberty, which knows C++ and both manglings of Rust and
 * limits its recursion. A short name can stand for one of any length
 * (substitutions double it): the callback then jumps out. Nothing is lost by
 * it: this interface keeps what it needs on the stack.
 */
#include "collectors/cycles/demangle.h"

#include <libiberty/demangle.h>
#include <scope/alloc.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST 16384

struct output {
    jmp_buf beyond;
    size_t length;
    char text[LONGEST];
};

static void take(const char *text, size_t length, void *closure)
{
    struct output *output = closure;
    if (length >= sizeof output->text - output->length)
        longjmp(output->beyond, 1);
    if (length)
        memcpy(output->text + output->length, text, length);
    output->length += length;
}

char *demangle(const char *symbol)
{
    bool rust = strncmp(symbol, "_R", 2) == 0;
    if (!rust && strncmp(symbol, "_Z", 2) != 0)
        return NULL;
    struct output output;
    output.length = 0;
    if (setjmp(output.beyond))
        return NULL;
    /* Rust's older mangling is C++'s with a hash at the end. */
    if (!rust_demangle_callback(symbol, DMGL_NO_OPTS, take, &output)) {
        output.length = 0;
        if (rust ||
            !cplus_demangle_v3_callback(symbol, DMGL_NO_OPTS, take, &output))
            return NULL;
    }
    output.text[output.length] = '\0';
    return output.length ? scope_strdup(output.text) : NULL;
}
