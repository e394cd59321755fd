/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where debuggers look, gdb(1), "Separate Debug Files": by build-id, then by
 * the name in .gnu_debuglink. A file counts when its build-id is the same; of
 * programs without one, when its checksum is what .gnu_debuglink says.
 */
#include "collectors/cycles/debug_file.h"

#include "collectors/cycles/build_id.h"
#include "collectors/cycles/process.h"

#include <elfutils/libdwelf.h>
#include <scope/alloc.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK 65536
#define LONGEST_LINK 255

static bool has_build_id(int fd, const char *build_id)
{
    char text[BUILD_ID_TEXT] = "";
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf)
        build_id_of_elf(elf, text);
    elf_end(elf);
    return strcmp(text, build_id) == 0;
}

static bool has_checksum(int fd, uint32_t wanted)
{
    unsigned char *chunk = scope_alloc(CHUNK, 1);
    uLong sum = crc32(0, Z_NULL, 0);
    ssize_t got;
    for (off_t at = 0; (got = pread(fd, chunk, CHUNK, at)) > 0; at += got)
        sum = crc32(sum, chunk, (uInt)got);
    free(chunk);
    return got == 0 && sum == wanted;
}

/* Takes path. */
static int proved(int root, char *path, const char *build_id, uint32_t checksum)
{
    int fd = process_open(root, path, true);
    free(path);
    if (fd < 0)
        return -1;
    if (build_id[0] ? has_build_id(fd, build_id) : has_checksum(fd, checksum))
        return fd;
    close(fd);
    return -1;
}

static int by_link(int root, const char *path, Elf *elf, const char *build_id)
{
    GElf_Word checksum;
    const char *link = dwelf_elf_gnu_debuglink(elf, &checksum);
    const char *slash = strrchr(path, '/');
    if (!link || !link[0] || !slash || strchr(link, '/') ||
        strlen(link) > LONGEST_LINK)
        return -1;
    int folder = (int)(slash - path);
    int fd = proved(root, scope_format("%.*s/%s", folder, path, link), build_id,
                    checksum);
    if (fd < 0)
        fd = proved(root, scope_format("%.*s/.debug/%s", folder, path, link),
                    build_id, checksum);
    if (fd < 0)
        fd = proved(root,
                    scope_format("/usr/lib/debug%.*s/%s", folder, path, link),
                    build_id, checksum);
    return fd;
}

int debug_file_open(int root, const char *path, Elf *elf, const char *build_id)
{
    int fd = -1;
    if (strlen(build_id) > 2)
        fd = proved(root,
                    scope_format("/usr/lib/debug/.build-id/%.2s/%s.debug",
                                 build_id, build_id + 2),
                    build_id, 0);
    return fd >= 0 ? fd : by_link(root, path, elf, build_id);
}
