/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flame graphs: what analyzers put together, and what follows from it. */
#include "lib/present/flame.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <string.h>

static char *copy_or_null(const char *text)
{
    return text ? scope_strdup(text) : NULL;
}

static struct scope_flame_node *add_node(struct scope_flame *flame)
{
    flame->nodes = scope_grow(flame->nodes, &flame->node_room,
                              flame->node_count, sizeof *flame->nodes);
    struct scope_flame_node *node = &flame->nodes[flame->node_count++];
    *node = (struct scope_flame_node){.group = UINT32_MAX};
    return node;
}

struct scope_flame *scope_flame_new(const char *id, const char *title,
                                    const struct scope_flame_spec *spec)
{
    struct scope_flame *flame = scope_alloc(1, sizeof *flame);
    bool differential = spec->side && spec->against;
    *flame = (struct scope_flame){
        .id = scope_strdup(id),
        .title = scope_strdup(title),
        .cost = scope_strdup(spec->cost ? spec->cost : "cost"),
        .side = differential ? scope_strdup(spec->side) : NULL,
        .against = differential ? scope_strdup(spec->against) : NULL,
        .unit = spec->unit,
        .requests = spec->requests > 0 ? spec->requests : 0,
        .least = spec->least > 0 ? spec->least : 0,
        .inverted = spec->inverted,
    };
    add_node(flame)->name = scope_strdup("all");
    return flame;
}

void scope_flame_group(struct scope_flame *flame, const char *name)
{
    flame->groups = scope_grow(flame->groups, &flame->group_room,
                               flame->group_count, sizeof *flame->groups);
    flame->groups[flame->group_count++] = scope_strdup(name);
}

static double checked(double cost)
{
    return isfinite(cost) && cost > 0 ? cost : 0;
}

unsigned scope_flame_add(struct scope_flame *flame,
                         const struct scope_flame_frame *frame)
{
    size_t number = flame->node_count;
    struct scope_flame_node *node = add_node(flame);
    node->name = scope_strdup(frame->name ? frame->name : "");
    node->detail = copy_or_null(frame->detail);
    node->parent = frame->parent < number ? frame->parent : 0;
    node->group = frame->group;
    node->self = checked(frame->self);
    node->samples = frame->samples;
    if (flame->against) {
        node->other = checked(frame->other);
        node->other_samples = frame->other_samples;
    }
    return (unsigned)number;
}

void scope_flame_free(struct scope_flame *flame)
{
    if (!flame)
        return;
    for (size_t i = 0; i < flame->node_count; i++) {
        free(flame->nodes[i].name);
        free(flame->nodes[i].detail);
    }
    for (size_t i = 0; i < flame->group_count; i++)
        free(flame->groups[i]);
    free(flame->nodes);
    free(flame->groups);
    free(flame->id);
    free(flame->title);
    free(flame->cost);
    free(flame->side);
    free(flame->against);
    free(flame);
}

/* --- the shape ------------------------------------------------------------ */

static void add_up(struct scope_flame_shape *shape)
{
    const struct scope_flame *flame = shape->flame;
    for (size_t i = flame->node_count; i-- > 0;) {
        const struct scope_flame_node *node = &flame->nodes[i];
        struct scope_flame_sum *sum = &shape->sums[i];
        sum->total += node->self;
        sum->other += node->other;
        sum->samples += node->samples;
        sum->other_samples += node->other_samples;
        if (i == 0)
            break;
        struct scope_flame_sum *parent = &shape->sums[node->parent];
        parent->total += sum->total;
        parent->other += sum->other;
        parent->samples += sum->samples;
        parent->other_samples += sum->other_samples;
    }
    for (size_t i = 1; i < flame->node_count; i++)
        shape->sums[i].depth = shape->sums[flame->nodes[i].parent].depth + 1;
}

static int by_name(const void *left, const void *right, void *closure)
{
    const struct scope_flame *flame = closure;
    const unsigned *a = left, *b = right;
    int order = strcmp(flame->nodes[*a].name, flame->nodes[*b].name);
    if (order == 0)
        order = (*a > *b) - (*a < *b);
    return order;
}

/* The children of each node are kids[first[node]] to kids[first[node + 1]]. */
static void list_children(const struct scope_flame *flame, size_t *first,
                          unsigned *kids)
{
    size_t count = flame->node_count;
    for (size_t i = 1; i < count; i++)
        first[flame->nodes[i].parent + 1]++;
    for (size_t i = 0; i < count; i++)
        first[i + 1] += first[i];
    size_t *next = scope_alloc(count, sizeof *next);
    memcpy(next, first, count * sizeof *next);
    for (size_t i = 1; i < count; i++)
        kids[next[flame->nodes[i].parent]++] = (unsigned)i;
    free(next);
    for (size_t i = 0; i < count; i++)
        qsort_r(kids + first[i], first[i + 1] - first[i], sizeof *kids, by_name,
                (void *)(uintptr_t)flame);
}

