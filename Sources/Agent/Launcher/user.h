// Who a task runs as, looked up in /etc/passwd and /etc/group before anything is forked. (The agent looks other sources up and sends numbers.)
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "arena.h"
#include "refusal.h"

struct user {
    bool change;  // else: stay who we are
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    size_t group_count;
};

/// Prepares a user. @param files the folder of passwd and group, /etc
int user_find(struct arena *arena, const char *files, const Agora__V1__ContainerUser *message, struct user *ret_user, struct refusal *ret_refusal);
