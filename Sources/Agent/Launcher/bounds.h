// Each bound of launcher and monitor, by name.
#pragma once

enum {
    PROTOCOL_VERSION = 1,

    MAX_REQUEST = 1 << 20,              // bytes of one request
    MAX_RECORD = 16 << 20,              // bytes of one record
    OUTPUT_CAPACITY = 2 * MAX_RECORD,   // bytes that wait for an agent that doesn't read; past it the launcher gives up
    ARENA_CAPACITY = 32 << 20,          // of address space: one request, parsed and prepared
    ARENA_KEPT = 64 << 10,              // bytes of it that stay in memory between requests

    MAX_CONTAINERS = 16384,             // that one launcher watches
    MAX_EXECS = 1024,                   // commands inside containers at one time
    MAX_DESTROYERS = 4,                 // requests that wait for the end of one container
    MAX_EVENTS = 64,                    // of one epoll_wait

    MAX_CONTAINER_ID = 251,             // so that a name derived from it fits into 255
    MAX_INSTANCE = 64,
    MAX_GROUPS = 1024,                  // supplementary ones of a user
    MAX_RLIMITS = 16,
    MAX_MOUNTS = 64,
    MAX_HOSTNAME = 64,
    MAX_PATH_TEXT = 4096,
    MAX_CANDIDATES = 64,                // folders of a PATH that are looked at
    MAX_TIMEOUT_MS = 86400 * 1000,      // of a command inside a container
    MAX_SIGNAL = 64,

    MAX_MESSAGE = 512,                  // bytes of an error's text
    MAX_STEP = 32,
    MAX_STATE_FILE = 2048,              // bytes of `monitor` and `exit`
    MAX_KERNEL_FILE = 4096,             // bytes that are read of a file in /proc or a cgroup
    MAX_USER_FILE = 64 << 20,           // bytes of /etc/passwd or /etc/group
    MAX_MOUNT_TABLE = 1 << 20,          // bytes of /proc/self/mountinfo
    MAX_HIERARCHIES = 4,                // cgroup hierarchies that a container is in

    TASK_STACK = 32 << 10,              // bytes, of the process between vfork and execve
    BOOT_ID_TEXT = 37,

    TICK_MS = 2,                        // between looks at what has no event of its own: a cgroup that is still busy
    DESTROY_PATIENCE_MS = 5000,         // until the monitor that doesn't follow an order is killed itself
    CLEAN_UP_PATIENCE_MS = 10000,       // until a cgroup that stays busy is left behind
    PREDECESSOR_PATIENCE_MS = 10000,    // for the end of the launcher of an agent that has just died
    START_PATIENCE_MS = 2000,           // for a monitor that a former launcher has just started
    DISK_FULL_PATIENCE_MS = 10000,      // for the `exit` file of a monitor
};
