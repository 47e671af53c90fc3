// The processes below a monitor where no pid namespace holds them: children of children, and all sessions and groups that these have made.
#pragma once

#include <sys/types.h>

/// Sends a signal to each descendant of `root` (not to itself), and to each process in a session of one of them or in `session` (0: none).
/// @return how many there were, or -errno
int tree_signal(pid_t root, pid_t session, int signal);

/// From the text of /proc/<pid>/stat. @return 0 or -errno
int parse_parents(const char *stat, pid_t *ret_parent, pid_t *ret_session);
