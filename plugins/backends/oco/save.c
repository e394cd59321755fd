/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/save.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <scope/alloc.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 10 };
#define SIZE_LIMIT (INT64_C(1) << 30)

struct oco_save {
    char *path, *next; /* the file, and the one that takes its place */
    int folder_fd;
    int fd; /* of the file, locked */
    mode_t mode;
    struct oco_apps *apps;
    const struct scope_names *names;
    bool owed; /* what has changed could not be saved */
    /* The thread. */
    bool running, stopping;
    int64_t interval_ns;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
};

/* Opens and locks the file that path leads to when it is locked: another may
 * just be replacing it. */
static enum scope_code lock_file(struct oco_save *save, const char *path,
                                 struct stat *status, struct scope_err *err)
{
    for (int i = 0; i < TRIES; i++) {
        struct stat there;
        save->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
        if (save->fd < 0 || fstat(save->fd, status))
            return scope_fail(err, SCOPE_IO, errno, "open");
        if (!S_ISREG(status->st_mode))
            return scope_fail(err, SCOPE_USAGE, 0, "it is no regular file");
        if (flock(save->fd, LOCK_EX | LOCK_NB))
            break;
        if (stat(path, &there) == 0 && there.st_ino == status->st_ino &&
            there.st_dev == status->st_dev)
            return SCOPE_OK;
        close(save->fd);
        save->fd = -1;
    }
    scope_fail(err, SCOPE_BUSY, 0, "it is in use");
    return scope_hint(err, "another backend keeps its state there: stop it or "
                           "give another file");
}

static enum scope_code restore(struct oco_save *save, off_t size,
                               struct scope_err *err)
{
    if (!size)
        return SCOPE_OK;
    if (size > SIZE_LIMIT)
        return scope_fail(err, SCOPE_CORRUPT, 0,
                          "it is no saved state: %lld "
                          "bytes are too many",
                          (long long)size);
    char *text = scope_alloc((size_t)size, 1);
    size_t have = 0;
    while (have < (size_t)size) {
        ssize_t got = read(save->fd, text + have, (size_t)size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    enum scope_code code =
        have < (size_t)size
            ? scope_fail(err, SCOPE_IO, errno, "read")
            : oco_save_read(text, have, save->apps, save->names, err);
    free(text);
    return code;
}

/* 0, or an errno. */
static int write_all(int fd, const char *text, size_t size)
{
    while (size) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0) {
            text += done;
            size -= (size_t)done;
        }
    }
    return fsync(fd) ? errno : 0;
}

/* Puts the text in the place of the file. The new one is locked before it is
 * to be found there. */
static enum scope_code replace(struct oco_save *save, const char *text,
                               size_t size, struct scope_err *err)
{
    const int how = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(save->next, how, save->mode);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open %s", save->next);
    int error = fchmod(fd, save->mode) || flock(fd, LOCK_EX | LOCK_NB)
                    ? errno
                    : write_all(fd, text, size);
    if (!error && rename(save->next, save->path))
        error = errno;
    if (error) {
        close(fd);
        unlink(save->next);
        return scope_fail(err, SCOPE_IO, error, "write %s", save->next);
    }
    close(save->fd);
    save->fd = fd;
    /* The file is whole either way; this makes the new one outlive a loss of
     * power. Not every file system does that for folders. */
    if (fsync(save->folder_fd) && errno != EINVAL)
        return scope_fail(err, SCOPE_IO, errno, "sync the folder of %s",
                          save->path);
    return SCOPE_OK;
}

static enum scope_code save_now(struct oco_save *save, struct scope_err *err)
{
    size_t size;
    char *text = oco_save_write(save->apps, save->names, &size);
    enum scope_code code = replace(save, text, size, err);
    free(text);
    save->owed = code != SCOPE_OK;
    return code;
}

static enum scope_code save_changes(struct oco_save *save,
                                    struct scope_err *err)
{
    if (!oco_apps_changed(save->apps) && !save->owed)
        return SCOPE_OK;
    return save_now(save, err);
}

