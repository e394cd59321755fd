/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bounded queue of frames from one thread to one other. Neither ever waits:
 * what does not fit is refused, and its sender counts it as lost.
 */
#ifndef LIB_HOST_QUEUE_H
#define LIB_HOST_QUEUE_H

#include "lib/host/frame.h"

#include <stdbool.h>

struct scope_queue;

/* size: a power of two, the bytes it holds; a frame may take half of it. */
struct scope_queue *scope_queue_new(size_t size);
void scope_queue_free(struct scope_queue *queue);

/* Producer: copies a frame in; false when there is no room. */
bool scope_queue_put(struct scope_queue *queue, const void *frame, size_t size);

/* Consumer: the oldest frame, or NULL; it stays valid until taken. */
const struct scope_frame *scope_queue_peek(struct scope_queue *queue);
void scope_queue_take(struct scope_queue *queue);

#endif
