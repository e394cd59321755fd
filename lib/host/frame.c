/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: built by sinks, checked and played to a recorder. */
#include "lib/host/frame.h"

#include <string.h>

struct series {
    struct scope_frame head;
    uint32_t column, target;
    uint32_t semantics, value, unit;
    uint32_t strings; /* bytes: name, domain, help, instance, each with NUL; a
                         domain of NULL is "" */
};

struct sweep {
    struct scope_frame head;
    uint32_t columns;
    uint32_t count; /* values that follow the bitmap */
};

struct hist {
    struct scope_frame head;
    int64_t start_ns;
    uint32_t column;
    uint32_t size;
};

struct event {
    struct scope_frame head;
    uint64_t count;
    uint32_t kind, target;
    uint32_t size; /* of the text with its NUL */
    uint32_t spare;
};

struct artifact {
    struct scope_frame head;
    uint32_t names; /* bytes: name and type, each with NUL */
    uint32_t size;  /* of the content that follows them */
};

struct error {
    struct scope_frame head;
    struct scope_err err;
};

static void begin(struct scope_text *bytes, const void *fixed, size_t size)
{
    bytes->length = 0;
    scope_text_put(bytes, fixed, size);
}

/* Pads to a multiple of 8 and notes the size. */
static void finish(struct scope_text *bytes)
{
    static const char zeros[8];
    scope_text_put(bytes, zeros, -bytes->length & 7);
    uint32_t size = (uint32_t)bytes->length;
    memcpy(bytes->bytes + offsetof(struct scope_frame, size), &size,
           sizeof size);
}

void scope_frame_series(struct scope_text *bytes, unsigned source,
                        unsigned column, const struct scope_metric *metric,
                        uint32_t target, const char *instance)
{
    const char *strings[] = {metric->name, metric->domain ? metric->domain : "",
                             metric->help ? metric->help : "", instance};
    size_t total = 0;
    for (size_t i = 0; i < 4; i++)
        total += strlen(strings[i]) + 1;
    struct series fixed = {
        .head = {.kind = SCOPE_FRAME_SERIES, .source = (uint16_t)source},
        .column = column,
        .target = target,
        .semantics = metric->semantics,
        .value = metric->value,
        .unit = metric->unit,
        .strings = (uint32_t)total};
    begin(bytes, &fixed, sizeof fixed);
    for (size_t i = 0; i < 4; i++)
        scope_text_put(bytes, strings[i], strlen(strings[i]) + 1);
    finish(bytes);
}

void scope_frame_sweep(struct scope_text *bytes, unsigned source,
                       int64_t time_ns, const uint64_t *values,
                       const uint64_t *present, size_t columns)
{
    size_t words = (columns + 63) / 64;
    size_t count = 0;
    for (size_t i = 0; i < words; i++)
        count += (size_t)__builtin_popcountll(present[i]);
    struct sweep fixed = {.head = {.kind = SCOPE_FRAME_SWEEP,
                                   .source = (uint16_t)source,
                                   .time_ns = time_ns},
                          .columns = (uint32_t)columns,
                          .count = (uint32_t)count};
    begin(bytes, &fixed, sizeof fixed);
    scope_text_put(bytes, present, words * sizeof *present);
    if (count == columns) {
        scope_text_put(bytes, values, columns * sizeof *values);
    } else {
        for (size_t i = 0; i < words; i++)
            for (uint64_t left = present[i]; left; left &= left - 1) {
                size_t column = i * 64 + (size_t)__builtin_ctzll(left);
                scope_text_put(bytes, &values[column], sizeof *values);
            }
    }
    finish(bytes);
}

void scope_frame_hist(struct scope_text *bytes, unsigned source,
                      unsigned column, int64_t start_ns, int64_t end_ns,
                      const uint8_t *hist, size_t size)
{
    struct hist fixed = {.head = {.kind = SCOPE_FRAME_HIST,
                                  .source = (uint16_t)source,
                                  .time_ns = end_ns},
                         .start_ns = start_ns,
                         .column = column,
                         .size = (uint32_t)size};
    begin(bytes, &fixed, sizeof fixed);
    scope_text_put(bytes, hist, size);
    finish(bytes);
}

