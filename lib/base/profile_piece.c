/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pieces of a profile as bytes. docs/store-format.md describes them; what is
 * read here is not trusted.
 */
#include "lib/base/bytes.h"
#include "lib/base/profile_tables.h"

static const uint8_t magic[5] = {'S', 'P', 'R', 'F', 1};

enum { KERNEL = 1, NAMED = 2 };

static void put_name(struct scope_bytes *bytes, const char *name)
{
    size_t length = strlen(name);
    scope_bytes_varint(bytes, length);
    scope_bytes_put(bytes, name, length);
}

static void put_u64(struct scope_bytes *bytes, uint64_t word)
{
    scope_store64(scope_bytes_room(bytes, sizeof word), word);
    bytes->length += sizeof word;
}

static void put_double(struct scope_bytes *bytes, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u64(bytes, bits);
}

/* Where a table's new entries begin, and how many there are. */
static void put_range(struct scope_bytes *bytes, size_t kept, size_t count)
{
    scope_bytes_varint(bytes, kept);
    scope_bytes_varint(bytes, count - kept);
}

static void put_tables(struct scope_bytes *bytes,
                       const struct scope_profile *profile)
{
    const struct scope_profile_index *index = profile->index;
    put_range(bytes, index->kept_modules, profile->module_count);
    for (size_t i = index->kept_modules; i < profile->module_count; i++) {
        put_name(bytes, profile->modules[i].path);
        put_name(bytes, profile->modules[i].build_id);
    }
    put_range(bytes, index->kept_functions, profile->function_count);
    for (size_t i = index->kept_functions; i < profile->function_count; i++) {
        const struct scope_function *function = &profile->functions[i];
        scope_bytes_varint(bytes, function->module);
        scope_bytes_u8(bytes, (uint8_t)((function->kernel ? KERNEL : 0) |
                                        (function->named ? NAMED : 0)));
        put_name(bytes, function->symbol);
    }
    put_range(bytes, index->kept_stacks, profile->stack_count);
    for (size_t i = index->kept_stacks; i < profile->stack_count; i++) {
        scope_bytes_varint(bytes, i - profile->stacks[i].parent);
        scope_bytes_varint(bytes, profile->stacks[i].function);
    }
    put_range(bytes, index->kept_owners, profile->owner_count);
    for (size_t i = index->kept_owners; i < profile->owner_count; i++) {
        const struct scope_owner *owner = &profile->owners[i];
        scope_bytes_varint(bytes, owner->kind);
        scope_bytes_varint(bytes, owner->target);
        scope_bytes_varint(bytes, (uint64_t)(uint32_t)owner->pid);
        put_name(bytes, owner->name);
    }
}

static void put_counts(struct scope_bytes *bytes,
                       const struct scope_profile *profile)
{
    const struct scope_profile_stored *stored = profile->index->stored;
    const struct scope_profile_count *counts = profile->counts;
    size_t changed = 0;
    for (size_t i = 0; i < profile->count_count; i++)
        changed += counts[i].samples != stored[i].samples ||
                   counts[i].weight != stored[i].weight;
    scope_bytes_varint(bytes, changed);
    for (size_t i = 0; i < profile->count_count; i++) {
        if (counts[i].samples == stored[i].samples &&
            counts[i].weight == stored[i].weight)
            continue;
        scope_bytes_varint(bytes, counts[i].owner);
        scope_bytes_varint(bytes, counts[i].stack);
        scope_bytes_varint(bytes, counts[i].samples - stored[i].samples);
        scope_bytes_varint(bytes, counts[i].weight - stored[i].weight);
    }
}

uint8_t *scope_profile_piece(const struct scope_profile *profile,
                             int64_t start_ns, int64_t end_ns, size_t *size)
{
    struct scope_bytes bytes = {0};
    scope_bytes_put(&bytes, magic, sizeof magic);
    put_u64(&bytes, (uint64_t)start_ns);
    put_u64(&bytes, (uint64_t)end_ns);
    put_name(&bytes, profile->event);
    scope_bytes_varint(&bytes, profile->unit);
    put_double(&bytes, profile->frequency);
    put_tables(&bytes, profile);
    put_counts(&bytes, profile);
    *size = bytes.length;
    return bytes.at;
}

