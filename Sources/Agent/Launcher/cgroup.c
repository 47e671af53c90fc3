#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "files.h"
#include "owned.h"

enum {
    MAX_DEPTH = 8,  // of cgroups that a container makes in its own
    PROCESSES_TEXT = 64 << 10,
    DEFAULT_PERIOD_US = 100000,
};

/// One value for one file of one controller.
struct setting {
    enum controller controller;
    const char *file;
    uint64_t value;
    uint64_t period;  // v2, cpu.max: written behind the value
};

uint64_t cgroup_weight(uint64_t shares) {
    if (shares < 2) shares = 2;
    if (shares > 262144) shares = 262144;
    return 1 + (shares - 2) * 9999 / 262142;
}

/// @return the number of settings that are to be written
static int list_settings(int version, const struct cgroup_settings *from, struct setting ret_settings[8]) {
    int count = 0;
    uint64_t period = from->cpu_period_us ? from->cpu_period_us : DEFAULT_PERIOD_US;
    if (from->cpu_shares)
        ret_settings[count++] = version == 2 ? (struct setting){CONTROLLER_CPU, "cpu.weight", cgroup_weight(from->cpu_shares), 0}
                                             : (struct setting){CONTROLLER_CPU, "cpu.shares", from->cpu_shares, 0};
    if (from->cpu_quota_us && version == 2) ret_settings[count++] = (struct setting){CONTROLLER_CPU, "cpu.max", from->cpu_quota_us, period};
    if (from->cpu_quota_us && version != 2) {
        ret_settings[count++] = (struct setting){CONTROLLER_CPU, "cpu.cfs_period_us", period, 0};
        ret_settings[count++] = (struct setting){CONTROLLER_CPU, "cpu.cfs_quota_us", from->cpu_quota_us, 0};
    }
    if (from->memory_soft_limit)
        ret_settings[count++] =
            (struct setting){CONTROLLER_MEMORY, version == 2 ? "memory.low" : "memory.soft_limit_in_bytes", from->memory_soft_limit, 0};
    if (from->memory_limit)
        ret_settings[count++] = (struct setting){CONTROLLER_MEMORY, version == 2 ? "memory.max" : "memory.limit_in_bytes", from->memory_limit, 0};
    if (from->pids_max) ret_settings[count++] = (struct setting){CONTROLLER_PIDS, "pids.max", from->pids_max, 0};
    return count;
}

int cgroup_check(const struct cgroups *cgroups, const struct cgroup_settings *settings, struct refusal *ret_refusal) {
    struct setting list[8];
    int count = list_settings(cgroups->version, settings, list);
    for (int i = 0; i < count; i++)
        if (!cgroup_has(cgroups, list[i].controller)) {
            const char *name = CONTROLLER_NAMES[list[i].controller];
            return refuse(
                ret_refusal, REFUSED(UNSUPPORTED), 0, "The cgroup controller '%s' can't be used here: %s", name,
                strerror(cgroups->reasons[list[i].controller]));
        }
    return 0;
}

static int folder_of(const struct cgroups *cgroups, const struct cgroup_folders *folders, enum controller controller) {
    for (int i = 0; i < cgroups->count; i++)
        if (cgroups->hierarchies[i].controllers & (1U << controller)) return folders->fds[i];
    return -1;
}

int cgroup_apply(
    const struct cgroups *cgroups, const struct cgroup_folders *folders, const struct cgroup_settings *settings, struct refusal *ret_refusal) {
    struct setting list[8];
    int count = list_settings(cgroups->version, settings, list);
    for (int i = 0; i < count; i++) {
        char text[64];
        if (list[i].period) snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64, list[i].value, list[i].period);
        else snprintf(text, sizeof text, "%" PRIu64, list[i].value);
        int result = file_write_at(folder_of(cgroups, folders, list[i].controller), list[i].file, text);
        if (result != 0)
            return refuse(ret_refusal, REFUSED(SYSTEM), -result, "Failed to set %s to %s: %s", list[i].file, text, strerror(-result));
    }
    return 0;
}

int cgroup_open_tasks(const struct cgroups *cgroups, const struct cgroup_folders *folders, int ret_tasks[MAX_HIERARCHIES]) {
    for (int i = 0; i < MAX_HIERARCHIES; i++) ret_tasks[i] = -1;
    for (int i = 0; cgroups->version == 1 && i < cgroups->count; i++) {
        // Through `tasks` a process moves its own only thread without the lock that stops all forks of the machine.
        ret_tasks[i] = openat(folders->fds[i], "tasks", O_WRONLY | O_CLOEXEC);
        if (ret_tasks[i] >= 0) continue;
        int error = errno;
        while (i-- > 0) owned_fd_close(&ret_tasks[i]);
        return -error;
    }
    return 0;
}

