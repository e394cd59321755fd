/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Histograms against known values. Those marked "Java" were printed by Debian's
 * libhdrhistogram-java 2.1.11 for the same recordings; the last test asks it
 * again where it is installed.
 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <math.h>
#include <scope/hist.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define HOUR INT64_C(3600000000000)
#define JAR "/usr/share/java/hdrhistogram.jar"

static struct scope_hist make(int64_t lowest, int64_t highest, int digits)
{
    struct scope_hist hist;
    struct scope_err err = {0};
    if (scope_hist_init(&hist, lowest, highest, digits, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    return hist;
}

/* 1000, 2000, ... 100000000, once each. */
static struct scope_hist make_uniform(void)
{
    struct scope_hist hist = make(1, HOUR, 3);
    for (int64_t i = 1; i <= 100000; i++)
        scope_hist_record(&hist, i * 1000, 1);
    return hist;
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%.17g, expected %.17g", value, expected);
}

static void assert_same_counts(const struct scope_hist *a,
                               const struct scope_hist *b)
{
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->count_slots, b->count_slots);
    assert_memory_equal(a->counts, b->counts,
                        a->count_slots * sizeof *a->counts);
}

static void uniform_has_the_quantiles_that_java_prints(void **state)
{
    (void)state;
    static const struct {
        double q;
        int64_t value;
    } java[] = {
        {0, 1000},        {0.001, 100031},   {0.01, 1000447},
        {0.1, 10002431},  {0.25, 25001983},  {0.5, 50003967},
        {0.75, 75038719}, {0.9, 90046463},   {0.95, 95027199},
        {0.99, 99024895}, {0.999, 99942399}, {0.9999, 100007935},
        {1, 100007935},
    };
    struct scope_hist hist = make_uniform();
    for (size_t i = 0; i < sizeof java / sizeof *java; i++)
        assert_int_equal(scope_hist_quantile(&hist, java[i].q), java[i].value);
    assert_near(scope_hist_mean(&hist), 50000506.084100001);
    assert_near(scope_hist_sd(&hist), 28867514.798352543);
    assert_near(scope_hist_share(&hist, 123456), 0.00123);
    assert_int_equal(hist.min, 1000);
    assert_int_equal(hist.max, 100000000);
    scope_hist_free(&hist);
}

/* What zlib packed behind the cookie and the length: two versions of zlib may
 * pack the same bytes differently. */
static size_t inflate_into(uint8_t *to, size_t room, const uint8_t *bytes,
                           size_t size)
{
    uLongf length = room;
    assert_int_equal(uncompress(to, &length, bytes + 8, size - 8), Z_OK);
    return length;
}

static void encoding_is_byte_for_byte_javas(void **state)
{
    (void)state;
    /* Java: 1 once, 5000000 three times. */
    static const uint8_t java[] = {
        0x1c, 0x84, 0x93, 0x14, 0x00, 0x00, 0x00, 0x26, 0x78, 0x9c, 0x93, 0x69,
        0x99, 0x2c, 0xcc, 0xc0, 0xc0, 0xc0, 0xc6, 0x00, 0x01, 0xcc, 0x50, 0x9a,
        0x11, 0xc8, 0x74, 0x33, 0xd8, 0xb1, 0x80, 0xc1, 0xfe, 0x03, 0x54, 0x84,
        0xa9, 0xf9, 0x32, 0x23, 0x1b, 0x00, 0x6d, 0x7c, 0x05, 0xb0,
    };
    struct scope_hist hist = make(1, HOUR, 3);
    scope_hist_record(&hist, 5000000, 3);
    scope_hist_record(&hist, 1, 1);
    size_t size;
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    uint8_t plain[2][64];
    assert_memory_equal(bytes, java, 4);
    size_t length = inflate_into(plain[0], sizeof plain[0], bytes, size);
    assert_int_equal(inflate_into(plain[1], sizeof plain[1], java, sizeof java),
                     length);
    assert_memory_equal(plain[0], plain[1], length);
    free(bytes);

    struct scope_hist back;
    assert_int_equal(scope_hist_decode(&back, java, sizeof java, NULL),
                     SCOPE_OK);
    assert_same_counts(&hist, &back);
    assert_near(scope_hist_mean(&back), 3749376.25);
    assert_near(scope_hist_sd(&back), 2164702.8098804206);
    assert_int_equal(back.min, 1);
    assert_int_equal(back.max, 5001215);
    scope_hist_free(&back);
    scope_hist_free(&hist);
}

/* Every value lands in a slot that holds it and is no wider than its digits
 * allow, over the whole range. */
static void error_stays_within_the_digits(void **state)
{
    (void)state;
    for (int digits = 1; digits <= 5; digits++) {
        struct scope_hist hist = make(1, INT64_MAX, digits);
        double bound = pow(10, -digits);
        for (int power = 0; power < 63; power++)
            for (int step = -3; step <= 40; step++) {
                int64_t base = (int64_t)1 << power;
                int64_t value = base + step * (base / 41 + 1);
                if (value < 0)
                    continue;
                int64_t low = scope_hist_lowest_like(&hist, value);
                int64_t high = scope_hist_highest_like(&hist, value);
                assert_true(low <= value && value <= high);
                assert_true((double)(high - low) <= bound * (double)value);
                assert_true(scope_hist_slot(&hist, value) < hist.count_slots);
                assert_int_equal(scope_hist_slot(&hist, low),
                                 scope_hist_slot(&hist, high));
            }
        scope_hist_free(&hist);
    }
}

static void slots_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    struct scope_hist hist = make(1000, 100 * 1000 * 1000, 2);
    for (int64_t value = 0; value < hist.highest;) {
        int64_t high = scope_hist_highest_like(&hist, value);
        assert_int_equal(scope_hist_slot(&hist, high) + 1,
                         scope_hist_slot(&hist, high + 1));
        value = high + 1;
    }
    scope_hist_free(&hist);
}