void scope_frame_event(struct scope_text *bytes, unsigned source,
                       int64_t time_ns, enum scope_event_kind kind,
                       uint32_t target, uint64_t count, const char *text)
{
    struct event fixed = {.head = {.kind = SCOPE_FRAME_EVENT,
                                   .source = (uint16_t)source,
                                   .time_ns = time_ns},
                          .count = count,
                          .kind = kind,
                          .target = target,
                          .size = (uint32_t)strlen(text) + 1};
    begin(bytes, &fixed, sizeof fixed);
    scope_text_put(bytes, text, strlen(text) + 1);
    finish(bytes);
}

void scope_frame_artifact(struct scope_text *bytes, unsigned source,
                          int64_t time_ns, const char *name, const char *type,
                          const void *content, size_t size)
{
    struct artifact fixed = {
        .head = {.kind = SCOPE_FRAME_ARTIFACT,
                 .source = (uint16_t)source,
                 .time_ns = time_ns},
        .names = (uint32_t)(strlen(name) + 1 + strlen(type) + 1),
        .size = (uint32_t)size};
    begin(bytes, &fixed, sizeof fixed);
    scope_text_put(bytes, name, strlen(name) + 1);
    scope_text_put(bytes, type, strlen(type) + 1);
    scope_text_put(bytes, content, size);
    finish(bytes);
}

void scope_frame_state(struct scope_text *bytes, enum scope_frame_kind kind,
                       const struct scope_err *err)
{
    struct error fixed = {.head = {.kind = (uint16_t)kind}};
    if (err)
        fixed.err = *err;
    begin(bytes, &fixed, sizeof fixed);
    finish(bytes);
}

void scope_player_free(struct scope_player *player)
{
    free(player->values);
    *player = (struct scope_player){0};
}

static enum scope_code malformed(const struct scope_frame *frame,
                                 struct scope_err *err)
{
    return scope_fail(err, SCOPE_CORRUPT, 0,
                      "malformed frame of kind %u and %u bytes",
                      (unsigned)frame->kind, (unsigned)frame->size);
}

static enum scope_code play_series(struct scope_player *player,
                                   const struct series *frame,
                                   const struct scope_recorder *recorder,
                                   struct scope_err *err)
{
    const char *strings[4];
    const char *at = (const char *)(frame + 1);
    const char *end = at + frame->strings;
    if (frame->head.size - sizeof *frame < frame->strings ||
        frame->column != player->columns || frame->column >= SCOPE_COLUMNS_MAX)
        return malformed(&frame->head, err);
    for (size_t i = 0; i < 4; i++) {
        strings[i] = at;
        const char *nul = at < end ? memchr(at, 0, (size_t)(end - at)) : NULL;
        if (!nul)
            return malformed(&frame->head, err);
        at = nul + 1;
    }
    if (frame->semantics < SCOPE_COUNTER ||
        frame->semantics > SCOPE_HISTOGRAM || frame->value < SCOPE_U64 ||
        frame->value > SCOPE_HIST || frame->unit < SCOPE_UNIT_COUNT ||
        frame->unit > SCOPE_UNIT_SECOND)
        return malformed(&frame->head, err);
    struct scope_metric metric = {
        .name = strings[0],
        .semantics = (enum scope_semantics)frame->semantics,
        .value = (enum scope_value)frame->value,
        .unit = (enum scope_unit)frame->unit,
        .domain = *strings[1] ? strings[1] : NULL,
        .help = strings[2],
    };
    player->values = scope_grow(player->values, &player->room, player->columns,
                                sizeof *player->values);
    player->columns++;
    return recorder->series(recorder->closure, player->source, frame->column,
                            &metric, frame->target, strings[3], err);
}

