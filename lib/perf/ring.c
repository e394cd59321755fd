/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's side of perf_event_open(2), "MMAP layout": the kernel moves
 * data_head on, we move data_tail. */
#include "lib/perf/ring.h"

#include <scope/alloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
    struct perf_event_mmap_page *page;
    const uint8_t *bytes;
    size_t size;    /* of bytes: a power of two */
    uint64_t head;  /* as the kernel last said */
    uint64_t tail;  /* how far we are */
    uint64_t *copy; /* of a record that goes over the end */
    const struct perf_event_header *record; /* the one at tail, or NULL */
    uint64_t time;                          /* of it */
};

struct perf_rings {
    uint64_t (*time)(const void *closure,
                     const struct perf_event_header *record);
    const void *closure;
    struct ring *items;
    size_t count, room;
    struct ring *given; /* whose record was given last */
    uint64_t broken;
};

struct perf_rings *
perf_rings_new(uint64_t (*time)(const void *closure,
                                const struct perf_event_header *record),
               const void *closure)
{
    struct perf_rings *rings = scope_alloc(1, sizeof *rings);
    rings->time = time;
    rings->closure = closure;
    return rings;
}

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void perf_rings_free(struct perf_rings *rings)
{
    if (!rings)
        return;
    for (size_t i = 0; i < rings->count; i++) {
        munmap(rings->items[i].page, page_size() + rings->items[i].size);
        free(rings->items[i].copy);
    }
    free(rings->items);
    free(rings);
}

size_t perf_ring_size(size_t size)
{
    size_t rounded = page_size();
    while (rounded < size && rounded <= SIZE_MAX / 4)
        rounded *= 2;
    return rounded;
}

/* The record that was given before is done with. */
static void give_back(struct perf_rings *rings)
{
    struct ring *ring = rings->given;
    if (!ring)
        return;
    ring->tail += ring->record->size;
    ring->record = NULL;
    rings->given = NULL;
    __atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}

bool perf_rings_add(struct perf_rings *rings, int fd, size_t size)
{
    size = perf_ring_size(size);
    void *memory = mmap(NULL, page_size() + size, PROT_READ | PROT_WRITE,
                        MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return false;
    give_back(rings); /* the array may move */
    rings->items = scope_grow(rings->items, &rings->room, rings->count,
                              sizeof *rings->items);
    rings->items[rings->count++] = (struct ring){
        .page = memory,
        .bytes = (uint8_t *)memory + page_size(),
        .size = size,
    };
    return true;
}

/* The record at tail, put together where it goes over the end. */
static const struct perf_event_header *assemble(struct ring *ring)
{
    size_t at = ring->tail & (ring->size - 1);
    /* A header never goes over the end: records are multiples of 8 bytes. */
    const struct perf_event_header *header = (const void *)(ring->bytes + at);
    size_t size = header->size;
    if (size < sizeof *header || size % 8 || size > ring->head - ring->tail)
        return NULL;
    if (size <= ring->size - at)
        return header;
    if (!ring->copy)
        ring->copy = scope_alloc(1, 1U << 16); /* what a size can say */
    size_t first = ring->size - at;
    memcpy(ring->copy, header, first);
    memcpy((uint8_t *)ring->copy + first, ring->bytes, size - first);
    return (const void *)ring->copy;
}

static void look(struct perf_rings *rings, struct ring *ring)
{
    if (ring->record)
        return;
    if (ring->head == ring->tail)
        ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
    if (ring->head == ring->tail)
        return;
    if (ring->tail % 8 == 0 && ring->head - ring->tail <= ring->size)
        ring->record = assemble(ring);
    if (ring->record) {
        ring->time = rings->time(rings->closure, ring->record);
        return;
    }
    rings->broken++;
    ring->tail = ring->head;
    __atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}

const struct perf_event_header *perf_rings_next(struct perf_rings *rings,
                                                uint64_t limit)
{
    struct ring *first = NULL;
    give_back(rings);
    for (size_t i = 0; i < rings->count; i++) {
        struct ring *ring = &rings->items[i];
        look(rings, ring);
        if (ring->record && ring->time <= limit &&
            (!first || ring->time < first->time))
            first = ring;
    }
    rings->given = first;
    return first ? first->record : NULL;
}

uint64_t perf_rings_broken(const struct perf_rings *rings)
{
    return rings->broken;
}
