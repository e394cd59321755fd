/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flame graphs: sums and places, what is too narrow, which differences are
 * beyond chance, and every format, hostile names too. */
#include "lib/present/flame.h"
#include "lib/base/sha256.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>

/* all 100 = a 60 (b 30 (c 10), d 20) + e 40, self 10 0 ... */
enum {
    A = 1,
    B,
    C,
    D,
    E,
};

static const struct scope_flame_spec plain = {.unit = SCOPE_UNIT_NS,
                                              .cost = "CPU time"};

static unsigned add(struct scope_flame *flame, unsigned parent,
                    const char *name, double self, unsigned group)
{
    return scope_flame_add(flame, &(struct scope_flame_frame){
                                      .parent = parent,
                                      .name = name,
                                      .detail = "libx.so",
                                      .group = group,
                                      .self = self,
                                      .samples = (uint64_t)self,
                                  });
}

static struct scope_flame *add_small(struct scope_report *report,
                                     const struct scope_flame_spec *spec)
{
    struct scope_flame *flame =
        scope_report_flame(report, "flame", "Where it goes", spec);
    scope_flame_group(flame, "user");
    scope_flame_group(flame, "kernel");
    assert_int_equal(add(flame, 0, "a", 10, 0), A);
    assert_int_equal(add(flame, A, "b", 20, 0), B);
    assert_int_equal(add(flame, B, "c", 10, 1), C);
    assert_int_equal(add(flame, A, "d", 20, 1), D);
    assert_int_equal(add(flame, 0, "E", 40, 0), E);
    return flame;
}

static void sums_and_places_follow_from_the_tree(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_flame *flame = add_small(report, &plain);
    struct scope_flame_shape shape;
    scope_flame_shape_make(flame, &shape);
    static const double totals[] = {100, 60, 30, 10, 20, 40};
    static const unsigned depths[] = {0, 1, 2, 3, 2, 1};
    /* Siblings by name, in the bytes' order: E is before a. */
    static const double lefts[] = {0, 0.4, 0.4, 0.4, 0.7, 0};
    static const unsigned order[] = {0, E, A, B, C, D};
    for (unsigned i = 0; i < 6; i++) {
        assert_true(shape.sums[i].total == totals[i]);
        assert_int_equal(shape.sums[i].samples, (int)totals[i]);
        assert_int_equal(shape.sums[i].depth, depths[i]);
        assert_true(fabs(shape.sums[i].left - lefts[i]) < 1e-12);
        assert_int_equal(shape.order[i], order[i]);
    }
    assert_true(scope_flame_share(&shape, B) == 0.3);
    scope_flame_shape_free(&shape);
    scope_report_free(report);
}

static size_t hundred(void *closure, unsigned node)
{
    ++*(size_t *)closure;
    (void)node;
    return 100;
}

static void narrow_frames_are_left_out(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_flame *flame = add_small(report, &plain);
    struct scope_flame_shape shape;
    size_t asked = 0;
    scope_flame_shape_make(flame, &shape);
    bool *shown = scope_flame_choose(&shape, 0.15, 1000, hundred, &asked);
    assert_int_equal(asked, 5);
    assert_true(shown[0] && shown[A] && shown[B] && shown[D] && shown[E]);
    struct scope_flame_rest rest = scope_flame_omitted(&shape, shown);
    assert_int_equal(rest.count, 1);
    assert_true(fabs(rest.share - 0.1) < 1e-12);
    assert_true(fabs(rest.widest - 0.1) < 1e-12);
    free(shown);
    /* Room for the root, a, E and b; not for d of 20. */
    shown = scope_flame_choose(&shape, 0, 400, hundred, &asked);
    assert_true(shown[0] && shown[A] && shown[B] && shown[E]);
    rest = scope_flame_omitted(&shape, shown);
    assert_int_equal(rest.count, 2);
    assert_true(fabs(rest.share - 0.3) < 1e-12);
    assert_true(fabs(rest.widest - 0.2) < 1e-12);
    assert_int_equal(rest.gone, 0);
    free(shown);
    scope_flame_shape_free(&shape);
    scope_report_free(report);
}

