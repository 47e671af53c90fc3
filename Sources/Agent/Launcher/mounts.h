// Bind mounts of a container, made by its monitor in a mount namespace of its own.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "refusal.h"
#include "task.h"

struct bind_mount {
    const char *source;  // absolute
    const char *target;  // absolute and there, or relative to the sandbox and made if missing
    bool read_only;
};

/// Checks a request's mounts. Pointers of the message stay in use.
int mounts_prepare(
    struct arena *arena, Agora__V1__ContainerMount *const mounts[], size_t count, struct bind_mount **ret_mounts, struct refusal *ret_refusal);

/// Makes them. No link in the sandbox is followed. @return 0, or -errno with the report filled
int mounts_make(const char *sandbox, const struct bind_mount *mounts, size_t count, struct task_report *report);
