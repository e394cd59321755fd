/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes one tree of profiles. */
#include "analyzers/flame/tree.h"

#include <fnmatch.h>
#include <string.h>

static void make_room(struct tree *tree)
{
    while (tree->room < tree->frames->stack_count) {
        size_t room = tree->room, same = tree->room;
        tree->costs =
            scope_grow(tree->costs, &room, tree->room, sizeof *tree->costs);
        tree->colours =
            scope_grow(tree->colours, &same, tree->room, sizeof *tree->colours);
        for (size_t i = tree->room; i < room; i++) {
            tree->costs[i] = (struct tree_cost){0};
            tree->colours[i] = UINT32_MAX;
        }
        tree->room = room;
    }
}

void tree_init(struct tree *tree, bool both)
{
    *tree = (struct tree){
        .frames = scope_profile_new("", SCOPE_UNIT_COUNT, 0),
        .both = both,
    };
    make_room(tree);
}

void tree_free(struct tree *tree)
{
    scope_profile_free(tree->frames);
    free(tree->costs);
    free(tree->colours);
    *tree = (struct tree){0};
}

/* --- whose samples ---------------------------------------------------------
 */

bool tree_wants(const struct flame_config *config, const struct side *side,
                const struct scope_owner *owner)
{
    if (owner->kind != SCOPE_OWNER_TARGET)
        return config->others;
    const char *role = side_role(side, owner);
    for (size_t i = 0; i < config->target.count; i++)
        if (fnmatch(config->target.items[i], role, 0) == 0 ||
            fnmatch(config->target.items[i], owner->name, 0) == 0)
            return true;
    return config->target.count == 0;
}

/* The pid tells processes of one trial apart, but is another one in the next,
 * so it would part what is to be compared. */
static char *name_owner(const struct flame_config *config,
                        const struct side *side,
                        const struct scope_owner *owner, bool merged)
{
    const char *role = side_role(side, owner);
    const char *gap = *role ? " " : "";
    if (config->by == BY_ROLE) {
        static const char *const names[SCOPE_OWNER_KINDS] = {
            [SCOPE_OWNER_OTHER] = "other processes",
            [SCOPE_OWNER_KERNEL] = "kernel threads",
            [SCOPE_OWNER_SCOPE] = "scope itself",
            [SCOPE_OWNER_DRIVER] = "driver",
        };
        return scope_strdup(names[owner->kind] ? names[owner->kind]
                            : *role            ? role
                                               : owner->name);
    }
    if (owner->kind != SCOPE_OWNER_TARGET || merged)
        return scope_format("%s%s%s", role, gap, owner->name);
    return scope_format("%s%s%s[%d]", role, gap, owner->name, owner->pid);
}

/* --- frames ----------------------------------------------------------------
 */

/* The frame with this function below another; a new one has the colour. */
static uint32_t add_frame(struct tree *tree, uint32_t parent, uint32_t function,
                          uint32_t colour)
{
    size_t before = tree->frames->stack_count;
    uint32_t frame = scope_profile_stack(tree->frames, parent, function);
    make_room(tree);
    if (tree->frames->stack_count > before)
        tree->colours[frame] = colour;
    return frame;
}

/* What a side's profile is in the tree. */
struct adding {
    struct tree *tree;
    const struct flame_config *config;
    const struct side *side;
    uint32_t *functions; /* numbers in the tree */
    uint32_t *colours;   /* of each stack */
    uint32_t *path;      /* stacks, from the innermost frame on */
    size_t path_room;
};

static uint32_t *map_functions(struct tree *tree,
                               const struct scope_profile *profile)
{
    uint32_t *map = scope_alloc(profile->function_count + 1, sizeof *map);
    for (size_t i = 0; i < profile->function_count; i++) {
        struct scope_function function = profile->functions[i];
        /* Without the build id: another build's function is the same one. */
        function.module = scope_profile_module(
            tree->frames, profile->modules[function.module].path, "");
        map[i] = scope_profile_function(tree->frames, &function);
    }
    return map;
}