int cgroup_watch_memory(const struct cgroups *cgroups, const struct cgroup_folders *folders, struct memory_watch *ret_watch) {
    *ret_watch = (struct memory_watch){-1, -1, -1};
    int folder = cgroup_has(cgroups, CONTROLLER_MEMORY) ? folder_of(cgroups, folders, CONTROLLER_MEMORY) : -1;
    if (folder < 0) return 0;
    bool v1 = cgroups->version == 1;
    OWNED_FD counters = openat(folder, v1 ? "memory.oom_control" : "memory.events", O_RDONLY | O_CLOEXEC);
    if (counters < 0) return -errno;
    OWNED_FD event = -1;
    if (v1) {
        char order[64];
        event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (event < 0) return -errno;
        snprintf(order, sizeof order, "%d %d", event, counters);
        int result = file_write_at(folder, "cgroup.event_control", order);
        if (result != 0) return result;
    } else {
        int result = file_write_at(folder, "memory.oom.group", "1");
        if (result != 0 && result != -ENOENT) return result;
    }
    // Linux before 5.19 has no memory.peak; then the peak isn't known.
    ret_watch->peak = openat(folder, v1 ? "memory.max_usage_in_bytes" : "memory.peak", O_RDONLY | O_CLOEXEC);
    ret_watch->counters = take_fd(&counters);
    ret_watch->event = take_fd(&event);
    return 0;
}

static int signal_one(int folder, int signal) {
    char text[PROCESSES_TEXT];
    int count = 0;
    ssize_t length = file_read_at(folder, "cgroup.procs", text, sizeof text);
    if (length < 0) return (int)length;
    for (char *at = text, *end; *at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at) break;
        while (*end == '\n') end++;
        if (pid <= 0) continue;
        count++;
        kill(pid, signal);
    }
    return count;
}

/// Does `leaf` to each cgroup below the folder, the deepest first. @return the sum, or the first error
static int walk(int folder, int depth, int (*leaf)(int parent, const char *name, int fd, int argument), int argument) {
    OWNED_FD copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return -errno;
    OWNED_DIR list = fdopendir(copy);
    if (!list) return -errno;
    take_fd(&copy);
    int sum = 0;
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        OWNED_FD child = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (child < 0) continue;
        int result = depth < MAX_DEPTH ? walk(child, depth + 1, leaf, argument) : -ELOOP;
        if (result >= 0) {
            sum += result;
            result = leaf(folder, entry->d_name, child, argument);
        }
        if (result < 0) return result;
        sum += result;
    }
    return sum;
}

static int signal_leaf(int parent, const char *name, int fd, int signal) {
    (void)parent, (void)name;
    return signal_one(fd, signal);
}

static int remove_leaf(int parent, const char *name, int fd, int nothing) {
    (void)fd, (void)nothing;
    return unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT ? -errno : 0;
}

int cgroup_signal(const struct cgroups *cgroups, const char *id, int signal) {
    struct cgroup_folders folders;
    if (cgroup_find(cgroups, id, &folders) != 0) return 0;
    int pids = folder_of(cgroups, &folders, CONTROLLER_PIDS);
    if (signal == SIGKILL) {
        if (cgroups->version == 2) file_write_at(folders.fds[0], "cgroup.kill", "1");
        if (pids >= 0) file_write_at(pids, "pids.max", "0");
    }
    // Each process of a container is in all of its hierarchies; a root task may have left one or another.
    int most = 0;
    for (int i = 0; i < cgroups->count; i++) {
        if (folders.fds[i] < 0) continue;
        int inside = walk(folders.fds[i], 0, signal_leaf, signal);
        int count = signal_one(folders.fds[i], signal);
        int sum = (inside > 0 ? inside : 0) + (count > 0 ? count : 0);
        if (sum > most) most = sum;
        if (signal != SIGKILL && sum > 0) break;
    }
    cgroup_folders_close(&folders);
    return most;
}

int cgroup_remove(const struct cgroups *cgroups, const char *id) {
    int first = 0;
    for (int i = 0; i < cgroups->count; i++) {
        int base = cgroups->hierarchies[i].base;
        if (unlinkat(base, id, AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
        int error = errno;
        if (error == EBUSY) {
            OWNED_FD folder = openat(base, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (folder >= 0 && walk(folder, 0, remove_leaf, 0) >= 0 && unlinkat(base, id, AT_REMOVEDIR) == 0) continue;
        }
        if (first == 0) first = -error;
    }
    return first;
}
