#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bounds.h"
#include "owned.h"

ssize_t file_read_fd(int fd, char *ret_text, size_t size) {
    size_t length = 0;
    while (length < size - 1) {
        ssize_t count = pread(fd, ret_text + length, size - 1 - length, (off_t)length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        if (count == 0) break;
        length += (size_t)count;
    }
    ret_text[length] = 0;
    return (ssize_t)length;
}

ssize_t file_read_at(int folder, const char *name, char *ret_text, size_t size) {
    OWNED_FD fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -errno;
    return file_read_fd(fd, ret_text, size);
}

int file_write_at(int folder, const char *name, const char *text) {
    OWNED_FD fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    size_t length = strlen(text);
    ssize_t count;
    do count = write(fd, text, length);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    return (size_t)count == length ? 0 : -EIO;
}

int file_write_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, text, length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        text += count;
        length -= (size_t)count;
    }
    return 0;
}

int64_t wall_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t monotonic_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int parse_start_time(const char *stat, uint64_t *ret_ticks) {
    // The second field is the name in parentheses, which may hold anything; the start time is the 20th after it.
    const char *at = strrchr(stat, ')');
    for (int field = 0; at && field < 20; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    if (!at) return -EINVAL;
    char *end;
    errno = 0;
    uint64_t ticks = strtoull(at, &end, 10);
    if (errno != 0 || end == at) return -EINVAL;
    *ret_ticks = ticks;
    return 0;
}

int process_start_time(pid_t pid, uint64_t *ret_ticks) {
    char name[32], text[MAX_KERNEL_FILE];
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    ssize_t length = file_read_at(AT_FDCWD, name, text, sizeof text);
    return length < 0 ? (int)length : parse_start_time(text, ret_ticks);
}
