/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trees from libyaml's events. libyaml keeps only a little of a file at a time
 * and recurses nowhere, so the limits here are met before it costs anything.
 */
#include "lib/base/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define MOST_BYTES ((size_t)16 << 20)
#define MOST_DEPTH 64
#define MOST_NODES 100000

struct scope_yaml_file {
    char *name;
    struct scope_yaml root;
};

struct reader {
    yaml_parser_t parser;
    const char *name;
    const char *bytes;
    size_t size;
    size_t nodes;
    struct scope_err *err;
};

enum scope_code scope_fail_at(struct scope_err *err,
                              const struct scope_place *place, const char *fmt,
                              ...)
{
    struct scope_text text = {0};
    va_list args;
    va_start(args, fmt);
    char *line = NULL;
    if (vasprintf(&line, fmt, args) >= 0)
        scope_text_add(&text, "%s", line);
    va_end(args);
    free(line);
    scope_fail(err, SCOPE_USAGE, 0, "%s", text.bytes ? text.bytes : "");
    scope_text_free(&text);
    return scope_at(place, err);
}

static struct scope_place place_of(const struct reader *reader,
                                   yaml_mark_t mark)
{
    return (struct scope_place){
        .file = reader->name,
        .line = (int)mark.line + 1,
        .column = (int)mark.column + 1,
    };
}

/* Line and column of an offset, for faults below the level of lines. */
static struct scope_place place_at(const struct reader *reader, size_t offset)
{
    struct scope_place place = {.file = reader->name, .line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < reader->size; i++) {
        bool newline = reader->bytes[i] == '\n';
        bool begins = ((unsigned char)reader->bytes[i] & 0xc0) != 0x80;
        place.line += newline;
        place.column = newline ? 1 : place.column + begins;
    }
    return place;
}

static enum scope_code syntax_error(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "malformed";
    struct scope_place place;
    if (parser->error == YAML_READER_ERROR)
        place = place_at(reader, parser->problem_offset);
    else
        place = place_of(reader, parser->problem_mark);
    return scope_fail_at(reader->err, &place, "%s%s%s",
                         parser->context ? parser->context : "",
                         parser->context ? ", " : "", problem);
}

static enum scope_code next(struct reader *reader, yaml_event_t *event)
{
    return yaml_parser_parse(&reader->parser, event) ? SCOPE_OK
                                                     : syntax_error(reader);
}

static void free_node(struct scope_yaml *node)
{
    size_t count =
        node->kind == SCOPE_YAML_MAPPING ? node->count * 2 : node->count;
    struct scope_yaml *items = (void *)(uintptr_t)node->items;
    for (size_t i = 0; i < count; i++)
        free_node(&items[i]);
    free(items);
    free((void *)(uintptr_t)node->scalar);
}

static enum scope_code refuse_marks(const struct reader *reader,
                                    const struct scope_place *place,
                                    const yaml_char_t *anchor,
                                    const yaml_char_t *tag)
{
    if (anchor)
        return scope_fail_at(reader->err, place,
                             "anchors and aliases are not accepted");
    if (tag)
        return scope_fail_at(reader->err, place, "tags are not accepted");
    return SCOPE_OK;
}

static enum scope_code read_scalar(struct reader *reader,
                                   const yaml_event_t *event,
                                   struct scope_yaml *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    enum scope_code code =
        refuse_marks(reader, &node->place, event->data.scalar.anchor,
                     event->data.scalar.tag);
    if (!code && strlen(text) != length)
        code = scope_fail_at(reader->err, &node->place,
                             "a NUL character is not accepted");
    if (code)
        return code;
    node->kind = SCOPE_YAML_SCALAR;
    node->scalar = scope_strdup(text);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return SCOPE_OK;
}

static int by_scalar(const void *a, const void *b)
{
    const struct scope_yaml *one = *(const struct scope_yaml *const *)a;
    const struct scope_yaml *two = *(const struct scope_yaml *const *)b;
    int order = strcmp(one->scalar, two->scalar);
    return order ? order : (one > two) - (one < two);
}

