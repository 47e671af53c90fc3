// Owners: what they hold is released at the end of the scope.
#pragma once

#include <dirent.h>
#include <unistd.h>

#define OWNED_FD __attribute__((cleanup(owned_fd_close))) int
#define OWNED_DIR __attribute__((cleanup(owned_dir_close))) DIR *

static inline void owned_fd_close(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static inline void owned_dir_close(DIR **folder) {
    if (*folder) closedir(*folder);
    *folder = NULL;
}

/// Gives the descriptor away: the owner lets go of it.
static inline int take_fd(int *fd) {
    int result = *fd;
    *fd = -1;
    return result;
}