static void limits_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t lowest, highest;
        int digits;
    } bad[] = {
        {0, 100, 3},  {-1, 100, 3}, {1, 1, 3}, {100, 199, 3},
        {1, 1000, 0}, {1, 1000, 6}, {1, 0, 3}, {INT64_MAX / 2, INT64_MAX, 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_hist hist;
        struct scope_err err = {0};
        assert_int_equal(scope_hist_init(&hist, bad[i].lowest, bad[i].highest,
                                         bad[i].digits, &err),
                         SCOPE_USAGE);
        assert_string_not_equal(err.text, "");
    }
}

static void empty_has_no_figures(void **state)
{
    (void)state;
    struct scope_hist hist = make(1, HOUR, 3);
    assert_int_equal(scope_hist_quantile(&hist, 0.5), 0);
    assert_true(isnan(scope_hist_mean(&hist)));
    assert_true(isnan(scope_hist_sd(&hist)));
    assert_true(isnan(scope_hist_share(&hist, 5)));
    size_t slot = 0;
    int64_t low;
    int64_t high;
    uint64_t count;
    assert_false(scope_hist_next(&hist, &slot, &low, &high, &count));
    size_t size;
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    struct scope_hist back;
    assert_int_equal(scope_hist_decode(&back, bytes, size, NULL), SCOPE_OK);
    assert_int_equal(back.total, 0);
    assert_int_equal(back.min, INT64_MAX);
    assert_int_equal(back.max, 0);
    free(bytes);
    scope_hist_free(&back);
    scope_hist_free(&hist);
}

static void what_is_above_the_range_saturates(void **state)
{
    (void)state;
    struct scope_hist hist = make(1, 1000000, 3);
    scope_hist_record(&hist, 1000000, 2);
    scope_hist_record(&hist, 1000001, 3);
    scope_hist_record(&hist, INT64_MAX, 1);
    assert_int_equal(hist.saturated, 4);
    assert_int_equal(hist.total, 6);
    assert_int_equal(hist.max, INT64_MAX);
    assert_int_equal(scope_hist_quantile(&hist, 0.5),
                     scope_hist_highest_like(&hist, 1000000));
    scope_hist_reset(&hist);
    for (size_t i = 0; i < hist.count_slots; i++)
        assert_int_equal(hist.counts[i], 0);
    assert_int_equal(hist.saturated, 0);
    scope_hist_free(&hist);
}

static void negative_counts_as_zero(void **state)
{
    (void)state;
    struct scope_hist hist = make(1, 1000, 3);
    scope_hist_record(&hist, -5, 2);
    assert_int_equal(hist.min, 0);
    assert_int_equal(hist.counts[0], 2);
    assert_near(scope_hist_share(&hist, 0), 1);
    scope_hist_free(&hist);
}

