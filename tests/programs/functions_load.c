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
    if (show)
        ((void (*)(void))show)();
    else
        printf("%s\n", dlerror());
}
