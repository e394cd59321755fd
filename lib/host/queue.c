/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue: a ring of bytes in which every frame lies in one piece. head and
 * tail only grow; each is written by one side, so one release store publishes
 * what was copied before it.
 */
#include "lib/host/queue.h"

#include <scope/alloc.h>
#include <stdatomic.h>
#include <string.h>

struct scope_queue {
    size_t size;
    unsigned char *ring;
    /* A cache line apart: the two sides do not disturb each other. */
    char before[64];
    atomic_size_t head; /* bytes put so far: the producer's */
    char between[64];
    atomic_size_t tail; /* bytes taken so far: the consumer's */
    char after[64];
};

struct scope_queue *scope_queue_new(size_t size)
{
    struct scope_queue *queue = scope_alloc(1, sizeof *queue);
    queue->size = size;
    queue->ring = scope_alloc(size, 1);
    return queue;
}

void scope_queue_free(struct scope_queue *queue)
{
    if (!queue)
        return;
    free(queue->ring);
    free(queue);
}

bool scope_queue_put(struct scope_queue *queue, const void *frame, size_t size)
{
    size_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
    size_t at = head & (queue->size - 1);
    size_t until_end = queue->size - at;
    size_t pad = size > until_end ? until_end : 0;
    if (size > queue->size / 2 || queue->size - (head - tail) < pad + size)
        return false;
    if (pad) {
        /* Frames are multiples of 8 bytes, so size and kind always fit. */
        struct scope_frame skip = {.size = (uint32_t)pad,
                                   .kind = SCOPE_FRAME_PAD};
        memcpy(queue->ring + at, &skip, 8);
        at = 0;
    }
    memcpy(queue->ring + at, frame, size);
    atomic_store_explicit(&queue->head, head + pad + size,
                          memory_order_release);
    return true;
}

const struct scope_frame *scope_queue_peek(struct scope_queue *queue)
{
    for (;;) {
        size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        size_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
        if (head == tail)
            return NULL;
        const void *at = queue->ring + (tail & (queue->size - 1));
        const struct scope_frame *frame = at;
        if (frame->kind != SCOPE_FRAME_PAD)
            return frame;
        scope_queue_take(queue);
    }
}

void scope_queue_take(struct scope_queue *queue)
{
    size_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    uint32_t size = 0;
    memcpy(&size, queue->ring + (tail & (queue->size - 1)), sizeof size);
    atomic_store_explicit(&queue->tail, tail + size, memory_order_release);
}
