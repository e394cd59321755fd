/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The searches against servers that are formulas: brackets, noise, limits of
 * the generator and of the server, and what cannot be reached. */
#include "tests/unit/unit.h"

#include "src/cpu_search.h"
#include "src/max_search.h"

#include <math.h>
#include <stdint.h>

/* The same noise in every run: uniform in -1 .. 1. */
static double noise(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (double)(*state >> 33) / (double)(UINT64_C(1) << 30) - 1;
}

/* --- the highest rate ----------------------------------------------------- */

struct server {
    double knee;         /* passes up to here */
    double blur;         /* share of the knee in which it is a toss */
    double driver_limit; /* the generator is not fit above this */
    uint64_t seed;
    unsigned steps, confirmations;
};

static enum search_outcome serve(struct server *server, double rate)
{
    server->steps++;
    if (server->driver_limit > 0 && rate > server->driver_limit)
        return SEARCH_DRIVER;
    double at = server->knee * (1 + server->blur * noise(&server->seed));
    return rate <= at ? SEARCH_PASSED : SEARCH_FAILED;
}

static void find(struct max_search *search, struct server *server)
{
    while (max_search_goes_on(search)) {
        server->confirmations += search->phase == MAX_CONFIRM;
        max_search_tell(search, serve(server, search->rate));
        assert_true(server->steps < 200);
    }
}

static void a_knee_is_bracketed_to_the_precision(void **state)
{
    (void)state;
    for (double knee = 1.5; knee < 3e6; knee *= 2.7) {
        struct server server = {.knee = knee, .seed = 1};
        struct max_search search;
        max_search_begin(&search, 1000, 2, 0.02, 1e7);
        find(&search, &server);
        assert_true(max_search_confirmed(&search));
        assert_int_equal(server.confirmations, 1);
        assert_true(search.passed <= knee && search.failed > knee);
        assert_true(search.failed - search.passed <= 0.03 * search.failed ||
                    search.failed - search.passed <= 1);
        assert_true(server.steps < 40);
        assert_int_equal(search.failure, SEARCH_FAILED);
    }
}

static void nothing_passes_below_the_least_rate(void **state)
{
    (void)state;
    struct server server = {.knee = 0.1};
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.02, 1e7);
    find(&search, &server);
    assert_int_equal(search.phase, MAX_NONE);
    assert_false(max_search_confirmed(&search));
    assert_true(search.failed <= 1);
}

static void a_server_without_a_limit_ends_at_the_highest_rate(void **state)
{
    (void)state;
    struct server server = {.knee = 1e12};
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.02, 50000);
    find(&search, &server);
    assert_true(max_search_confirmed(&search));
    assert_true(search.passed == 50000);
    assert_true(isinf(search.failed));
}

static void a_generator_that_is_the_limit_is_told_apart(void **state)
{
    (void)state;
    struct server server = {.knee = 1e12, .driver_limit = 12345};
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.02, 1e7);
    find(&search, &server);
    assert_true(max_search_confirmed(&search));
    assert_int_equal(search.failure, SEARCH_DRIVER);
    assert_true(search.passed <= 12345 && search.passed > 12345 * 0.97);
}

/* One bad moment of the generator is tried again, and costs nothing. */
static void a_hiccup_does_not_halve_the_rate(void **state)
{
    (void)state;
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.02, 1e7);
    max_search_tell(&search, SEARCH_DRIVER);
    assert_true(search.rate == 1000);
    max_search_tell(&search, SEARCH_PASSED);
    assert_true(search.rate == 2000);
    max_search_tell(&search, SEARCH_DRIVER);
    max_search_tell(&search, SEARCH_PASSED);
    assert_true(search.rate == 4000);
}

static void noise_around_the_knee_does_not_lose_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct server server = {.knee = 20000, .blur = 0.05, .seed = seed};
        struct max_search search;
        max_search_begin(&search, 1000, 2, 0.02, 1e7);
        find(&search, &server);
        assert_true(max_search_confirmed(&search));
        assert_true(search.passed > 20000 * 0.85);
        assert_true(search.passed < 20000 * 1.06);
        assert_true(search.passed < search.failed);
    }
}