/* Of frames as wide as each other, those nearer to the root. */
static void chains_are_cut_at_their_ends(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_flame *flame = scope_report_flame(report, "f", "F", &plain);
    struct scope_flame_shape shape;
    size_t asked = 0;
    for (int chain = 0; chain < 3; chain++) {
        unsigned at = add(flame, 0, "a", 0, 0);
        at = add(flame, at, "b", 0, 0);
        add(flame, at, "c", 1, 0);
    }
    scope_flame_shape_make(flame, &shape);
    bool *shown = scope_flame_choose(&shape, 0, 600, hundred, &asked);
    for (unsigned i = 1; i <= 9; i++)
        assert_int_equal(shown[i], i % 3 == 1 || i == 2 || i == 5);
    struct scope_flame_rest rest = scope_flame_omitted(&shape, shown);
    assert_int_equal(rest.count, 4);
    assert_true(fabs(rest.share - 1) < 1e-12);
    free(shown);
    scope_flame_shape_free(&shape);
    scope_report_free(report);
}

static void add_both(struct scope_flame *flame, const char *name, double self,
                     uint64_t samples, double other, uint64_t other_samples)
{
    scope_flame_add(flame, &(struct scope_flame_frame){
                               .name = name,
                               .self = self,
                               .samples = samples,
                               .other = other,
                               .other_samples = other_samples,
                           });
}

/* 1000 samples of 1 ns against 2000 of 0.5 ns, so that one sample of this side
 * is worth two of the other's. */
static void differences_are_weighed_against_chance(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("");
    struct scope_flame_spec spec = plain;
    spec.side = "B";
    spec.against = "A";
    struct scope_flame *flame = scope_report_flame(report, "f", "F", &spec);
    struct scope_flame_shape shape;
    add_both(flame, "more", 140, 140, 100, 200);
    add_both(flame, "less", 60, 60, 100, 200);
    add_both(flame, "chance", 110, 110, 100, 200);
    add_both(flame, "gone", 0, 0, 50, 100);
    add_both(flame, "new", 50, 50, 0, 0);
    add_both(flame, "bulk", 640, 640, 650, 1300);
    scope_flame_shape_make(flame, &shape);
    /* rate = 340 / (1 + 2); its variance over both = rate * 1.5 = 170 */
    assert_true(fabs(scope_flame_score(&shape, 1) - 40 / sqrt(170)) < 1e-12);
    assert_true(fabs(scope_flame_change(&shape, 1) - 0.04) < 1e-12);
    assert_true(fabs(scope_flame_change(&shape, 2) + 0.04) < 1e-12);
    assert_true(scope_flame_score(&shape, 3) > 0.5);
    assert_true(scope_flame_change(&shape, 3) == 0);
    assert_true(fabs(scope_flame_change(&shape, 4) + 0.05) < 1e-12);
    assert_true(fabs(scope_flame_change(&shape, 5) - 0.05) < 1e-12);
    assert_true(scope_flame_change(&shape, 6) == 0);
    assert_true(scope_flame_change(&shape, 0) == 0);
    static const bool all[7] = {true, true, true, true, true, true, true};
    struct scope_flame_rest rest = scope_flame_omitted(&shape, all);
    assert_int_equal(rest.gone, 1);
    assert_true(fabs(rest.gone_share - 0.05) < 1e-12);
    scope_flame_shape_free(&shape);
    scope_report_free(report);
}

static char *write_as(const struct scope_report *report,
                      enum scope_output output, int width)
{
    struct scope_text out = {0};
    struct scope_err err = {0};
    struct scope_style style = {.output = output, .width = width};
    assert_int_equal(scope_report_write(report, &style, &out, &err), SCOPE_OK);
    return scope_text_take(&out);
}

static void expect(enum scope_output output, int width, const char *wanted)
{
    struct scope_report *report = scope_report_new("r");
    add_small(report, &plain);
    char *text = write_as(report, output, width);
    assert_string_equal(text, wanted);
    free(text);
    scope_report_free(report);
}

static void every_format_has_it(void **state)
{
    (void)state;
    expect(SCOPE_OUTPUT_TABLE, 25,
           "Where it goes: the widest paths\n"
           " total    self\n"
           "     %       %\n"
           " 100.0     0.0  all\n"
           "  60.0    10.0    a\n"
           "  30.0    20.0      b\n"
           "  10.0    10.0        c\n"
           "  20.0    20.0      d\n"
           "  40.0    40.0    E\n"
           "\n"
           "The flame graph is drawn in a page: scope analyze ... -o "
           "FILE.html\n");
    expect(SCOPE_OUTPUT_MARKDOWN, 0,
           "# r\n"
           "\n"
           "### Where it goes: the widest paths\n"
           "\n"
           "- 100.0 % all\n"
           "  - 60.0 % (self 10.0 %) a\n"
           "    - 30.0 % (self 20.0 %) b\n"
           "      - 10.0 % (self 10.0 %) c\n"
           "    - 20.0 % (self 20.0 %) d\n"
           "  - 40.0 % (self 40.0 %) E\n");
    expect(
        SCOPE_OUTPUT_CSV, 0,
        "table,graph,frame,parent,depth,name,module,group,self_ns,total_ns,"
        "share,"
        "self_samples,samples,doubt\n"
        "flame,\"Where it goes\",0,,0,all,,,0,100,1,0,100,no\n"
        "flame,\"Where it goes\",5,0,1,E,libx.so,user,40,40,0.4,40,40,no\n"
        "flame,\"Where it goes\",1,0,1,a,libx.so,user,10,60,0.6,10,60,no\n"
        "flame,\"Where it goes\",2,1,2,b,libx.so,user,20,30,0.3,20,30,no\n"
        "flame,\"Where it goes\",3,2,3,c,libx.so,kernel,10,10,0.1,10,10,no\n"
        "flame,\"Where it goes\",4,1,2,d,libx.so,kernel,20,20,0.2,20,20,no\n");
}

