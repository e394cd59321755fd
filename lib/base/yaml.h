/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML files as trees with places, over libyaml. A file from anywhere is safe
 * to read: size, depth and number of nodes are limited, anchors and aliases,
 * tags and duplicate keys are refused, and each fault is one error at
 * file:line:column with code SCOPE_USAGE.
 */
#ifndef LIB_BASE_YAML_H
#define LIB_BASE_YAML_H

#include "lib/base/options.h"

enum scope_yaml_kind {
    SCOPE_YAML_SCALAR = 1,
    SCOPE_YAML_SEQUENCE,
    SCOPE_YAML_MAPPING,
};

struct scope_yaml {
    enum scope_yaml_kind kind;
    struct scope_place place;
    const char *scalar; /* text, NUL-terminated; embedded NULs are refused */
    bool plain;         /* scalar: unquoted */
    size_t count;       /* sequence: items; mapping: pairs */
    const struct scope_yaml *items; /* mapping: key, value, key, value, ... */
};

struct scope_yaml_file;

enum scope_code scope_yaml_read(const char *path, struct scope_yaml_file **file,
                                struct scope_err *err) SCOPE_MUST_CHECK;
/* The same from memory; name stands for the file in messages. */
enum scope_code scope_yaml_parse(const char *name, const char *bytes,
                                 size_t size, struct scope_yaml_file **file,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
void scope_yaml_free(struct scope_yaml_file *file);
/* The document; an empty file is an empty mapping. */
const struct scope_yaml *scope_yaml_root(const struct scope_yaml_file *file);

/* The value of a key of a mapping, or NULL. */
const struct scope_yaml *scope_yaml_get(const struct scope_yaml *mapping,
                                        const char *key);

/* `key:`, `key: ~` and `key: null`: nothing is said. */
bool scope_yaml_is_null(const struct scope_yaml *node);

/* scope_fail with "file:line:column: " in front and SCOPE_USAGE. */
enum scope_code scope_fail_at(struct scope_err *err,
                              const struct scope_place *place, const char *fmt,
                              ...) SCOPE_PRINTF(3, 4);

/* Applies one pair: a scalar, or a sequence of scalars for a list. */
enum scope_code scope_settings_pair(struct scope_settings *settings,
                                    const struct scope_yaml *key,
                                    const struct scope_yaml *value,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Applies every pair of a mapping to settings: an empty one is none. */
enum scope_code scope_settings_yaml(struct scope_settings *settings,
                                    const struct scope_yaml *mapping,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

#endif
