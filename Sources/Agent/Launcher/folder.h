// The folder of a container, <work>/containers/<id>/: making it is the token that the container is started at most once.
#pragma once

#include <stdbool.h>

#include "state_files.h"

#define FOLDER_MONITOR "monitor"
#define FOLDER_EXIT "exit"

/// What the files say of a container.
enum folder_verdict { FOLDER_RUNNING, FOLDER_ENDED, FOLDER_LOST };

/// Makes the folder and, in it, an empty `monitor` with a lock that its descriptor owns: the lock lives as long as any process has a copy of that.
/// @return 0 or -errno; -EEXIST if the id has been used
int folder_make(int containers, const char *id, int *ret_folder, int *ret_lock);

/// @return 0 or -errno; -ENOENT if there is no such container
int folder_open(int containers, const char *id, int *ret_folder);

/// Writes `monitor` at once. @return 0 or -errno
int folder_write_monitor(int lock, const struct monitor_state *state);

/// Writes `exit` such that it is there wholly and durably or not at all. @return 0 or -errno
int folder_write_exit(int folder, const struct exit_state *state);

/// Reads what is there. For FOLDER_RUNNING `ret_monitor` is valid if its pid is not 0 (the monitor may be about to write it); for FOLDER_ENDED
/// `ret_exit` is. @return a verdict or -errno
int folder_read(int folder, struct monitor_state *ret_monitor, struct exit_state *ret_exit);

/// Removes the folder and the files that monitors make. @return 0 or -errno; fine if it is not there
int folder_remove(int containers, const char *id);

/// Whether the text may name a container (and a folder): letters, digits and ._- with a letter or digit first.
bool container_id_is_valid(const char *id);
