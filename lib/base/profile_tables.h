/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the tables of a profile find again what they hold, and what of them was
 * stored already: for profile.c and profile_piece.c.
 */
#ifndef LIB_BASE_PROFILE_TABLES_H
#define LIB_BASE_PROFILE_TABLES_H

#include <scope/profile.h>

/* Entries a table may have, and bytes of a name. */
#define SCOPE_PROFILE_ENTRIES (UINT32_C(1) << 26)
#define SCOPE_PROFILE_NAME 65535

/* The hashes of a table's entries, and places by hash: number + 1, 0 empty. */
struct scope_profile_table {
    size_t room; /* of the entries */
    uint64_t *hashes;
    size_t hash_room;
    uint32_t *places;
    size_t place_count; /* a power of two */
};

/* What of a count was stored already. */
struct scope_profile_stored {
    uint64_t samples, weight;
};

struct scope_profile_index {
    struct scope_profile_table modules, functions, stacks, owners, counts;
    size_t kept_modules, kept_functions, kept_stacks, kept_owners;
    struct scope_profile_stored *stored; /* of each count */
    size_t stored_room;
};

#endif
