/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/programs/functions.h"

#include <dlfcn.h>
#include <stdio.h>

void functions_load(const char *path)
{
    /* Open for good. */
    static void *library;
    library = dlopen(path, RTLD_NOW);
    void *show = library ? dlsym(library, "library_show") : NULL;
    if (!show) {
        printf("%s\n", dlerror());
        return;
    }
    ((void (*)(void))show)();
    functions_hot = (uint64_t(*)(uint64_t))dlsym(library, "library_hot");
    functions_warm = (uint64_t(*)(uint64_t))dlsym(library, "library_warm");
}
