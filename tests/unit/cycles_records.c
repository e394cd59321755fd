/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of perf taken apart: what each says, and that none is read beyond
 * its end, wherever it is cut. */
#include "tests/unit/unit.h"

#include "collectors/cycles/records.h"

#include <scope/alloc.h>

#define REGS 3

static const struct cycles_layout plain = {.stack = false};
static const struct cycles_layout dwarf = {.stack = true, .regs = REGS};

/* A record in the making. */
struct draft {
    uint64_t words[256];
    size_t count;
};

static struct draft begin(uint32_t type, uint16_t misc)
{
    const struct perf_event_header header = {.type = type, .misc = misc};
    struct draft draft = {.count = 1};
    memcpy(draft.words, &header, sizeof header);
    return draft;
}

static void add(struct draft *draft, uint64_t word)
{
    draft->words[draft->count++] = word;
}

static void add_pair(struct draft *draft, uint32_t first, uint32_t second)
{
    const uint32_t pair[2] = {first, second};
    memcpy(&draft->words[draft->count++], pair, sizeof pair);
}

static void add_text(struct draft *draft, const char *text)
{
    size_t words = strlen(text) / 8 + 1;
    memset(&draft->words[draft->count], 0, words * 8);
    memcpy(&draft->words[draft->count], text, strlen(text));
    draft->count += words;
}

/* What every record but a sample ends with. */
static void add_trailer(struct draft *draft, uint64_t time)
{
    add_pair(draft, 7, 8);
    add(draft, time);
    add_pair(draft, 1, 0);
}

/* Where a draft is parsed: in memory of exactly its size. */
struct parsed {
    struct perf_event_header *header;
    struct cycles_record record;
    bool good;
};

static struct parsed parse(const struct draft *draft, size_t size,
                           const struct cycles_layout *layout)
{
    struct parsed parsed = {.header = scope_alloc(1, size)};
    memcpy(parsed.header, draft->words, size);
    parsed.header->size = (uint16_t)size;
    parsed.good = cycles_record_parse(layout, parsed.header, &parsed.record);
    return parsed;
}

static struct parsed parse_whole(const struct draft *draft,
                                 const struct cycles_layout *layout)
{
    return parse(draft, draft->count * sizeof(uint64_t), layout);
}

/* Cut anywhere it is refused: sizes are multiples of 8. */
static void refuse_all_cuts(const struct draft *draft,
                            const struct cycles_layout *layout)
{
    for (size_t words = 1; words < draft->count; words++) {
        struct parsed parsed = parse(draft, words * sizeof(uint64_t), layout);
        (void)cycles_record_time(parsed.header);
        assert_false(parsed.good);
        free(parsed.header);
    }
}

