// What the unit tests in C share.
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

/// Tests of cgroup.h.
void test_cgroups(void);

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (condition) break;                                                         \
        fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition); \
        exit(1);                                                                      \
    } while (0)

#define COUNT(list) (sizeof(list) / sizeof *(list))

/// A folder of our own, and files in it.
static inline void enter_folder(char ret_path[64]) {
    strcpy(ret_path, "/tmp/agora-unit-XXXXXX");
    CHECK(mkdtemp(ret_path));
}

static inline void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static inline bool file_is(const char *folder, const char *name, const char *text) {
    char path[256], buffer[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_read_at(AT_FDCWD, path, buffer, sizeof buffer) >= 0 && strcmp(buffer, text) == 0;
}

static inline void leave_folder(const char *path) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", path);
    CHECK(system(command) == 0);
}
