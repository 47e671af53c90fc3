// The processes below a monitor where no pid namespace holds them: children of children, and all sessions and groups that these have made.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/// Sends a signal to each descendant of `root` (not to itself), and to each process in a session of one of them or in `session` (0: none).
/// @return how many of them were alive, or -errno
int tree_signal(pid_t root, pid_t session, int signal);

/// What the text of /proc/<pid>/stat says of a process. One that has ended and waits to be reaped is not alive.
struct process {
    pid_t pid, parent, session;
    bool is_alive;
    bool is_ours;  // not of the text
};

/// Leaves the pid as it is. @return 0 or -EINVAL
int process_parse(const char *stat, struct process *ret_process);