static size_t list_path(struct adding *adding, uint32_t stack)
{
    const struct scope_profile *profile = adding->side->profile;
    size_t count = 0;
    for (; stack; stack = profile->stacks[stack].parent) {
        if (!adding->config->kernel &&
            profile->functions[profile->stacks[stack].function].kernel)
            continue;
        adding->path = scope_grow(adding->path, &adding->path_room, count,
                                  sizeof *adding->path);
        adding->path[count++] = stack;
    }
    return count;
}

static uint32_t add_path(struct adding *adding, uint32_t frame, uint32_t stack)
{
    const struct scope_stack *stacks = adding->side->profile->stacks;
    size_t count = list_path(adding, stack);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = adding->path[adding->config->reverse ? i : count - 1 - i];
        frame = add_frame(adding->tree, frame,
                          adding->functions[stacks[at].function],
                          adding->colours[at]);
    }
    return frame;
}

/* The frame below which an owner's stacks are. */
static uint32_t add_owner(struct adding *adding,
                          const struct scope_owner *owner)
{
    if (adding->config->by == BY_NONE)
        return 0;
    char *name =
        name_owner(adding->config, adding->side, owner, adding->tree->both);
    struct scope_function function = {
        .symbol = name,
        .module = scope_profile_module(adding->tree->frames, "", ""),
        .named = true,
    };
    uint32_t number = scope_profile_function(adding->tree->frames, &function);
    free(name);
    return add_frame(adding->tree, 0, number, UINT32_MAX);
}

void tree_add(struct tree *tree, const struct flame_config *config,
              const struct colours *colours, const struct side *side, int which,
              double scale)
{
    const struct scope_profile *profile = side->profile;
    struct adding adding = {
        .tree = tree,
        .config = config,
        .side = side,
        .functions = map_functions(tree, profile),
        .colours = colours_of(colours, side),
    };
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        const struct scope_owner *owner = &profile->owners[count->owner];
        if (!tree_wants(config, side, owner)) {
            tree->omitted[which] += count->samples;
            continue;
        }
        uint32_t frame =
            add_path(&adding, add_owner(&adding, owner), count->stack);
        tree->costs[frame].self[which] += scale * (double)count->weight;
        tree->costs[frame].samples[which] += count->samples;
    }
    free(adding.functions);
    free(adding.colours);
    free(adding.path);
}

/* --- what is made of it ----------------------------------------------------
 */

struct tree_cost tree_whole(const struct tree *tree)
{
    struct tree_cost whole = {0};
    for (size_t i = 0; i < tree->frames->stack_count; i++)
        for (int side = 0; side < 2; side++) {
            whole.self[side] += tree->costs[i].self[side];
            whole.samples[side] += tree->costs[i].samples[side];
        }
    return whole;
}

/* Frames keep their numbers: callers come first in both. What ended in the
 * root has no stack that is known. */
void tree_draw(const struct tree *tree, struct scope_flame *flame)
{
    const struct scope_profile *frames = tree->frames;
    for (size_t i = 1; i < frames->stack_count; i++) {
        const struct scope_stack *stack = &frames->stacks[i];
        const struct scope_function *function =
            &frames->functions[stack->function];
        const char *module = frames->modules[function->module].path;
        scope_flame_add(flame, &(struct scope_flame_frame){
                                   .parent = stack->parent,
                                   .name = function->symbol,
                                   .detail = *module ? module : NULL,
                                   .group = tree->colours[i],
                                   .self = tree->costs[i].self[0],
                                   .samples = tree->costs[i].samples[0],
                                   .other = tree->costs[i].self[1],
                                   .other_samples = tree->costs[i].samples[1],
                               });
    }
    const struct tree_cost *root = &tree->costs[0];
    if (root->samples[0] + root->samples[1])
        scope_flame_add(flame, &(struct scope_flame_frame){
                                   .name = "[no stack]",
                                   .group = UINT32_MAX,
                                   .self = root->self[0],
                                   .samples = root->samples[0],
                                   .other = root->self[1],
                                   .other_samples = root->samples[1],
                               });
}