static void reset_leaves_nothing(void **state)
{
    (void)state;
    struct scope_hist hist = make_uniform();
    scope_hist_reset(&hist);
    struct scope_hist fresh = make(1, HOUR, 3);
    assert_same_counts(&hist, &fresh);
    assert_int_equal(hist.min, INT64_MAX);
    assert_int_equal(hist.max, 0);
    scope_hist_free(&fresh);
    scope_hist_free(&hist);
}

static void merge_is_as_if_recorded_in_one(void **state)
{
    (void)state;
    struct scope_hist both = make(1, HOUR, 3);
    struct scope_hist odd = make(1, HOUR, 3);
    struct scope_hist even = make(1, HOUR, 3);
    for (int64_t i = 1; i < 200000; i += 7) {
        int64_t value = i * i * 31;
        scope_hist_record(&both, value, (uint64_t)i);
        scope_hist_record(i % 2 ? &odd : &even, value, (uint64_t)i);
    }
    scope_hist_merge(&odd, &even);
    assert_same_counts(&odd, &both);
    assert_int_equal(odd.min, both.min);
    assert_int_equal(odd.max, both.max);
    scope_hist_free(&both);
    scope_hist_free(&odd);
    scope_hist_free(&even);
}

static void merge_of_another_layout_keeps_counts_and_bounds(void **state)
{
    (void)state;
    struct scope_hist fine = make(1, HOUR, 4);
    struct scope_hist coarse = make(1, 1000000, 2);
    scope_hist_record(&fine, 12345, 10);
    scope_hist_record(&fine, 3000000, 5);
    scope_hist_merge(&coarse, &fine);
    assert_int_equal(coarse.total, 15);
    assert_int_equal(coarse.saturated, 5);
    assert_int_equal(coarse.min, 12345);
    assert_int_equal(coarse.max, 3000000);
    assert_int_equal(coarse.counts[scope_hist_slot(&coarse, 12345)], 10);
    assert_int_equal(coarse.counts[scope_hist_slot(&coarse, 1000000)], 5);

    struct scope_hist wide = make(1, HOUR, 2);
    scope_hist_merge(&wide, &coarse);
    assert_int_equal(wide.total, 15);
    assert_int_equal(wide.saturated, 5);
    scope_hist_free(&wide);
    scope_hist_free(&fine);
    scope_hist_free(&coarse);
}

static void next_walks_what_was_recorded(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 3, 2047, 2048, 5000001, HOUR};
    struct scope_hist hist = make(1, HOUR, 3);
    for (size_t i = 0; i < 6; i++)
        scope_hist_record(&hist, values[i], i + 1);
    size_t slot = 0;
    size_t seen = 0;
    int64_t low;
    int64_t high;
    uint64_t count;
    while (scope_hist_next(&hist, &slot, &low, &high, &count)) {
        assert_true(seen < 6);
        assert_true(low <= values[seen] && values[seen] <= high);
        assert_int_equal(count, ++seen);
    }
    assert_int_equal(seen, 6);
    scope_hist_free(&hist);
}

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) +
                   UINT64_C(1442695040888963407);
    return random_state >> 11;
}

static void decode_gives_back_what_was_encoded(void **state)
{
    (void)state;
    static const struct {
        int64_t lowest, highest;
        int digits;
    } shapes[] = {
        {1, HOUR, 3}, {1000, HOUR, 3}, {7, 100000, 4},       {1, 2, 1},
        {1, HOUR, 5}, {1, 2047, 3},    {1024, INT64_MAX, 1}, {1, INT64_MAX, 3},
    };
    random_state = 1;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct scope_hist hist =
            make(shapes[i].lowest, shapes[i].highest, shapes[i].digits);
        for (int n = 0; n < 2000; n++)
            scope_hist_record(&hist,
                              (int64_t)(random_bits() >> (random_bits() % 53)),
                              random_bits() >> (random_bits() % 53));
        hist.max = hist.max > hist.highest ? hist.highest : hist.max;
        size_t size;
        uint8_t *bytes = scope_hist_encode(&hist, &size);
        struct scope_hist back;
        assert_int_equal(scope_hist_decode(&back, bytes, size, NULL), SCOPE_OK);
        assert_same_counts(&hist, &back);
        assert_int_equal(back.lowest, hist.lowest);
        assert_int_equal(back.highest, hist.highest);
        assert_int_equal(back.digits, hist.digits);
        assert_int_equal(back.min, scope_hist_lowest_like(&hist, hist.min));
        assert_int_equal(back.max, scope_hist_highest_like(&hist, hist.max));
        free(bytes);
        scope_hist_free(&back);
        scope_hist_free(&hist);
    }
}