static enum scope_code play_sweep(struct scope_player *player,
                                  const struct sweep *frame,
                                  const struct scope_recorder *recorder,
                                  struct scope_err *err)
{
    size_t words = ((size_t)frame->columns + 63) / 64;
    if (frame->columns > player->columns ||
        (frame->head.size - sizeof *frame) / 8 < words ||
        (frame->head.size - sizeof *frame) / 8 - words < frame->count)
        return malformed(&frame->head, err);
    const uint64_t *present = (const uint64_t *)(const void *)(frame + 1);
    const uint64_t *packed = present + words;
    size_t used = 0;
    for (size_t i = 0; i < words; i++)
        for (uint64_t left = present[i]; left; left &= left - 1) {
            size_t column = i * 64 + (size_t)__builtin_ctzll(left);
            if (column >= frame->columns || used == frame->count)
                return malformed(&frame->head, err);
            player->values[column] = packed[used++];
        }
    if (used != frame->count)
        return malformed(&frame->head, err);
    return recorder->sweep(recorder->closure, player->source,
                           frame->head.time_ns, player->values, present,
                           frame->columns, err);
}

static enum scope_code play_artifact(const struct artifact *frame,
                                     const struct scope_recorder *recorder,
                                     struct scope_err *err)
{
    size_t left = frame->head.size - sizeof *frame;
    const char *name = (const char *)(frame + 1);
    if (left < frame->names || left - frame->names < frame->size)
        return malformed(&frame->head, err);
    const char *nul = memchr(name, 0, frame->names);
    const char *type = nul ? nul + 1 : NULL;
    size_t rest = type ? frame->names - (size_t)(type - name) : 0;
    if (!rest || memchr(type, 0, rest) != type + rest - 1)
        return malformed(&frame->head, err);
    return recorder->artifact(recorder->closure, name, type,
                              (const uint8_t *)(name + frame->names),
                              frame->size, err);
}

enum scope_code scope_frame_play(struct scope_player *player,
                                 const struct scope_frame *frame,
                                 const struct scope_recorder *recorder,
                                 struct scope_err *err)
{
    const void *bytes = frame;
    const struct hist *hist = bytes;
    const struct event *event = bytes;
    switch (frame->kind) {
    case SCOPE_FRAME_SERIES:
        if (frame->size < sizeof(struct series))
            break;
        return play_series(player, bytes, recorder, err);
    case SCOPE_FRAME_SWEEP:
        if (frame->size < sizeof(struct sweep))
            break;
        return play_sweep(player, bytes, recorder, err);
    case SCOPE_FRAME_HIST:
        if (frame->size < sizeof *hist ||
            frame->size - sizeof *hist < hist->size ||
            hist->column >= player->columns)
            break;
        return recorder->hist(recorder->closure, player->source, hist->column,
                              hist->start_ns, frame->time_ns,
                              (const uint8_t *)(hist + 1), hist->size, err);
    case SCOPE_FRAME_EVENT:
        if (frame->size < sizeof *event || !event->size ||
            frame->size - sizeof *event < event->size ||
            ((const char *)(event + 1))[event->size - 1] ||
            event->kind < SCOPE_EVENT_START || event->kind > SCOPE_EVENT_NOTE)
            break;
        return recorder->event(recorder->closure, frame->time_ns,
                               (enum scope_event_kind)event->kind,
                               event->target, event->count,
                               (const char *)(event + 1), err);
    case SCOPE_FRAME_ARTIFACT:
        if (frame->size < sizeof(struct artifact))
            break;
        return play_artifact(bytes, recorder, err);
    default:
        break;
    }
    return malformed(frame, err);
}

enum scope_code scope_frame_error(const struct scope_frame *frame,
                                  struct scope_err *err)
{
    const void *bytes = frame;
    const struct error *error = bytes;
    if (frame->size < sizeof *error)
        return malformed(frame, err);
    *err = error->err;
    err->text[sizeof err->text - 1] = '\0';
    err->hint[sizeof err->hint - 1] = '\0';
    if ((unsigned)err->code > SCOPE_PERM || err->code == SCOPE_OK)
        err->code = SCOPE_FAILED;
    return err->code;
}