static enum scope_code find_place(struct oco_save *save, struct scope_err *err)
{
    char *slash = strrchr(save->path, '/');
    *slash = '\0';
    save->folder_fd = open(slash == save->path ? "/" : save->path,
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    if (save->folder_fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open the folder of %s",
                          save->path);
    save->next = scope_format("%s.new", save->path);
    return SCOPE_OK;
}

static enum scope_code open_place(struct oco_save *save, const char *path,
                                  struct scope_err *err)
{
    struct stat status;
    enum scope_code code = lock_file(save, path, &status, err);
    if (code != SCOPE_OK)
        return code;
    save->mode = status.st_mode & 0777;
    save->path = realpath(path, NULL);
    if (!save->path)
        return scope_fail(err, SCOPE_IO, errno, "find");
    code = find_place(save, err);
    if (code == SCOPE_OK)
        code = restore(save, status.st_size, err);
    if (code == SCOPE_OK)
        code = save_now(save, err);
    return code;
}

enum scope_code oco_save_open(struct oco_save **out, const char *path,
                              struct oco_apps *apps,
                              const struct scope_names *names,
                              struct scope_err *err)
{
    struct oco_save *save = scope_alloc(1, sizeof *save);
    save->fd = -1;
    save->folder_fd = -1;
    save->apps = apps;
    save->names = names;
    pthread_mutex_init(&save->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&save->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    enum scope_code code = open_place(save, path, err);
    if (code != SCOPE_OK) {
        scope_prefix(err, "state file %s", path);
        oco_save_close(save);
        return code;
    }
    *out = save;
    return SCOPE_OK;
}

static struct timespec after(int64_t interval_ns)
{
    int64_t time_ns = scope_now_ns() + interval_ns;
    return (struct timespec){.tv_sec = time_ns / 1000000000,
                             .tv_nsec = time_ns % 1000000000};
}

/* What fails now is tried again, and told when it also fails at the end. */
static void *run(void *closure)
{
    struct oco_save *save = closure;
    pthread_mutex_lock(&save->lock);
    while (!save->stopping) {
        struct timespec until = after(save->interval_ns);
        int error = 0;
        while (!save->stopping && error != ETIMEDOUT)
            error = pthread_cond_timedwait(&save->stop, &save->lock, &until);
        if (save->stopping)
            break;
        pthread_mutex_unlock(&save->lock);
        if (save_changes(save, NULL) != SCOPE_OK)
            save->owed = true;
        pthread_mutex_lock(&save->lock);
    }
    pthread_mutex_unlock(&save->lock);
    return NULL;
}

enum scope_code oco_save_start(struct oco_save *save, int64_t interval_ns,
                               struct scope_err *err)
{
    save->interval_ns = interval_ns;
    int error = pthread_create(&save->thread, NULL, run, save);
    if (error)
        return scope_fail(err, SCOPE_FAILED, error, "start a thread");
    save->running = true;
    return SCOPE_OK;
}

static void end_thread(struct oco_save *save)
{
    if (!save->running)
        return;
    pthread_mutex_lock(&save->lock);
    save->stopping = true;
    pthread_cond_signal(&save->stop);
    pthread_mutex_unlock(&save->lock);
    pthread_join(save->thread, NULL);
    save->running = false;
}

enum scope_code oco_save_stop(struct oco_save *save, struct scope_err *err)
{
    end_thread(save);
    enum scope_code code = save_changes(save, err);
    if (code != SCOPE_OK)
        scope_prefix(err, "state file %s", save->path);
    return code;
}

void oco_save_close(struct oco_save *save)
{
    if (!save)
        return;
    end_thread(save);
    if (save->fd >= 0)
        close(save->fd);
    if (save->folder_fd >= 0)
        close(save->folder_fd);
    pthread_cond_destroy(&save->stop);
    pthread_mutex_destroy(&save->lock);
    free(save->path);
    free(save->next);
    free(save);
}
