/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cgroups(7): one unified hierarchy, any number of v1 ones, often both. */
#include "lib/host/targets_cgroup.h"

#include "lib/host/targets_proc.h"

#include <ctype.h>
#include <limits.h>
#include <scope/alloc.h>
#include <string.h>
#include <sys/stat.h>

/* mountinfo of a machine with many containers is long, but not this long. */
#define MOUNTINFO_LIMIT (16U << 20)

struct mount {
    char *root, *point, *options;
    bool unified;
};

/* Cuts the word at *at off and moves behind it; "" at the end. */
static char *next_word(char **at)
{
    char *word = *at;
    char *end = strchrnul(word, ' ');
    *at = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int octal(const char *at)
{
    for (int i = 0; i < 3; i++)
        if (at[i] < '0' || at[i] > '7')
            return -1;
    return (at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0');
}

/* mountinfo writes blanks, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        int byte = *from == '\\' ? octal(from + 1) : -1;
        *to = *from;
        if (byte > 0)
            *to = (char)byte;
        from += byte > 0 ? 4 : 1;
    }
    *to = '\0';
}

/* One line, proc_pid_mountinfo(5); false when it mounts no cgroups. */
static bool parse_mount(char *line, struct mount *mount)
{
    for (int i = 0; i < 3; i++)
        next_word(&line);
    mount->root = next_word(&line);
    mount->point = next_word(&line);
    while (*line && strcmp(next_word(&line), "-") != 0)
        ;
    const char *type = next_word(&line);
    mount->unified = strcmp(type, "cgroup2") == 0;
    if (!mount->unified && strcmp(type, "cgroup") != 0)
        return false;
    next_word(&line);
    mount->options = next_word(&line);
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

/* What of path lies below folder: "/..." or ""; NULL when it does not. */
static const char *below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/')
        length--;
    if (strncmp(path, folder, length) != 0)
        return NULL;
    return path[length] == '/' || path[length] == '\0' ? path + length : NULL;
}

/* The directory that text means in this mount, resolved into directory. */
static const char *look_in(const struct mount *mount, const char *text,
                           char directory[PATH_MAX])
{
    struct stat status;
    char *wanted = below(text, mount->point)
                       ? scope_strdup(text)
                       : scope_format("%s/%s", mount->point, text);
    const char *found = realpath(wanted, directory);
    free(wanted);
    if (!found || stat(directory, &status) < 0 || !S_ISDIR(status.st_mode))
        return NULL;
    return below(directory, mount->point);
}

static void take(struct cgroup_place *place, const struct mount *mount,
                 const char *directory, const char *rest)
{
    const char *root = strcmp(mount->root, "/") == 0 ? "" : mount->root;
    cgroup_place_free(place);
    place->directory = scope_strdup(directory);
    place->below = scope_strdup(*rest ? rest : "/");
    place->inside = scope_format("%s%s", root, rest);
    place->options = mount->unified ? NULL : scope_strdup(mount->options);
}

bool cgroup_find(int proc, const char *text, struct cgroup_place *place)
{
    char directory[PATH_MAX];
    char *file = proc_file(proc, "self/mountinfo", MOUNTINFO_LIMIT);
    bool unified = false;
    cgroup_place_free(place);
    if (!file)
        return false;
    char *rest = file;
    for (char *line; (line = strsep(&rest, "\n")) && !unified;) {
        struct mount mount;
        if (!parse_mount(line, &mount) || (place->directory && !mount.unified))
            continue;
        const char *tail = look_in(&mount, text, directory);
        if (tail) {
            take(place, &mount, directory, tail);
            unified = mount.unified;
        }
    }
    free(file);
    return place->directory != NULL;
}

void cgroup_place_free(struct cgroup_place *place)
{
    free(place->directory);
    free(place->below);
    free(place->inside);
    free(place->options);
    *place = (struct cgroup_place){0};
}

/* Whether the list "a,b,c" has the word of this length. */
static bool has_word(const char *list, const char *word, size_t length)
{
    while (*list) {
        size_t here = strcspn(list, ",");
        if (here == length && strncmp(list, word, length) == 0)
            return true;
        list += here + (list[here] == ',');
    }
    return false;
}

/* One line of a cgroup file: "ID:CONTROLLERS:PATH". */
static bool line_holds(const struct cgroup_place *place, const char *line,
                       size_t length)
{
    const char *end = line + length;
    const char *names = memchr(line, ':', length);
    if (!names)
        return false;
    names++;
    const char *path = memchr(names, ':', (size_t)(end - names));
    if (!path)
        return false;
    size_t name = strcspn(names, ",:");
    if (place->options ? !name || !has_word(place->options, names, name)
                       : strncmp(line, "0::", 3) != 0)
        return false;
    path++;
    size_t inside = strlen(place->inside);
    size_t size = (size_t)(end - path);
    return size >= inside && memcmp(path, place->inside, inside) == 0 &&
           (size == inside || path[inside] == '/');
}

bool cgroup_holds(const struct cgroup_place *place, const char *file)
{
    while (*file) {
        size_t length = strcspn(file, "\n");
        if (line_holds(place, file, length))
            return true;
        file += length + (file[length] == '\n');
    }
    return false;
}