/* Frames that only lead to the next are one line; lines are cut. */
static void chains_are_one_line(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("r");
    struct scope_flame *flame = scope_report_flame(report, "f", "F", &plain);
    unsigned at = 0;
    static const char *const path[] = {"start", "main", "loop", "poll"};
    for (size_t i = 0; i < 4; i++)
        at = add(flame, at, path[i], 0, 0);
    add(flame, at, "read", 600, 0);
    add(flame, at, "a name that is longer than the line", 400, 0);
    add(flame, at, "tiny", 1, 0);
    char *text = write_as(report, SCOPE_OUTPUT_TABLE, 46);
    assert_non_null(strstr(text, " 100.0     0.0    start \u2192 (2 more) "
                                 "\u2192 poll\n"
                                 "  59.9    59.9      read\n"
                                 "  40.0    40.0      a name that is longer "
                                 "tha\u2026\n"
                                 "1 frame of at most 0.1 % not listed\n"));
    free(text);
    scope_report_free(report);
}

static const char *between(const char *text, const char *from, const char *to,
                           size_t *length)
{
    const char *begin = strstr(text, from);
    assert_non_null(begin);
    begin += strlen(from);
    const char *end = strstr(begin, to);
    assert_non_null(end);
    *length = (size_t)(end - begin);
    return begin;
}

static void pages_run_their_own_script_and_no_other(void **state)
{
    (void)state;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    struct scope_report *report = scope_report_new("r");
    char *without = write_as(report, SCOPE_OUTPUT_HTML, 0);
    assert_null(strstr(without, "script"));
    free(without);
    add_small(report, &plain);
    char *page = write_as(report, SCOPE_OUTPUT_HTML, 0);
    size_t length, hash_length;
    const char *script = between(page, "<script>", "</script>", &length);
    const char *hash = between(page, "script-src 'sha256-", "';", &hash_length);
    uint8_t digest[SCOPE_SHA256_SIZE];
    scope_sha256(script, length, digest);
    assert_int_equal(hash_length, 44);
    /* base64: every letter holds six bits */
    for (size_t bit = 0; bit < 256; bit++) {
        size_t letter = (size_t)(strchr(letters, hash[bit / 6]) - letters);
        assert_int_equal(letter >> (5 - bit % 6) & 1,
                         digest[bit / 8] >> (7 - bit % 8) & 1);
    }
    assert_int_equal(hash[43], '=');
    /* No other script, and nothing that a script would be needed for. */
    assert_null(strstr(strstr(page, "</script>"), "<script"));
    assert_null(strstr(page, "unsafe-inline' 'sha256"));
    free(page);
    scope_report_free(report);
}

static void boxes_lie_where_the_sums_say(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("r");
    struct scope_flame_spec spec = plain;
    spec.requests = 10;
    add_small(report, &spec);
    char *page = write_as(report, SCOPE_OUTPUT_HTML, 0);
    /* Four levels of 17: the root is at the bottom. */
    assert_non_null(strstr(page, "<svg class=\"none\" x=\"0.0000%\" y=\"51\" "
                                 "width=\"100.0000%\" height=\"17\">"
                                 "<title>all\ntotal 100 ns, 100.00\u00a0%, "
                                 "10 ns a request, 100 samples\nself 0 ns"));
    assert_non_null(strstr(page, "<svg class=\"rest\" x=\"70.0000%\" y=\"17\" "
                                 "width=\"20.0000%\" height=\"17\">"
                                 "<title>d\nlibx.so"));
    assert_non_null(strstr(page, "user 70.00\u00a0%"));
    assert_non_null(strstr(page, "kernel 30.00\u00a0%"));
    free(page);
    scope_report_free(report);
    report = scope_report_new("r");
    spec.inverted = true;
    add_small(report, &spec);
    page = write_as(report, SCOPE_OUTPUT_HTML, 0);
    assert_non_null(strstr(page, "x=\"0.0000%\" y=\"0\" width=\"100.0000%\""));
    assert_non_null(strstr(page, "x=\"70.0000%\" y=\"34\" width=\"20.0000%\""));
    free(page);
    scope_report_free(report);
}

