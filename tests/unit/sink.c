/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From emit to recorder: columns, absence, loss, and frames that lie. */
#include "tests/unit/unit.h"

#include "lib/host/queue.h"
#include "lib/host/sink.h"

#include <stdio.h>

enum { REQUESTS, LEVEL, SHARE, DELAY };

static const struct scope_metric table[] = {
    {"requests", SCOPE_COUNTER, SCOPE_U64, SCOPE_UNIT_COUNT, NULL, "r"},
    {"level", SCOPE_GAUGE, SCOPE_I64, SCOPE_UNIT_BYTES, "cpu", "l"},
    {"share", SCOPE_GAUGE, SCOPE_F64, SCOPE_UNIT_RATIO, NULL, "s"},
    {"delay", SCOPE_HISTOGRAM, SCOPE_HIST, SCOPE_UNIT_NS, NULL, "d"},
    SCOPE_METRIC_END,
};

/* Writes down what a recorder is told, one line each. */
struct notes {
    struct scope_text text;
    struct scope_queue *queue;
    struct scope_player player;
    struct scope_host host;
    struct scope_sink *sink;
};

static enum scope_code on_series(void *closure, unsigned source,
                                 unsigned column,
                                 const struct scope_metric *metric,
                                 uint32_t target, const char *instance,
                                 struct scope_err *err)
{
    (void)err;
    scope_text_add(closure, "series %u %u %s %d %d %d %s %s %u '%s'\n", source,
                   column, metric->name, metric->semantics, metric->value,
                   metric->unit, metric->domain ? metric->domain : "-",
                   metric->help, target, instance);
    return SCOPE_OK;
}

static enum scope_code on_sweep(void *closure, unsigned source, int64_t time_ns,
                                const uint64_t *values, const uint64_t *present,
                                size_t columns, struct scope_err *err)
{
    (void)err;
    scope_text_add(closure, "sweep %u %lld", source, (long long)time_ns);
    for (size_t i = 0; i < columns; i++)
        if (present[i / 64] >> i % 64 & 1)
            scope_text_add(closure, " %zu=%llx", i,
                           (unsigned long long)values[i]);
    scope_text_add(closure, "\n");
    return SCOPE_OK;
}

static enum scope_code on_hist(void *closure, unsigned source, unsigned column,
                               int64_t start_ns, int64_t end_ns,
                               const uint8_t *bytes, size_t size,
                               struct scope_err *err)
{
    struct scope_hist hist;
    (void)start_ns;
    assert_int_equal(scope_hist_decode(&hist, bytes, size, err), SCOPE_OK);
    scope_text_add(closure, "hist %u %u %lld n=%llu max=%lld\n", source, column,
                   (long long)end_ns, (unsigned long long)hist.total,
                   (long long)scope_hist_quantile(&hist, 1));
    scope_hist_free(&hist);
    return SCOPE_OK;
}

static enum scope_code on_event(void *closure, int64_t time_ns,
                                enum scope_event_kind kind, uint32_t target,
                                uint64_t count, const char *text,
                                struct scope_err *err)
{
    (void)time_ns;
    (void)err;
    scope_text_add(closure, "event %d %u %llu %s\n", kind, target,
                   (unsigned long long)count, text);
    return SCOPE_OK;
}

static enum scope_code on_artifact(void *closure, const char *name,
                                   const char *type, const uint8_t *bytes,
                                   size_t size, struct scope_err *err)
{
    (void)err;
    scope_text_add(closure, "artifact %s %s %.*s\n", name, type, (int)size,
                   (const char *)bytes);
    return SCOPE_OK;
}

static struct scope_recorder recorder(struct notes *notes)
{
    return (struct scope_recorder){.closure = &notes->text,
                                   .series = on_series,
                                   .sweep = on_sweep,
                                   .hist = on_hist,
                                   .event = on_event,
                                   .artifact = on_artifact};
}

static bool put(void *closure, const void *frame, size_t size)
{
    struct notes *notes = closure;
    return scope_queue_put(notes->queue, frame, size);
}

static int set_up(void **state)
{
    struct notes *notes = scope_alloc(1, sizeof *notes);
    notes->queue = scope_queue_new(4096);
    notes->player.source = 3;
    scope_host_init(&notes->host, table, 1);
    notes->sink = scope_sink_new(
        3, &notes->host, (struct scope_outlet){.closure = notes, .put = put});
    *state = notes;
    return 0;
}

static int tear_down(void **state)
{
    struct notes *notes = *state;
    scope_sink_free(notes->sink);
    scope_host_free(&notes->host);
    scope_player_free(&notes->player);
    scope_queue_free(notes->queue);
    scope_text_free(&notes->text);
    free(notes);
    return 0;
}

/* Plays all that is queued and returns what the recorder was told. */
static const char *told(struct notes *notes)
{
    struct scope_recorder to = recorder(notes);
    const struct scope_frame *frame;
    notes->text.length = 0;
    scope_text_add(&notes->text, "%s", "");
    while ((frame = scope_queue_peek(notes->queue))) {
        struct scope_err err = {0};
        assert_int_equal(scope_frame_play(&notes->player, frame, &to, &err),
                         SCOPE_OK);
        scope_queue_take(notes->queue);
    }
    return notes->text.bytes;
}