void scope_profile_kept(struct scope_profile *profile)
{
    struct scope_profile_index *index = profile->index;
    index->kept_modules = profile->module_count;
    index->kept_functions = profile->function_count;
    index->kept_stacks = profile->stack_count;
    index->kept_owners = profile->owner_count;
    for (size_t i = 0; i < profile->count_count; i++)
        index->stored[i] = (struct scope_profile_stored){
            .samples = profile->counts[i].samples,
            .weight = profile->counts[i].weight,
        };
}

/* A name to free(); NULL when it does not fit or holds a NUL. */
static char *take_name(struct scope_cursor *cursor)
{
    uint64_t length = scope_cursor_varint(cursor);
    if (length > SCOPE_PROFILE_NAME)
        cursor->bad = true;
    const uint8_t *bytes =
        cursor->bad ? NULL : scope_cursor_take(cursor, (size_t)length);
    if (!bytes || memchr(bytes, 0, (size_t)length)) {
        cursor->bad = true;
        return NULL;
    }
    char *name = scope_alloc((size_t)length + 1, 1);
    memcpy(name, bytes, (size_t)length);
    return name;
}

/* A number below limit. */
static uint32_t take_below(struct scope_cursor *cursor, uint64_t limit)
{
    uint64_t value = scope_cursor_varint(cursor);
    if (value >= limit) {
        cursor->bad = true;
        return 0;
    }
    return (uint32_t)value;
}

/* The number of new entries, each of which takes at least a byte; the piece
 * must go on where the table ends. */
static size_t take_range(struct scope_cursor *cursor, size_t have)
{
    uint64_t kept = scope_cursor_varint(cursor);
    uint64_t count = scope_cursor_varint(cursor);
    if (kept != have || count > scope_cursor_left(cursor) ||
        have + count > SCOPE_PROFILE_ENTRIES)
        cursor->bad = true;
    return cursor->bad ? 0 : (size_t)count;
}

/* An entry that is in the table already would move all numbers after it. */
static void expect(struct scope_cursor *cursor, uint32_t entry, size_t before)
{
    if (entry != before)
        cursor->bad = true;
}

static void take_modules(struct scope_profile *profile,
                         struct scope_cursor *cursor)
{
    size_t count = take_range(cursor, profile->module_count);
    for (size_t i = 0; i < count && !cursor->bad; i++) {
        size_t before = profile->module_count;
        char *path = take_name(cursor);
        char *build_id = take_name(cursor);
        if (path && build_id)
            expect(cursor, scope_profile_module(profile, path, build_id),
                   before);
        free(path);
        free(build_id);
    }
}

static void take_functions(struct scope_profile *profile,
                           struct scope_cursor *cursor)
{
    size_t count = take_range(cursor, profile->function_count);
    for (size_t i = 0; i < count && !cursor->bad; i++) {
        size_t before = profile->function_count;
        struct scope_function function = {
            .module = take_below(cursor, profile->module_count)};
        uint8_t flags = scope_cursor_u8(cursor);
        function.kernel = flags & KERNEL;
        function.named = flags & NAMED;
        char *symbol = take_name(cursor);
        function.symbol = symbol;
        if (symbol && !cursor->bad)
            expect(cursor, scope_profile_function(profile, &function), before);
        free(symbol);
    }
}

static void take_stacks(struct scope_profile *profile,
                        struct scope_cursor *cursor)
{
    size_t count = take_range(cursor, profile->stack_count);
    for (size_t i = 0; i < count && !cursor->bad; i++) {
        size_t before = profile->stack_count;
        uint64_t up = scope_cursor_varint(cursor);
        uint32_t function = take_below(cursor, profile->function_count);
        if (!up || up > before)
            cursor->bad = true;
        if (!cursor->bad)
            expect(
                cursor,
                scope_profile_stack(profile, (uint32_t)(before - up), function),
                before);
    }
}