/* However many frames there are, however long their names. */
static void pages_stay_small(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("r");
    struct scope_flame *flame = scope_report_flame(report, "f", "F", &plain);
    char name[1000];
    memset(name, '<', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (unsigned i = 0; i < 20000; i++)
        add(flame, i % 3 ? i : 0, i % 7 ? "function" : name, 1000 + i, 0);
    char *page = write_as(report, SCOPE_OUTPUT_HTML, 0);
    assert_in_range(strlen(page), 200000, 300000);
    assert_non_null(strstr(page, "are not drawn, nor found by the search"));
    free(page);
    scope_report_free(report);
}

static void what_was_not_sampled_is_said(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("r");
    scope_report_flame(report, "f", "F", &plain);
    for (enum scope_output output = SCOPE_OUTPUT_TABLE;
         output <= SCOPE_OUTPUT_HTML; output++) {
        char *text = write_as(report, output, 80);
        if (output == SCOPE_OUTPUT_TABLE || output == SCOPE_OUTPUT_MARKDOWN)
            assert_non_null(strstr(text, "(nothing was sampled)"));
        if (output == SCOPE_OUTPUT_HTML)
            assert_non_null(strstr(text, "Nothing was sampled."));
        free(text);
    }
    scope_report_free(report);
}

static void wrong_costs_and_callers_do_no_harm(void **state)
{
    (void)state;
    struct scope_report *report = scope_report_new("r");
    struct scope_flame *flame = scope_report_flame(report, "f", "F", &plain);
    add(flame, 77, "no such caller", 5, 99);
    scope_flame_add(flame, &(struct scope_flame_frame){.self = NAN});
    scope_flame_add(flame, &(struct scope_flame_frame){.self = -1});
    struct scope_flame_shape shape;
    scope_flame_shape_make(flame, &shape);
    assert_true(shape.sums[0].total == 5);
    assert_int_equal(flame->nodes[1].parent, 0);
    scope_flame_shape_free(&shape);
    scope_report_free(report);
}

static const char hostile[] =
    "]]></title></text><script>alert('1')</script>\"\n\033[31m`id`\xff\u202e%s";

static void hostile_names_stay_text(void **state)
{
    (void)state;
    struct scope_flame_spec spec = {.unit = SCOPE_UNIT_NS,
                                    .cost = hostile,
                                    .side = hostile,
                                    .against = hostile};
    struct scope_report *report = scope_report_new("r");
    for (int both = 0; both < 2; both++) {
        struct scope_flame *flame =
            scope_report_flame(report, hostile, hostile, &spec);
        scope_flame_group(flame, hostile);
        scope_flame_add(flame, &(struct scope_flame_frame){.name = hostile,
                                                           .detail = hostile,
                                                           .self = 9,
                                                           .samples = 9,
                                                           .other = 1,
                                                           .other_samples = 1});
        spec.side = NULL;
    }
    for (enum scope_output output = SCOPE_OUTPUT_TABLE;
         output <= SCOPE_OUTPUT_HTML; output++) {
        char *text = write_as(report, output, 80);
        size_t bad = strcspn(text, "\033\r\xff");
        assert_int_equal(text[bad], '\0');
        assert_null(strstr(text, "\u202e"));
        if (output == SCOPE_OUTPUT_HTML || output == SCOPE_OUTPUT_MARKDOWN)
            assert_null(strstr(text, "<script>alert"));
        if (output == SCOPE_OUTPUT_HTML)
            assert_null(strstr(text, "]]></title>"));
        free(text);
    }
    scope_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_places_follow_from_the_tree),
        cmocka_unit_test(narrow_frames_are_left_out),
        cmocka_unit_test(chains_are_cut_at_their_ends),
        cmocka_unit_test(differences_are_weighed_against_chance),
        cmocka_unit_test(every_format_has_it),
        cmocka_unit_test(chains_are_one_line),
        cmocka_unit_test(pages_run_their_own_script_and_no_other),
        cmocka_unit_test(boxes_lie_where_the_sums_say),
        cmocka_unit_test(pages_stay_small),
        cmocka_unit_test(what_was_not_sampled_is_said),
        cmocka_unit_test(wrong_costs_and_callers_do_no_harm),
        cmocka_unit_test(hostile_names_stay_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
