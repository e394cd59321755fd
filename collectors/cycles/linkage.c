/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An entry jumps to where a word of the global offset table says; relocations
 * say which function's address is put in that word. Going by the word and not
 * by the order of entries holds for every linker and kind of table.
 */
#include "collectors/cycles/linkage.h"

#include <elf.h>
#include <gelf.h>
#include <limits.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

#define MOST_SLOTS 262144
#define LONGEST_NAME 4096

struct slot {
    uint64_t address; /* of the word */
    const char *name; /* of the function */
};

struct slots {
    struct slot *slots;
    size_t count, room;
};

static bool is_slot(unsigned machine, uint64_t type)
{
    return machine == EM_X86_64
               ? type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT
               : type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
}

static void read_relocations(struct slots *slots, Elf *elf, unsigned machine,
                             Elf_Scn *scn, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    Elf_Scn *names = elf_getscn(elf, header->sh_link);
    Elf_Data *symbols = names ? elf_getdata(names, NULL) : NULL;
    size_t entry = gelf_fsize(elf, ELF_T_RELA, 1, EV_CURRENT);
    GElf_Shdr table;
    if (!data || !symbols || !entry || !gelf_getshdr(names, &table) ||
        table.sh_type != SHT_DYNSYM)
        return;
    for (size_t i = 0; i < data->d_size / entry && i <= INT_MAX; i++) {
        GElf_Rela rela;
        GElf_Sym symbol;
        if (slots->count == MOST_SLOTS || !gelf_getrela(data, (int)i, &rela))
            return;
        if (!is_slot(machine, GELF_R_TYPE(rela.r_info)) ||
            GELF_R_SYM(rela.r_info) > INT_MAX ||
            !gelf_getsym(symbols, (int)GELF_R_SYM(rela.r_info), &symbol))
            continue;
        const char *name = elf_strptr(elf, table.sh_link, symbol.st_name);
        if (!name || !name[0])
            continue;
        slots->slots = scope_grow(slots->slots, &slots->room, slots->count,
                                  sizeof *slots->slots);
        slots->slots[slots->count++] =
            (struct slot){.address = rela.r_offset, .name = name};
    }
}

static int by_address(const void *a, const void *b)
{
    const struct slot *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static uint32_t u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The word that an entry jumps by: "jmp *offset(%rip)", which a prefix or
 * endbr64 may go before. */
static bool slot_of_x86(const uint8_t *code, size_t size, uint64_t address,
                        uint64_t *slot)
{
    for (size_t i = 0; i + 6 <= size && i <= 5; i++)
        if (code[i] == 0xff && code[i + 1] == 0x25) {
            *slot = address + i + 6 + (uint64_t)(int32_t)u32(code + i + 2);
            return true;
        }
    return false;
}

/* "adrp x16, page; ldr x17, [x16, offset]", which "bti c" may go before. */
static bool slot_of_arm(const uint8_t *code, size_t size, uint64_t address,
                        uint64_t *slot)
{
    for (size_t i = 0; i + 8 <= size && i <= 4; i += 4) {
        uint32_t adrp = u32(code + i), ldr = u32(code + i + 4);
        if ((adrp & 0x9f00001f) != 0x90000010 ||
            (ldr & 0xffc003ff) != 0xf9400211)
            continue;
        uint64_t pages =
            (uint64_t)(adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
        if (pages >> 20)
            pages |= ~((UINT64_C(1) << 21) - 1);
        *slot = ((address + i) & ~UINT64_C(4095)) + (pages << 12) +
                (uint64_t)(ldr >> 10 & 0xfff) * 8;
        return true;
    }
    return false;
}

static void add_entry(struct table *table, const struct slots *slots,
                      uint64_t slot, uint64_t address, uint64_t size,
                      uint32_t tag)
{
    char text[LONGEST_NAME];
    const struct slot wanted = {.address = slot};
    const struct slot *found =
        bsearch(&wanted, slots->slots, slots->count, sizeof wanted, by_address);
    if (!found)
        return;
    int length = snprintf(text, sizeof text, "%s@plt", found->name);
    if (length > 0 && (size_t)length < sizeof text)
        table_add(table, address, size, text, (size_t)length, tag);
}

/* Entries are 8, 16 or 24 bytes; a table that does not say which has 16. */
static void add_section(struct table *table, const struct slots *slots,
                        unsigned machine, Elf_Scn *scn, const GElf_Shdr *header,
                        uint32_t tag)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    size_t entry = header->sh_entsize == 8 || header->sh_entsize == 24
                       ? header->sh_entsize
                       : 16;
    for (size_t at = 0; data && data->d_buf && at + entry <= data->d_size;) {
        const uint8_t *code = (const uint8_t *)data->d_buf + at;
        uint64_t address = header->sh_addr + at, slot;
        bool known = machine == EM_X86_64
                         ? slot_of_x86(code, entry, address, &slot)
                         : slot_of_arm(code, entry, address, &slot);
        if (known)
            add_entry(table, slots, slot, address, entry, tag);
        /* AArch64's begins with one of another size. */
        at += known || machine == EM_X86_64 ? entry : 4;
    }
}

static void add_sections(struct table *table, const struct slots *slots,
                         Elf *elf, unsigned machine, uint32_t tag)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names))
        return;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(scn, &header)
                               ? elf_strptr(elf, names, header.sh_name)
                               : NULL;
        if (name && strncmp(name, ".plt", 4) == 0 &&
            header.sh_type == SHT_PROGBITS && header.sh_flags & SHF_EXECINSTR)
            add_section(table, slots, machine, scn, &header, tag);
    }
}

void linkage_add(struct table *table, Elf *elf, uint32_t tag)
{
    GElf_Ehdr file;
    if (!gelf_getehdr(elf, &file) || gelf_getclass(elf) != ELFCLASS64 ||
        (file.e_machine != EM_X86_64 && file.e_machine != EM_AARCH64))
        return;
    struct slots slots = {0};
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        if (gelf_getshdr(scn, &header) && header.sh_type == SHT_RELA)
            read_relocations(&slots, elf, file.e_machine, scn, &header);
    }
    if (slots.count) {
        qsort(slots.slots, slots.count, sizeof *slots.slots, by_address);
        add_sections(table, &slots, elf, file.e_machine, tag);
    }
    free(slots.slots);
}
