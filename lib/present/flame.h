/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flame graphs in memory, and what every writer needs of one: sums over
 * callees, where each frame lies, and whether two sides differ.
 */
#ifndef LIB_PRESENT_FLAME_H
#define LIB_PRESENT_FLAME_H

#include "lib/present/model.h"

struct scope_flame_node {
    char *name, *detail; /* detail may be NULL */
    unsigned parent, group;
    double self, other;
    uint64_t samples, other_samples;
};

struct scope_flame {
    char *id, *title, *cost;
    char *side, *against; /* NULL when it is not differential */
    enum scope_unit unit;
    double requests, least;
    bool inverted;
    char **groups;
    size_t group_count, group_room;
    struct scope_flame_node *nodes; /* the first is the root */
    size_t node_count, node_room;
};

struct scope_flame *scope_flame_new(const char *id, const char *title,
                                    const struct scope_flame_spec *spec);
void scope_flame_free(struct scope_flame *flame);

/* A frame with all that it called. */
struct scope_flame_sum {
    double total, other;
    uint64_t samples, other_samples;
    unsigned depth; /* 0 of the root */
    double left;    /* of its box, as a share of the whole width */
};

struct scope_flame_shape {
    const struct scope_flame *flame;
    struct scope_flame_sum *sums; /* of each node */
    unsigned *order; /* all nodes: callers before callees, siblings by name */
};
void scope_flame_shape_make(const struct scope_flame *flame,
                            struct scope_flame_shape *shape);
void scope_flame_shape_free(struct scope_flame_shape *shape);

/* Its width: the share of the whole, 0 where nothing was sampled. */
double scope_flame_share(const struct scope_flame_shape *shape, unsigned node);

/* Differential: by how many standard errors (scope_counts_error) this side is
 * more (> 0) or less. */
double scope_flame_score(const struct scope_flame_shape *shape, unsigned node);
/* The change as a share of the other side's whole; 0 when it is less than two
 * standard errors. */
double scope_flame_change(const struct scope_flame_shape *shape, unsigned node);

/* Which frames are shown, one a node, to free(): the root, and of those of no
 * smaller share than `least` as many as fit when size() of room is spent on
 * each; the widest first, and of equal ones those nearer to the root. */
bool *scope_flame_choose(const struct scope_flame_shape *shape, double least,
                         size_t room,
                         size_t (*size)(void *closure, unsigned node),
                         void *closure);

/* What is not shown. */
struct scope_flame_rest {
    size_t count;      /* frames that are too narrow */
    double share;      /* of the whole that lies in them */
    double widest;     /* of them: its share of the whole */
    size_t gone;       /* differential: frames of the other side alone */
    double gone_share; /* of the other side's whole */
};
struct scope_flame_rest
scope_flame_omitted(const struct scope_flame_shape *shape, const bool *shown);

/* The graph as an element of a page, with what explains it. The page has
 * once: the style, the script that makes graphs work, and in its content
 * security policy the directive that lets this script run and no other. */
void scope_flame_html(const struct scope_flame *flame, struct scope_text *out);
extern const char scope_flame_style[];
void scope_flame_policy(struct scope_text *out);
void scope_flame_script(struct scope_text *out);

/* All frames as rows, for programs. To scope_table_free(). */
struct scope_table *scope_flame_rows(const struct scope_flame *flame);

/* The widest paths as lines for people. */
struct scope_flame_line {
    unsigned level;     /* of indentation */
    double total, self; /* shares */
    double change;      /* differential: as scope_flame_change */
    char *text;         /* frames that follow each other alone, joined */
};
struct scope_flame_lines {
    struct scope_flame_line *lines;
    size_t count, room;
    struct scope_flame_rest rest; /* what is in none */
};
/* At most so many lines, where so many frames make no more. */
void scope_flame_lines_make(const struct scope_flame_shape *shape, size_t most,
                            struct scope_flame_lines *lines);
void scope_flame_lines_free(struct scope_flame_lines *lines);

#endif
