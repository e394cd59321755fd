/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the hierarchy that has the cpu controller, and our place in it: the
 * v1 hierarchy that has taken it, else the unified one. */
#include "drivers/cpu/quota.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct mount {
    char root[4096], point[4096];
};

/* Whether a list such as "rw,cpu,cpuacct" holds the word. */
static bool lists(const char *list, const char *word, const char *between)
{
    size_t length = strlen(word);
    while (*list) {
        size_t item = strcspn(list, between);
        if (item == length && memcmp(list, word, length) == 0)
            return true;
        list += item;
        list += strspn(list, between);
    }
    return false;
}

/* One line of mountinfo, proc_pid_mountinfo(5). */
static bool read_mount(const char *line, struct mount *mount, bool *unified)
{
    char type[64];
    char options[4096];
    const char *dash = strstr(line, " - ");
    if (!dash ||
        sscanf(line, "%*s %*s %*s %4095s %4095s", mount->root, mount->point) !=
            2 ||
        sscanf(dash, " - %63s %*s %4095s", type, options) != 2)
        return false;
    *unified = strcmp(type, "cgroup2") == 0;
    return *unified ||
           (strcmp(type, "cgroup") == 0 && lists(options, "cpu", ","));
}

static bool find_mount(FILE *file, struct mount *best, bool *unified)
{
    char line[16384];
    bool found = false;
    while (fgets(line, sizeof line, file)) {
        struct mount mount;
        bool two;
        if (!read_mount(line, &mount, &two) || (found && two))
            continue;
        *best = mount;
        *unified = two;
        found = true;
        if (!two)
            break;
    }
    return found;
}

/* Our cgroup in the hierarchy, "/" when the file does not say. */
static void find_own(FILE *file, bool unified, char own[static 4096])
{
    char line[8192];
    snprintf(own, 4096, "/");
    while (fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *controllers++ = '\0';
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        if (unified ? strcmp(line, "0") == 0 && !*controllers
                    : lists(controllers, "cpu", ","))
            snprintf(own, 4096, "%.4095s", path);
    }
}

/* In a container a mount may begin below the top, and the path may be of a
 * place that is not mounted at all: then its top is all there is. */
static char *place(const struct mount *mount, const char *own)
{
    size_t length = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    const char *below = "";
    if (strncmp(own, mount->root, length) == 0 &&
        (own[length] == '/' || !own[length]) && strcmp(own + length, "/") != 0)
        below = own + length;
    char *path = scope_format("%s%s", mount->point, below);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return scope_strdup(mount->point);
}

enum scope_code quota_find(struct quota *quota, const char *mountinfo,
                           const char *cgroup, struct scope_err *err)
{
    struct mount mount;
    FILE *file = fopen(mountinfo, "re");
    bool found = file && find_mount(file, &mount, &quota->unified);
    if (file)
        fclose(file);
    if (!found) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "mode=quota: no cgroups with a cpu controller are mounted");
        return scope_hint(err, "mode=duty needs none");
    }
    char own[4096] = "/";
    file = fopen(cgroup, "re");
    if (file) {
        find_own(file, quota->unified, own);
        fclose(file);
    }
    quota->parent = place(&mount, own);
    if (!quota->unified)
        return SCOPE_OK;
    /* A v2 cgroup with processes hands no controller to those below it, but the
     * topmost: ours stands beside the one that we are in. */
    quota->home = scope_strdup(quota->parent);
    if (strcmp(quota->parent, mount.point) != 0)
        *strrchr(quota->parent, '/') = '\0';
    return SCOPE_OK;
}
