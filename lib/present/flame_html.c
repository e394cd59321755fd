/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flame graphs as elements of a page: a box a frame, each an <svg> within the
 * graph's, because what is in one is cut at its edges and its width is a share
 * of the window's. flame.js makes it work; without it all is still there.
 */
#include "lib/base/inert.h"
#include "lib/base/units.h"
#include "lib/present/flame.h"
#include "lib/present/html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    ROW = 17,      /* of a frame, pixels */
    ROOM = 250000, /* bytes for the frames of a graph */
    LONGEST = 240, /* of a name or module, columns */
    HUES = 6,      /* of the page's colours: the last one is grey */
    TINTS = 2,     /* of each */
};

/* A narrower one is no pixel in the widest of windows. */
static const double narrowest = 1e-4;

/* Changes are drawn by their share of the other side's whole. */
static const double steps[] = {0.01, 0.03, 0.1};

enum {
    STEPS = sizeof steps / sizeof *steps,
};

static void add_name(struct scope_text *out, const char *text)
{
    char *inert = scope_inert(text);
    size_t fits = scope_text_fit(inert, LONGEST);
    char *name =
        scope_format("%.*s%s", (int)fits, inert, inert[fits] ? "\u2026" : "");
    scope_html_text(out, name);
    free(name);
    free(inert);
}

static void add_value(struct scope_text *out, double value,
                      enum scope_unit unit)
{
    char text[64];
    scope_html_text(out, scope_format_value(text, sizeof text, value, unit, 3));
}

static void add_share(struct scope_text *out, double share)
{
    scope_text_add(out, "%.2f\u00a0%%", 100 * share);
}

static void add_samples(struct scope_text *out, uint64_t samples)
{
    scope_text_add(out, "%" PRIu64 " sample%s", samples,
                   samples == 1 ? "" : "s");
}

/* --- what is said of a frame ---------------------------------------------- */

static void say_cost(struct scope_text *out, const struct scope_flame *flame,
                     double cost, double whole)
{
    add_value(out, cost, flame->unit);
    scope_text_add(out, ", ");
    add_share(out, whole > 0 ? cost / whole : 0);
    if (flame->requests > 0) {
        scope_text_add(out, ", ");
        add_value(out, cost / flame->requests, flame->unit);
        scope_text_add(out, " a request");
    }
}

static void say_one(struct scope_text *out,
                    const struct scope_flame_shape *shape, unsigned number)
{
    const struct scope_flame *flame = shape->flame;
    const struct scope_flame_node *node = &flame->nodes[number];
    const struct scope_flame_sum *sum = &shape->sums[number];
    double whole = shape->sums[0].total;
    scope_text_add(out, "\ntotal ");
    say_cost(out, flame, sum->total, whole);
    scope_text_add(out, ", ");
    add_samples(out, sum->samples);
    if (flame->inverted)
        return; /* what ends here is what it called, not itself */
    scope_text_add(out, "\nself ");
    say_cost(out, flame, node->self, whole);
}

static void say_side(struct scope_text *out, const struct scope_flame *flame,
                     const char *side, double cost, double whole,
                     uint64_t samples)
{
    scope_text_char(out, '\n');
    add_name(out, side);
    scope_text_add(out, ": ");
    add_value(out, cost, flame->unit);
    scope_text_add(out, ", ");
    add_share(out, whole > 0 ? cost / whole : 0);
    scope_text_add(out, ", ");
    add_samples(out, samples);
}

static void say_both(struct scope_text *out,
                     const struct scope_flame_shape *shape, unsigned number)
{
    const struct scope_flame *flame = shape->flame;
    const struct scope_flame_sum *sum = &shape->sums[number];
    double score = scope_flame_score(shape, number);
    double change = sum->total - sum->other;
    say_side(out, flame, flame->side, sum->total, shape->sums[0].total,
             sum->samples);
    say_side(out, flame, flame->against, sum->other, shape->sums[0].other,
             sum->other_samples);
    scope_text_add(out, "\n%s", change < 0 ? "less by " : "more by ");
    add_value(out, fabs(change), flame->unit);
    if (sum->other > 0)
        scope_text_add(out, ", %+.1f\u00a0%%", 100 * change / sum->other);
    scope_text_add(out, ": %.1f standard errors%s", fabs(score),
                   fabs(score) < 2 ? ", so it may be chance" : "");
}

static void say(struct scope_text *out, const struct scope_flame_shape *shape,
                unsigned number)
{
    const struct scope_flame *flame = shape->flame;
    const struct scope_flame_node *node = &flame->nodes[number];
    add_name(out, node->name);
    if (node->detail) {
        scope_text_char(out, '\n');
        add_name(out, node->detail);
    }
    if (!flame->against && node->group < flame->group_count) {
        scope_text_add(out, node->detail ? "  \u00b7 " : "\n");
        add_name(out, flame->groups[node->group]);
    }
    if (flame->against)
        say_both(out, shape, number);
    else
        say_one(out, shape, number);
}

