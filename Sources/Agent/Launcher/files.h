// Small files: of the kernel, and of our own.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Reads at most `size` - 1 bytes and ends them with a NUL. @return their number, or -errno
ssize_t file_read_at(int folder, const char *name, char *ret_text, size_t size);

/// As above, from an open file, from its start.
ssize_t file_read_fd(int fd, char *ret_text, size_t size);

/// Writes `text` with one write(2) to a file that exists. @return 0 or -errno
int file_write_at(int folder, const char *name, const char *text);

/// Writes all of it. @return 0 or -errno
int file_write_all(int fd, const char *text, size_t length);

/// Microseconds since 1970.
int64_t wall_us(void);

/// Milliseconds of a clock that never jumps.
int64_t monotonic_ms(void);

/// Start time of a process in clock ticks since boot, from the text of its /proc/<pid>/stat. @return 0 or -errno
int parse_start_time(const char *stat, uint64_t *ret_ticks);

/// Reads /proc/<pid>/stat. @return 0 or -errno
int process_start_time(pid_t pid, uint64_t *ret_ticks);
