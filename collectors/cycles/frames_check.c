/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw makes room for as many registers as an instruction names, and keeps as
 * many states as are remembered: a crafted file of some bytes would take all
 * memory. So all instructions are looked at first; a file with one that no
 * compiler writes is not unwound. libdw reads what lies in the section
 * .eh_frame and where .eh_frame_hdr, before it, points: that must be at
 * entries that were looked at. (Linux Standard Base Core, 10.6; DWARF 5, 6.4.)
 */
#include "collectors/cycles/frames_check.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <scope/alloc.h>
#include <string.h>

#define MOST_REGISTERS 1024
#define MOST_REMEMBERED 32
#define HEADER 12

/* Offsets of entries, in the order of the section; of common ones also how
 * many bytes the two addresses of those that use it have. */
struct entry {
    uint64_t offset;
    uint8_t pointers;
    bool plain; /* no augmentation: nothing follows the addresses */
};

struct entries {
    struct entry *entries;
    size_t count, room;
};

struct check {
    struct entries common, functions;
};

/* Reading bytes: once something is not there, all is bad. */
struct bytes {
    const uint8_t *at, *end;
    bool bad;
};

static void skip(struct bytes *bytes, uint64_t count)
{
    if (count > (uint64_t)(bytes->end - bytes->at))
        bytes->bad = true;
    else
        bytes->at += count;
}

static uint8_t byte(struct bytes *bytes)
{
    if (bytes->at == bytes->end) {
        bytes->bad = true;
        return 0;
    }
    return *bytes->at++;
}

static uint64_t uleb(struct bytes *bytes)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t part;
    do {
        part = byte(bytes);
        if (shift < 64)
            value |= (uint64_t)(part & 0x7f) << shift;
        shift += 7;
    } while (part & 0x80 && !bytes->bad);
    return value;
}

static void reg(struct bytes *bytes)
{
    if (uleb(bytes) >= MOST_REGISTERS)
        bytes->bad = true;
}

static void extended(struct bytes *bytes, uint8_t code, unsigned *remembered)
{
    switch (code) {
    case DW_CFA_nop:
    case DW_CFA_GNU_window_save:
        return;
    case DW_CFA_restore_state:
        *remembered -= *remembered > 0;
        return;
    case DW_CFA_remember_state:
        bytes->bad = bytes->bad || ++*remembered > MOST_REMEMBERED;
        return;
    case DW_CFA_advance_loc1:
        skip(bytes, 1);
        return;
    case DW_CFA_advance_loc2:
        skip(bytes, 2);
        return;
    case DW_CFA_advance_loc4:
        skip(bytes, 4);
        return;
    case DW_CFA_restore_extended:
    case DW_CFA_undefined:
    case DW_CFA_same_value:
    case DW_CFA_def_cfa_register:
        reg(bytes);
        return;
    case DW_CFA_register:
        reg(bytes);
        reg(bytes);
        return;
    case DW_CFA_offset_extended:
    case DW_CFA_def_cfa:
    case DW_CFA_offset_extended_sf:
    case DW_CFA_def_cfa_sf:
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
    case DW_CFA_GNU_negative_offset_extended:
        reg(bytes);
        uleb(bytes);
        return;
    case DW_CFA_def_cfa_offset:
    case DW_CFA_def_cfa_offset_sf:
    case DW_CFA_GNU_args_size:
        uleb(bytes);
        return;
    case DW_CFA_def_cfa_expression:
        skip(bytes, uleb(bytes));
        return;
    case DW_CFA_expression:
    case DW_CFA_val_expression:
        reg(bytes);
        skip(bytes, uleb(bytes));
        return;
    default:
        bytes->bad = true;
    }
}

static bool sound(struct bytes bytes)
{
    unsigned remembered = 0;
    while (bytes.at < bytes.end && !bytes.bad) {
        uint8_t code = byte(&bytes);
        if ((code & 0xc0) == DW_CFA_offset)
            uleb(&bytes);
        else if (!(code & 0xc0))
            extended(&bytes, code, &remembered);
    }
    return !bytes.bad;
}

/* Bytes of a pointer in this encoding, 0: none that compilers use. */
static unsigned pointer_size(uint8_t encoding)
{
    switch (encoding & 0x0f) {
    case DW_EH_PE_udata4:
    case DW_EH_PE_sdata4:
        return 4;
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        return 8;
    default:
        return 0;
    }
}

/* How a common entry encodes the addresses of its functions, by its
 * augmentation; 0: in no way that is known. */
static unsigned pointers_of(const Dwarf_CIE *cie)
{
    struct bytes data = {
        .at = cie->augmentation_data,
        .end = cie->augmentation_data + cie->augmentation_data_size,
    };
    const char *letter = cie->augmentation;
    unsigned size = 8;
    if (!*letter)
        return size;
    if (*letter++ != 'z' || !cie->augmentation_data)
        return 0;
    for (; *letter; letter++) {
        if (*letter == 'R')
            size = pointer_size(byte(&data));
        else if (*letter == 'L')
            byte(&data);
        else if (*letter == 'P')
            skip(&data, pointer_size(byte(&data)));
        else if (*letter != 'S' && *letter != 'B')
            return 0;
    }
    return data.bad ? 0 : size;
}

