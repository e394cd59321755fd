/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dataset's life, and the questions it answers from memory. */
#include "lib/store/dataset_inside.h"

#include <string.h>

void *scope_dataset_keep(struct scope_dataset *dataset, void *memory)
{
    dataset->kept = scope_grow(dataset->kept, &dataset->kept_room,
                               dataset->kept_count, sizeof *dataset->kept);
    dataset->kept[dataset->kept_count++] = memory;
    return memory;
}

static void free_trial(struct scope_stored_trial *trial)
{
    for (size_t s = 0; s < trial->source_count; s++) {
        free(trial->sources[s].f64);
        free(trial->sources[s].segments);
        scope_window_free(&trial->sources[s].tail);
    }
    free(trial->sources);
    free(trial->places);
}

/* Trials have stopped moving: their series may point to them. */
static void settle(struct scope_dataset *dataset)
{
    for (size_t t = 0; t < dataset->trial_count; t++)
        for (size_t i = 0; i < dataset->trials[t].series_count; i++)
            dataset->inside[t].series[i].trial = &dataset->trials[t];
}

enum scope_code scope_dataset_open(const char *const *paths, size_t count,
                                   struct scope_dataset **opened,
                                   struct scope_err *err)
{
    struct scope_dataset *dataset = scope_alloc(1, sizeof *dataset);
    dataset->files = scope_alloc(count, sizeof *dataset->files);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < count && !code; i++) {
        struct scope_store_file *file = &dataset->files[i];
        dataset->file_count++;
        code = scope_db_open(&file->db, paths[i], err);
        if (!code)
            code = scope_catalog_load(dataset, file, err);
    }
    if (!code)
        settle(dataset);
    if (code) {
        scope_dataset_close(dataset);
        dataset = NULL;
    }
    *opened = dataset;
    return code;
}

static void free_segment(struct scope_stored_segment *stored)
{
    struct scope_loaded_segment *loaded = stored->loaded;
    if (!loaded)
        return;
    for (size_t i = 0; i < loaded->group_count; i++)
        free(loaded->groups[i]);
    free(loaded->groups);
    scope_segment_free(&loaded->segment);
    free(loaded);
    stored->loaded = NULL;
}

void scope_dataset_forget(struct scope_dataset *dataset,
                          const struct scope_stored_segment *but)
{
    for (size_t t = 0; t < dataset->trial_count; t++) {
        struct scope_stored_trial *trial = &dataset->inside[t];
        for (size_t s = 0; s < trial->source_count; s++) {
            struct scope_stored_source *source = &trial->sources[s];
            for (size_t i = 0; i < source->segment_count; i++)
                if (&source->segments[i] != but)
                    free_segment(&source->segments[i]);
        }
    }
    dataset->loaded_bytes = 0;
}

void scope_dataset_choose(struct scope_dataset *dataset, const int64_t *ids,
                          size_t count)
{
    size_t kept = 0;
    scope_dataset_forget(dataset, NULL);
    for (size_t t = 0; t < dataset->trial_count; t++) {
        size_t i = 0;
        while (i < count && ids[i] != dataset->trials[t].id)
            i++;
        if (i == count) {
            free_trial(&dataset->inside[t]);
            continue;
        }
        dataset->trials[kept] = dataset->trials[t];
        dataset->inside[kept++] = dataset->inside[t];
    }
    dataset->trial_count = kept;
    settle(dataset);
}

void scope_dataset_close(struct scope_dataset *dataset)
{
    if (!dataset)
        return;
    scope_dataset_forget(dataset, NULL);
    for (size_t t = 0; t < dataset->trial_count; t++)
        free_trial(&dataset->inside[t]);
    for (size_t i = 0; i < dataset->file_count; i++) {
        sqlite3_blob_close(dataset->files[i].blob);
        scope_db_close(&dataset->files[i].db);
    }
    for (size_t i = 0; i < dataset->kept_count; i++)
        free(dataset->kept[i]);
    free(dataset->kept);
    free(dataset->trials);
    free(dataset->inside);
    free(dataset->files);
    free(dataset);
}

size_t scope_dataset_trials(const struct scope_dataset *dataset)
{
    return dataset->trial_count;
}

const struct scope_trial *
scope_dataset_trial(const struct scope_dataset *dataset, size_t index)
{
    return index < dataset->trial_count ? &dataset->trials[index] : NULL;
}

bool scope_trial_alone(const struct scope_dataset *dataset,
                       const struct scope_trial *trial)
{
    for (size_t i = 0; i < dataset->trial_count; i++)
        if (&dataset->trials[i] != trial &&
            strcmp(dataset->trials[i].name, trial->name) == 0)
            return false;
    return true;
}

const char *scope_trial_label(const struct scope_trial *trial, const char *key)
{
    for (size_t i = 0; i < trial->label_count; i++)
        if (strcmp(trial->labels[i].key, key) == 0)
            return trial->labels[i].value;
    return NULL;
}

size_t scope_trial_find(const struct scope_trial *trial, size_t from,
                        const char *source, const char *metric)
{
    for (size_t i = from; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        if ((!source || strcmp(series->source, source) == 0) &&
            (!metric || strcmp(series->metric.name, metric) == 0))
            return i;
    }
    return trial->series_count;
}