static enum scope_code check_keys(const struct reader *reader,
                                  const struct scope_yaml *mapping)
{
    const struct scope_yaml **keys =
        scope_alloc(mapping->count, sizeof(struct scope_yaml *));
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < mapping->count; i++) {
        keys[i] = &mapping->items[i * 2];
        if (keys[i]->kind != SCOPE_YAML_SCALAR)
            code = scope_fail_at(reader->err, &keys[i]->place,
                                 "a key must be a plain word");
    }
    const struct scope_yaml *twice = NULL;
    if (!code && mapping->count)
        qsort(keys, mapping->count, sizeof(struct scope_yaml *), by_scalar);
    for (size_t i = 1; !code && i < mapping->count; i++)
        if (strcmp(keys[i - 1]->scalar, keys[i]->scalar) == 0 &&
            (!twice || keys[i] < twice))
            twice = keys[i];
    if (twice)
        code = scope_fail_at(reader->err, &twice->place,
                             "the key '%s' is given twice", twice->scalar);
    free(keys);
    return code;
}

static enum scope_code read_node(struct reader *reader,
                                 const yaml_event_t *event, int depth,
                                 struct scope_yaml *node);

/* The items up to the end of the collection. */
static enum scope_code read_items(struct reader *reader, yaml_event_type_t end,
                                  int depth, struct scope_yaml *node)
{
    struct scope_yaml *items = NULL;
    size_t count = 0;
    size_t room = 0;
    enum scope_code code;
    for (;;) {
        yaml_event_t event;
        code = next(reader, &event);
        if (code)
            break;
        bool ended = event.type == end;
        if (!ended) {
            items = scope_grow(items, &room, count, sizeof *items);
            items[count] = (struct scope_yaml){0};
            code = read_node(reader, &event, depth, &items[count]);
            count++;
        }
        yaml_event_delete(&event);
        if (ended || code)
            break;
    }
    /* After a fault half a pair may be there: hold them all as a sequence. */
    node->kind = end == YAML_MAPPING_END_EVENT && !code ? SCOPE_YAML_MAPPING
                                                        : SCOPE_YAML_SEQUENCE;
    node->count = node->kind == SCOPE_YAML_MAPPING ? count / 2 : count;
    node->items = items;
    if (!code && node->kind == SCOPE_YAML_MAPPING)
        code = check_keys(reader, node);
    return code;
}

static enum scope_code read_collection(struct reader *reader,
                                       const yaml_char_t *anchor,
                                       const yaml_char_t *tag,
                                       yaml_event_type_t end, int depth,
                                       struct scope_yaml *node)
{
    enum scope_code code = refuse_marks(reader, &node->place, anchor, tag);
    if (!code && depth >= MOST_DEPTH)
        code = scope_fail_at(reader->err, &node->place,
                             "nested more than %d levels deep", MOST_DEPTH);
    return code ? code : read_items(reader, end, depth + 1, node);
}

static enum scope_code read_node(struct reader *reader,
                                 const yaml_event_t *event, int depth,
                                 struct scope_yaml *node)
{
    node->place = place_of(reader, event->start_mark);
    if (++reader->nodes > MOST_NODES)
        return scope_fail_at(reader->err, &node->place,
                             "more than %d values in one file", MOST_NODES);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event, node);
    case YAML_SEQUENCE_START_EVENT:
        return read_collection(reader, event->data.sequence_start.anchor,
                               event->data.sequence_start.tag,
                               YAML_SEQUENCE_END_EVENT, depth, node);
    case YAML_MAPPING_START_EVENT:
        return read_collection(reader, event->data.mapping_start.anchor,
                               event->data.mapping_start.tag,
                               YAML_MAPPING_END_EVENT, depth, node);
    default:
        return scope_fail_at(reader->err, &node->place,
                             "anchors and aliases are not accepted");
    }
}

static enum scope_code read_document(struct reader *reader,
                                     const yaml_event_t *start,
                                     struct scope_yaml *root)
{
    struct scope_place place = place_of(reader, start->start_mark);
    if (start->data.document_start.tag_directives.start !=
        start->data.document_start.tag_directives.end)
        return scope_fail_at(reader->err, &place, "tags are not accepted");
    yaml_event_t event;
    enum scope_code code = next(reader, &event);
    if (code)
        return code;
    code = read_node(reader, &event, 0, root);
    yaml_event_delete(&event);
    if (code)
        return code;
    code = next(reader, &event);
    if (!code)
        yaml_event_delete(&event);
    return code;
}

