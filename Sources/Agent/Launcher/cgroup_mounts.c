#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "arena.h"
#include "files.h"
#include "owned.h"

#define ROOT_FOLDER "agora"

const char *const CONTROLLER_NAMES[CONTROLLERS] = {"cpu", "cpuacct", "memory", "pids"};

/// Whether `word` is one of the words of a list up to the end of the line.
static bool list_has(const char *list, const char *separators, const char *word) {
    size_t length = strlen(word);
    while (*list && *list != '\n') {
        size_t size = strcspn(list, separators);
        if (size == length && strncmp(list, word, length) == 0) return true;
        list += size;
        if (*list && *list != '\n') list++;
    }
    return false;
}

/// One line: id parent device root mountpoint options fields… - type source options.
static void parse_mount(const char *line, size_t length, struct cgroup_mounts *mounts) {
    char copy[1024], point[128];
    if (length >= sizeof copy) return;
    memcpy(copy, line, length);
    copy[length] = 0;
    char *tail = strstr(copy, " - ");
    if (!tail || sscanf(copy, "%*s %*s %*s %*s %127s", point) != 1 || strchr(point, '\\')) return;
    if (strncmp(tail, " - cgroup2 ", 11) == 0) {
        if (!mounts->v2[0]) strcpy(mounts->v2, point);
        return;
    }
    const char *options = strncmp(tail, " - cgroup ", 10) == 0 ? strchr(tail + 10, ' ') : NULL;
    if (!options) return;
    for (int i = 0; i < CONTROLLERS; i++)
        if (!mounts->v1[i][0] && list_has(options + 1, ",\n", CONTROLLER_NAMES[i])) strcpy(mounts->v1[i], point);
}

void cgroup_parse_mounts(const char *text, struct cgroup_mounts *ret_mounts) {
    *ret_mounts = (struct cgroup_mounts){0};
    while (*text) {
        size_t length = strcspn(text, "\n");
        parse_mount(text, length, ret_mounts);
        text += length + (text[length] == '\n');
    }
}

