/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codec: what is packed comes back bit by bit, whatever it is, and what
 * is not a packed thing is refused. */
#include "lib/base/sha256.h"
#include "lib/store/bits.h"
#include "lib/store/ints.h"
#include "lib/store/segment.h"
#include "lib/store/tail.h"
#include "lib/store/xor.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* splitmix64: the same numbers in every run. */
static uint64_t state;

static uint64_t random_bits(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t random_width(unsigned width)
{
    return width ? random_bits() >> (64 - width) : 0;
}

static void every_width_and_count_is_packed(void **unused)
{
    (void)unused;
    state = 1;
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t count = 1; count <= SCOPE_BLOCK; count++) {
            uint64_t in[SCOPE_BLOCK + 8] = {0};
            uint64_t out[SCOPE_BLOCK + 8];
            uint8_t bytes[SCOPE_BLOCK * 8 + SCOPE_SLACK + 8] = {0};
            for (size_t i = 0; i < count; i++)
                in[i] = random_width(width);
            scope_pack(bytes, in, count, width);
            uint64_t base = random_bits();
            scope_unpack(bytes, out, count, width, base);
            for (size_t i = 0; i < count; i++)
                assert_true(out[i] == base + in[i]);
            uint64_t sum = 77;
            scope_unpack_sum(bytes, out, count, width, base, 77);
            for (size_t i = 0; i < count; i++)
                assert_true(out[i] == (sum += base + in[i]));
        }
    }
}

static void bits_lie_where_the_format_says(void **unused)
{
    (void)unused;
    uint64_t in[8] = {1, 2, 3, 4, 5, 6, 7, 0};
    uint8_t bytes[SCOPE_SLACK + 16] = {0};
    scope_pack(bytes, in, 8, 3);
    /* 001 010 011 100 101 110 111 000, from the lowest bit up */
    assert_int_equal(bytes[0], 0xd1);
    assert_int_equal(bytes[1], 0x58);
    assert_int_equal(bytes[2], 0x1f);
}

static void varints_come_back(void **unused)
{
    (void)unused;
    for (unsigned width = 0; width <= 64; width++) {
        uint64_t value = width ? UINT64_MAX >> (64 - width) : 0;
        struct scope_bytes bytes = {0};
        scope_bytes_varint(&bytes, value);
        assert_int_equal(bytes.length, width ? (width + 6) / 7 : 1);
        struct scope_cursor in = {.at = bytes.at,
                                  .end = bytes.at + bytes.length};
        assert_true(scope_cursor_varint(&in) == value);
        assert_false(in.bad);
        in = (struct scope_cursor){.at = bytes.at,
                                   .end = bytes.at + bytes.length - 1};
        scope_cursor_varint(&in);
        assert_true(in.bad);
        free(bytes.at);
        assert_true(scope_unzigzag(scope_zigzag(value)) == value);
    }
    uint8_t longer[] = {0xff, 0xff, 0xff, 0xff, 0xff,
                        0xff, 0xff, 0xff, 0xff, 0x02};
    struct scope_cursor in = {.at = longer, .end = longer + sizeof longer};
    scope_cursor_varint(&in);
    assert_true(in.bad);
}

