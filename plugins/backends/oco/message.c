/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/message.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* A whole number beyond this has no exact double. */
#define WHOLE_MAX 9007199254740992.0

static bool complain(struct oco_complaint *complaint, const char *text,
                     const char *type, const char *key, const char *inner)
{
    *complaint = (struct oco_complaint){
        .keys = {key, inner},
        .position = -1,
        .type = type,
    };
    snprintf(complaint->text, sizeof complaint->text, "%s", text);
    return false;
}

/* The parser's words may hold a piece of what it could not read. */
static bool complain_of_syntax(struct oco_complaint *complaint,
                               const json_error_t *error)
{
    complain(complaint, error->text, "value_error.jsondecode", NULL, NULL);
    complaint->position = error->position > 0 ? error->position : 0;
    json_t *valid = json_string(complaint->text);
    if (!valid)
        snprintf(complaint->text, sizeof complaint->text, "malformed JSON");
    json_decref(valid);
    return false;
}

/* Copies as many whole characters as there is room for. */
static void copy_word(char word[OCO_WORD_MAX + 1], const char *text,
                      size_t size)
{
    if (size > OCO_WORD_MAX) {
        size = OCO_WORD_MAX;
        while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
    }
    memcpy(word, text, size);
    word[size] = '\0';
}

static bool read_progress(struct oco_message *message, const json_t *param,
                          struct oco_complaint *complaint)
{
    const json_t *progress = json_object_get(param, "progress");
    if (!progress || json_is_null(progress))
        return true;
    double real = json_real_value(progress);
    if (json_is_integer(progress))
        message->progress = json_integer_value(progress);
    else if (json_is_real(progress) && real > -WHOLE_MAX && real < WHOLE_MAX &&
             (double)(int64_t)real == real)
        message->progress = (int64_t)real;
    else
        return complain(complaint, "value is not a valid integer",
                        "type_error.integer", "param", "progress");
    message->has_progress = true;
    return true;
}

static bool read_object(struct oco_message *message,
                        char word[OCO_WORD_MAX + 1], const json_t *root,
                        struct oco_complaint *complaint)
{
    if (!json_is_object(root))
        return complain(complaint, "value is not a valid dict",
                        "type_error.dict", NULL, NULL);
    const json_t *event = json_object_get(root, "event");
    if (!event)
        return complain(complaint, "field required", "value_error.missing",
                        "event", NULL);
    if (!json_is_string(event))
        return complain(complaint, "str type expected", "type_error.str",
                        "event", NULL);
    message->event =
        oco_event_of(json_string_value(event), json_string_length(event));
    copy_word(word, json_string_value(event), json_string_length(event));
    const json_t *param = json_object_get(root, "param");
    if (!param || json_is_null(param))
        return true;
    if (!json_is_object(param))
        return complain(complaint, "value is not a valid dict",
                        "type_error.dict", "param", NULL);
    return read_progress(message, param, complaint);
}

bool oco_message_read(struct oco_message *message, char word[OCO_WORD_MAX + 1],
                      const char *body, size_t size,
                      struct oco_complaint *complaint)
{
    *message = (struct oco_message){0};
    if (!size)
        return complain(complaint, "field required", "value_error.missing",
                        NULL, NULL);
    json_error_t error;
    json_t *root = json_loadb(body, size,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return complain_of_syntax(complaint, &error);
    bool fine = read_object(message, word, root, complaint);
    json_decref(root);
    return fine;
}