/* --- colours -------------------------------------------------------------- */

/* How far a change is from none, with its sign: 0, 1 for what is less than the
 * first step, and so on. */
static int step_of(double change)
{
    int step = 1;
    if (change == 0)
        return 0;
    while (step <= STEPS && fabs(change) >= steps[step - 1])
        step++;
    return change > 0 ? step : -step;
}

static void add_step_class(struct scope_text *out, int step)
{
    if (step)
        scope_text_add(out, "%c%d", step > 0 ? 'm' : 'l', abs(step));
    else
        scope_text_add(out, "same");
}

/* The last group is grey, the others take the hues in turn, then again in
 * another tint; what there is no colour for is grey, too. */
static void add_group_class(struct scope_text *out,
                            const struct scope_flame *flame, unsigned group)
{
    if (group >= flame->group_count)
        scope_text_add(out, "none");
    else if ((group + 1 == flame->group_count && group > 0) ||
             group >= HUES * TINTS)
        scope_text_add(out, "rest");
    else
        scope_text_add(out, "h%u%s", group % HUES + 1,
                       group >= HUES ? " pale" : "");
}

static void add_class(struct scope_text *out,
                      const struct scope_flame_shape *shape, unsigned number)
{
    const struct scope_flame *flame = shape->flame;
    scope_text_add(out, "class=\"");
    if (flame->against)
        add_step_class(out, step_of(scope_flame_change(shape, number)));
    else
        add_group_class(out, flame, flame->nodes[number].group);
    scope_text_char(out, '"');
}

/* --- the graph ------------------------------------------------------------ */

struct drawing {
    const struct scope_flame_shape *shape;
    bool *shown;      /* of each node */
    unsigned deepest; /* of what is shown */
};

static void add_frame(struct scope_text *out, const struct drawing *drawing,
                      unsigned number)
{
    const struct scope_flame_shape *shape = drawing->shape;
    const struct scope_flame_sum *sum = &shape->sums[number];
    unsigned row =
        shape->flame->inverted ? sum->depth : drawing->deepest - sum->depth;
    double width = number ? scope_flame_share(shape, number) : 1;
    scope_text_add(out, "<svg ");
    add_class(out, shape, number);
    scope_text_add(out,
                   " x=\"%.4f%%\" y=\"%u\" width=\"%.4f%%\" height=\"%d\">"
                   "<title>",
                   100 * sum->left, row * ROW, 100 * width, ROW);
    say(out, shape, number);
    scope_text_add(out, "</title><rect/><text x=\"3\" y=\"12\">");
    add_name(out, shape->flame->nodes[number].name);
    scope_text_add(out, "</text></svg>\n");
}

static size_t frame_size(void *closure, unsigned number)
{
    struct scope_text text = {0};
    add_frame(&text, closure, number);
    size_t size = text.length;
    scope_text_free(&text);
    return size;
}

static struct drawing make_drawing(const struct scope_flame_shape *shape)
{
    struct drawing drawing = {.shape = shape};
    drawing.shown =
        scope_flame_choose(shape, fmax(shape->flame->least, narrowest), ROOM,
                           frame_size, &drawing);
    for (unsigned i = 0; i < shape->flame->node_count; i++)
        if (drawing.shown[i] && shape->sums[i].depth > drawing.deepest)
            drawing.deepest = shape->sums[i].depth;
    return drawing;
}

static void add_graph(struct scope_text *out, const struct drawing *drawing)
{
    const struct scope_flame *flame = drawing->shape->flame;
    scope_text_add(out,
                   "<svg class=\"graph\" width=\"100%%\" height=\"%u\" "
                   "data-row=\"%d\"%s aria-label=\"",
                   (drawing->deepest + 1) * ROW, ROW,
                   flame->inverted ? " data-down=\"yes\"" : "");
    scope_html_text(out, flame->title);
    scope_text_add(out, "\">\n");
    for (size_t i = 0; i < flame->node_count; i++)
        if (drawing->shown[drawing->shape->order[i]])
            add_frame(out, drawing, drawing->shape->order[i]);
    scope_text_add(out, "</svg>\n");
}

/* --- what explains it ----------------------------------------------------- */

static void begin_key(struct scope_text *out)
{
    scope_text_add(out, "<li><svg width=\"14\" height=\"14\" class=\"");
}

static void end_key(struct scope_text *out)
{
    scope_text_add(out, "\"><rect/></svg> ");
}