/* A series goes through its coding; which one is returned. */
static enum scope_coding round_trip(const uint64_t *values, size_t count,
                                    bool f64)
{
    struct scope_bytes bytes = {0};
    enum scope_coding coding = scope_series_put(&bytes, values, count, f64);
    size_t length = bytes.length;
    memset(scope_bytes_room(&bytes, SCOPE_SLACK), 0xa5, SCOPE_SLACK);
    uint64_t *out = calloc(count + 8, sizeof *out);
    struct scope_cursor in = {.at = bytes.at, .end = bytes.at + length};
    scope_series_get(&in, coding, out, count);
    assert_false(in.bad);
    assert_ptr_equal(in.at, in.end);
    assert_memory_equal(out, values, count * sizeof *out);
    free(out);
    free(bytes.at);
    return coding;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#define MOST 700

static void counters_come_back(void **unused)
{
    (void)unused;
    uint64_t values[MOST];
    state = 2;
    for (size_t count = 1; count < MOST; count += count < 300 ? 1 : 133) {
        for (unsigned width = 0; width <= 64; width += 3) {
            values[0] = random_bits();
            for (size_t i = 1; i < count; i++)
                values[i] = values[i - 1] + random_width(width);
            round_trip(values, count, false);
            for (size_t i = 0; i < count; i++)
                values[i] = random_width(width) - random_width(width / 2);
            round_trip(values, count, false);
        }
    }
}

static void edges_of_the_range_come_back(void **unused)
{
    (void)unused;
    static const uint64_t edges[] = {
        0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 1,
        2};
    uint64_t values[MOST];
    state = 3;
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + random_bits() % (MOST - 1);
        for (size_t i = 0; i < count; i++)
            values[i] = edges[random_bits() % (2 + (unsigned)round % 6)];
        round_trip(values, count, false);
        round_trip(values, count, true);
    }
}

static void exceptions_and_changes_come_back(void **unused)
{
    (void)unused;
    uint64_t values[MOST];
    state = 4;
    for (int round = 0; round < 500; round++) {
        unsigned seldom = 1 + (unsigned)(random_bits() % 200);
        unsigned wide = (unsigned)(random_bits() % 64);
        values[0] = random_bits();
        for (size_t i = 1; i < MOST; i++) {
            values[i] = values[i - 1];
            if (random_bits() % seldom == 0)
                values[i] += random_width(wide) - random_width(wide) / 2;
            else if (round % 3 == 0)
                values[i] += random_bits() % 4;
        }
        round_trip(values, MOST, false);
    }
}

static void each_coding_is_chosen_for_what_it_is_for(void **unused)
{
    (void)unused;
    uint64_t values[600];
    state = 5;
    for (size_t i = 0; i < 600; i++)
        values[i] = bits_of(4.2);
    assert_int_equal(round_trip(values, 600, true), SCOPE_CODING_CONSTANT);
    for (size_t i = 0; i < 600; i++)
        values[i] = i * 1000 + random_bits() % 7;
    assert_int_equal(round_trip(values, 600, false), SCOPE_CODING_INTS);
    for (size_t i = 0; i < 600; i++)
        values[i] = 5 + (random_bits() % 1000) * 4096;
    assert_int_equal(round_trip(values, 600, false), SCOPE_CODING_MULTIPLES);
    for (size_t i = 0; i < 600; i++)
        values[i] = bits_of((double)(random_bits() % 10000) / 100);
    assert_int_equal(round_trip(values, 600, true), SCOPE_CODING_DECIMAL);
    values[7] = bits_of(NAN);
    values[8] = bits_of(-0.0);
    values[9] = bits_of(INFINITY);
    values[10] = bits_of(1.0 / 3);
    values[11] = 0x7ff800000badcafe;
    values[12] = bits_of(5e-324);
    assert_int_equal(round_trip(values, 600, true), SCOPE_CODING_DECIMAL);
    for (size_t i = 0; i < 600; i++)
        values[i] = bits_of((double)(random_bits() >> 11) * 0x1p-53);
    assert_int_equal(round_trip(values, 600, true), SCOPE_CODING_BITS);
    for (size_t i = 0; i < 600; i++)
        values[i] = bits_of((double)(random_bits() % 1000000) * 0x1p-20);
    assert_int_equal(round_trip(values, 600, true), SCOPE_CODING_XOR);
}

static void decimals_come_back_at_every_scale(void **unused)
{
    (void)unused;
    uint64_t values[300];
    state = 6;
    for (int digits = 0; digits < 16; digits++) {
        for (size_t i = 0; i < 300; i++)
            values[i] = bits_of(((double)(random_bits() % 100000) - 50000) /
                                pow(10, digits));
        round_trip(values, 300, true);
    }
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < 300; i++)
            values[i] = random_bits();
        round_trip(values, 1 + random_bits() % 300, true);
    }
}

/* What random presence makes of a window: every form, some columns that come
 * later, some that end, some that are never there. */
