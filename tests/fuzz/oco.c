/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend oco: a path and a body to its handler, whose answer must be whole
 * whatever they are, or a saved state, which must be refused or give one that
 * is written and read back the same. The first byte says which.
 */
#include "tests/fuzz/target.h"

#include "plugins/backends/oco/save.h"
#include "plugins/backends/oco/service.h"

#include <jansson.h>
#include <string.h>

enum { APPS = 3 };

static const char *const methods[] = {"POST", "GET", "HEAD", "PUT"};

/* Exactly so large, so that no byte beyond can be read unnoticed. */
static char *copy(const uint8_t *bytes, size_t size)
{
    char *exact = malloc(size + !size);
    TARGET_ASSERT(exact);
    memcpy(exact, bytes, size);
    return exact;
}

static void answer(struct oco_service *service, void *own, uint8_t choice,
                   const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, '\n', size);
    size_t path_size = end ? (size_t)(end - bytes) : size;
    size_t body_size = end ? size - path_size - 1 : 0;
    char *path = copy(bytes, path_size);
    char *body = copy(end ? end + 1 : bytes, body_size);
    const char *method = methods[choice % 4];
    const struct scope_httpd_request request = {
        .method = method,
        .method_size = strlen(method),
        .path = path,
        .path_size = path_size,
        .body = body,
        .body_size = body_size,
    };
    struct scope_httpd_reply reply = {.status = 200};
    oco_service_handler.answer(service, own, &request, &reply);
    TARGET_ASSERT(reply.body && reply.body_size);
    TARGET_ASSERT(reply.status == 200 || reply.status == 400 ||
                  reply.status == 404 || reply.status == 405 ||
                  reply.status == 422);
    if (strcmp(reply.type, "application/json") == 0) {
        json_t *root = json_loadb(reply.body, (size_t)reply.body_size,
                                  JSON_REJECT_DUPLICATES, NULL);
        TARGET_ASSERT(json_is_object(root));
        TARGET_ASSERT((reply.status == 200) !=
                      (json_object_get(root, "detail") != NULL));
        json_decref(root);
    }
    free(path);
    free(body);
}

static void restore(const struct scope_names *names, const uint8_t *bytes,
                    size_t size)
{
    struct oco_apps *first = oco_apps_new(APPS);
    struct oco_apps *second = oco_apps_new(APPS);
    char *text = copy(bytes, size);
    if (oco_save_read(text, size, first, names, NULL) == SCOPE_OK) {
        size_t once_size;
        size_t again_size;
        char *once = oco_save_write(first, names, &once_size);
        TARGET_ASSERT(oco_save_read(once, once_size, second, names, NULL) ==
                      SCOPE_OK);
        char *again = oco_save_write(second, names, &again_size);
        TARGET_ASSERT(once_size == again_size &&
                      memcmp(once, again, once_size) == 0);
        free(once);
        free(again);
    }
    free(text);
    oco_apps_free(first);
    oco_apps_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct oco_service service;
    static void *own;
    if (!size)
        return 0;
    if (!own) {
        const struct oco_service_options options = {.pattern = "app%05d",
                                                    .apps = APPS};
        TARGET_ASSERT(oco_service_make(&service, &options, NULL) == SCOPE_OK);
        own = calloc(1, oco_service_handler.thread_size);
        TARGET_ASSERT(own);
        oco_service_handler.thread_open(&service, own, 0);
    }
    if (bytes[0] >= 'a')
        restore(&service.names, bytes + 1, size - 1);
    else
        answer(&service, own, bytes[0], bytes + 1, size - 1);
    return 0;
}
