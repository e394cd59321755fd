/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many applications at once: the figures over all of them are those of each
 * added up, whatever the order, and from several threads. */
#include "tests/unit/unit.h"

#include "plugins/backends/oco/apps.h"

#include <pthread.h>
#include <scope/alloc.h>
#include <stdbool.h>
#include <stdlib.h>

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*seed >> 33) % limit);
}

static void assert_statistics(struct oco_statistics statistics,
                              const uint64_t *cycles, const bool *known,
                              uint32_t count)
{
    struct oco_statistics wanted = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (!known[i])
            continue;
        if (!wanted.apps || cycles[i] < wanted.min)
            wanted.min = cycles[i];
        if (cycles[i] > wanted.max)
            wanted.max = cycles[i];
        wanted.sum += cycles[i];
        wanted.apps++;
    }
    assert_int_equal(statistics.apps, wanted.apps);
    assert_int_equal(statistics.sum, wanted.sum);
    assert_int_equal(statistics.min, wanted.min);
    assert_int_equal(statistics.max, wanted.max);
}

enum { FEW = 13, STEPS = 20000 };

/* Joining and advancing at random, against counting. */
static void evenness_is_what_counting_says(void **state)
{
    (void)state;
    struct oco_evenness evenness;
    uint64_t cycles[FEW] = {0};
    uint32_t buckets[FEW];
    bool known[FEW] = {false};
    uint64_t seed = 1;
    oco_evenness_init(&evenness, FEW);
    assert_statistics(oco_evenness_read(&evenness), cycles, known, FEW);
    for (int i = 0; i < STEPS; i++) {
        /* Some much more often than others. */
        uint32_t app = random_below(&seed, 1 + random_below(&seed, FEW));
        if (!known[app]) {
            buckets[app] = oco_evenness_join(&evenness, 0);
            known[app] = true;
        } else {
            buckets[app] = oco_evenness_advance(&evenness, buckets[app]);
            cycles[app]++;
        }
        assert_int_equal(evenness.buckets[buckets[app]].cycles, cycles[app]);
        assert_statistics(oco_evenness_read(&evenness), cycles, known, FEW);
    }
    oco_evenness_free(&evenness);
}

static void evenness_joins_in_any_order(void **state)
{
    (void)state;
    static const uint64_t orders[][5] = {
        {5, 0, 9, 5, 7}, {0, 0, 0, 0, 0}, {1, 2, 3, 4, 5}, {9, 7, 5, 3, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct oco_evenness evenness;
        const bool known[5] = {true, true, true, true, true};
        oco_evenness_init(&evenness, 5);
        for (int j = 0; j < 5; j++)
            oco_evenness_join(&evenness, orders[i][j]);
        assert_statistics(oco_evenness_read(&evenness), orders[i], known, 5);
        oco_evenness_free(&evenness);
    }
}

static enum oco_verdict feed(struct oco_apps *apps, uint32_t app,
                             enum oco_event event, int64_t progress)
{
    const struct oco_message message = {.event = event,
                                        .has_progress = progress >= 0,
                                        .progress =
                                            progress < 0 ? 0 : progress};
    return oco_apps_feed(apps, app, &message).verdict;
}

/* From start-measure back to there: one cycle. */
static void go_around(struct oco_apps *apps, uint32_t app)
{
    static const struct {
        enum oco_event event;
        int progress;
        enum oco_verdict verdict;
    } turn[] = {
        {OCO_WHATS_NEXT, -1, OCO_TOLD},  {OCO_MEASUREMENT, 10, OCO_DONE},
        {OCO_MEASUREMENT, 60, OCO_DONE}, {OCO_MEASUREMENT, -1, OCO_DONE},
        {OCO_WHATS_NEXT, -1, OCO_TOLD},  {OCO_ADJUSTMENT, 5, OCO_DONE},
        {OCO_ADJUSTMENT, -1, OCO_DONE},
    };
    for (size_t i = 0; i < sizeof turn / sizeof *turn; i++)
        if (feed(apps, app, turn[i].event, turn[i].progress) != turn[i].verdict)
            abort();
}

enum { APPS = 100, THREADS = 4, TURNS = 3000 };

struct share {
    struct oco_apps *apps;
    uint32_t first;
    uint64_t turns[APPS];
};

/* Half of the threads' applications are theirs alone; all say things of the
 * last one, which may be refused. */
static void *drive_share(void *closure)
{
    struct share *share = closure;
    uint64_t seed = share->first;
    for (int i = 0; i < TURNS; i++) {
        uint32_t app =
            share->first + THREADS * random_below(&seed, APPS / THREADS - 1);
        go_around(share->apps, app);
        share->turns[app]++;
        feed(share->apps, APPS - 1, OCO_HELLO, -1);
        feed(share->apps, APPS - 1, OCO_GOODBYE, -1);
    }
    return NULL;
}

static void threads_share_the_figures(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(APPS);
    static struct share shares[THREADS];
    pthread_t threads[THREADS];
    bool known[APPS];
    uint64_t cycles[APPS] = {0};
    assert_false(oco_apps_changed(apps));
    for (uint32_t i = 0; i < APPS; i++) {
        known[i] = true;
        assert_int_equal(feed(apps, i, OCO_HELLO, -1), OCO_DONE);
        if (i != APPS - 1)
            assert_int_equal(feed(apps, i, OCO_DESCRIPTION, -1), OCO_DONE);
    }
    assert_true(oco_apps_changed(apps));
    assert_false(oco_apps_changed(apps));
    for (uint32_t i = 0; i < THREADS; i++) {
        shares[i] = (struct share){.apps = apps, .first = i};
        assert_int_equal(
            pthread_create(&threads[i], NULL, drive_share, &shares[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        for (int j = 0; j < APPS; j++)
            cycles[j] += shares[i].turns[j];
    }
    assert_true(oco_apps_changed(apps));
    for (uint32_t i = 0; i < APPS; i++)
        assert_int_equal(oco_apps_standing(apps, i).cycles, cycles[i]);
    assert_statistics(oco_apps_statistics(apps), cycles, known, APPS);
    oco_apps_free(apps);
}

static void what_is_restored_goes_on(void **state)
{
    (void)state;
    static const uint64_t cycles[] = {4, 9, 0, 4, 0};
    static const bool known[] = {true, true, true, true, false};
    struct oco_standing standings[5] = {0};
    for (int i = 0; i < 4; i++)
        standings[i] = (struct oco_standing){.state = OCO_START_MEASURE,
                                             .command = OCO_MEASURE,
                                             .cycles = cycles[i]};
    struct oco_apps *apps = oco_apps_new(5);
    oco_apps_restore(apps, standings);
    assert_statistics(oco_apps_statistics(apps), cycles, known, 5);
    for (uint32_t i = 0; i < 4; i++) {
        go_around(apps, i);
        assert_int_equal(oco_apps_standing(apps, i).cycles, cycles[i] + 1);
    }
    assert_int_equal(feed(apps, 4, OCO_WHATS_NEXT, -1), OCO_UNKNOWN);
    oco_apps_free(apps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evenness_is_what_counting_says),
        cmocka_unit_test(evenness_joins_in_any_order),
        cmocka_unit_test(threads_share_the_figures),
        cmocka_unit_test(what_is_restored_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
