/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target over its committed corpus, so that every build keeps what
 * fuzzing found: the files named as arguments, or those of the target's folder
 * in the source tree.
 */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

static void run_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        exit(1);
    }
    uint8_t *bytes = NULL;
    size_t size = 0;
    size_t room = 0;
    for (int c; (c = fgetc(file)) != EOF; size++) {
        bytes = scope_grow(bytes, &room, size, 1);
        bytes[size] = (uint8_t)c;
    }
    fclose(file);
    /* Of the exact size, so that a sanitizer sees a read beyond the end. */
    uint8_t *exact = scope_alloc(size, 1);
    if (size)
        memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(bytes);
}

static size_t run_folder(const char *folder)
{
    struct dirent **files;
    int count = scandir(folder, &files, NULL, alphasort);
    size_t ran = 0;
    for (int i = 0; i < count; i++) {
        if (files[i]->d_name[0] != '.') {
            char *path = scope_format("%s/%s", folder, files[i]->d_name);
            run_file(path);
            free(path);
            ran++;
        }
        free(files[i]);
    }
    if (count >= 0)
        free(files);
    return ran;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    if (argc > 1)
        return 0;
    const char *source = getenv("SCOPE_SOURCE");
    const char *slash = strrchr(argv[0], '/');
    char *folder =
        scope_format("%s/tests/fuzz/corpus/%s", source ? source : ".",
                     slash ? slash + 1 : argv[0]);
    size_t ran = run_folder(folder);
    if (!ran)
        fprintf(stderr, "%s holds no input\n", folder);
    free(folder);
    return ran ? 0 : 1;
}
