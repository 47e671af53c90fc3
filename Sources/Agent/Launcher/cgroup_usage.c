#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "owned.h"

uint64_t cgroup_value(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, key, length) == 0 && line[length] == ' ') return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

uint64_t cgroup_oom_kills(int counters) {
    char text[MAX_KERNEL_FILE];
    if (counters < 0 || file_read_fd(counters, text, sizeof text) < 0) return 0;
    return cgroup_value(text, "oom_kill");
}

static uint64_t number_at(int folder, const char *file) {
    char text[64];
    return file_read_at(folder, file, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
}

static uint64_t lines_at(int folder, const char *file) {
    char text[MAX_KERNEL_FILE];
    uint64_t lines = 0;
    OWNED_FD fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
    for (ssize_t count; fd >= 0 && (count = read(fd, text, sizeof text)) > 0;)
        for (ssize_t i = 0; i < count; i++) lines += text[i] == '\n';
    return lines;
}

/// Reads a file and picks values of it.
static void pick(int folder, const char *file, const char *const keys[], uint64_t *const targets[], int count, uint64_t divisor) {
    char text[MAX_KERNEL_FILE];
    if (file_read_at(folder, file, text, sizeof text) < 0) return;
    for (int i = 0; i < count; i++) *targets[i] = cgroup_value(text, keys[i]) / divisor;
}

static void read_cpu(int folder, int version, struct cgroup_usage *usage) {
    const char *const keys[] = {"nr_periods", "nr_throttled", version == 2 ? "throttled_usec" : "throttled_time"};
    uint64_t *const targets[] = {&usage->cpu_periods, &usage->cpu_throttled_periods, &usage->cpu_throttled_us};
    pick(folder, "cpu.stat", keys, targets, 3, 1);
    if (version == 1) usage->cpu_throttled_us /= 1000;
}

static void read_cpu_time(int folder, int version, struct cgroup_usage *usage) {
    uint64_t *const targets[] = {&usage->cpu_user_us, &usage->cpu_system_us};
    if (version == 2) {
        pick(folder, "cpu.stat", (const char *const[]){"user_usec", "system_usec"}, targets, 2, 1);
        return;
    }
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    pick(folder, "cpuacct.stat", (const char *const[]){"user", "system"}, targets, 2, 1);
    // The file counts in ticks; the sum is known to the nanosecond, so the parts are scaled to it.
    uint64_t parts = usage->cpu_user_us + usage->cpu_system_us, total = number_at(folder, "cpuacct.usage") / 1000;
    if (parts == 0) {
        usage->cpu_user_us = total;
        return;
    }
    if (total == 0) total = parts * 1000000 / ticks;
    usage->cpu_user_us = (uint64_t)((double)total * (double)usage->cpu_user_us / (double)parts);
    usage->cpu_system_us = total - usage->cpu_user_us;
}

static void read_memory(int folder, int version, struct cgroup_usage *usage) {
    bool v2 = version == 2;
    usage->memory = number_at(folder, v2 ? "memory.current" : "memory.usage_in_bytes");
    usage->memory_peak = number_at(folder, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
    usage->memory_limit = number_at(folder, v2 ? "memory.max" : "memory.limit_in_bytes");
    const char *const keys[] = {v2 ? "anon" : "total_rss", v2 ? "file" : "total_cache"};
    uint64_t *const targets[] = {&usage->memory_anonymous, &usage->memory_file};
    pick(folder, "memory.stat", keys, targets, 2, 1);
}

int cgroup_read_usage(const struct cgroups *cgroups, const char *id, struct cgroup_usage *ret_usage) {
    struct cgroup_folders folders;
    int result = cgroup_find(cgroups, id, &folders);
    if (result != 0) return result;
    struct cgroup_usage usage = {0};
    for (int i = 0; i < cgroups->count; i++) {
        unsigned controllers = cgroups->hierarchies[i].controllers;
        int folder = folders.fds[i];
        if (folder < 0) continue;
        if (controllers & (1U << CONTROLLER_CPU)) read_cpu(folder, cgroups->version, &usage);
        if (controllers & (1U << CONTROLLER_CPUACCT)) read_cpu_time(folder, cgroups->version, &usage);
        if (controllers & (1U << CONTROLLER_MEMORY)) read_memory(folder, cgroups->version, &usage);
        if (usage.processes > 0) continue;
        usage.processes = lines_at(folder, "cgroup.procs");
        usage.threads = lines_at(folder, cgroups->version == 2 ? "cgroup.threads" : "tasks");
    }
    cgroup_folders_close(&folders);
    *ret_usage = usage;
    return 0;
}