/* A confirmation that fails twice of three steps down. */
static void what_is_not_confirmed_steps_down(void **state)
{
    (void)state;
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.5, 1e7);
    max_search_tell(&search, SEARCH_PASSED); /* 1000 */
    max_search_tell(&search, SEARCH_FAILED); /* 2000 */
    assert_int_equal(search.phase, MAX_CONFIRM);
    assert_true(search.rate == 1000);
    max_search_tell(&search, SEARCH_FAILED);
    assert_true(search.rate == 1000);
    max_search_tell(&search, SEARCH_PASSED);
    assert_true(search.rate == 1000); /* one of two: not yet */
    max_search_tell(&search, SEARCH_FAILED);
    assert_int_equal(search.phase, MAX_CONFIRM);
    assert_true(search.rate == 500 && search.failed == 1000);
    max_search_tell(&search, SEARCH_PASSED);
    assert_true(max_search_confirmed(&search));
    assert_true(search.passed == 500);
}

static void a_search_that_is_late_confirms_what_it_has(void **state)
{
    (void)state;
    struct max_search search;
    max_search_begin(&search, 1000, 2, 0.02, 1e7);
    max_search_tell(&search, SEARCH_PASSED);
    max_search_tell(&search, SEARCH_PASSED);
    max_search_hurry(&search);
    assert_int_equal(search.phase, MAX_CONFIRM);
    assert_true(search.rate == 2000);
    max_search_tell(&search, SEARCH_PASSED);
    assert_true(max_search_confirmed(&search));
    max_search_begin(&search, 1000, 2, 0.02, 1e7);
    max_search_tell(&search, SEARCH_FAILED);
    max_search_hurry(&search);
    assert_int_equal(search.phase, MAX_NONE);
}

/* --- the share of a CPU --------------------------------------------------- */

struct process {
    double idle, cost; /* share without load; CPU seconds a request */
    double bend;       /* share of the cost saved at high rates (batching) */
    double noise;      /* of a share */
    double saturation; /* share at which it answers no more; 0: none */
    double driver_limit;
    uint64_t seed;
};

static struct cpu_step load(struct process *process, double rate)
{
    struct cpu_step step = {.achieved = 1, .driver_fit = true};
    double cost = process->cost * (1 - process->bend * rate / (rate + 20000));
    double cpu = process->idle + cost * rate;
    if (process->saturation > 0 && cpu > process->saturation) {
        step.achieved = (process->saturation - process->idle) / (cost * rate);
        cpu = process->saturation;
    }
    step.driver_fit =
        process->driver_limit <= 0 || rate <= process->driver_limit;
    step.cpu = fmax(0, cpu + process->noise * noise(&process->seed));
    return step;
}

static void seek(struct cpu_search *search, struct process *process,
                 double target, double from)
{
    cpu_search_begin(search, target, 0.02, from, 1e7);
    while (search->end == CPU_GOES_ON) {
        struct cpu_step step = load(process, search->rate);
        cpu_search_tell(search, &step);
        assert_true(search->steps <= search->most_steps);
    }
}

static double share_at(const struct process *process, double rate)
{
    struct process quiet = *process;
    quiet.noise = 0;
    return load(&quiet, rate).cpu;
}

static void a_share_is_found_from_below_and_from_above(void **state)
{
    (void)state;
    static const double starts[] = {10, 1000, 200000};
    for (size_t i = 0; i < 3; i++)
        for (double target = 0.1; target < 2; target += 0.17) {
            struct process process = {.idle = 0.01, .cost = 30e-6, .bend = 0.5};
            struct cpu_search search;
            seek(&search, &process, target, starts[i]);
            assert_int_equal(search.end, CPU_FOUND);
            assert_true(fabs(share_at(&process, search.rate) - target) <= 0.02);
            assert_true(search.steps <= 16);
        }
}

