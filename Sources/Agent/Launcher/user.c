#define _GNU_SOURCE
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "owned.h"

/// A file in memory, read only.
struct mapped {
    const char *text;
    size_t length;
};

static void mapped_release(struct mapped *file) {
    if (file->text) munmap((void *)(uintptr_t)file->text, file->length);
}

/// Maps a file; an empty one has no text. @return 0 or -errno
static int map_file(const char *folder, const char *name, struct mapped *ret_file) {
    char path[MAX_PATH_TEXT];
    struct stat status;
    *ret_file = (struct mapped){0};
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return -ENAMETOOLONG;
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) return -errno;
    if (status.st_size > MAX_USER_FILE) return -EFBIG;
    if (status.st_size == 0) return 0;
    void *text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text == MAP_FAILED) return -errno;
    *ret_file = (struct mapped){text, (size_t)status.st_size};
    return 0;
}

/// Part of a text.
struct span {
    const char *at;
    size_t length;
};

/// Takes what is before the separator, and moves behind that. @return whether there was anything left
static bool next_part(struct span *rest, char separator, struct span *ret_part) {
    if (!rest->at) return false;
    const char *end = memchr(rest->at, separator, rest->length);
    *ret_part = (struct span){rest->at, end ? (size_t)(end - rest->at) : rest->length};
    if (end) *rest = (struct span){end + 1, rest->length - ret_part->length - 1};
    else *rest = (struct span){0};
    return true;
}

static bool is_text(struct span span, const char *text) {
    return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

static bool is_number(struct span span, uint32_t *ret_number) {
    uint64_t number = 0;
    if (span.length == 0 || span.length > 10) return false;
    for (size_t i = 0; i < span.length; i++) {
        if (span.at[i] < '0' || span.at[i] > '9') return false;
        number = number * 10 + (uint64_t)(span.at[i] - '0');
    }
    // The highest number means "no change" to the kernel.
    if (number >= UINT32_MAX) return false;
    *ret_number = (uint32_t)number;
    return true;
}

/// A line of passwd is name:password:uid:gid:…
static bool find_passwd(const struct mapped *file, const char *name, uint32_t *ret_uid, uint32_t *ret_gid) {
    struct span lines = {file->text, file->length}, line, field, uid, gid;
    while (next_part(&lines, '\n', &line))
        if (next_part(&line, ':', &field) && is_text(field, name) && next_part(&line, ':', &field) && next_part(&line, ':', &uid) &&
            next_part(&line, ':', &gid))
            return is_number(uid, ret_uid) && is_number(gid, ret_gid);
    return false;
}

/// A line of group is name:password:gid:member,member…
static int add_groups(const struct mapped *file, const char *name, struct user *user) {
    struct span lines = {file->text, file->length}, line, field, number, member;
    while (next_part(&lines, '\n', &line)) {
        uint32_t gid;
        if (!next_part(&line, ':', &field) || !next_part(&line, ':', &field) || !next_part(&line, ':', &number) || !is_number(number, &gid)) continue;
        while (next_part(&line, ',', &member)) {
            if (!is_text(member, name) || gid == user->gid) continue;
            if (user->group_count == MAX_GROUPS) return -E2BIG;
            user->groups[user->group_count++] = gid;
            break;
        }
    }
    return 0;
}

static int by_name(struct arena *arena, const char *files, const char *name, struct user *ret_user, struct refusal *ret_refusal) {
    __attribute__((cleanup(mapped_release))) struct mapped passwd = {0}, group = {0};
    struct user user = {.change = true};
    int result = map_file(files, "passwd", &passwd);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to read passwd");
    if (!name[0] || strpbrk(name, ":\n") || !find_passwd(&passwd, name, &user.uid, &user.gid))
        return refuse(ret_refusal, REFUSED(UNKNOWN_USER), 0, "No such user '%s'", name);
    user.groups = arena_take(arena, (MAX_GROUPS + 1) * sizeof *user.groups);
    if (!user.groups) return refuse_system(ret_refusal, ENOMEM, "Failed to read group");
    user.groups[user.group_count++] = user.gid;
    result = map_file(files, "group", &group);
    if (result == 0) result = add_groups(&group, name, &user);
    if (result != 0 && result != -ENOENT) return refuse_system(ret_refusal, -result, "Failed to read group");
    *ret_user = user;
    return 0;
}

static int by_number(struct arena *arena, const Agora__V1__ContainerUser *message, struct user *ret_user, struct refusal *ret_refusal) {
    if (!message->has_uid || !message->has_gid || message->uid == UINT32_MAX || message->gid == UINT32_MAX || message->n_groups > MAX_GROUPS)
        return refuse(ret_refusal, REFUSED(INVALID), 0, "A user is a name, or a uid and a gid and at most %d groups", MAX_GROUPS);
    struct user user = {.change = true, .uid = message->uid, .gid = message->gid, .group_count = message->n_groups};
    user.groups = arena_take(arena, (message->n_groups + 1) * sizeof *user.groups);
    if (!user.groups) return refuse_system(ret_refusal, ENOMEM, "Failed to prepare the user");
    for (size_t i = 0; i < message->n_groups; i++) user.groups[i] = message->groups[i];
    *ret_user = user;
    return 0;
}

int user_find(struct arena *arena, const char *files, const Agora__V1__ContainerUser *message, struct user *ret_user, struct refusal *ret_refusal) {
    struct user user = {0};
    if (!message) {
        *ret_user = user;
        return 0;
    }
    int result = message->name ? by_name(arena, files, message->name, &user, ret_refusal) : by_number(arena, message, &user, ret_refusal);
    if (result != 0) return result;
    if (geteuid() != 0) {
        if (user.uid != geteuid())
            return refuse(ret_refusal, REFUSED(UNSUPPORTED), EPERM, "Only root can run a task as another user (uid %" PRIu32 ")", (uint32_t)user.uid);
        user.change = false;
    }
    *ret_user = user;
    return 0;
}
