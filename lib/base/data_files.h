/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where files of data lie: below the folders of SCOPE_DATA_PATH (separated by
 * ':', not heeded with raised privileges), before the installed ones. Each has
 * a folder for a kind of files, "categories", and in it NAME.yaml.
 */
#ifndef LIB_BASE_DATA_FILES_H
#define LIB_BASE_DATA_FILES_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>

/* One file: what is found first of a name hides what comes later. */
struct scope_data_file {
    char *name, *path;
};

struct scope_data_files {
    size_t count, room;
    struct scope_data_file *items; /* by name */
};

/* A folder of SCOPE_DATA_PATH that is not there is SCOPE_USAGE; one without
 * the kind is empty. Free with scope_data_files_free, also after a failure. */
enum scope_code scope_data_files_list(const char *kind,
                                      struct scope_data_files *files,
                                      struct scope_err *err) SCOPE_MUST_CHECK;
void scope_data_files_free(struct scope_data_files *files);

/*
 * The path, to free(), that is meant by a name of this kind, or by a path (it
 * holds a '/' or ends in ".yaml"), which is taken as it is. SCOPE_NOT_FOUND
 * says which names there are, and the nearest.
 */
enum scope_code scope_data_file_find(const char *kind, const char *name,
                                     char **path,
                                     struct scope_err *err) SCOPE_MUST_CHECK;

#endif
