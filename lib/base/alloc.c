/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that is always there, or the program ends: see <scope/alloc.h>. */
#include <scope/alloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The one place below main() that ends the program. */
static _Noreturn void out_of_memory(void)
{
    static const char line[] = "scope: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(1);
}

void *scope_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *scope_realloc(void *old, size_t count, size_t size)
{
    if (!count || !size)
        count = size = 1;
    void *memory = reallocarray(old, count, size);
    if (!memory)
        out_of_memory();
    return memory;
}

char *scope_strdup(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        out_of_memory();
    return copy;
}

char *scope_format(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int length = vasprintf(&text, fmt, args);
    va_end(args);
    if (length < 0)
        out_of_memory();
    return text;
}

void *scope_grow(void *items, size_t *room, size_t count, size_t size)
{
    if (count < *room && items)
        return items;
    size_t wanted = *room ? *room : 8;
    while (wanted <= count) {
        if (wanted > SIZE_MAX / 2)
            out_of_memory();
        wanted *= 2;
    }
    items = scope_realloc(items, wanted, size);
    *room = wanted;
    return items;
}