static struct draft make_sample(uint64_t chain)
{
    struct draft draft = begin(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
    add(&draft, 0x1234);
    add_pair(&draft, 100, 101);
    add(&draft, 5000);
    add_pair(&draft, 1, 0);
    add(&draft, 10101010);
    add(&draft, chain);
    for (uint64_t i = 0; i < chain; i++)
        add(&draft, 0x2000 + i);
    return draft;
}

static void a_sample_says_where_it_was(void **state)
{
    (void)state;
    struct draft draft = make_sample(5);
    struct parsed parsed = parse_whole(&draft, &plain);
    const struct cycles_sample *sample = &parsed.record.sample;
    assert_true(parsed.good);
    assert_int_equal(parsed.record.pid, 100);
    assert_int_equal(parsed.record.tid, 101);
    assert_int_equal(parsed.record.time, 5000);
    assert_int_equal(cycles_record_time(parsed.header), 5000);
    assert_int_equal(sample->ip, 0x1234);
    assert_int_equal(sample->period, 10101010);
    assert_true(sample->kernel);
    assert_false(sample->guest);
    assert_int_equal(sample->chain_count, 5);
    assert_int_equal(sample->chain[4], 0x2004);
    assert_null(sample->regs);
    assert_null(sample->stack);
    free(parsed.header);
    refuse_all_cuts(&draft, &plain);
    draft.words[6] = UINT64_MAX / 8; /* frames */
    parsed = parse_whole(&draft, &plain);
    assert_false(parsed.good);
    free(parsed.header);
}

static void a_stack_is_as_long_as_was_copied(void **state)
{
    (void)state;
    struct draft draft = make_sample(2);
    add(&draft, PERF_SAMPLE_REGS_ABI_64);
    for (uint64_t i = 0; i < REGS; i++)
        add(&draft, 0x700 + i);
    add(&draft, 64);
    for (uint64_t i = 0; i < 8; i++)
        add(&draft, 0x900 + i);
    add(&draft, 40);
    struct parsed parsed = parse_whole(&draft, &dwarf);
    const struct cycles_sample *sample = &parsed.record.sample;
    assert_true(parsed.good);
    assert_int_equal(sample->regs[REGS - 1], 0x702);
    assert_int_equal(sample->stack_size, 40);
    assert_int_equal(((const uint64_t *)sample->stack)[4], 0x904);
    free(parsed.header);
    refuse_all_cuts(&draft, &dwarf);
    /* More copied than there is room for. */
    draft.words[draft.count - 1] = 72;
    parsed = parse_whole(&draft, &dwarf);
    assert_false(parsed.good);
    free(parsed.header);
}

static void without_a_user_there_are_no_registers(void **state)
{
    (void)state;
    struct draft draft = make_sample(1);
    add(&draft, PERF_SAMPLE_REGS_ABI_NONE);
    add(&draft, 0);
    struct parsed parsed = parse_whole(&draft, &dwarf);
    assert_true(parsed.good);
    assert_null(parsed.record.sample.regs);
    assert_int_equal(parsed.record.sample.stack_size, 0);
    free(parsed.header);
    /* Those of a 32-bit program are not understood, and left out. */
    draft = make_sample(1);
    add(&draft, PERF_SAMPLE_REGS_ABI_32);
    for (uint64_t i = 0; i < REGS; i++)
        add(&draft, i);
    add(&draft, 0);
    parsed = parse_whole(&draft, &dwarf);
    assert_true(parsed.good);
    assert_null(parsed.record.sample.regs);
    free(parsed.header);
}

static void a_map_has_its_file(void **state)
{
    (void)state;
    struct draft draft = begin(PERF_RECORD_MMAP2, 0);
    add_pair(&draft, 100, 101);
    add(&draft, 0x400000);
    add(&draft, 0x2000);
    add(&draft, 0x1000);
    add_pair(&draft, 254, 1);
    add(&draft, 4711);
    add(&draft, 0);
    add_pair(&draft, 5, 2); /* PROT_READ | PROT_EXEC, MAP_PRIVATE */
    add_text(&draft, "/usr/sbin/a \"hostile\x1b[31m\" name");
    add_trailer(&draft, 77);
    struct parsed parsed = parse_whole(&draft, &plain);
    const struct cycles_mapped *mapped = &parsed.record.mapped;
    assert_true(parsed.good);
    assert_int_equal(parsed.record.pid, 100);
    assert_int_equal(parsed.record.time, 77);
    assert_int_equal(mapped->start, 0x400000);
    assert_int_equal(mapped->size, 0x2000);
    assert_int_equal(mapped->offset, 0x1000);
    assert_int_equal(mapped->major, 254);
    assert_int_equal(mapped->minor, 1);
    assert_int_equal(mapped->inode, 4711);
    assert_true(mapped->executable);
    assert_string_equal(mapped->path, "/usr/sbin/a \"hostile\x1b[31m\" name");
    free(parsed.header);
    draft.words[8] &= ~UINT64_C(4);
    parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_false(parsed.record.mapped.executable);
    free(parsed.header);
    /* A name must end before the trailer begins. */
    draft.words[draft.count - 4] = UINT64_MAX;
    parsed = parse_whole(&draft, &plain);
    assert_false(parsed.good);
    free(parsed.header);
}

static void names_forks_and_ends_are_told_apart(void **state)
{
    (void)state;
    struct draft draft = begin(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
    add_pair(&draft, 100, 101);
    add_text(&draft, "haproxy");
    add_trailer(&draft, 78);
    struct parsed parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_true(parsed.record.comm.exec);
    assert_int_equal(parsed.record.tid, 101);
    assert_string_equal(parsed.record.comm.name, "haproxy");
    free(parsed.header);
    refuse_all_cuts(&draft, &plain);

    draft = begin(PERF_RECORD_FORK, 0);
    add_pair(&draft, 200, 100);
    add_pair(&draft, 201, 101);
    add(&draft, 79);
    add_trailer(&draft, 79);
    parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_int_equal(parsed.record.pid, 200);
    assert_int_equal(parsed.record.tid, 201);
    assert_int_equal(parsed.record.parent.pid, 100);
    assert_int_equal(parsed.record.parent.tid, 101);
    free(parsed.header);
}

static void losses_are_counted(void **state)
{
    (void)state;
    struct draft draft = begin(PERF_RECORD_LOST, 0);
    add(&draft, 99);
    add(&draft, 12);
    add_trailer(&draft, 80);
    struct parsed parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_int_equal(parsed.record.lost, 12);
    free(parsed.header);
    refuse_all_cuts(&draft, &plain);
    draft = begin(PERF_RECORD_LOST_SAMPLES, 0);
    add(&draft, 13);
    add_trailer(&draft, 81);
    parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_int_equal(parsed.record.lost, 13);
    free(parsed.header);
}

static void other_records_are_let_pass(void **state)
{
    (void)state;
    struct draft draft = begin(PERF_RECORD_KSYMBOL, 0);
    add(&draft, 1);
    add_trailer(&draft, 82);
    struct parsed parsed = parse_whole(&draft, &plain);
    assert_true(parsed.good);
    assert_int_equal(parsed.record.type, PERF_RECORD_KSYMBOL);
    assert_int_equal(parsed.record.time, 82);
    free(parsed.header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_says_where_it_was),
        cmocka_unit_test(a_stack_is_as_long_as_was_copied),
        cmocka_unit_test(without_a_user_there_are_no_registers),
        cmocka_unit_test(a_map_has_its_file),
        cmocka_unit_test(names_forks_and_ends_are_told_apart),
        cmocka_unit_test(losses_are_counted),
        cmocka_unit_test(other_records_are_let_pass),
    };
    return cmocka_run_group_tests_name("cycles_records", tests, NULL, NULL);
}