static void values_arrive_in_their_columns(void **state)
{
    struct notes *notes = *state;
    struct scope_target target = {.id = 7};
    uint32_t self = scope_instance(notes->sink, NULL, "");
    uint32_t cpu = scope_instance(notes->sink, &target, "cpu0");
    scope_sink_begin(notes->sink, 1000);
    scope_emit_u64(notes->sink, REQUESTS, self, UINT64_MAX);
    scope_emit_i64(notes->sink, LEVEL, cpu, -1);
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes), "series 3 0 requests 1 1 1 - r 0 ''\n"
                                     "series 3 1 level 2 2 2 cpu l 7 'cpu0'\n"
                                     "sweep 3 1000 0=ffffffffffffffff "
                                     "1=ffffffffffffffff\n");
    scope_sink_begin(notes->sink, 2000);
    scope_emit_f64(notes->sink, SHARE, self, 1.0);
    assert_true(scope_sink_end(notes->sink));
    /* What was not emitted is absent, not zero and not the last value. */
    assert_string_equal(told(notes), "series 3 2 share 2 3 4 - s 0 ''\n"
                                     "sweep 3 2000 2=3ff0000000000000\n");
}

static void late_counters_begin_at_zero_where_asked(void **state)
{
    struct notes *notes = *state;
    uint32_t self = scope_instance(notes->sink, NULL, "");
    uint32_t late = scope_instance(notes->sink, NULL, "late");
    scope_sink_from_zero(notes->sink);
    scope_sink_begin(notes->sink, 1000);
    scope_emit_u64(notes->sink, REQUESTS, self, 5);
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes), "series 3 0 requests 1 1 1 - r 0 ''\n"
                                     "sweep 3 1000 0=5\n");
    /* A gauge has no beginning. */
    scope_sink_begin(notes->sink, 2000);
    scope_emit_u64(notes->sink, REQUESTS, self, 6);
    scope_emit_u64(notes->sink, REQUESTS, late, 7);
    scope_emit_i64(notes->sink, LEVEL, late, 8);
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes), "series 3 1 requests 1 1 1 - r 0 'late'\n"
                                     "series 3 2 level 2 2 2 cpu l 0 'late'\n"
                                     "sweep 3 1999 1=0\n"
                                     "sweep 3 2000 0=6 1=7 2=8\n");
    scope_sink_begin(notes->sink, 3000);
    scope_emit_u64(notes->sink, REQUESTS, late, 9);
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes), "sweep 3 3000 1=9\n");
}

static void instances_are_the_same_for_the_same_pair(void **state)
{
    struct notes *notes = *state;
    struct scope_target a = {.id = 1};
    struct scope_target b = {.id = 2};
    uint32_t handles[300];
    char name[16];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "i%d", i / 2);
        handles[i] = scope_instance(notes->sink, i % 2 ? &a : &b, name);
    }
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "i%d", i / 2);
        assert_int_equal(handles[i],
                         scope_instance(notes->sink, i % 2 ? &a : &b, name));
        for (int j = 0; j < i; j++)
            assert_int_not_equal(handles[i], handles[j]);
    }
}

static void histograms_and_events_keep_their_place(void **state)
{
    struct notes *notes = *state;
    struct scope_hist hist;
    assert_int_equal(scope_hist_init(&hist, 1, 1000000, 3, NULL), SCOPE_OK);
    scope_hist_record(&hist, 42, 5);
    uint32_t self = scope_instance(notes->sink, NULL, "");
    scope_sink_begin(notes->sink, 500);
    scope_emit_hist(notes->sink, DELAY, self, &hist);
    scope_event(notes->sink, SCOPE_EVENT_WARNING, NULL, 2, "a %s", "b");
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes), "series 3 0 delay 3 4 3 - d 0 ''\n"
                                     "hist 3 0 500 n=5 max=42\n"
                                     "event 5 0 2 a b\n"
                                     "sweep 3 500\n");
    scope_hist_free(&hist);
}

static void misuse_is_counted_and_harmless(void **state)
{
    struct notes *notes = *state;
    uint32_t self = scope_instance(notes->sink, NULL, "");
    scope_sink_begin(notes->sink, 1);
    scope_emit_f64(notes->sink, REQUESTS, self, 1.0); /* declared U64 */
    scope_emit_u64(notes->sink, 99, self, 1);
    scope_emit_u64(notes->sink, REQUESTS, 99, 1);
    assert_true(scope_sink_end(notes->sink));
    assert_int_equal(scope_sink_totals(notes->sink).misused, 3);
    assert_string_equal(told(notes), "sweep 3 1\n");
}

