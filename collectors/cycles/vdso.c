/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vdso(7). */
#include "collectors/cycles/vdso.h"

#include "collectors/cycles/maps.h"
#include "collectors/cycles/process.h"

#include <scope/alloc.h>
#include <string.h>
#include <unistd.h>

#define LARGEST (UINT64_C(1) << 20)

static void find(void *closure, const struct cycles_map *map)
{
    struct cycles_map *found = closure;
    if (strcmp(map->path, "[vdso]") == 0)
        *found = *map;
}

/* Our own, which stays where it is: looked for once. */
static const struct cycles_map *own_vdso(void)
{
    static struct cycles_map own;
    static bool looked;
    size_t length;
    if (looked)
        return &own;
    looked = true;
    char *text = maps_read("/proc/self/maps", SIZE_MAX, &length);
    if (text)
        maps_parse(text, length, find, &own);
    own.path = NULL; /* was in the text */
    free(text);
    return &own;
}

uint8_t *vdso_image(pid_t pid, uint64_t start, size_t size)
{
    if (!size || size > LARGEST)
        return NULL;
    uint8_t *image = scope_alloc(size, 1);
    if (process_memory(pid, start, image, size))
        return image;
    const struct cycles_map *own = own_vdso();
    if (own->size == size && process_memory(getpid(), own->start, image, size))
        return image;
    free(image);
    return NULL;
}