/* Depth first; each box begins where the sibling before it ends. */
static void put_in_order(struct scope_flame_shape *shape)
{
    const struct scope_flame *flame = shape->flame;
    size_t count = flame->node_count, done = 0, waiting = 0;
    size_t *first = scope_alloc(count + 1, sizeof *first);
    unsigned *kids = scope_alloc(count, sizeof *kids);
    unsigned *stack = scope_alloc(count, sizeof *stack);
    list_children(flame, first, kids);
    stack[waiting++] = 0;
    while (waiting) {
        unsigned node = stack[--waiting];
        double left = shape->sums[node].left;
        shape->order[done++] = node;
        for (size_t k = first[node]; k < first[node + 1]; k++) {
            shape->sums[kids[k]].left = left;
            left += scope_flame_share(shape, kids[k]);
        }
        for (size_t k = first[node + 1]; k > first[node]; k--)
            stack[waiting++] = kids[k - 1];
    }
    free(first);
    free(kids);
    free(stack);
}

void scope_flame_shape_make(const struct scope_flame *flame,
                            struct scope_flame_shape *shape)
{
    *shape = (struct scope_flame_shape){
        .flame = flame,
        .sums = scope_alloc(flame->node_count, sizeof *shape->sums),
        .order = scope_alloc(flame->node_count, sizeof *shape->order),
    };
    add_up(shape);
    put_in_order(shape);
}

void scope_flame_shape_free(struct scope_flame_shape *shape)
{
    free(shape->sums);
    free(shape->order);
    *shape = (struct scope_flame_shape){0};
}

double scope_flame_share(const struct scope_flame_shape *shape, unsigned node)
{
    double whole = shape->sums[0].total;
    return whole > 0 ? shape->sums[node].total / whole : 0;
}

/* --- differences ---------------------------------------------------------- */

double scope_flame_score(const struct scope_flame_shape *shape, unsigned node)
{
    const struct scope_flame_sum *sum = &shape->sums[node];
    const struct scope_flame_sum *whole = &shape->sums[0];
    /* What one sample stands for, on each side; NAN of a side without any. */
    double each = whole->total / (double)whole->samples;
    double other_each = whole->other / (double)whole->other_samples;
    double error =
        scope_counts_error(sum->samples, each, sum->other_samples, other_each);
    return error > 0 ? (sum->total - sum->other) / error : 0;
}

double scope_flame_change(const struct scope_flame_shape *shape, unsigned node)
{
    const struct scope_flame_sum *sum = &shape->sums[node];
    if (fabs(scope_flame_score(shape, node)) < 2)
        return 0;
    return (sum->total - sum->other) / shape->sums[0].other;
}

/* --- what is shown -------------------------------------------------------- */

static int by_width(const void *left, const void *right, void *closure)
{
    const struct scope_flame_sum *sums = closure;
    const unsigned *a = left, *b = right;
    const struct scope_flame_sum *first = &sums[*a], *second = &sums[*b];
    int order = (first->total < second->total) - (first->total > second->total);
    if (order == 0)
        order = (first->depth > second->depth) - (first->depth < second->depth);
    return order ? order : (*a > *b) - (*a < *b);
}

bool *scope_flame_choose(const struct scope_flame_shape *shape, double least,
                         size_t room,
                         size_t (*size)(void *closure, unsigned node),
                         void *closure)
{
    size_t count = shape->flame->node_count;
    unsigned *order = scope_alloc(count, sizeof *order);
    bool *shown = scope_alloc(count, sizeof *shown);
    double threshold = least * shape->sums[0].total;
    for (size_t i = 0; i < count; i++)
        order[i] = (unsigned)i;
    qsort_r(order, count, sizeof *order, by_width, shape->sums);
    shown[0] = true;
    /* Callers are before what they called, so no frame is without its own. */
    for (size_t i = 0; i < count; i++) {
        double total = shape->sums[order[i]].total;
        size_t needed =
            total > 0 && total >= threshold ? size(closure, order[i]) : 0;
        if (!needed || needed > room)
            break;
        room -= needed;
        shown[order[i]] = true;
    }
    free(order);
    return shown;
}

struct scope_flame_rest
scope_flame_omitted(const struct scope_flame_shape *shape, const bool *shown)
{
    struct scope_flame_rest rest = {0};
    const struct scope_flame_sum *sums = shape->sums;
    for (unsigned i = 1; i < shape->flame->node_count; i++) {
        unsigned above = shape->flame->nodes[i].parent;
        if (sums[i].total <= 0) {
            rest.gone += sums[i].other > 0;
            if (sums[above].total > 0 && sums[0].other > 0)
                rest.gone_share += sums[i].other / sums[0].other;
        } else if (!shown[i]) {
            double share = scope_flame_share(shape, i);
            rest.count++;
            rest.share += shown[above] ? share : 0;
            rest.widest = share > rest.widest ? share : rest.widest;
        }
    }
    return rest;
}