static void what_has_no_room_is_counted_and_said(void **state)
{
    struct notes *notes = *state;
    uint32_t self = scope_instance(notes->sink, NULL, "");
    size_t taken = 0;
    bool room = true;
    for (int i = 0; room; i++) {
        scope_sink_begin(notes->sink, i);
        scope_emit_u64(notes->sink, REQUESTS, self, (uint64_t)i);
        room = scope_sink_end(notes->sink);
        taken += room;
    }
    assert_true(taken > 10);
    assert_int_equal(scope_sink_totals(notes->sink).lost, 1);
    const char *first = told(notes);
    assert_null(strstr(first, "event"));
    scope_sink_begin(notes->sink, 1000);
    assert_true(scope_sink_end(notes->sink));
    assert_string_equal(told(notes),
                        "event 4 0 1 1 frames had no room on the way to the "
                        "store\nsweep 3 1000\n");
}

/* A flipped kind makes a histogram of what is none: its bytes are for the
 * decoder to refuse. */
static enum scope_code on_bytes(void *closure, unsigned source, unsigned column,
                                int64_t start_ns, int64_t end_ns,
                                const uint8_t *bytes, size_t size,
                                struct scope_err *err)
{
    (void)closure, (void)source, (void)column, (void)start_ns, (void)end_ns;
    struct scope_hist hist;
    if (scope_hist_decode(&hist, bytes, size, err) == SCOPE_OK)
        scope_hist_free(&hist);
    return SCOPE_OK;
}

/* Every single byte of valid frames changed, and every truncation: refused or
 * harmless, never out of bounds (the sanitizers watch). */
static void lying_frames_are_harmless(void **state)
{
    struct notes *notes = *state;
    struct scope_recorder to = recorder(notes);
    to.hist = on_bytes;
    struct scope_text frames[4] = {{0}, {0}, {0}, {0}};
    uint64_t values[70] = {0};
    uint64_t present[2] = {UINT64_MAX, 0x15};
    size_t refused = 0;
    scope_frame_series(&frames[0], 3, 70, &table[LEVEL], 1, "x");
    scope_frame_sweep(&frames[1], 3, 9, values, present, 70);
    scope_frame_event(&frames[2], 3, 9, SCOPE_EVENT_NOTE, 0, 1, "text");
    scope_frame_artifact(&frames[3], 3, 9, "name", "type", "content", 7);
    for (size_t f = 0; f < 4; f++)
        for (size_t i = 4; i < frames[f].length; i++)
            for (int bit = 0; bit < 8; bit++) {
                struct scope_player player = {.source = 3};
                uint64_t *copy = scope_alloc(frames[f].length, 1);
                for (unsigned c = 0; c < 70; c++) {
                    struct scope_text one = {0};
                    scope_frame_series(&one, 3, c, &table[0], 0, "");
                    assert_int_equal(
                        scope_frame_play(&player, (void *)one.bytes, &to, NULL),
                        SCOPE_OK);
                    scope_text_free(&one);
                }
                memcpy(copy, frames[f].bytes, frames[f].length);
                ((unsigned char *)copy)[i] ^= (unsigned char)(1 << bit);
                refused += scope_frame_play(&player, (void *)copy, &to, NULL) !=
                           SCOPE_OK;
                scope_player_free(&player);
                free(copy);
            }
    assert_true(refused > 100);
    for (size_t f = 0; f < 4; f++)
        scope_text_free(&frames[f]);
}

/* One for which there is no room is its owner's to try again, and not lost. */
static void artifacts_arrive_or_are_refused(void **state)
{
    struct notes *notes = *state;
    static const uint8_t large[4096];
    scope_sink_begin(notes->sink, 1000);
    assert_true(scope_artifact(notes->sink, "a.profile", "text/x", "abc", 3));
    assert_false(scope_artifact(notes->sink, "b", "c", large, sizeof large));
    assert_true(scope_artifact(notes->sink, "", "", "", 0));
    assert_string_equal(told(notes), "artifact a.profile text/x abc\n"
                                     "artifact   \n");
    assert_int_equal(scope_sink_totals(notes->sink).lost, 0);
}

/* Frames keep their order and content around the ring's end. */
static void the_queue_wraps(void **state)
{
    struct notes *notes = *state;
    struct scope_text frame = {0};
    char text[200];
    unsigned seen = 0;
    unsigned sent = 0;
    while (seen < 1000) {
        memset(text, 'a' + (int)(sent % 26), sizeof text);
        text[sent % 150 + 1] = '\0';
        scope_frame_event(&frame, 3, sent, SCOPE_EVENT_NOTE, 0, sent, text);
        if (scope_queue_put(notes->queue, frame.bytes, frame.length)) {
            sent++;
            continue;
        }
        for (unsigned i = 0; i < 7; i++, seen++) {
            const struct scope_frame *got = scope_queue_peek(notes->queue);
            assert_non_null(got);
            assert_int_equal(got->time_ns, seen);
            assert_int_equal(((const char *)(got + 1))[24], 'a' + seen % 26);
            scope_queue_take(notes->queue);
        }
    }
    scope_text_free(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_arrive_in_their_columns, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(late_counters_begin_at_zero_where_asked,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            instances_are_the_same_for_the_same_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(histograms_and_events_keep_their_place,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(misuse_is_counted_and_harmless, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_has_no_room_is_counted_and_said,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(lying_frames_are_harmless, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(artifacts_arrive_or_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_queue_wraps, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