static void noise_does_not_lead_it_away(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct process process = {
            .idle = 0.02, .cost = 50e-6, .noise = 0.03, .seed = seed};
        struct cpu_search search;
        seek(&search, &process, 0.6, 1000);
        assert_int_equal(search.end, CPU_FOUND);
        assert_true(fabs(share_at(&process, search.rate) - 0.6) <= 0.06);
    }
}

static void a_server_that_saturates_below_is_said_to(void **state)
{
    (void)state;
    struct process process = {.cost = 50e-6, .saturation = 0.4};
    struct cpu_search search;
    seek(&search, &process, 0.6, 1000);
    assert_int_equal(search.end, CPU_SATURATED);
    assert_true(search.best_rate > 6000 && search.best_rate < 8500);
}

static void a_generator_that_cannot_is_said_to(void **state)
{
    (void)state;
    struct process process = {.cost = 5e-6, .driver_limit = 30000};
    struct cpu_search search;
    seek(&search, &process, 0.6, 1000);
    assert_int_equal(search.end, CPU_DRIVER);
    assert_true(search.best_rate <= 30000);
}

static void a_process_that_does_not_work_is_said_to_be_flat(void **state)
{
    (void)state;
    struct process process = {.idle = 0.1};
    struct cpu_search search;
    seek(&search, &process, 0.6, 1000);
    assert_int_equal(search.end, CPU_FLAT);
}

static void a_process_that_is_never_idle_is_said_to(void **state)
{
    (void)state;
    struct process process = {.idle = 0.8, .cost = 1e-6};
    struct cpu_search search;
    seek(&search, &process, 0.6, 1000);
    assert_int_equal(search.end, CPU_IDLE);
}

static void a_share_beyond_the_highest_rate_is_said_to_be(void **state)
{
    (void)state;
    struct process process = {.cost = 1e-6};
    struct cpu_search search;
    cpu_search_begin(&search, 0.6, 0.02, 1000, 20000);
    while (search.end == CPU_GOES_ON) {
        struct cpu_step step = load(&process, search.rate);
        cpu_search_tell(&search, &step);
    }
    assert_int_equal(search.end, CPU_MOST);
}

static void a_hold_that_missed_corrects_the_rate(void **state)
{
    (void)state;
    struct process process = {.cost = 50e-6};
    struct cpu_search search;
    seek(&search, &process, 0.6, 1000);
    double rate = search.rate;
    assert_true(cpu_search_correct(&search, 0.7));
    assert_true(search.rate < rate && search.rate > rate * 0.8);
    assert_false(cpu_search_correct(&search, 0.6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_knee_is_bracketed_to_the_precision),
        cmocka_unit_test(nothing_passes_below_the_least_rate),
        cmocka_unit_test(a_server_without_a_limit_ends_at_the_highest_rate),
        cmocka_unit_test(a_generator_that_is_the_limit_is_told_apart),
        cmocka_unit_test(a_hiccup_does_not_halve_the_rate),
        cmocka_unit_test(noise_around_the_knee_does_not_lose_it),
        cmocka_unit_test(what_is_not_confirmed_steps_down),
        cmocka_unit_test(a_search_that_is_late_confirms_what_it_has),
        cmocka_unit_test(a_share_is_found_from_below_and_from_above),
        cmocka_unit_test(noise_does_not_lead_it_away),
        cmocka_unit_test(a_server_that_saturates_below_is_said_to),
        cmocka_unit_test(a_generator_that_cannot_is_said_to),
        cmocka_unit_test(a_process_that_does_not_work_is_said_to_be_flat),
        cmocka_unit_test(a_process_that_is_never_idle_is_said_to),
        cmocka_unit_test(a_share_beyond_the_highest_rate_is_said_to_be),
        cmocka_unit_test(a_hold_that_missed_corrects_the_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