static void cut_off_bytes_are_refused(void **state)
{
    (void)state;
    struct scope_hist hist = make_uniform();
    size_t size;
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    for (size_t length = 0; length < size; length++) {
        /* Of its own size, so that a sanitizer sees a read beyond it. */
        uint8_t *cut = malloc(length + 1);
        memcpy(cut, bytes, length);
        struct scope_hist back;
        struct scope_err err = {0};
        assert_int_equal(scope_hist_decode(&back, cut, length, &err),
                         SCOPE_CORRUPT);
        assert_string_not_equal(err.text, "");
        free(cut);
    }
    free(bytes);
    scope_hist_free(&hist);
}

/* The compressed form of a plain encoding: header fields, then counts. */
static enum scope_code decode_plain(uint32_t cookie, uint32_t payload,
                                    uint32_t offset, uint32_t digits,
                                    uint64_t lowest, uint64_t highest,
                                    double ratio, const void *counts,
                                    size_t length)
{
    uint8_t plain[128] = {0};
    uint64_t bits;
    memcpy(&bits, &ratio, sizeof bits);
    const uint32_t words[] = {
        cookie,
        payload,
        offset,
        digits,
        (uint32_t)(lowest >> 32),
        (uint32_t)lowest,
        (uint32_t)(highest >> 32),
        (uint32_t)highest,
        (uint32_t)(bits >> 32),
        (uint32_t)bits,
    };
    for (size_t i = 0; i < 40; i++)
        plain[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
    memcpy(plain + 40, counts, length);
    uint8_t bytes[512] = {0x1c, 0x84, 0x93, 0x14};
    uLongf packed = sizeof bytes - 8;
    assert_int_equal(compress(bytes + 8, &packed, plain, 40 + length), Z_OK);
    bytes[6] = (uint8_t)(packed >> 8);
    bytes[7] = (uint8_t)packed;
    struct scope_hist back;
    enum scope_code code = scope_hist_decode(&back, bytes, packed + 8, NULL);
    if (code == SCOPE_OK)
        scope_hist_free(&back);
    return code;
}

static void lies_in_the_header_are_refused(void **state)
{
    (void)state;
    const uint32_t cookie = 0x1c849313;
    const uint8_t one[] = {2};
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 1, 1000, 1, one, 1),
                     SCOPE_OK);
    assert_int_equal(decode_plain(0x1c849301, 1, 0, 3, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 2, 0, 3, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, ~0U, 0, 3, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 5, 3, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 6, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, ~0U, 1, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 0, 1000, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 1, UINT64_MAX, 1, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 1, 1000, 0.5, one, 1),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 1, 1000, NAN, one, 1),
                     SCOPE_CORRUPT);
}

static void counts_beyond_the_range_are_refused(void **state)
{
    (void)state;
    const uint32_t cookie = 0x1c849313;
    /* 1..1000 with 3 digits has 2048 slots; -2048 is 4095, -2049 is 4097. */
    const uint8_t all_zero[] = {0xff, 0x1f};
    const uint8_t too_many[] = {0x81, 0x20};
    const uint8_t one_more[] = {0xff, 0x1f, 2};
    const uint8_t least[] = {0xff, 0xff, 0xff, 0xff, 0xff,
                             0xff, 0xff, 0xff, 0xff};
    const uint8_t most[] = {0xfe, 0xff, 0xff, 0xff, 0xff,
                            0xff, 0xff, 0xff, 0xff, 2};
    const uint8_t unended[] = {0x80};
    assert_int_equal(decode_plain(cookie, 2, 0, 3, 1, 1000, 1, all_zero, 2),
                     SCOPE_OK);
    assert_int_equal(decode_plain(cookie, 2, 0, 3, 1, 1000, 1, too_many, 2),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 3, 0, 3, 1, 1000, 1, one_more, 3),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 9, 0, 3, 1, 1000, 1, least, 9),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 9, 0, 3, 1, 1000, 1, most, 9),
                     SCOPE_OK);
    assert_int_equal(decode_plain(cookie, 10, 0, 3, 1, 1000, 1, most, 10),
                     SCOPE_CORRUPT);
    assert_int_equal(decode_plain(cookie, 1, 0, 3, 1, 1000, 1, unended, 1),
                     SCOPE_CORRUPT);
}