/// Makes agora/<instance>. Another launcher may be removing an empty agora at this moment. @return its descriptor or -errno
static int make_base(int mount, const char *instance) {
    for (int attempt = 0; attempt < 8; attempt++) {
        if (mkdirat(mount, ROOT_FOLDER, 0755) != 0 && errno != EEXIST) return -errno;
        OWNED_FD root = openat(mount, ROOT_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (root < 0 && errno == ENOENT) continue;
        if (root < 0) return -errno;
        if (mkdirat(root, instance, 0755) != 0 && errno == ENOENT) continue;
        int base = openat(root, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (base >= 0) return base;
        if (errno != ENOENT) return -errno;
    }
    return -ENOENT;
}

/// v2: a controller is for the children only if each folder above hands it down. It can't where processes are in one (EBUSY), as in a container that
/// has its own view of cgroups. @param ret_reasons errno for each controller, 0 where all went well
static void hand_down(const struct cgroup_hierarchy *hierarchy, const char *instance, int ret_reasons[CONTROLLERS]) {
    char path[sizeof ROOT_FOLDER + MAX_INSTANCE + 32], order[32];
    snprintf(path, sizeof path, ROOT_FOLDER "/%s/cgroup.subtree_control", instance);
    const char *const files[] = {"cgroup.subtree_control", ROOT_FOLDER "/cgroup.subtree_control", path};
    for (int i = 0; i < CONTROLLERS; i++) {
        int result = 0;
        snprintf(order, sizeof order, "+%s", CONTROLLER_NAMES[i]);
        for (int at = 0; at < 3 && result == 0 && i != CONTROLLER_CPUACCT; at++) result = file_write_at(hierarchy->mount, files[at], order);
        ret_reasons[i] = -result;
    }
}

static int open_base(struct cgroups *cgroups, struct cgroup_hierarchy *hierarchy) {
    int base = make_base(hierarchy->mount, cgroups->instance);
    if (base < 0) return base;
    if (hierarchy->base >= 0) close(hierarchy->base);
    hierarchy->base = base;
    if (cgroups->version == 2) hand_down(hierarchy, cgroups->instance, cgroups->reasons);
    return 0;
}

static int open_hierarchy(struct cgroups *cgroups, const char *path, struct cgroup_hierarchy *ret) {
    *ret = (struct cgroup_hierarchy){.base = -1};
    snprintf(ret->path, sizeof ret->path, "%s", path);
    ret->mount = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->mount < 0) return -errno;
    int result = open_base(cgroups, ret);
    if (result != 0) close(ret->mount);
    return result;
}

static void open_v2(const char *path, struct cgroups *cgroups) {
    struct cgroup_hierarchy *only = &cgroups->hierarchies[0];
    cgroups->version = 2;
    int error = open_hierarchy(cgroups, path, only);
    if (error != 0) {
        for (int i = 0; i < CONTROLLERS; i++) cgroups->reasons[i] = -error;
        cgroups->version = 0;
        return;
    }
    char text[MAX_KERNEL_FILE];
    if (file_read_at(only->base, "cgroup.subtree_control", text, sizeof text) < 0) text[0] = 0;
    for (int i = 0; i < CONTROLLERS; i++) {
        if (list_has(text, " \n", CONTROLLER_NAMES[i])) only->controllers |= 1U << i;
        else if (cgroups->reasons[i] == 0) cgroups->reasons[i] = ENOENT;
    }
    // The time of CPUs is counted in each cgroup of v2, with or without a controller.
    only->controllers |= 1U << CONTROLLER_CPUACCT;
    cgroups->controllers = only->controllers;
    cgroups->count = 1;
}

static void open_v1(const struct cgroup_mounts *mounts, struct cgroups *cgroups) {
    for (int i = 0; i < CONTROLLERS; i++) {
        cgroups->reasons[i] = ENOENT;
        if (!mounts->v1[i][0]) continue;
        int at = 0;
        while (at < cgroups->count && strcmp(cgroups->hierarchies[at].path, mounts->v1[i]) != 0) at++;
        if (at == cgroups->count) {
            int error = open_hierarchy(cgroups, mounts->v1[i], &cgroups->hierarchies[at]);
            cgroups->reasons[i] = -error;
            if (error != 0) continue;
            cgroups->count++;
        }
        cgroups->hierarchies[at].controllers |= 1U << i;
        cgroups->controllers |= 1U << i;
    }
    cgroups->version = cgroups->count > 0 ? 1 : 0;
}

void cgroups_open_mounts(enum cgroup_choice choice, const struct cgroup_mounts *mounts, const char *instance, struct cgroups *ret_cgroups) {
    bool has_v1 = false;
    for (int i = 0; i < CONTROLLERS; i++) has_v1 |= mounts->v1[i][0] != 0;
    *ret_cgroups = (struct cgroups){0};
    snprintf(ret_cgroups->instance, sizeof ret_cgroups->instance, "%s", instance);
    for (int i = 0; i < CONTROLLERS; i++) ret_cgroups->reasons[i] = ENOENT;
    if (choice == CGROUPS_V1 || (choice == CGROUPS_AUTOMATIC && has_v1)) open_v1(mounts, ret_cgroups);
    else if (choice != CGROUPS_NONE && mounts->v2[0]) open_v2(mounts->v2, ret_cgroups);
}

int cgroups_open(enum cgroup_choice choice, const char *instance, struct cgroups *ret_cgroups) {
    char *text = map_private(MAX_MOUNT_TABLE);
    if (!text) return -ENOMEM;
    ssize_t length = file_read_at(AT_FDCWD, "/proc/self/mountinfo", text, MAX_MOUNT_TABLE);
    struct cgroup_mounts mounts = {0};
    if (length >= 0) cgroup_parse_mounts(text, &mounts);
    munmap(text, MAX_MOUNT_TABLE);
    if (length < 0) return (int)length;
    cgroups_open_mounts(choice, &mounts, instance, ret_cgroups);
    return 0;
}

void cgroups_close(struct cgroups *cgroups) {
    char name[sizeof ROOT_FOLDER + MAX_INSTANCE + 1];
    snprintf(name, sizeof name, ROOT_FOLDER "/%s", cgroups->instance);
    for (int i = 0; i < cgroups->count; i++) {
        // A folder with anything in it stays: that is what rmdir does.
        unlinkat(cgroups->hierarchies[i].mount, name, AT_REMOVEDIR);
        unlinkat(cgroups->hierarchies[i].mount, ROOT_FOLDER, AT_REMOVEDIR);
        close(cgroups->hierarchies[i].base);
        close(cgroups->hierarchies[i].mount);
    }
    cgroups->count = 0;
}

int cgroup_make(struct cgroups *cgroups, const char *id, struct cgroup_folders *ret_folders, struct refusal *ret_refusal) {
    struct cgroup_folders folders;
    for (int i = 0; i < MAX_HIERARCHIES; i++) folders.fds[i] = -1;
    for (int i = 0; i < cgroups->count; i++) {
        struct cgroup_hierarchy *hierarchy = &cgroups->hierarchies[i];
        int error = mkdirat(hierarchy->base, id, 0755) == 0 ? 0 : errno;
        // A former launcher of this instance may have removed the empty base at its end.
        if (error == ENOENT && open_base(cgroups, hierarchy) == 0)
            error = mkdirat(hierarchy->base, id, 0755) == 0 ? 0 : errno;
        if (error == 0) {
            folders.fds[i] = openat(hierarchy->base, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (folders.fds[i] < 0) error = errno;
        }
        if (error == 0) continue;
        cgroup_folders_close(&folders);
        if (error != EEXIST) cgroup_remove(cgroups, id);
        return refuse(
            ret_refusal, REFUSED(SYSTEM), error, "Failed to make cgroup '%s/" ROOT_FOLDER "/%s/%s': %s", hierarchy->path, cgroups->instance, id,
            strerror(error));
    }
    *ret_folders = folders;
    return 0;
}

int cgroup_find(const struct cgroups *cgroups, const char *id, struct cgroup_folders *ret_folders) {
    bool found = false;
    for (int i = 0; i < MAX_HIERARCHIES; i++) {
        ret_folders->fds[i] = i < cgroups->count ? openat(cgroups->hierarchies[i].base, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        found |= ret_folders->fds[i] >= 0;
    }
    return found ? 0 : -ENOENT;
}

void cgroup_folders_close(struct cgroup_folders *folders) {
    for (int i = 0; i < MAX_HIERARCHIES; i++) owned_fd_close(&folders->fds[i]);
}