static void take_owners(struct scope_profile *profile,
                        struct scope_cursor *cursor)
{
    size_t count = take_range(cursor, profile->owner_count);
    for (size_t i = 0; i < count && !cursor->bad; i++) {
        size_t before = profile->owner_count;
        uint32_t kind = take_below(cursor, SCOPE_OWNER_KINDS);
        struct scope_owner owner = {
            .kind = (enum scope_owner_kind)kind,
            .target = take_below(cursor, UINT64_C(1) << 32),
            .pid = (pid_t)take_below(cursor, UINT64_C(1) << 32),
        };
        char *name = take_name(cursor);
        owner.name = name;
        if (kind < SCOPE_OWNER_TARGET)
            cursor->bad = true;
        if (name && !cursor->bad)
            expect(cursor, scope_profile_owner(profile, &owner), before);
        free(name);
    }
}

static void take_counts(struct scope_profile *profile,
                        struct scope_cursor *cursor, bool wanted)
{
    uint64_t count = scope_cursor_varint(cursor);
    if (count > scope_cursor_left(cursor))
        cursor->bad = true;
    for (uint64_t i = 0; i < count && !cursor->bad; i++) {
        uint32_t owner = take_below(cursor, profile->owner_count);
        uint32_t stack = take_below(cursor, profile->stack_count);
        uint64_t samples = scope_cursor_varint(cursor);
        uint64_t weight = scope_cursor_varint(cursor);
        if (wanted && !cursor->bad)
            scope_profile_add(profile, owner, stack, samples, weight);
    }
}

/* Checks what must be the same in all pieces, or begins the profile. */
static void take_head(struct scope_profile **profile,
                      struct scope_cursor *cursor)
{
    char *event = take_name(cursor);
    uint64_t unit = scope_cursor_varint(cursor);
    uint64_t bits = scope_cursor_u64(cursor);
    double frequency;
    memcpy(&frequency, &bits, sizeof frequency);
    if (unit < SCOPE_UNIT_COUNT || unit > SCOPE_UNIT_NS ||
        !(frequency > 0 && frequency < 1e9))
        cursor->bad = true;
    if (!cursor->bad && !*profile)
        *profile = scope_profile_new(event, (enum scope_unit)unit, frequency);
    if (!cursor->bad && (strcmp((*profile)->event, event) != 0 ||
                         (*profile)->unit != (enum scope_unit)unit))
        cursor->bad = true;
    free(event);
}

enum scope_code scope_profile_join(struct scope_profile **profile,
                                   const uint8_t *bytes, size_t size,
                                   int64_t from_ns, int64_t to_ns,
                                   struct scope_err *err)
{
    struct scope_cursor cursor = {.at = bytes, .end = bytes + size};
    const uint8_t *head = scope_cursor_take(&cursor, sizeof magic);
    if (!head || memcmp(head, magic, sizeof magic) != 0)
        return scope_fail(err, SCOPE_CORRUPT, 0,
                          "not a piece of a profile of a known version");
    int64_t start_ns = (int64_t)scope_cursor_u64(&cursor);
    int64_t end_ns = (int64_t)scope_cursor_u64(&cursor);
    take_head(profile, &cursor);
    if (!cursor.bad) {
        take_modules(*profile, &cursor);
        take_functions(*profile, &cursor);
        take_stacks(*profile, &cursor);
        take_owners(*profile, &cursor);
        take_counts(*profile, &cursor, start_ns >= from_ns && end_ns <= to_ns);
    }
    if (!cursor.bad && cursor.at == cursor.end)
        return SCOPE_OK;
    return scope_fail(err, SCOPE_CORRUPT, 0,
                      "a piece of a profile is damaged, or one before it is "
                      "missing");
}