static void fill_window(struct scope_window *window, size_t sweeps,
                        size_t columns, bool *f64, int64_t id)
{
    struct scope_bytes row = {0};
    uint64_t *values = calloc(columns, sizeof *values);
    for (size_t i = 0; i < columns; i++)
        f64[i] = i % 3 == 2;
    for (size_t sweep = 0; sweep < sweeps; sweep++) {
        uint64_t present[8] = {0};
        for (size_t i = 0; i < columns; i++) {
            bool here = i % 5 == 0   ? true
                        : i % 5 == 1 ? sweep % 10 == i % 10
                        : i % 5 == 2 ? sweep >= i
                        : i % 5 == 3 ? sweep + i < sweeps
                                     : random_bits() % 3 == i % 3;
            if (i == 11)
                here = false;
            present[i / 64] |= (uint64_t)here << (i % 64);
            values[i] += random_width((unsigned)(i * 7 % 60));
        }
        present[7] |= UINT64_C(1) << 63; /* beyond the columns: ignored */
        scope_tail_put(&row, window, id + (int64_t)sweep,
                       (int64_t)(1000 + sweep * 100), values, present, columns,
                       f64);
    }
    free(values);
    free(row.at);
}

#define COLUMNS 200

static void assert_segment_holds(const struct scope_window *window,
                                 const struct scope_segment *segment,
                                 const uint8_t *data)
{
    assert_int_equal(segment->sweeps, window->sweeps);
    for (size_t column = 0; column < COLUMNS; column++) {
        const struct scope_segment_series *series =
            scope_segment_find(segment, column);
        size_t count = 0;
        uint64_t values[SCOPE_WINDOW_SWEEPS + 8];
        int64_t times[SCOPE_WINDOW_SWEEPS];
        if (series) {
            const struct scope_segment_group *in =
                &segment->groups[series->group];
            uint8_t *group = malloc(in->size + SCOPE_SLACK);
            assert_true(scope_group_get(in, data + in->offset, group));
            assert_true(scope_segment_values(series, group, values));
            scope_presence_times(&series->presence, segment->times,
                                 segment->sweeps, times);
            free(group);
        }
        for (size_t row = 0; row < window->sweeps; row++) {
            if (!scope_window_has(window, row, column))
                continue;
            assert_non_null(series);
            assert_int_equal(times[count], window->times[row]);
            assert_true(values[count] ==
                        scope_window_values(window, row)[column]);
            count++;
        }
        assert_int_equal(series ? series->presence.count : 0, count);
    }
}

static void segments_hold_windows(void **unused)
{
    (void)unused;
    static const size_t lengths[] = {1, 2, 7, 64, 129, 600};
    bool f64[COLUMNS];
    struct scope_bytes directory = {0};
    struct scope_bytes data = {0};
    state = 7;
    for (unsigned squeeze = 0; squeeze < 3; squeeze++) {
        struct scope_packer *packer =
            scope_packer_new((enum scope_squeeze)squeeze);
        for (size_t i = 0; i < 6; i++) {
            struct scope_window window = {0};
            struct scope_segment segment;
            fill_window(&window, lengths[i], COLUMNS, f64, 99);
            scope_segment_put(packer, &window, 99, f64, &directory, &data);
            assert_true(scope_segment_open(&segment, 99, directory.at,
                                           directory.length, COLUMNS,
                                           data.length));
            assert_segment_holds(&window, &segment, data.at);
            scope_segment_free(&segment);
            /* Another row's directory, or a column that is not declared. */
            assert_false(scope_segment_open(&segment, 98, directory.at,
                                            directory.length, COLUMNS,
                                            data.length));
            scope_segment_free(&segment);
            assert_false(scope_segment_open(&segment, 99, directory.at,
                                            directory.length, COLUMNS - 80,
                                            data.length));
            scope_segment_free(&segment);
            scope_window_free(&window);
        }
        scope_packer_free(packer);
    }
    free(directory.at);
    free(data.at);
}

