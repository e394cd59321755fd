/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rings of perf records, written here as the kernel writes them: order over
 * several rings, records that go over the end, and what cannot be one. */
#include "tests/unit/unit.h"

#include "lib/perf/ring.h"

#include <scope/alloc.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel's side of a ring: a file of the size in memory. */
struct kernel {
    int fd;
    struct perf_event_mmap_page *page;
    uint8_t *bytes;
    size_t size;
};

struct numbered {
    struct perf_event_header header;
    uint64_t time;
    uint64_t number;
    uint64_t more[61];
};

static struct kernel ring_new(size_t pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct kernel kernel = {.fd = memfd_create("ring", MFD_CLOEXEC),
                            .size = pages * page};
    assert_true(kernel.fd >= 0);
    assert_int_equal(ftruncate(kernel.fd, (off_t)(page + kernel.size)), 0);
    kernel.page = mmap(NULL, page + kernel.size, PROT_READ | PROT_WRITE,
                       MAP_SHARED, kernel.fd, 0);
    assert_ptr_not_equal(kernel.page, MAP_FAILED);
    kernel.bytes = (uint8_t *)kernel.page + page;
    return kernel;
}

static void ring_free(struct kernel *kernel)
{
    munmap(kernel->page, (size_t)sysconf(_SC_PAGESIZE) + kernel->size);
    close(kernel->fd);
}

static bool write_bytes(struct kernel *kernel, const void *bytes, size_t size)
{
    uint64_t head = kernel->page->data_head;
    if (head + size - kernel->page->data_tail > kernel->size)
        return false;
    for (size_t i = 0; i < size; i++)
        kernel->bytes[(head + i) % kernel->size] = ((const uint8_t *)bytes)[i];
    kernel->page->data_head = head + size;
    return true;
}

static bool write_record(struct kernel *kernel, uint64_t time, uint64_t number,
                         size_t more)
{
    struct numbered record = {.time = time, .number = number};
    for (size_t i = 0; i < more; i++)
        record.more[i] = number + i;
    record.header.size =
        (uint16_t)(offsetof(struct numbered, more) + more * sizeof(uint64_t));
    return write_bytes(kernel, &record, record.header.size);
}

static uint64_t time_of(const void *closure,
                        const struct perf_event_header *record)
{
    (void)closure;
    return ((const struct numbered *)record)->time;
}

static uint64_t number_of(const struct perf_event_header *record)
{
    assert_non_null(record);
    return ((const struct numbered *)record)->number;
}

static void records_of_all_rings_come_in_order(void **state)
{
    (void)state;
    struct kernel first = ring_new(1);
    struct kernel second = ring_new(2);
    struct perf_rings *rings = perf_rings_new(time_of, NULL);
    assert_true(perf_rings_add(rings, first.fd, 1));
    assert_true(perf_rings_add(rings, second.fd, second.size));
    assert_null(perf_rings_next(rings, UINT64_MAX));
    write_record(&first, 10, 1, 0);
    write_record(&first, 30, 3, 2);
    write_record(&second, 20, 2, 1);
    write_record(&second, 40, 4, 0);
    assert_int_equal(number_of(perf_rings_next(rings, 35)), 1);
    assert_int_equal(number_of(perf_rings_next(rings, 35)), 2);
    assert_int_equal(number_of(perf_rings_next(rings, 35)), 3);
    assert_null(perf_rings_next(rings, 35));
    /* What was given has made room, what waits has not. */
    assert_int_equal(first.page->data_tail, first.page->data_head);
    assert_true(second.page->data_tail < second.page->data_head);
    write_record(&first, 39, 5, 0);
    assert_int_equal(number_of(perf_rings_next(rings, 40)), 5);
    assert_int_equal(number_of(perf_rings_next(rings, 40)), 4);
    assert_null(perf_rings_next(rings, UINT64_MAX));
    assert_int_equal(perf_rings_broken(rings), 0);
    perf_rings_free(rings);
    ring_free(&first);
    ring_free(&second);
}

static void records_go_over_the_end_whole(void **state)
{
    (void)state;
    struct kernel kernel = ring_new(1);
    struct perf_rings *rings = perf_rings_new(time_of, NULL);
    assert_true(perf_rings_add(rings, kernel.fd, kernel.size));
    uint64_t wrapped = 0;
    for (uint64_t number = 0; number < 5000; number++) {
        size_t more = number * 7 % 61;
        uint64_t before = kernel.page->data_head / kernel.size;
        assert_true(write_record(&kernel, number, number, more));
        wrapped += kernel.page->data_head / kernel.size != before;
        const struct perf_event_header *record =
            perf_rings_next(rings, UINT64_MAX);
        assert_int_equal(number_of(record), number);
        for (size_t i = 0; i < more; i++)
            assert_int_equal(((const struct numbered *)record)->more[i],
                             number + i);
    }
    assert_true(wrapped > 100);
    assert_null(perf_rings_next(rings, UINT64_MAX));
    assert_int_equal(kernel.page->data_tail, kernel.page->data_head);
    perf_rings_free(rings);
    ring_free(&kernel);
}

static void a_full_ring_is_read_to_its_end(void **state)
{
    (void)state;
    struct kernel kernel = ring_new(1);
    struct perf_rings *rings = perf_rings_new(time_of, NULL);
    assert_true(perf_rings_add(rings, kernel.fd, kernel.size));
    for (int round = 0; round < 3; round++) {
        uint64_t count = 0;
        while (write_record(&kernel, count, count, 5))
            count++;
        assert_true(count > 10);
        for (uint64_t number = 0; number < count; number++)
            assert_int_equal(number_of(perf_rings_next(rings, UINT64_MAX)),
                             number);
        assert_null(perf_rings_next(rings, UINT64_MAX));
    }
    perf_rings_free(rings);
    ring_free(&kernel);
}

static void what_is_no_record_ends_nothing(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {0, 4, 9, 20, 4088, UINT16_MAX};
    struct kernel kernel = ring_new(1);
    struct perf_rings *rings = perf_rings_new(time_of, NULL);
    assert_true(perf_rings_add(rings, kernel.fd, kernel.size));
    for (uint64_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct numbered bad = {.header.size = sizes[i]};
        write_bytes(&kernel, &bad, 64);
        assert_null(perf_rings_next(rings, UINT64_MAX));
        assert_int_equal(perf_rings_broken(rings), i + 1);
        assert_true(write_record(&kernel, 1, 7, 0));
        assert_int_equal(number_of(perf_rings_next(rings, UINT64_MAX)), 7);
    }
    /* More than a ring can hold. */
    assert_null(perf_rings_next(rings, UINT64_MAX));
    kernel.page->data_head += 3 * kernel.size;
    assert_null(perf_rings_next(rings, UINT64_MAX));
    assert_int_equal(perf_rings_broken(rings),
                     sizeof sizes / sizeof *sizes + 1);
    perf_rings_free(rings);
    ring_free(&kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_all_rings_come_in_order),
        cmocka_unit_test(records_go_over_the_end_whole),
        cmocka_unit_test(a_full_ring_is_read_to_its_end),
        cmocka_unit_test(what_is_no_record_ends_nothing),
    };
    return cmocka_run_group_tests_name("perf_ring", tests, NULL, NULL);
}
