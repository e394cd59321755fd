/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NT_GNU_BUILD_ID, elf(5). */
#include "collectors/cycles/build_id.h"

#include "collectors/cycles/maps.h"

#include <elf.h>
#include <elfutils/libdwelf.h>
#include <stdlib.h>
#include <string.h>

static void to_hex(const unsigned char *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    if (size > (BUILD_ID_TEXT - 1) / 2)
        size = (BUILD_ID_TEXT - 1) / 2;
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

void build_id_of_elf(Elf *elf, char text[BUILD_ID_TEXT])
{
    const void *bits;
    ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
    to_hex(bits, size > 0 ? (size_t)size : 0, text);
}

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

void build_id_of_notes(const char *path, char text[BUILD_ID_TEXT])
{
    text[0] = '\0';
    size_t size, at = 0;
    char *notes = maps_read(path, 65536, &size);
    while (notes && size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
        if (name > size - at || content > size - at - name)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + at, "GNU", 4) == 0)
            to_hex((unsigned char *)notes + at + name, note.n_descsz, text);
        at += name + content;
    }
    free(notes);
}