static void sparse_series_cost_little(void **unused)
{
    (void)unused;
    struct scope_window window = {0};
    struct scope_bytes row = {0};
    bool f64[2] = {false, false};
    struct scope_bytes directory = {0};
    struct scope_bytes data = {0};
    for (size_t sweep = 0; sweep < 600; sweep++)
        scope_tail_put(&row, &window, (int64_t)sweep, (int64_t)(sweep * 100),
                       (uint64_t[]){sweep, 5},
                       (uint64_t[]){sweep % 10 == 3 ? 3 : 1}, 2, f64);
    struct scope_packer *packer = scope_packer_new(SCOPE_SQUEEZE_WORTHWHILE);
    scope_segment_put(packer, &window, 0, f64, &directory, &data);
    struct scope_segment segment;
    assert_true(scope_segment_open(&segment, 0, directory.at, directory.length,
                                   2, data.length));
    const struct scope_presence *presence = &segment.series[1].presence;
    assert_int_equal(presence->form, SCOPE_PRESENT_EVERY);
    assert_int_equal(presence->first, 3);
    assert_int_equal(presence->step, 10);
    assert_int_equal(presence->count, 60);
    assert_in_range(directory.length + data.length, 10, 80);
    scope_segment_free(&segment);
    scope_packer_free(packer);
    scope_window_free(&window);
    free(row.at);
    free(directory.at);
    free(data.at);
}

static void tails_hold_windows_and_only_in_order(void **unused)
{
    (void)unused;
    struct scope_window written = {0};
    struct scope_window read = {0};
    struct scope_bytes row = {0};
    bool f64[3] = {false, false, true};
    state = 8;
    for (size_t sweep = 0; sweep < 100; sweep++) {
        uint64_t values[3] = {random_bits(), sweep, bits_of((double)sweep)};
        uint64_t present[1] = {sweep % 3 ? 7 : 5};
        scope_tail_put(&row, &written, (int64_t)sweep, (int64_t)sweep * 7 + 3,
                       values, present, sweep % 2 ? 3 : 1, f64);
        /* Each byte flipped, or the end cut off, is refused and changes
         * nothing. */
        for (size_t i = 0; sweep % 9 == 0 && i < row.length; i++) {
            row.at[i] ^= 0x10;
            assert_false(scope_tail_get(&read, (int64_t)sweep, row.at,
                                        row.length, 3, f64));
            row.at[i] ^= 0x10;
            assert_false(
                scope_tail_get(&read, (int64_t)sweep, row.at, i, 3, f64));
        }
        assert_false(scope_tail_get(&read, (int64_t)sweep + 1, row.at,
                                    row.length, 3, f64));
        assert_true(
            scope_tail_get(&read, (int64_t)sweep, row.at, row.length, 3, f64));
    }
    assert_int_equal(read.sweeps, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(read.times[i], written.times[i]);
        assert_memory_equal(scope_window_values(&read, i),
                            scope_window_values(&written, i),
                            3 * sizeof(uint64_t));
        assert_true(*scope_window_present(&read, i) ==
                    *scope_window_present(&written, i));
    }
    scope_window_free(&written);
    scope_window_free(&read);
    free(row.at);
}

/* With the CRC made right again, so that what is behind it is reached: decoding
 * may fail or give other values, but must stay inside its buffers. */
