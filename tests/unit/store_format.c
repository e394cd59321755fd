/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes that docs/store-format.md shows are those that the writer makes,
 * and the schema it means is the one in the file. */
#include "lib/store/ints.h"
#include "lib/store/segment.h"
#include "lib/store/tail.h"
#include "lib/store/xor.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static char *document;

static int read_document(void **state)
{
    (void)state;
    const char *source = getenv("SCOPE_SOURCE");
    char path[512];
    snprintf(path, sizeof path, "%s/docs/store-format.md",
             source ? source : "..");
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    document = calloc(1, 100000);
    size_t size = fread(document, 1, 99999, file);
    fclose(file);
    return size ? 0 : -1;
}

static int free_document(void **state)
{
    (void)state;
    free(document);
    return 0;
}

/* The bytes of an example: pairs of digits at the start of each line. */
static size_t example(const char *name, uint8_t *bytes, size_t room)
{
    char mark[64];
    size_t count = 0;
    snprintf(mark, sizeof mark, "<!-- bytes: %s -->\n```\n", name);
    const char *at = strstr(document, mark);
    assert_non_null(at);
    at += strlen(mark);
    while (strncmp(at, "```", 3) != 0) {
        unsigned byte;
        int length;
        while (sscanf(at, "%2x%n", &byte, &length) == 1 && length == 2) {
            assert_true(count < room);
            bytes[count++] = (uint8_t)byte;
            at += 2;
            if (at[0] != ' ' || at[1] == ' ')
                break;
            at++;
            if (strspn(at, "0123456789abcdef") != 2)
                break;
        }
        at = strchr(at, '\n') + 1;
    }
    return count;
}

static void assert_example(const char *name, const uint8_t *bytes, size_t size)
{
    uint8_t shown[200];
    size_t count = example(name, shown, sizeof shown);
    assert_int_equal(count, size);
    assert_memory_equal(shown, bytes, size);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void tails_and_segments_are_as_shown(void **state)
{
    (void)state;
    static const int64_t times[] = {1000000000, 1100000000, 1200000100,
                                    1300000000};
    const uint64_t values[][3] = {{1000, (uint64_t)-5, bits_of(0.25)},
                                  {1010, (uint64_t)-5, 0},
                                  {1021, (uint64_t)-5, bits_of(0.75)},
                                  {1030, (uint64_t)-5, 0}};
    bool f64[] = {false, false, true};
    struct scope_window window = {0};
    struct scope_bytes row = {0};
    struct scope_bytes directory = {0};
    struct scope_bytes data = {0};
    int64_t id = scope_sweep_id(1, 0);
    for (int i = 0; i < 4; i++) {
        scope_tail_put(&row, &window, id + i, times[i], values[i],
                       (uint64_t[]){i % 2 ? 3 : 7}, 3, f64);
        if (i == 0)
            assert_example("tail 0", row.at, row.length);
        else if (i == 1)
            assert_example("tail 1", row.at, row.length);
    }
    struct scope_packer *packer = scope_packer_new(SCOPE_SQUEEZE_WORTHWHILE);
    scope_segment_put(packer, &window, id, f64, &directory, &data);
    assert_example("directory", directory.at, directory.length);
    assert_example("data", data.at, data.length);
    scope_packer_free(packer);
    scope_window_free(&window);
    free(row.at);
    free(directory.at);
    free(data.at);
}

static void codings_are_as_shown(void **state)
{
    (void)state;
    struct scope_bytes bytes = {0};
    uint64_t values[40] = {100, 101, 103, 100, 400, 102, 101, 102};
    scope_ints_put(&bytes, values, 8, false);
    assert_example("integers", bytes.at, bytes.length);
    for (size_t i = 0; i < 40; i++)
        values[i] = i == 20 ? 5000 : 50;
    bytes.length = 0;
    scope_ints_put(&bytes, values, 40, false);
    assert_example("exception", bytes.at, bytes.length);
    for (size_t i = 0; i < 40; i++)
        values[i] = i < 10 ? 50 : i < 30 ? 57 : 48;
    bytes.length = 0;
    scope_ints_put(&bytes, values, 40, false);
    assert_example("changes", bytes.at, bytes.length);
    bytes.length = 0;
    scope_xor_put(&bytes,
                  (uint64_t[]){bits_of(1.5), bits_of(1.5), bits_of(2.5)}, 3);
    assert_example("xor", bytes.at, bytes.length);
    free(bytes.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_and_segments_are_as_shown),
        cmocka_unit_test(codings_are_as_shown),
    };
    return cmocka_run_group_tests_name("store_format", tests, read_document,
                                       free_document);
}