/* Leaf first, what ends in a frame is not its own. */
static void add_groups(struct scope_text *out,
                       const struct scope_flame_shape *shape)
{
    const struct scope_flame *flame = shape->flame;
    double *self = scope_alloc(flame->group_count, sizeof *self);
    bool *used = scope_alloc(flame->group_count, sizeof *used);
    double whole = shape->sums[0].total;
    for (size_t i = 0; i < flame->node_count; i++) {
        unsigned group = flame->nodes[i].group;
        if (group >= flame->group_count)
            continue;
        self[group] += flame->nodes[i].self;
        used[group] = true;
    }
    scope_text_add(out, "<ul class=\"key\">");
    for (unsigned i = 0; i < flame->group_count; i++) {
        if (!used[i])
            continue;
        begin_key(out);
        add_group_class(out, flame, i);
        end_key(out);
        add_name(out, flame->groups[i]);
        if (!flame->inverted) {
            scope_text_char(out, ' ');
            add_share(out, whole > 0 ? self[i] / whole : 0);
        }
        scope_text_add(out, "</li>");
    }
    scope_text_add(out, "</ul>\n");
    free(self);
    free(used);
}

static void add_steps(struct scope_text *out, const struct scope_flame *flame)
{
    scope_text_add(out, "<ul class=\"key\">");
    for (int step = -STEPS - 1; step <= STEPS + 1; step++) {
        int size = abs(step);
        begin_key(out);
        add_step_class(out, step);
        end_key(out);
        if (step == 0)
            scope_text_add(out, "no change beyond 2 standard errors");
        else if (size == 1)
            scope_text_add(out, "%s, under %g\u00a0%%",
                           step > 0 ? "more" : "less", 100 * steps[0]);
        else
            scope_text_add(out, "%s%g\u00a0%%",
                           step > 0 ? "\u2265 +" : "\u2264 \u2212",
                           100 * steps[size - 2]);
        scope_text_add(out, "</li>");
    }
    scope_text_add(out, "</ul>\n<p class=\"hint\">Widths are the ");
    scope_html_text(out, flame->cost);
    scope_text_add(out, " of ");
    add_name(out, flame->side);
    scope_text_add(out, "; colours are by how much a frame, with all that it "
                        "called, is more (red) or less (blue) there than in ");
    add_name(out, flame->against);
    scope_text_add(out, ", as a share of all of ");
    add_name(out, flame->against);
    scope_text_add(out, ". Of frames that did not change up to one in twenty "
                        "is beyond 2 standard errors by chance.</p>\n");
}

static void add_omissions(struct scope_text *out, const struct drawing *drawing)
{
    const struct scope_flame *flame = drawing->shape->flame;
    struct scope_flame_rest rest =
        scope_flame_omitted(drawing->shape, drawing->shown);
    if (rest.count) {
        scope_text_add(out,
                       "<p class=\"hint\">%zu frame%s of at most "
                       "%.2g\u00a0%% %s not drawn, nor found by the search; ",
                       rest.count, rest.count == 1 ? "" : "s",
                       100 * rest.widest, rest.count == 1 ? "is" : "are");
        add_share(out, rest.share);
        scope_text_add(out, " of the whole lies in %s.</p>\n",
                       rest.count == 1 ? "it" : "them");
    }
    if (rest.gone) {
        scope_text_add(out, "<p class=\"hint\">%zu frame%s of ", rest.gone,
                       rest.gone == 1 ? "" : "s");
        add_name(out, flame->against);
        scope_text_add(out, " %s no width here, because ",
                       rest.gone == 1 ? "has" : "have");
        add_name(out, flame->side);
        scope_text_add(out,
                       " has none of %s: ", rest.gone == 1 ? "it" : "them");
        add_share(out, rest.gone_share);
        scope_text_add(out, " of all of ");
        add_name(out, flame->against);
        scope_text_add(out, ".</p>\n");
    }
}

static void add_tools(struct scope_text *out)
{
    scope_text_add(
        out, "<div class=\"tools\" role=\"search\" hidden>"
             "<label>Search <input type=\"search\" size=\"24\" "
             "spellcheck=\"false\" autocomplete=\"off\"></label> "
             "<label><input type=\"checkbox\"> regular expression</label> "
             "<button type=\"button\">Show all</button> "
             "<output aria-live=\"polite\"></output>"
             "<p class=\"hint\">Click or Enter: zoom in, or out on a caller. "
             "Escape: show all. Arrow keys: go to another frame.</p></div>\n");
}

void scope_flame_html(const struct scope_flame *flame, struct scope_text *out)
{
    struct scope_flame_shape shape;
    scope_flame_shape_make(flame, &shape);
    scope_text_add(out, "<figure class=\"flame\" id=\"%s\"><figcaption>",
                   flame->id);
    scope_html_text(out, flame->title);
    scope_text_add(out, "</figcaption>\n");
    if (shape.sums[0].total > 0) {
        struct drawing drawing = make_drawing(&shape);
        add_tools(out);
        add_graph(out, &drawing);
        if (flame->against)
            add_steps(out, flame);
        else
            add_groups(out, &shape);
        add_omissions(out, &drawing);
        free(drawing.shown);
        scope_text_add(out, "<div class=\"tip\" aria-hidden=\"true\" "
                            "hidden></div>");
    } else {
        scope_text_add(out, "<p class=\"hint\">Nothing was sampled.</p>");
    }
    scope_text_add(out, "</figure>\n");
    scope_flame_shape_free(&shape);
}
