/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames: how what a sink took reaches the one thread that records it, from a
 * collector's thread through a queue or from a driver's process through a
 * pipe. A frame from a process is not trusted: playing it checks every length
 * and number.
 */
#ifndef LIB_HOST_FRAME_H
#define LIB_HOST_FRAME_H

#include "lib/base/text.h"

#include <scope/metric.h>
#include <scope/sink.h>
#include <stddef.h>
#include <stdint.h>

enum scope_frame_kind {
    SCOPE_FRAME_PAD = 1, /* only in a queue: skip to its start */
    SCOPE_FRAME_SERIES,
    SCOPE_FRAME_SWEEP,
    SCOPE_FRAME_HIST,
    SCOPE_FRAME_EVENT,
    SCOPE_FRAME_ARTIFACT,
    SCOPE_FRAME_READY, /* driver: open succeeded */
    SCOPE_FRAME_DONE,  /* driver: stopped, nothing follows */
    SCOPE_FRAME_ERROR, /* driver: failed; text and hint */
};

/* Precedes the payload. size is the whole frame's, a multiple of 8. */
struct scope_frame {
    uint32_t size;
    uint16_t kind;
    uint16_t source;
    int64_t time_ns;
};

#define SCOPE_FRAME_MAX (UINT32_C(64) << 20)
/* Columns, metrics and instances a source may have. */
#define SCOPE_COLUMNS_MAX (UINT32_C(1) << 22)

/* Where frames end up. Each returns OK or stops the recording. */
struct scope_recorder {
    void *closure;
    enum scope_code (*series)(void *closure, unsigned source, unsigned column,
                              const struct scope_metric *metric,
                              uint32_t target, const char *instance,
                              struct scope_err *err);
    enum scope_code (*sweep)(void *closure, unsigned source, int64_t time_ns,
                             const uint64_t *values, const uint64_t *present,
                             size_t columns, struct scope_err *err);
    enum scope_code (*hist)(void *closure, unsigned source, unsigned column,
                            int64_t start_ns, int64_t end_ns,
                            const uint8_t *bytes, size_t size,
                            struct scope_err *err);
    enum scope_code (*event)(void *closure, int64_t time_ns,
                             enum scope_event_kind kind, uint32_t target,
                             uint64_t count, const char *text,
                             struct scope_err *err);
    enum scope_code (*artifact)(void *closure, const char *name,
                                const char *type, const uint8_t *bytes,
                                size_t size, struct scope_err *err);
};

/* Builders: fill bytes (emptied first) with one frame. */
void scope_frame_series(struct scope_text *bytes, unsigned source,
                        unsigned column, const struct scope_metric *metric,
                        uint32_t target, const char *instance);
void scope_frame_sweep(struct scope_text *bytes, unsigned source,
                       int64_t time_ns, const uint64_t *values,
                       const uint64_t *present, size_t columns);
void scope_frame_hist(struct scope_text *bytes, unsigned source,
                      unsigned column, int64_t start_ns, int64_t end_ns,
                      const uint8_t *hist, size_t size);
void scope_frame_event(struct scope_text *bytes, unsigned source,
                       int64_t time_ns, enum scope_event_kind kind,
                       uint32_t target, uint64_t count, const char *text);
void scope_frame_artifact(struct scope_text *bytes, unsigned source,
                          int64_t time_ns, const char *name, const char *type,
                          const void *content, size_t size);
/* READY, DONE, and ERROR with what err says. */
void scope_frame_state(struct scope_text *bytes, enum scope_frame_kind kind,
                       const struct scope_err *err);

/* What playing the frames of one source remembers. Zero-initialise. */
struct scope_player {
    unsigned source;
    unsigned columns; /* declared so far */
    size_t room;
    uint64_t *values;
};
void scope_player_free(struct scope_player *player);

/*
 * Hands one frame to the recorder. frame is aligned to 8 and frame->size bytes
 * are readable. SCOPE_CORRUPT when it is not well-formed; SERIES, SWEEP, HIST,
 * EVENT and ARTIFACT only (the others are the driver process's affair).
 */
enum scope_code scope_frame_play(struct scope_player *player,
                                 const struct scope_frame *frame,
                                 const struct scope_recorder *recorder,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Reads an ERROR frame into err; returns its code. */
enum scope_code scope_frame_error(const struct scope_frame *frame,
                                  struct scope_err *err);

#endif
