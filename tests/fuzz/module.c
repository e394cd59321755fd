/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a program that was mapped: its symbols are read, functions and
 * callers looked for all over it. What is there may be nonsense, but is found
 * without harm.
 */
#include "collectors/cycles/module.h"

#include "collectors/cycles/frames.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct modules modules;
    struct scope_profile *profile =
        scope_profile_new("cpu-clock", SCOPE_UNIT_NS, 99);
    modules_init(&modules);
    uint8_t *image = (uint8_t *)target_text(bytes, size);
    struct module *module = module_hold_image(&modules, "[vdso]", image, size);
    const struct cycles_map map = {.size = size, .path = "[vdso]"};
    module_load(&modules, module, 0, &map);
    uint64_t bias;
    if (module_place(module, &map, &bias))
        TARGET_ASSERT(module->is_elf);
    for (size_t i = 0; i < module->table.count && i < 64; i++) {
        uint64_t at = module->table.symbols[i].start;
        uint32_t function = module_function(module, at, profile);
        TARGET_ASSERT(function < profile->function_count);
        frames_row(module->frames, at + 1);
    }
    for (uint64_t at = 0; at < size; at += size / 64 + 1) {
        module_function(module, at, profile);
        frames_row(module->frames, at);
    }
    module_drop(&modules, module);
    modules_free(&modules);
    scope_profile_free(profile);
    return 0;
}
