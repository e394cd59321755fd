/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flame graph without a picture: its widest paths, as an indented list. */
#include "lib/base/inert.h"
#include "lib/present/flame.h"

#include <scope/alloc.h>
#include <string.h>

enum {
    LONGEST_NAME = 60, /* columns */
};

/* What is not a hundredth of the whole is not where the cost goes. */
static const double least_share = 0.01;
/* A frame that keeps this little for itself, or for what is not shown, only
 * leads to the next. */
static const double idle_share = 0.01;

struct choice {
    const struct scope_flame_shape *shape;
    const bool *chosen;
    unsigned *kids; /* chosen ones, of each */
    unsigned *only; /* the last of them */
};

static void count_kids(struct choice *choice)
{
    const struct scope_flame *flame = choice->shape->flame;
    for (unsigned i = 1; i < flame->node_count; i++) {
        if (!choice->chosen[i])
            continue;
        choice->kids[flame->nodes[i].parent]++;
        choice->only[flame->nodes[i].parent] = i;
    }
}

/* Whether a frame of a chain does nothing but lead to one other. */
static bool leads_on(const struct choice *choice, unsigned first, unsigned node)
{
    const struct scope_flame_shape *shape = choice->shape;
    if (node == 0 || choice->kids[node] != 1)
        return false;
    return shape->sums[first].total - shape->sums[choice->only[node]].total <=
           idle_share * shape->sums[0].total;
}

static void add_name(struct scope_text *out, const char *name)
{
    char *inert = scope_inert(name);
    size_t fits = scope_text_fit(inert, LONGEST_NAME);
    scope_text_add(out, "%.*s%s", (int)fits, inert,
                   inert[fits] ? "\u2026" : "");
    free(inert);
}

/* A chain is named by its ends: what lies between leads from one to the
 * other. */
static char *name_chain(const struct choice *choice, unsigned first,
                        unsigned last, size_t length)
{
    const struct scope_flame *flame = choice->shape->flame;
    struct scope_text text = {0};
    add_name(&text, flame->nodes[first].name);
    if (length > 2)
        scope_text_add(&text, " \u2192 (%zu more)", length - 2);
    if (length > 1) {
        scope_text_add(&text, " \u2192 ");
        add_name(&text, flame->nodes[last].name);
    }
    return scope_text_take(&text);
}

static void add_line(struct scope_flame_lines *lines,
                     const struct choice *choice, unsigned first,
                     unsigned level, unsigned *last)
{
    const struct scope_flame_shape *shape = choice->shape;
    double whole = shape->sums[0].total;
    size_t length = 1;
    *last = first;
    while (leads_on(choice, first, *last)) {
        *last = choice->only[*last];
        length++;
    }
    lines->lines = scope_grow(lines->lines, &lines->room, lines->count,
                              sizeof *lines->lines);
    lines->lines[lines->count++] = (struct scope_flame_line){
        .level = level,
        .total = scope_flame_share(shape, first),
        .self = shape->flame->nodes[*last].self / whole,
        .change = scope_flame_change(shape, *last),
        .text = name_chain(choice, first, *last, length),
    };
}

static int widest_first(const void *left, const void *right, void *closure)
{
    const struct scope_flame_sum *sums = closure;
    const unsigned *a = left, *b = right;
    double first = sums[*a].total, second = sums[*b].total;
    int order = (first < second) - (first > second);
    return order ? order : (*a > *b) - (*a < *b);
}

static void add_lines(struct scope_flame_lines *lines,
                      const struct choice *choice, unsigned node,
                      unsigned level)
{
    const struct scope_flame *flame = choice->shape->flame;
    unsigned last;
    add_line(lines, choice, node, level, &last);
    if (!choice->kids[last])
        return;
    unsigned *kids = scope_alloc(choice->kids[last], sizeof *kids);
    size_t count = 0;
    for (unsigned i = last + 1; i < flame->node_count; i++)
        if (choice->chosen[i] && flame->nodes[i].parent == last)
            kids[count++] = i;
    qsort_r(kids, count, sizeof *kids, widest_first, choice->shape->sums);
    for (size_t i = 0; i < count; i++)
        add_lines(lines, choice, kids[i], level + 1);
    free(kids);
}

static void make_lines(const struct scope_flame_shape *shape,
                       const bool *chosen, struct scope_flame_lines *lines)
{
    size_t count = shape->flame->node_count;
    struct choice choice = {
        .shape = shape,
        .chosen = chosen,
        .kids = scope_alloc(count, sizeof *choice.kids),
        .only = scope_alloc(count, sizeof *choice.only),
    };
    *lines = (struct scope_flame_lines){
        .rest = scope_flame_omitted(shape, chosen),
    };
    count_kids(&choice);
    add_lines(lines, &choice, 0, 0);
    free(choice.kids);
    free(choice.only);
}

static size_t one_each(void *closure, unsigned node)
{
    (void)closure, (void)node;
    return 1;
}

/* Frames that make a chain share a line, so how many frames make how many
 * lines is found by trying. */
void scope_flame_lines_make(const struct scope_flame_shape *shape, size_t most,
                            struct scope_flame_lines *lines)
{
    const struct scope_flame *flame = shape->flame;
    double least = flame->least > least_share ? flame->least : least_share;
    *lines = (struct scope_flame_lines){0};
    if (shape->sums[0].total <= 0)
        return;
    for (size_t frames = 16 * most; frames >= most; frames -= frames / 8 + 1) {
        bool *chosen = scope_flame_choose(shape, least, frames, one_each, NULL);
        scope_flame_lines_free(lines);
        make_lines(shape, chosen, lines);
        free(chosen);
        if (lines->count <= most)
            return;
    }
}

void scope_flame_lines_free(struct scope_flame_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i].text);
    free(lines->lines);
    *lines = (struct scope_flame_lines){0};
}
