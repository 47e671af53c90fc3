// The process that stays beside each container: pid 1 of its pid namespace (or a subreaper where there is none), outside of its cgroups. It starts
// the main process, forwards signals, reaps, and at the end writes `exit`. It is forked without exec, so all of it is a few pages.
#pragma once

#include "arena.h"
#include "cgroup.h"
#include "mounts.h"
#include "state_files.h"
#include "task.h"

/// What a launcher tells a monitor: the value that comes with ORDER_SIGNAL (sigqueue), a signal number and flags.
enum monitor_order {
    ORDER_NUMBER = 0xff,
    ORDER_TREE = 0x100,     // to each process of the container
    ORDER_DESTROY = 0x200,  // kill all of it for good
};

/// The signal that carries orders. Any other signal is forwarded to the main process.
#define ORDER_SIGNAL (SIGRTMIN + 1)

/// What a monitor tells its launcher: the outcome alone, or all of it when the main process could not be started.
struct start_message {
    char outcome;
    struct exit_state failure;
};

enum { START_RUNNING = 'r', START_FAILED = 'f' };

struct monitor_plan {
    const struct task *task;
    unsigned namespaces;  // CLONE_NEW… flags that this process was cloned with
    const char *hostname;
    const struct bind_mount *mounts;
    size_t mount_count;
    const char *boot;
    int64_t began_us;
    int folder, lock;  // of the container; see folder.h
    int status;        // a pipe to the launcher, for a `start_message`
    int launchers[2];  // descriptors that are the launcher's alone: its socket, and the other end of that pipe
    struct memory_watch memory;
    struct arena *arena;  // unmapped when the main process runs
};

/// The life of a monitor; called right after clone, all signals blocked.
_Noreturn void monitor_run(const struct monitor_plan *plan);
