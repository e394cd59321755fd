/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/cpu/quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "scope-cpu-";

static enum scope_code write_to(const char *folder, const char *name,
                                const char *text, struct scope_err *err)
{
    char *path = scope_format("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = 0;
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    enum scope_code code = SCOPE_OK;
    if (error) {
        code = error == EACCES || error == EPERM ? SCOPE_PERM : SCOPE_FAILED;
        scope_fail(err, code, error, "mode=quota: write \"%s\" to %s", text,
                   path);
        scope_hint(err, "mode=duty needs no cgroup");
    }
    free(path);
    return code;
}

static enum scope_code make_folder(const char *path, struct scope_err *err)
{
    if (mkdir(path, 0755) == 0)
        return SCOPE_OK;
    int error = errno;
    enum scope_code code = error == EACCES || error == EPERM || error == EROFS
                               ? SCOPE_PERM
                               : SCOPE_FAILED;
    scope_fail(err, code, error, "mode=quota: make the cgroup %s", path);
    return scope_hint(err, "run as root, or use mode=duty");
}

static bool hands_on_cpu(const char *folder)
{
    char *path = scope_format("%s/cgroup.subtree_control", folder);
    char text[256] = "";
    FILE *file = fopen(path, "re");
    if (file) {
        if (!fgets(text, sizeof text, file))
            text[0] = '\0';
        fclose(file);
    }
    free(path);
    char *rest = NULL;
    for (char *word = strtok_r(text, " \n", &rest); word;
         word = strtok_r(NULL, " \n", &rest))
        if (strcmp(word, "cpu") == 0)
            return true;
    return false;
}

static enum scope_code find(struct quota *quota, struct scope_err *err)
{
    *quota = (struct quota){0};
    enum scope_code code =
        quota_find(quota, "/proc/self/mountinfo", "/proc/self/cgroup", err);
    if (code != SCOPE_OK)
        return code;
    if (access(quota->parent, W_OK)) {
        scope_fail(err,
                   errno == EACCES || errno == EROFS ? SCOPE_PERM
                                                     : SCOPE_UNAVAILABLE,
                   errno, "mode=quota: make a cgroup in %s", quota->parent);
        return scope_hint(err, "run as root, or use mode=duty");
    }
    if (quota->unified && !hands_on_cpu(quota->parent)) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "mode=quota: %s does not give its cgroups the cpu "
                   "controller",
                   quota->parent);
        return scope_hint(err,
                          "write +cpu to its cgroup.subtree_control, or use "
                          "mode=duty");
    }
    return SCOPE_OK;
}

enum scope_code quota_probe(struct scope_err *err)
{
    struct quota quota;
    enum scope_code code = find(&quota, err);
    quota_close(&quota);
    return code;
}

static void remove_below(const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strncmp(entry->d_name, "cpu", 3) == 0 && entry->d_type == DT_DIR)
            unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
    closedir(directory);
    rmdir(folder);
}

/* Those of drivers that were killed; a cgroup in use cannot be removed. */
static void remove_stale(const char *parent)
{
    DIR *directory = opendir(parent);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        long pid = strtol(entry->d_name + sizeof prefix - 1, NULL, 10);
        if (pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        char *path = scope_format("%s/%s", parent, entry->d_name);
        remove_below(path);
        free(path);
    }
    closedir(directory);
}

enum scope_code quota_open(struct quota *quota, struct scope_err *err)
{
    enum scope_code code = find(quota, err);
    if (code != SCOPE_OK)
        return code;
    remove_stale(quota->parent);
    char *folder =
        scope_format("%s/%s%ld", quota->parent, prefix, (long)getpid());
    code = make_folder(folder, err);
    if (code != SCOPE_OK) {
        free(folder);
        return code;
    }
    quota->folder = folder;
    /* Threads of a process may be spread over the threaded cgroups below the
     * one that it is in, and over no others. */
    return quota->unified ? write_to(folder, "cgroup.procs", "0", err)
                          : SCOPE_OK;
}

static enum scope_code limit_v1(const char *folder, int64_t quota_ns,
                                int64_t period_ns, struct scope_err *err)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)period_ns / 1000);
    enum scope_code code = write_to(folder, "cpu.cfs_period_us", text, err);
    if (code != SCOPE_OK)
        return code;
    snprintf(text, sizeof text, "%lld", (long long)quota_ns / 1000);
    return write_to(folder, "cpu.cfs_quota_us", text, err);
}

static enum scope_code limit_v2(const struct quota *quota, const char *folder,
                                int64_t quota_ns, int64_t period_ns,
                                struct scope_err *err)
{
    char text[64];
    snprintf(text, sizeof text, "%lld %lld", (long long)quota_ns / 1000,
             (long long)period_ns / 1000);
    enum scope_code code = write_to(folder, "cgroup.type", "threaded", err);
    if (code == SCOPE_OK)
        code = write_to(quota->folder, "cgroup.subtree_control", "+cpu", err);
    return code == SCOPE_OK ? write_to(folder, "cpu.max", text, err) : code;
}

enum scope_code quota_add(struct quota *quota, int cpu, int64_t quota_ns,
                          int64_t period_ns, struct scope_err *err)
{
    char *folder = scope_format("%s/cpu%d", quota->folder, cpu);
    enum scope_code code = make_folder(folder, err);
    if (code != SCOPE_OK) {
        free(folder);
        return code;
    }
    quota->cpus =
        scope_realloc(quota->cpus, quota->count + 1, sizeof *quota->cpus);
    quota->cpus[quota->count++] = folder;
    return quota->unified ? limit_v2(quota, folder, quota_ns, period_ns, err)
                          : limit_v1(folder, quota_ns, period_ns, err);
}

enum scope_code quota_enter(const struct quota *quota, size_t index,
                            struct scope_err *err)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", (long)gettid());
    return write_to(quota->cpus[index],
                    quota->unified ? "cgroup.threads" : "tasks", text, err);
}

void quota_close(struct quota *quota)
{
    struct scope_err ignored;
    for (size_t i = 0; i < quota->count; i++) {
        rmdir(quota->cpus[i]);
        free(quota->cpus[i]);
    }
    if (quota->folder) {
        if (quota->unified &&
            write_to(quota->home, "cgroup.procs", "0", &ignored) != SCOPE_OK)
            ignored.text[0] = '\0'; /* the folder then stays until it ends */
        rmdir(quota->folder);
    }
    free(quota->cpus);
    free(quota->folder);
    free(quota->parent);
    free(quota->home);
    *quota = (struct quota){0};
}
