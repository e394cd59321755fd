/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of frames that a graph shows: stacks of one trial, or of two merged,
 * below whom they belong to, and each frame's colour.
 */
#ifndef ANALYZERS_FLAME_TREE_H
#define ANALYZERS_FLAME_TREE_H

#include "analyzers/flame/side.h"

#include <scope/alloc.h>
#include <scope/categories.h>
#include <scope/option.h>
#include <scope/report.h>

enum by {
    BY_ROLE,
    BY_PROCESS,
    BY_NONE,
};

struct flame_config {
    int by;
    bool kernel, reverse, others;
    double least;
    struct scope_list target;
    const char *categories, *baseline;
    int64_t graphs;
};

/* What colours mean: categories, or the modules that cost most. The last one is
 * what no rule matches, or all other modules. */
struct colours {
    struct scope_categories *categories; /* NULL: modules */
    char **names;
    double *weights;
    size_t count, room;
};

enum {
    MODULES = 7, /* that have a colour of their own; the rest share one */
};

/* The first colours are for what costs most in all sides that will be shown,
 * so that it has the same colour in all graphs. */
void colours_add(struct colours *colours, const struct flame_config *config,
                 const struct side *side);
void colours_choose(struct colours *colours);
void colours_tell(const struct colours *colours, struct scope_flame *flame);
void colours_free(struct colours *colours);
/* The colour of each stack of a side. To free(). */
uint32_t *colours_of(const struct colours *colours, const struct side *side);

struct tree_cost {
    double self[2];
    uint64_t samples[2];
};

struct tree {
    /* Its stacks are the frames; who owns them are functions without a
     * module. */
    struct scope_profile *frames;
    struct tree_cost *costs; /* of each frame */
    uint32_t *colours;       /* of each frame */
    size_t room;
    bool both;
    uint64_t omitted[2]; /* samples of others, or of targets not asked for */
};

/* Whether an owner's samples are asked for. */
bool tree_wants(const struct flame_config *config, const struct side *side,
                const struct scope_owner *owner);

/* both: two sides will be added. */
void tree_init(struct tree *tree, bool both);
/* which: 0, or 1 of what is compared with; scale: what weights are multiplied
 * by. */
void tree_add(struct tree *tree, const struct flame_config *config,
              const struct colours *colours, const struct side *side, int which,
              double scale);
void tree_free(struct tree *tree);

/* All samples of a side in the tree, and their weights. */
struct tree_cost tree_whole(const struct tree *tree);

void tree_draw(const struct tree *tree, struct scope_flame *flame);

#endif