static void add(struct entries *entries, uint64_t offset, unsigned pointers,
                bool plain)
{
    entries->entries = scope_grow(entries->entries, &entries->room,
                                  entries->count, sizeof *entries->entries);
    entries->entries[entries->count++] = (struct entry){
        .offset = offset,
        .pointers = (uint8_t)pointers,
        .plain = plain,
    };
}

static int by_offset(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static const struct entry *find(const struct entries *entries, uint64_t offset)
{
    const struct entry wanted = {.offset = offset};
    return entries->count ? bsearch(&wanted, entries->entries, entries->count,
                                    sizeof wanted, by_offset)
                          : NULL;
}

static bool check_entry(struct check *check, uint64_t offset,
                        const Dwarf_CFI_Entry *entry)
{
    if (dwarf_cfi_cie_p(entry)) {
        const Dwarf_CIE *cie = &entry->cie;
        unsigned pointers = pointers_of(cie);
        add(&check->common, offset, pointers, !cie->augmentation[0]);
        return pointers && sound((struct bytes){
                               .at = cie->initial_instructions,
                               .end = cie->initial_instructions_end,
                           });
    }
    const struct entry *common = find(&check->common, entry->fde.CIE_pointer);
    if (!common)
        return false;
    struct bytes bytes = {.at = entry->fde.start, .end = entry->fde.end};
    skip(&bytes, 2U * common->pointers);
    if (!common->plain)
        skip(&bytes, uleb(&bytes));
    add(&check->functions, offset, 0, false);
    return !bytes.bad && sound(bytes);
}

static bool check_entries(struct check *check, Elf *elf, Elf_Data *data)
{
    const unsigned char *ident = (const unsigned char *)elf_getident(elf, NULL);
    Dwarf_Off offset = 0, next = 0;
    Dwarf_CFI_Entry entry;
    int result;
    while ((result = dwarf_next_cfi(ident, data, true, offset, &next,
                                    &entry)) == 0) {
        if (!check_entry(check, offset, &entry))
            return false;
        offset = next;
    }
    return result == 1;
}

uint64_t frames_index_function(const struct frames_index *index, size_t entry)
{
    int32_t offset;
    memcpy(&offset, index->entries + entry * 8, sizeof offset);
    return index->address + (uint64_t)offset;
}

uint64_t frames_index_record(const struct frames_index *index, size_t entry)
{
    int32_t offset;
    memcpy(&offset, index->entries + entry * 8 + 4, sizeof offset);
    return index->address + (uint64_t)offset;
}

/* Only in the form that all linkers write: a count and offsets of 32 bits. */
static bool read_index(Elf_Scn *scn, uint64_t address,
                       struct frames_index *index)
{
    Elf_Data *data = elf_rawdata(scn, NULL);
    const uint8_t *bytes = data ? data->d_buf : NULL;
    uint32_t count;
    /* The linker found no order, and left the table out. */
    if (bytes && data->d_size >= 4 && bytes[2] == DW_EH_PE_omit)
        return true;
    if (!bytes || data->d_size < HEADER || bytes[0] != 1 ||
        bytes[1] != (DW_EH_PE_pcrel | DW_EH_PE_sdata4) ||
        bytes[2] != DW_EH_PE_udata4 ||
        bytes[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
        return false;
    memcpy(&count, bytes + 8, sizeof count);
    *index = (struct frames_index){
        .entries = bytes + HEADER,
        .count = count,
        .address = address,
    };
    return count <= (data->d_size - HEADER) / 8;
}

static bool check_index(const struct check *check,
                        const struct frames_index *index, uint64_t frames)
{
    for (size_t i = 0; i < index->count; i++)
        if (!find(&check->functions, frames_index_record(index, i) - frames))
            return false;
    return true;
}

bool frames_check(Elf *elf, struct frames_index *index)
{
    struct check check = {.common = {0}};
    bool good = true, seen = false;
    uint64_t frames = 0;
    size_t names;
    *index = (struct frames_index){0};
    if (gelf_getclass(elf) != ELFCLASS64 || elf_getshdrstrndx(elf, &names))
        return false;
    for (Elf_Scn *scn = NULL; good && (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(scn, &header)
                               ? elf_strptr(elf, names, header.sh_name)
                               : NULL;
        if (name && strcmp(name, ".eh_frame_hdr") == 0) {
            good = !index->entries && read_index(scn, header.sh_addr, index);
        } else if (name && strcmp(name, ".eh_frame") == 0) {
            Elf_Data *data = elf_rawdata(scn, NULL);
            good = !seen && header.sh_type != SHT_NOBITS && data &&
                   data->d_buf && check_entries(&check, elf, data);
            frames = header.sh_addr;
            seen = true;
        }
    }
    good = good && seen && check_index(&check, index, frames);
    free(check.common.entries);
    free(check.functions.entries);
    return good;
}
