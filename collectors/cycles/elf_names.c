/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading symbol tables. Everything in a file may be wrong: libelf checks what
 * lies where, and what it refuses is left out. */
#include "collectors/cycles/elf_names.h"

#include "collectors/cycles/embedded.h"
#include "collectors/cycles/rank.h"

#include <gelf.h>
#include <limits.h>
#include <scope/alloc.h>
#include <string.h>

/* Which sections have code, by number. */
struct code {
    bool *is;
    size_t count;
};

static struct code code_sections(Elf *elf)
{
    struct code code = {0};
    if (elf_getshdrnum(elf, &code.count))
        code.count = 0;
    code.is = scope_alloc(code.count + 1, sizeof *code.is);
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        size_t at = elf_ndxscn(scn);
        if (at < code.count && gelf_getshdr(scn, &header))
            code.is[at] = header.sh_flags & SHF_EXECINSTR;
    }
    return code;
}

/* What decides between names of one address, better is greater. */
static uint32_t rank(const GElf_Sym *symbol)
{
    unsigned binding = GELF_ST_BIND(symbol->st_info);
    return (symbol->st_size ? 2U : 0U) + (binding != STB_LOCAL ? 1U : 0U);
}

static bool is_function(const GElf_Sym *symbol, const struct code *code)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    bool label =
        type == STT_NOTYPE && GELF_ST_BIND(symbol->st_info) != STB_LOCAL;
    if ((type != STT_FUNC && type != STT_GNU_IFUNC && !label) ||
        symbol->st_shndx == SHN_UNDEF)
        return false;
    if (symbol->st_shndx == SHN_XINDEX)
        return !label;
    return symbol->st_shndx < code->count && code->is[symbol->st_shndx];
}

static void add_table(struct table *table, Elf *elf, Elf_Scn *scn,
                      const GElf_Shdr *header, const struct code *code,
                      uint64_t shift)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    size_t entry = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
    size_t count = data && entry ? data->d_size / entry : 0;
    for (size_t i = 1; i < count && i <= INT_MAX; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || !is_function(&symbol, code))
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (!name || !name[0])
            continue;
        /* "memcpy@@GLIBC_2.14": the version is not of the name. */
        const char *version = strchr(name + 1, '@');
        size_t length = version ? (size_t)(version - name) : strlen(name);
        table_add(table, symbol.st_value + shift, symbol.st_size, name, length,
                  rank(&symbol));
    }
}

bool elf_names_add(struct table *table, Elf *elf, unsigned type, uint64_t shift)
{
    struct code code = code_sections(elf);
    bool found = false;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        if (!gelf_getshdr(scn, &header) || header.sh_type != type)
            continue;
        found = true;
        add_table(table, elf, scn, &header, &code, shift);
    }
    free(code.is);
    return found;
}

static Elf_Scn *section(Elf *elf, const char *wanted, GElf_Shdr *header)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names))
        return NULL;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        const char *name = gelf_getshdr(scn, header)
                               ? elf_strptr(elf, names, header->sh_name)
                               : NULL;
        if (name && strcmp(name, wanted) == 0)
            return scn;
    }
    return NULL;
}

void elf_names_add_embedded(struct table *table, Elf *elf)
{
    GElf_Shdr header;
    Elf_Scn *scn = section(elf, ".gnu_debugdata", &header);
    Elf_Data *packed = scn ? elf_rawdata(scn, NULL) : NULL;
    size_t size = 0;
    char *image = packed && packed->d_buf
                      ? embedded_unpack(packed->d_buf, packed->d_size, &size)
                      : NULL;
    Elf *inner = image ? elf_memory(image, size) : NULL;
    if (inner)
        elf_names_add(table, inner, SHT_SYMTAB, 0);
    elf_end(inner);
    free(image);
}

static int better(const struct table *table, const struct table_symbol *a,
                  const struct table_symbol *b)
{
    if (a->tag != b->tag)
        return a->tag > b->tag ? 1 : -1;
    return rank_names(table_name(table, a), table_name(table, b));
}

void elf_names_sort(struct table *table)
{
    table_sort(table, better);
}
