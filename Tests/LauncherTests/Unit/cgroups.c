// Unit tests of cgroups: what is written where, on a tree of files in place of the kernel's.
#define _GNU_SOURCE
#include "cgroup.h"

#include <errno.h>
#include <unistd.h>

#include "unit.h"

static void test_cgroup_mounts(void) {
    struct cgroup_mounts mounts;
    cgroup_parse_mounts(
        "25 1 0:1 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
        "26 25 0:2 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "27 25 0:3 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "28 25 0:4 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "29 25 0:4 / /elsewhere rw - cgroup cgroup rw,memory\n"
        "30 25 0:5 / /odd\\040place rw - cgroup cgroup rw,pids\n"
        "31 25 0:6 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "broken\n - cgroup\n",
        &mounts);
    CHECK(strcmp(mounts.v1[CONTROLLER_CPU], "/sys/fs/cgroup/cpu,cpuacct") == 0);
    CHECK(strcmp(mounts.v1[CONTROLLER_CPUACCT], "/sys/fs/cgroup/cpu,cpuacct") == 0);
    CHECK(strcmp(mounts.v1[CONTROLLER_MEMORY], "/sys/fs/cgroup/memory") == 0 && !mounts.v1[CONTROLLER_PIDS][0]);
    CHECK(strcmp(mounts.v2, "/sys/fs/cgroup/unified") == 0);
    cgroup_parse_mounts("", &mounts);
    CHECK(!mounts.v2[0]);
}

/// A tree of files in place of cgroup v2: what is written where, and what is read from where.
static void test_cgroup_v2(void) {
    char path[64], command[512];
    struct cgroup_mounts mounts = {0};
    struct cgroups cgroups;
    struct refusal refusal;
    struct cgroup_folders folders;
    enter_folder(path);
    snprintf(mounts.v2, sizeof mounts.v2, "%s", path);
    snprintf(
        command, sizeof command,
        "mkdir -p %s/agora/i/c && cd %s && touch cgroup.subtree_control agora/cgroup.subtree_control && cd agora/i/c &&"
        " touch cpu.weight cpu.max memory.max memory.low memory.events memory.oom.group memory.peak pids.max",
        path, path);
    CHECK(system(command) == 0);
    // A file is not a kernel: the orders that are written stay in it, before what is read.
    write_file(path, "agora/i/cgroup.subtree_control", "+memory cpu memory pids\n");
    cgroups_open_mounts(CGROUPS_AUTOMATIC, &mounts, "i", &cgroups);
    CHECK(cgroups.version == 2 && cgroups.count == 1 && cgroup_has(&cgroups, CONTROLLER_CPU) && cgroup_has(&cgroups, CONTROLLER_CPUACCT));
    CHECK(file_is(path, "cgroup.subtree_control", "+pidsry") && file_is(path, "agora/cgroup.subtree_control", "+pidsry"));
    CHECK(cgroup_find(&cgroups, "c", &folders) == 0);
    struct cgroup_settings settings = {
        .cpu_shares = 1024, .cpu_quota_us = 50000, .memory_limit = 1 << 20, .memory_soft_limit = 1 << 19, .pids_max = 9};
    CHECK(cgroup_check(&cgroups, &settings, &refusal) == 0 && cgroup_apply(&cgroups, &folders, &settings, &refusal) == 0);
    CHECK(file_is(path, "agora/i/c/cpu.weight", "39") && file_is(path, "agora/i/c/cpu.max", "50000 100000"));
    CHECK(file_is(path, "agora/i/c/memory.max", "1048576") && file_is(path, "agora/i/c/memory.low", "524288"));
    CHECK(file_is(path, "agora/i/c/pids.max", "9"));
    struct memory_watch watch;
    CHECK(cgroup_watch_memory(&cgroups, &folders, &watch) == 0 && watch.event == -1 && watch.counters >= 0 && watch.peak >= 0);
    CHECK(file_is(path, "agora/i/c/memory.oom.group", "1"));
    write_file(path, "agora/i/c/memory.events", "low 0\nhigh 0\nmax 4\noom 2\noom_kill 3\noom_group_kill 1\n");
    CHECK(cgroup_oom_kills(watch.counters) == 3);
    write_file(path, "agora/i/c/cpu.stat", "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 5\nnr_throttled 2\nthrottled_usec 7\n");
    write_file(path, "agora/i/c/memory.current", "4096\n");
    write_file(path, "agora/i/c/memory.peak", "8192\n");
    write_file(path, "agora/i/c/memory.stat", "anon 1\nfile 2\nkernel 3\n");
    write_file(path, "agora/i/c/cgroup.procs", "1\n2\n");
    write_file(path, "agora/i/c/cgroup.threads", "1\n2\n3\n");
    struct cgroup_usage usage;
    CHECK(cgroup_read_usage(&cgroups, "c", &usage) == 0);
    CHECK(usage.cpu_user_us == 10 && usage.cpu_system_us == 20);
    CHECK(usage.cpu_periods == 5 && usage.cpu_throttled_periods == 2 && usage.cpu_throttled_us == 7);
    CHECK(usage.memory == 4096 && usage.memory_peak == 8192 && usage.memory_limit == 1 << 20);
    CHECK(usage.memory_anonymous == 1 && usage.memory_file == 2);
    CHECK(usage.processes == 2 && usage.threads == 3);
    CHECK(cgroup_read_usage(&cgroups, "d", &usage) == -ENOENT);
    cgroup_folders_close(&folders);
    CHECK(cgroup_make(&cgroups, "d", &folders, &refusal) == 0 && cgroup_remove(&cgroups, "d") == 0 && cgroup_remove(&cgroups, "d") == 0);
    cgroup_folders_close(&folders);
    CHECK(cgroup_make(&cgroups, "c", &folders, &refusal) < 0 && refusal.error == EEXIST);
    close(watch.counters);
    close(watch.peak);
    leave_folder(path);
}

static void test_cgroup_numbers(void) {
    static const struct {
        uint64_t shares, weight;
    } rows[] = {{0, 1}, {2, 1}, {102, 4}, {1024, 39}, {2048, 79}, {262144, 10000}, {UINT64_MAX, 10000}};
    for (size_t i = 0; i < COUNT(rows); i++) CHECK(cgroup_weight(rows[i].shares) == rows[i].weight);
    CHECK(cgroup_value("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", "oom_kill") == 5);
    CHECK(cgroup_value("", "x") == 0 && cgroup_value("xx 1\nx", "x") == 0 && cgroup_value("x 18446744073709551615", "x") == UINT64_MAX);
    struct cgroups none = {0};
    struct refusal refusal;
    none.reasons[CONTROLLER_MEMORY] = ENOENT;
    CHECK(cgroup_check(&none, &(struct cgroup_settings){0}, &refusal) == 0);
    CHECK(cgroup_check(&none, &(struct cgroup_settings){.memory_limit = 1}, &refusal) < 0 && refusal.code == REFUSED(UNSUPPORTED));
    CHECK(strcmp(refusal.message, "The cgroup controller 'memory' can't be used here: No such file or directory") == 0);
}

void test_cgroups(void) {
    test_cgroup_mounts();
    test_cgroup_v2();
    test_cgroup_numbers();
}
