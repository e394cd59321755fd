/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads artifacts, and the profiles that lie in them. */
#include "lib/store/artifact.h"

#include "lib/base/sha256.h"
#include "lib/store/dataset_inside.h"

#include <scope/alloc.h>
#include <scope/profile.h>
#include <string.h>
#include <zlib.h>

/* An artifact from elsewhere that claims to be larger is not unpacked; zlib
 * cannot shrink further than to 1/1032. */
#define MOST (UINT64_C(1) << 30)
#define SHRINKS 1032

enum scope_code scope_artifact_unpack(const struct scope_db *db,
                                      sqlite3_stmt *rows, uint8_t **content,
                                      struct scope_err *err)
{
    uint64_t size = (uint64_t)sqlite3_column_int64(rows, 1);
    uLong stored = (uLong)sqlite3_column_bytes(rows, 3);
    uint8_t digest[SCOPE_SHA256_SIZE];
    uint8_t *bytes = NULL;
    uLongf length = size;
    *content = NULL;
    if (size > MOST || size / SHRINKS > stored ||
        sqlite3_column_bytes(rows, 2) != SCOPE_SHA256_SIZE)
        goto damaged;
    bytes = scope_alloc(size + 1, 1);
    if (uncompress(bytes, &length, sqlite3_column_blob(rows, 3), stored) !=
            Z_OK ||
        length != size)
        goto damaged;
    scope_sha256(bytes, length, digest);
    if (memcmp(digest, sqlite3_column_blob(rows, 2), sizeof digest) != 0)
        goto damaged;
    *content = bytes;
    return SCOPE_OK;
damaged:
    free(bytes);
    return scope_db_corrupt(db, err, "artifact %lld is damaged",
                            (long long)sqlite3_column_int64(rows, 0));
}

enum scope_code scope_artifact_read(const struct scope_dataset *dataset,
                                    const struct scope_trial *trial,
                                    const struct scope_artifact *artifact,
                                    uint8_t **bytes, struct scope_err *err)
{
    const struct scope_db *db =
        &dataset->inside[trial - dataset->trials].file->db;
    sqlite3_stmt *rows;
    bool row = false;
    *bytes = NULL;
    enum scope_code code = scope_db_prepare(
        db, "SELECT id, size, sha256, content FROM artifact WHERE id = ?1",
        &rows, err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, artifact->id);
    code = scope_db_step(db, rows, &row, err);
    if (!code && row)
        code = scope_artifact_unpack(db, rows, bytes, err);
    else if (!code)
        code = scope_db_corrupt(db, err, "artifact %lld is gone",
                                (long long)artifact->id);
    sqlite3_finalize(rows);
    return code;
}

static enum scope_code
join(const struct scope_dataset *dataset, const struct scope_trial *trial,
     const struct scope_artifact *artifact, int64_t from_ns, int64_t to_ns,
     struct scope_profile **profile, struct scope_err *err)
{
    uint8_t *bytes;
    enum scope_code code =
        scope_artifact_read(dataset, trial, artifact, &bytes, err);
    if (code)
        return code;
    code =
        scope_profile_join(profile, bytes, artifact->size, from_ns, to_ns, err);
    free(bytes);
    return code ? scope_prefix(err, "%s, trial %lld, %s", trial->store,
                               (long long)trial->id, artifact->name)
                : SCOPE_OK;
}

enum scope_code scope_trial_profile(const struct scope_dataset *dataset,
                                    const struct scope_trial *trial,
                                    const char *source, int64_t from_ns,
                                    int64_t to_ns,
                                    struct scope_profile **profile,
                                    struct scope_err *err)
{
    size_t length = strlen(source);
    enum scope_code code = SCOPE_OK;
    *profile = NULL;
    for (size_t i = 0; i < trial->artifact_count && !code; i++) {
        const struct scope_artifact *artifact = &trial->artifacts[i];
        if (strcmp(artifact->type, SCOPE_PROFILE_TYPE) == 0 &&
            strncmp(artifact->name, source, length) == 0 &&
            strcmp(artifact->name + length, ".profile") == 0)
            code = join(dataset, trial, artifact, from_ns, to_ns, profile, err);
    }
    if (!code && !*profile)
        code = scope_fail(err, SCOPE_NOT_FOUND, 0,
                          "%s, trial %lld: there is no profile of %s",
                          trial->store, (long long)trial->id, source);
    if (code) {
        scope_profile_free(*profile);
        *profile = NULL;
    }
    return code;
}
