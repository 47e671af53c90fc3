#define _GNU_SOURCE
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owned.h"

/// Whether the path is without `..`, and not empty.
static bool is_plain(const char *path) {
    if (!path || !path[0] || strlen(path) >= MAX_PATH_TEXT) return false;
    for (const char *at = path; at; at = strchr(at, '/')) {
        if (*at == '/') at++;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0)) return false;
    }
    return true;
}

int mounts_prepare(
    struct arena *arena, Agora__V1__ContainerMount *const mounts[], size_t count, struct bind_mount **ret_mounts, struct refusal *ret_refusal) {
    if (count > MAX_MOUNTS) return refuse(ret_refusal, REFUSED(INVALID), 0, "There are more than %d mounts", MAX_MOUNTS);
    struct bind_mount *list = arena_take(arena, (count + 1) * sizeof *list);
    if (!list) return refuse(ret_refusal, REFUSED(INVALID), E2BIG, "The request is too large");
    for (size_t i = 0; i < count; i++) {
        if (!is_plain(mounts[i]->source) || mounts[i]->source[0] != '/' || !is_plain(mounts[i]->target))
            return refuse(ret_refusal, REFUSED(INVALID), 0, "A mount has an absolute source and a target, and no '..' in them");
        list[i] = (struct bind_mount){mounts[i]->source, mounts[i]->target, mounts[i]->read_only};
    }
    *ret_mounts = list;
    return 0;
}

/// Opens the next part of a path in the sandbox, and makes it first if it is missing. @return a descriptor or -errno
static int enter(int parent, const char *name, bool is_folder) {
    if (is_folder && mkdirat(parent, name, 0755) != 0 && errno != EEXIST) return -errno;
    if (!is_folder) {
        OWNED_FD file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (file < 0 && errno != EEXIST) return -errno;
    }
    int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0));
    return fd < 0 ? -errno : fd;
}

/// @return a descriptor of the target, or -errno. `ret_parent` and `ret_name` say how to find again what is mounted on it.
static int open_target(const char *sandbox, const char *target, bool is_folder, char buffer[MAX_PATH_TEXT], int *ret_parent, const char **ret_name) {
    bool inside = target[0] != '/';
    OWNED_FD parent = open(inside ? sandbox : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return -errno;
    if (!inside) {
        int fd = open(target, O_PATH | O_CLOEXEC);
        *ret_parent = take_fd(&parent);
        *ret_name = target;
        return fd < 0 ? -errno : fd;
    }
    snprintf(buffer, MAX_PATH_TEXT, "%s", target);
    for (char *name = buffer;;) {
        char *end = name + strcspn(name, "/");
        char *next = end + strspn(end, "/");
        bool last = !*next;
        *end = 0;
        int fd = enter(parent, name, last ? is_folder : true);
        if (fd < 0 || last) {
            *ret_parent = take_fd(&parent);
            *ret_name = name;
            return fd;
        }
        close(parent);
        parent = fd;
        name = next;
    }
}

static int make_read_only(int fd) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) == 0) return 0;
    if (errno != ENOSYS) return -errno;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0 ? -errno : 0;
}

static int make_one(const char *sandbox, const struct bind_mount *mount_) {
    char buffer[MAX_PATH_TEXT], path[64];
    const char *name = NULL;
    struct stat status;
    if (stat(mount_->source, &status) != 0) return -errno;
    OWNED_FD parent = -1;
    OWNED_FD target = open_target(sandbox, mount_->target, S_ISDIR(status.st_mode), buffer, &parent, &name);
    if (target < 0) return target;
    snprintf(path, sizeof path, "/proc/self/fd/%d", target);
    if (mount(mount_->source, path, NULL, MS_BIND | MS_REC, NULL) != 0) return -errno;
    if (!mount_->read_only) return 0;
    OWNED_FD mounted = openat(parent, name, O_PATH | O_CLOEXEC);
    return mounted < 0 ? -errno : make_read_only(mounted);
}

int mounts_make(const char *sandbox, const struct bind_mount *mounts, size_t count, struct task_report *report) {
    for (size_t i = 0; i < count; i++) {
        int result = make_one(sandbox, &mounts[i]);
        if (result == 0) continue;
        *report = (struct task_report){STEP_MOUNT, -result, mounts[i].target};
        return result;
    }
    return 0;
}