/* One interval of HdrHistogram's log format, version 1.3. */
static void write_log(FILE *file, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    fputs("#[Histogram log format version 1.3]\n0.000,1.000,100.0,", file);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < size ? bytes[i + 2] : 0;
        fputc(digits[group >> 18], file);
        fputc(digits[group >> 12 & 63], file);
        fputc(i + 1 < size ? digits[group >> 6 & 63] : '=', file);
        fputc(i + 2 < size ? digits[group & 63] : '=', file);
    }
    fputc('\n', file);
}

/* The figures after "T:" in what HistogramLogProcessor writes. */
static int read_totals(const char *path, uint64_t *count, double values[6])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[1024];
    int found = 0;
    while (fgets(line, sizeof line, file)) {
        const char *totals = strstr(line, "T:");
        if (totals)
            found = sscanf(totals, "T:%" SCNu64 " ( %lf %lf %lf %lf %lf %lf",
                           count, &values[0], &values[1], &values[2],
                           &values[3], &values[4], &values[5]);
    }
    fclose(file);
    return found;
}

static void javas_tool_reads_the_same_percentiles(void **state)
{
    (void)state;
    if (access(JAR, R_OK) || system("java -version >/dev/null 2>&1")) {
        print_message("not compared with Java's HdrHistogram: install "
                      "default-jre-headless and libhdrhistogram-java\n");
        skip();
    }
    struct scope_hist hist = make(1, HOUR, 3);
    random_state = 7;
    for (int i = 0; i < 50000; i++)
        scope_hist_record(&hist, (int64_t)(random_bits() >> (i % 40 + 12)), 1);
    char folder[] = "/tmp/scope-hist-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char log[64];
    char out[64];
    char hgrm[64];
    char command[256];
    snprintf(log, sizeof log, "%s/log", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(hgrm, sizeof hgrm, "%s/out.hgrm", folder);
    snprintf(command, sizeof command,
             "java -cp " JAR " org.HdrHistogram.HistogramLogProcessor "
             "-outputValueUnitRatio 1 -i %s -o %s",
             log, out);
    size_t size;
    uint8_t *bytes = scope_hist_encode(&hist, &size);
    FILE *file = fopen(log, "w");
    assert_non_null(file);
    write_log(file, bytes, size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(system(command), 0);
    uint64_t count = 0;
    double values[6];
    assert_int_equal(read_totals(out, &count, values), 7);
    assert_int_equal(count, hist.total);
    static const double at[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    for (int i = 0; i < 6; i++)
        assert_int_equal(values[i], scope_hist_quantile(&hist, at[i]));
    unlink(log);
    unlink(out);
    unlink(hgrm);
    rmdir(folder);
    free(bytes);
    scope_hist_free(&hist);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_has_the_quantiles_that_java_prints),
        cmocka_unit_test(encoding_is_byte_for_byte_javas),
        cmocka_unit_test(error_stays_within_the_digits),
        cmocka_unit_test(slots_follow_each_other_without_a_gap),
        cmocka_unit_test(limits_that_make_no_sense_are_refused),
        cmocka_unit_test(empty_has_no_figures),
        cmocka_unit_test(what_is_above_the_range_saturates),
        cmocka_unit_test(negative_counts_as_zero),
        cmocka_unit_test(reset_leaves_nothing),
        cmocka_unit_test(merge_is_as_if_recorded_in_one),
        cmocka_unit_test(merge_of_another_layout_keeps_counts_and_bounds),
        cmocka_unit_test(next_walks_what_was_recorded),
        cmocka_unit_test(decode_gives_back_what_was_encoded),
        cmocka_unit_test(cut_off_bytes_are_refused),
        cmocka_unit_test(lies_in_the_header_are_refused),
        cmocka_unit_test(counts_beyond_the_range_are_refused),
        cmocka_unit_test(javas_tool_reads_the_same_percentiles),
    };
    return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
