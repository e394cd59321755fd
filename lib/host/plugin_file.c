/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One plugin file: what it must be before the dynamic linker may run any of
 * it, and what it must hold afterwards.
 */
#include "lib/host/plugin_file.h"

#include "lib/host/plugin_table.h"
#include "lib/host/trust.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return scope_strdup(".");
    return scope_format("%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* The file itself: regular, an ELF shared object, and nobody else's. */
static enum scope_code check_file(int fd, struct scope_err *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return scope_fail(err, SCOPE_IO, errno, "it cannot be looked at");
    if (!S_ISREG(status.st_mode))
        return scope_fail(err, SCOPE_FAILED, 0, "it is not a regular file");
    enum scope_code code = scope_trust_fd(fd, "the file", err);
    if (code)
        return code;
    ElfW(Ehdr) header;
    ssize_t got = pread(fd, &header, sizeof header, 0);
    if (got < 0)
        return scope_fail(err, SCOPE_IO, errno, "it cannot be read");
    if (got != sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_type != ET_DYN)
        return scope_fail(err, SCOPE_FAILED, 0, "it is not a shared object");
    return SCOPE_OK;
}

/* What path leads to, its folder checked too: a link may point anywhere. */
static enum scope_code resolve(const char *path, char **real,
                               struct scope_err *err)
{
    *real = realpath(path, NULL);
    if (!*real)
        return scope_fail(err, SCOPE_IO, errno, "it cannot be opened");
    char *slash = strrchr(*real, '/');
    *slash = '\0';
    enum scope_code code =
        scope_trust_folder(slash == *real ? "/" : *real, err);
    *slash = '/';
    return code;
}

static enum scope_code check_trust(const char *path, char **real,
                                   struct scope_err *err)
{
    char *folder = folder_of(path);
    enum scope_code code = scope_trust_folder(folder, err);
    free(folder);
    if (!code)
        code = resolve(path, real, err);
    if (code)
        return code;
    int fd = open(*real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "it cannot be opened");
    code = check_file(fd, err);
    close(fd);
    return code;
}

/* dlerror() without the path that the refusal names anyway. */
static enum scope_code loading_failed(const char *real, struct scope_err *err)
{
    const char *why = dlerror();
    size_t length = strlen(real);
    if (why && strncmp(why, real, length) == 0 && why[length] == ':')
        why += length + 1 + (why[length + 1] == ' ');
    return scope_fail(err, SCOPE_FAILED, 0, "it cannot be loaded: %s",
                      why ? why : "unknown reason");
}

static enum scope_code find_symbol(void *handle,
                                   const struct scope_plugin **plugin,
                                   struct scope_err *err)
{
    *plugin = dlsym(handle, "scope_plugin");
    if (!*plugin)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "it has no symbol scope_plugin: end it with "
                          "SCOPE_PLUGIN(...)");
    /* abi and size must be there to be read. */
    Dl_info where;
    void *extra = NULL;
    bool known = dladdr1(*plugin, &where, &extra, RTLD_DL_SYMENT) != 0;
    const ElfW(Sym) *symbol = extra;
    if (!known || !symbol ||
        symbol->st_size < offsetof(struct scope_plugin, kind))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "its symbol scope_plugin is not a descriptor");
    enum scope_code code = scope_plugin_check_abi(*plugin, err);
    if (!code && symbol->st_size < sizeof **plugin)
        code = scope_fail(err, SCOPE_FAILED, 0,
                          "its symbol scope_plugin is not a descriptor");
    return code;
}

/* Kind and name against where the file lies: a folder named after a kind holds
 * only that kind. */
static enum scope_code check_place(const char *path,
                                   const struct scope_plugin *plugin,
                                   struct scope_err *err)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(folder, '/');
    enum scope_kind kind = scope_kind_of(slash ? slash + 1 : folder);
    slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *suffix = strstr(file, ".so");
    char *stem = scope_format("%.*s", suffix ? (int)(suffix - file) : 0, file);
    enum scope_code code = scope_plugin_check(plugin, kind, stem, err);
    free(stem);
    free(folder);
    return code;
}

enum scope_code scope_plugin_open(const char *path, void **handle,
                                  const struct scope_plugin **plugin,
                                  struct scope_err *err)
{
    char *real = NULL;
    *handle = NULL;
    enum scope_code code = check_trust(path, &real, err);
    if (!code) {
        *handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
        code = *handle ? find_symbol(*handle, plugin, err)
                       : loading_failed(real, err);
    }
    if (!code)
        code = check_place(path, *plugin, err);
    if (code && *handle)
        dlclose(*handle);
    free(real);
    return code;
}
