// The cgroups of containers: below `agora/<instance>` of each hierarchy there is one for each container, named by its id. Nothing else is touched.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "refusal.h"

enum controller { CONTROLLER_CPU, CONTROLLER_CPUACCT, CONTROLLER_MEMORY, CONTROLLER_PIDS, CONTROLLERS };

extern const char *const CONTROLLER_NAMES[CONTROLLERS];

/// Where hierarchies are mounted; an empty path: nowhere.
struct cgroup_mounts {
    char v1[CONTROLLERS][128];
    char v2[128];
};

/// One tree of cgroups: of one or several controllers (v1), or the unified one (v2).
struct cgroup_hierarchy {
    char path[128];
    int mount;             // the descriptor of that folder
    int base;              // of agora/<instance> in it
    unsigned controllers;  // bits
};

struct cgroups {
    int version;  // 0: none
    int count;
    struct cgroup_hierarchy hierarchies[MAX_HIERARCHIES];
    unsigned controllers;      // all that can be used
    int reasons[CONTROLLERS];  // errno why not
    char instance[MAX_INSTANCE + 1];
};

enum cgroup_choice { CGROUPS_AUTOMATIC, CGROUPS_NONE, CGROUPS_V1, CGROUPS_V2 };

/// What to set; 0: leave it.
struct cgroup_settings {
    uint64_t cpu_shares, cpu_quota_us, cpu_period_us;
    uint64_t memory_limit, memory_soft_limit;  // bytes
    uint64_t pids_max;
};

/// The folders of one container's cgroups, in the order of the hierarchies; -1: none.
struct cgroup_folders {
    int fds[MAX_HIERARCHIES];
};

/// Descriptors by which a monitor learns of the memory limit; -1: none.
struct memory_watch {
    int event;     // v1: an eventfd, readable at each time that the limit is hit
    int counters;  // the file with the number of kills
    int peak;
};

struct cgroup_usage {
    uint64_t cpu_user_us, cpu_system_us, cpu_periods, cpu_throttled_periods, cpu_throttled_us;
    uint64_t memory, memory_peak, memory_limit, memory_anonymous, memory_file;  // bytes
    uint64_t processes, threads;
};

/// Reads the text of /proc/self/mountinfo.
void cgroup_parse_mounts(const char *text, struct cgroup_mounts *ret_mounts);

/// Finds the hierarchies and makes agora/<instance> in them. What can't be used is left out, with its reason. @return 0 or -errno
int cgroups_open(enum cgroup_choice choice, const char *instance, struct cgroups *ret_cgroups);

/// As above, with the hierarchies given.
void cgroups_open_mounts(enum cgroup_choice choice, const struct cgroup_mounts *mounts, const char *instance, struct cgroups *ret_cgroups);

/// Removes agora/<instance> and agora where nothing is in them.
void cgroups_close(struct cgroups *cgroups);

/// Makes a container's cgroups. @return 0, or a negative number and nothing is left behind
int cgroup_make(struct cgroups *cgroups, const char *id, struct cgroup_folders *ret_folders, struct refusal *ret_refusal);

/// @return 0 or -errno; -ENOENT if there is none of them
int cgroup_find(const struct cgroups *cgroups, const char *id, struct cgroup_folders *ret_folders);

void cgroup_folders_close(struct cgroup_folders *folders);

/// Whether each setting has its controller here.
int cgroup_check(const struct cgroups *cgroups, const struct cgroup_settings *settings, struct refusal *ret_refusal);

/// Writes the settings.
int cgroup_apply(
    const struct cgroups *cgroups, const struct cgroup_folders *folders, const struct cgroup_settings *settings, struct refusal *ret_refusal);

/// Opens what a process writes "0" to in order to join (v1). On v2 a process is cloned into the folder instead. @return 0 or -errno
int cgroup_open_tasks(const struct cgroups *cgroups, const struct cgroup_folders *folders, int ret_tasks[MAX_HIERARCHIES]);

/// Sees to it that the monitor learns when the limit is hit. @return 0 or -errno
int cgroup_watch_memory(const struct cgroups *cgroups, const struct cgroup_folders *folders, struct memory_watch *ret_watch);

/// Sends a signal to each process in the container's cgroups; SIGKILL also stops new ones. @return how many there were, or -errno
int cgroup_signal(const struct cgroups *cgroups, const char *id, int signal);

/// Removes a container's cgroups and those that were made inside. @return 0; -EBUSY while processes are in them; -errno
int cgroup_remove(const struct cgroups *cgroups, const char *id);

/// Reads what the container uses; 0 where that can't be known. @return 0 or -errno
int cgroup_read_usage(const struct cgroups *cgroups, const char *id, struct cgroup_usage *ret_usage);

/// The number after `key` and a blank, at the start of a line. @return 0 if it isn't there
uint64_t cgroup_value(const char *text, const char *key);

/// The number of kills because of the memory limit, of either version's file.
uint64_t cgroup_oom_kills(int counters);

/// cpu.weight (v2) of cpu.shares (v1): 2...262144 → 1...10000, linear, as container runtimes do it.
uint64_t cgroup_weight(uint64_t shares);

static inline bool cgroup_has(const struct cgroups *cgroups, enum controller controller) {
    return (cgroups->controllers & (1U << controller)) != 0;
}
