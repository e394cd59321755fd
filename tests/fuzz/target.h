/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fuzz target is one file with this function: libFuzzer calls it with what
 * it makes up, replay.c with the committed corpus. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A copy that ends with a NUL; to free(). */
static inline char *target_text(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        abort();
    for (size_t i = 0; i < size; i++)
        text[i] = (char)bytes[i];
    text[size] = '\0';
    return text;
}

/* What must hold of every input. */
#define TARGET_ASSERT(condition)                                               \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

#endif
