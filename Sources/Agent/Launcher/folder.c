#define _GNU_SOURCE
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "owned.h"

#define FOLDER_EXIT_NEW "exit.new"

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool container_id_is_valid(const char *id) {
    size_t length = id ? strnlen(id, MAX_CONTAINER_ID + 1) : 0;
    if (length == 0 || length > MAX_CONTAINER_ID || !is_alphanumeric(id[0])) return false;
    for (size_t i = 0; i < length; i++)
        if (!is_alphanumeric(id[i]) && id[i] != '.' && id[i] != '_' && id[i] != '-') return false;
    return true;
}

static struct flock whole_file(short type) {
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

int folder_make(int containers, const char *id, int *ret_folder, int *ret_lock) {
    if (mkdirat(containers, id, 0755) != 0) return -errno;
    OWNED_FD folder = -1;
    int result = folder_open(containers, id, &folder);
    if (result != 0) return result;
    OWNED_FD lock = openat(folder, FOLDER_MONITOR, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (lock < 0) return -errno;
    struct flock exclusive = whole_file(F_WRLCK);
    if (fcntl(lock, F_OFD_SETLK, &exclusive) != 0) return -errno;
    *ret_folder = take_fd(&folder);
    *ret_lock = take_fd(&lock);
    return 0;
}

int folder_open(int containers, const char *id, int *ret_folder) {
    int folder = openat(containers, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0) return -errno;
    *ret_folder = folder;
    return 0;
}

int folder_write_monitor(int lock, const struct monitor_state *state) {
    char text[MAX_STATE_FILE];
    size_t length = monitor_state_print(state, text);
    ssize_t count;
    do count = pwrite(lock, text, length, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    return (size_t)count == length ? 0 : -EIO;
}

int folder_write_exit(int folder, const struct exit_state *state) {
    char text[MAX_STATE_FILE];
    size_t length = exit_state_print(state, text);
    OWNED_FD file = openat(folder, FOLDER_EXIT_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return -errno;
    int result = file_write_all(file, text, length);
    if (result != 0) return result;
    if (fsync(file) != 0) return -errno;
    if (renameat(folder, FOLDER_EXIT_NEW, folder, FOLDER_EXIT) != 0) return -errno;
    return fsync(folder) != 0 ? -errno : 0;
}

int folder_read(int folder, struct monitor_state *ret_monitor, struct exit_state *ret_exit) {
    char text[MAX_STATE_FILE];
    *ret_monitor = (struct monitor_state){0};
    OWNED_FD lock = openat(folder, FOLDER_MONITOR, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0 && errno != ENOENT) return -errno;
    bool held = false;
    if (lock >= 0) {
        struct flock probe = whole_file(F_WRLCK);
        if (fcntl(lock, F_OFD_GETLK, &probe) != 0) return -errno;
        held = probe.l_type != F_UNLCK;
        ssize_t length = file_read_fd(lock, text, sizeof text);
        if (length < 0) return (int)length;
        if (monitor_state_parse(text, ret_monitor) != 0) *ret_monitor = (struct monitor_state){0};
    }
    if (held) return FOLDER_RUNNING;
    ssize_t length = file_read_at(folder, FOLDER_EXIT, text, sizeof text);
    if (length < 0 && length != -ENOENT) return (int)length;
    if (length >= 0 && exit_state_parse(text, ret_exit) == 0) return FOLDER_ENDED;
    *ret_exit = (struct exit_state){.kind = ENDED_LOST, .began_us = ret_monitor->began_us};
    return FOLDER_LOST;
}

int folder_remove(int containers, const char *id) {
    OWNED_FD folder = -1;
    int result = folder_open(containers, id, &folder);
    if (result == -ENOENT) return 0;
    if (result != 0) return result;
    static const char *const names[] = {FOLDER_EXIT_NEW, FOLDER_EXIT, FOLDER_MONITOR};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (unlinkat(folder, names[i], 0) != 0 && errno != ENOENT) return -errno;
    return unlinkat(containers, id, AT_REMOVEDIR) != 0 && errno != ENOENT ? -errno : 0;
}
