/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meminfo, vmstat and pressure: the machine's memory, and who waits for what.
 */
#include "collectors/proc/scan.h"
#include "collectors/proc/system.h"

#include <string.h>

/* Sizes carry their unit; what has none is a number of huge pages. */
static void classify_meminfo(struct slot *slot, const char *rest,
                             const struct reader *reader)
{
    uint64_t ignored;
    (void)reader;
    bool kib = scan_u64(&rest, &ignored) && strncmp(rest, " kB", 3) == 0;
    slot->metric = kib ? METRIC_MEMORY : METRIC_MEMORY_PAGES;
    slot->scale = kib ? 1024 : 1;
}

void parse_meminfo(struct system *system, struct system_file *file,
                   const char *text)
{
    keys_emit_open(system->reader, &file->layout, classify_meminfo,
                   system->target, text);
}

enum meaning { EVENT = 1, PAGED, PAGES, KIBS, OTHER };

/* The keys of vmstat by what they begin with, mm/vmstat.c; the first that fits
 * decides. nr_* are levels in pages but for these. */
static const struct {
    const char *prefix;
    enum meaning meaning;
} vmstat_keys[] = {
    {"nr_dirtied", EVENT},
    {"nr_written", EVENT},
    {"nr_vmscan_", EVENT},
    {"nr_foll_pin_", EVENT},
    {"nr_throttled_written", EVENT},
    {"nr_tlb_", EVENT},
    {"nr_kernel_stack", KIBS},
    {"nr_shadow_call_stack", KIBS},
    {"nr_unstable", PAGES},
    {"nr_", PAGES},
    {"pgpgin", PAGED},
    {"pgpgout", PAGED},
    {"workingset_nodes", OTHER},
    {"workingset_", EVENT},
    {"pg", EVENT},
    {"psw", EVENT},
    {"allocstall", EVENT},
    {"slabs_scanned", EVENT},
    {"kswapd_", EVENT},
    {"pageoutrun", EVENT},
    {"drop_", EVENT},
    {"oom_kill", EVENT},
    {"numa_", EVENT},
    {"thp_", EVENT},
    {"compact_", EVENT},
    {"htlb_", EVENT},
    {"cma_", EVENT},
    {"unevictable_", EVENT},
    {"balloon_", EVENT},
    {"swap_ra", EVENT},
    {"swpin_", EVENT},
    {"swpout_", EVENT},
    {"zswp", EVENT},
    {"ksm_", EVENT},
    {"cow_", EVENT},
    {"direct_map_", EVENT},
    {"vma_lock_", EVENT},
};

static void classify_vmstat(struct slot *slot, const char *rest,
                            const struct reader *reader)
{
    enum meaning meaning = OTHER;
    (void)rest;
    for (size_t i = 0; i < sizeof vmstat_keys / sizeof *vmstat_keys; i++) {
        const char *prefix = vmstat_keys[i].prefix;
        if (strncmp(slot->key, prefix, strlen(prefix)) == 0) {
            meaning = vmstat_keys[i].meaning;
            break;
        }
    }
    static const unsigned metrics[] = {
        [EVENT] = METRIC_VMSTAT,        [PAGED] = METRIC_VMSTAT_PAGED,
        [PAGES] = METRIC_VMSTAT_MEMORY, [KIBS] = METRIC_VMSTAT_MEMORY,
        [OTHER] = METRIC_VMSTAT_OTHER,
    };
    slot->metric = metrics[meaning];
    slot->scale = meaning == PAGES                      ? reader->page
                  : meaning == KIBS || meaning == PAGED ? 1024
                                                        : 1;
}

void parse_vmstat(struct system *system, struct system_file *file,
                  const char *text)
{
    keys_emit_open(system->reader, &file->layout, classify_vmstat,
                   system->target, text);
}

void parse_pressure(struct system *system, struct system_file *file,
                    const char *text)
{
    pressure_emit(system->reader, text, METRIC_PRESSURE_SOME,
                  METRIC_PRESSURE_FULL, file->fixed);
}
