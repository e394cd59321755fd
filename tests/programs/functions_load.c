/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/programs/functions.h"

#include <dlfcn.h>
#include <stdio.h>

void functions_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    void *show = library ? dlsym(library, "library_show") : NULL;
    if (show)
        ((void (*)(void))show)();
    else
        printf("%s\n", dlerror());
}
