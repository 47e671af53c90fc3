// A process that is to be: all that its start needs, prepared before any fork; and the start itself.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "arena.h"
#include "refusal.h"
#include "user.h"

enum task_step {
    STEP_NONE,
    STEP_CLONE,
    STEP_SESSION,
    STEP_CGROUP,
    STEP_RLIMIT,
    STEP_USER,
    STEP_DEATH_SIGNAL,
    STEP_CHDIR,
    STEP_STDIN,
    STEP_STDOUT,
    STEP_STDERR,
    STEP_EXECVE,
    STEP_KILLED,
    // Of the monitor, before that:
    STEP_LAUNCHER,
    STEP_MONITOR_FILE,
    STEP_MOUNT_PRIVATE,
    STEP_MOUNT_PROC,
    STEP_MOUNT,
    STEP_HOSTNAME,
    STEP_SETNS,
    STEPS,
};

/// How far a start came.
struct task_report {
    enum task_step step;
    int error;
    const char *subject;  // the path or so that the step was about; may be NULL
};

struct task_rlimit {
    int resource;
    struct rlimit limit;
};

struct task {
    const char *name;         // of the program, for messages
    char **candidates;        // paths to try, NULL at the end
    char **arguments;         // argv; one place before it is free for a shell
    char **environment;
    const char *folder;
    const char *stdout_path;  // NULL: /dev/null
    const char *stderr_path;
    struct user user;
    struct task_rlimit rlimits[MAX_RLIMITS + 1];
    size_t rlimit_count;
    mode_t umask;
    bool dies_with_parent;
    int cgroup_tasks[MAX_HIERARCHIES];  // v1: joined by writing; -1: none
    int cgroup_folder;                  // v2: cloned into; -1: none
};

/// The name of a step for the wire.
const char *task_step_name(enum task_step step);

/// `<what>: <step> '<subject>': <text of errno>`, for example "Failed to launch container: execve '/x': No such file or directory".
void task_report_print(const struct task_report *report, const char *what, char ret_message[MAX_MESSAGE]);

/// Prepares what a command says. Pointers of the message stay in use.
int task_prepare(
    struct arena *arena, const Agora__V1__ContainerCommand *command, char **environment, size_t environment_count, struct task *ret_task,
    struct refusal *ret_refusal);

/// Adds limits, after those that the launcher had itself.
int task_add_rlimits(struct task *task, Agora__V1__ContainerRLimit *const rlimits[], size_t count, struct refusal *ret_refusal);

/// Forks into new namespaces (CLONE_NEW… flags). @return as fork does, or -errno
pid_t fork_into(unsigned namespaces);

/// Starts the process as a child and waits until its execve has succeeded or some step has failed. All signals must be blocked.
/// @return its pid, or -errno and how far it came
pid_t task_start(const struct task *task, struct task_report *ret_report);