static void damaged_segments_are_decoded_safely(void **unused)
{
    (void)unused;
    bool f64[COLUMNS];
    struct scope_window window = {0};
    struct scope_bytes directory = {0};
    struct scope_bytes data = {0};
    state = 9;
    fill_window(&window, 40, COLUMNS, f64, 1);
    struct scope_packer *packer = scope_packer_new(SCOPE_SQUEEZE_NONE);
    scope_segment_put(packer, &window, 1, f64, &directory, &data);
    uint64_t *values = calloc(SCOPE_WINDOW_MOST + 8, sizeof *values);
    size_t refused = 0;
    for (size_t i = 0; i < directory.length; i++) {
        struct scope_segment segment;
        directory.at[i] ^= (uint8_t)(1U << i % 8);
        assert_false(scope_segment_open(
            &segment, 1, directory.at, directory.length, COLUMNS, data.length));
        scope_segment_free(&segment);
        assert_false(scope_segment_open(&segment, 1, directory.at, i, COLUMNS,
                                        data.length));
        scope_segment_free(&segment);
        directory.at[i] ^= (uint8_t)(1U << i % 8);
    }
    struct scope_segment segment;
    assert_true(scope_segment_open(&segment, 1, directory.at, directory.length,
                                   COLUMNS, data.length));
    for (size_t g = 0; g < segment.group_count; g++) {
        const struct scope_segment_group *in = &segment.groups[g];
        /* Exactly as large as it must be, so that a sanitizer sees more. */
        uint8_t *group = malloc(in->size + SCOPE_SLACK);
        uint8_t *stored = malloc(in->stored);
        memcpy(stored, data.at + in->offset, in->stored);
        stored[in->stored / 2] ^= 1;
        assert_false(scope_group_get(in, stored, group));
        stored[in->stored / 2] ^= 1;
        assert_true(scope_group_get(in, stored, group));
        for (size_t s = 0; s < segment.series_count; s++) {
            const struct scope_segment_series *series = &segment.series[s];
            if (series->group != g)
                continue;
            for (size_t i = 0; i < series->length; i++) {
                group[series->offset + i] ^= (uint8_t)random_bits();
                refused += !scope_segment_values(series, group, values);
                group[series->offset + i] = (uint8_t)random_bits();
                refused += !scope_segment_values(series, group, values);
            }
        }
        free(group);
        free(stored);
    }
    assert_true(refused > 100);
    scope_segment_free(&segment);
    scope_packer_free(packer);
    scope_window_free(&window);
    free(values);
    free(directory.at);
    free(data.at);
}

static void windows_end_before_they_are_too_large(void **unused)
{
    (void)unused;
    struct scope_window window = {0};
    assert_false(scope_window_full(&window, SIZE_MAX / 2));
    scope_window_row(&window, 10);
    window.sweeps = SCOPE_WINDOW_SWEEPS - 1;
    assert_false(scope_window_full(&window, 10));
    assert_true(scope_window_full(&window, 10000));
    window.sweeps++;
    assert_true(scope_window_full(&window, 10));
    scope_window_next(&window);
    assert_int_equal(window.first, SCOPE_WINDOW_SWEEPS);
    scope_window_free(&window);
}

/* FIPS 180-4's examples. */
static void sha256_is_right(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *digest;
    } examples[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < 3; i++) {
        uint8_t digest[SCOPE_SHA256_SIZE];
        char hex[2 * SCOPE_SHA256_SIZE + 1];
        scope_sha256(examples[i].text, strlen(examples[i].text), digest);
        for (size_t k = 0; k < sizeof digest; k++)
            snprintf(hex + 2 * k, 3, "%02x", digest[k]);
        assert_string_equal(hex, examples[i].digest);
    }
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    uint8_t digest[SCOPE_SHA256_SIZE];
    scope_sha256(million, 1000000, digest);
    assert_int_equal(digest[0], 0xcd);
    assert_int_equal(digest[31], 0xd0);
    free(million);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_and_count_is_packed),
        cmocka_unit_test(bits_lie_where_the_format_says),
        cmocka_unit_test(varints_come_back),
        cmocka_unit_test(counters_come_back),
        cmocka_unit_test(edges_of_the_range_come_back),
        cmocka_unit_test(exceptions_and_changes_come_back),
        cmocka_unit_test(each_coding_is_chosen_for_what_it_is_for),
        cmocka_unit_test(decimals_come_back_at_every_scale),
        cmocka_unit_test(segments_hold_windows),
        cmocka_unit_test(sparse_series_cost_little),
        cmocka_unit_test(tails_hold_windows_and_only_in_order),
        cmocka_unit_test(damaged_segments_are_decoded_safely),
        cmocka_unit_test(windows_end_before_they_are_too_large),
        cmocka_unit_test(sha256_is_right),
    };
    return cmocka_run_group_tests_name("store_codec", tests, NULL, NULL);
}