static enum scope_code read_stream(struct reader *reader,
                                   struct scope_yaml *root)
{
    size_t documents = 0;
    for (;;) {
        yaml_event_t event;
        enum scope_code code = next(reader, &event);
        if (code)
            return code;
        bool ended = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            struct scope_place place = place_of(reader, event.start_mark);
            code = documents++
                       ? scope_fail_at(reader->err, &place,
                                       "a second document is not accepted")
                       : read_document(reader, &event, root);
        }
        yaml_event_delete(&event);
        if (ended || code)
            return code;
    }
}

static enum scope_code too_large(const char *name, struct scope_err *err)
{
    struct scope_place place = {.file = name, .line = 1, .column = 1};
    return scope_fail_at(err, &place, "the file is larger than %zu MiB",
                         MOST_BYTES >> 20);
}

enum scope_code scope_yaml_parse(const char *name, const char *bytes,
                                 size_t size, struct scope_yaml_file **file,
                                 struct scope_err *err)
{
    *file = NULL;
    if (size > MOST_BYTES)
        return too_large(name, err);
    struct scope_yaml_file *made = scope_alloc(1, sizeof *made);
    made->name = scope_strdup(name);
    made->root = (struct scope_yaml){
        .kind = SCOPE_YAML_MAPPING,
        .place = {.file = made->name, .line = 1, .column = 1},
    };
    struct reader reader = {
        .name = made->name, .bytes = bytes, .size = size, .err = err};
    enum scope_code code;
    if (!yaml_parser_initialize(&reader.parser)) {
        code = scope_fail(err, SCOPE_FAILED, 0, "%s: start libyaml", name);
    } else {
        yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&reader.parser,
                                     (const unsigned char *)bytes, size);
        code = read_stream(&reader, &made->root);
        yaml_parser_delete(&reader.parser);
    }
    if (code)
        scope_yaml_free(made);
    else
        *file = made;
    return code;
}

/* Everything from fd, but no more than is too much. */
static enum scope_code read_all(int fd, const char *path,
                                struct scope_text *text, struct scope_err *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return scope_fail(err, SCOPE_USAGE, errno, "read %s", path);
    if (S_ISREG(status.st_mode) && status.st_size > (off_t)MOST_BYTES)
        return too_large(path, err);
    char *block = scope_alloc(1, 65536);
    ssize_t got = 0;
    do {
        got = read(fd, block, 65536);
        if (got > 0)
            scope_text_put(text, block, (size_t)got);
    } while ((got > 0 && text->length <= MOST_BYTES) ||
             (got < 0 && errno == EINTR));
    int sys = errno;
    free(block);
    return got < 0 ? scope_fail(err, SCOPE_USAGE, sys, "read %s", path)
                   : SCOPE_OK;
}

enum scope_code scope_yaml_read(const char *path, struct scope_yaml_file **file,
                                struct scope_err *err)
{
    *file = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return scope_fail(err, SCOPE_USAGE, errno, "open %s", path);
    struct scope_text text = {0};
    enum scope_code code = read_all(fd, path, &text, err);
    close(fd);
    if (!code)
        code = scope_yaml_parse(path, text.bytes ? text.bytes : "", text.length,
                                file, err);
    scope_text_free(&text);
    return code;
}

void scope_yaml_free(struct scope_yaml_file *file)
{
    if (!file)
        return;
    free_node(&file->root);
    free(file->name);
    free(file);
}

const struct scope_yaml *scope_yaml_root(const struct scope_yaml_file *file)
{
    return &file->root;
}

const struct scope_yaml *scope_yaml_get(const struct scope_yaml *mapping,
                                        const char *key)
{
    if (mapping->kind != SCOPE_YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->items[i * 2].scalar, key) == 0)
            return &mapping->items[i * 2 + 1];
    return NULL;
}
