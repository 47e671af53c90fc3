#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

enum { SOURCE_SHIFT = 56, GENERATION_SHIFT = 32, GENERATION_MASK = 0xffffff, DESTROY_TICK_MS = 100, GONE = 1, REQUESTS_AT_A_TIME = 4 };

static uint64_t event_key(enum source source, uint32_t generation, uint32_t index) {
    return (uint64_t)source << SOURCE_SHIFT | (uint64_t)(generation & GENERATION_MASK) << GENERATION_SHIFT | index;
}

int launcher_watch(struct launcher *launcher, int fd, enum source source, uint32_t generation, uint32_t index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = event_key(source, generation, index)};
    return epoll_ctl(launcher->epoll, EPOLL_CTL_ADD, fd, &event) != 0 ? -errno : 0;
}

void launcher_forget(struct launcher *launcher, int *fd) {
    if (*fd < 0) return;
    // A monitor that is just being forked may have a copy; closing this one alone would leave the other watched.
    epoll_ctl(launcher->epoll, EPOLL_CTL_DEL, *fd, NULL);
    close(*fd);
    *fd = -1;
}

/// Carries out some of the requests that have been read. A thousand launches may have come at once: in between what has become of the first of them
/// is told. @return 0, GONE, or -errno
static int carry_out(struct launcher *launcher, struct refusal *ret_refusal) {
    launcher->has_requests = buffer_length(&launcher->input) > 0;
    for (int i = 0; i < REQUESTS_AT_A_TIME && launcher->has_requests; i++) {
        const uint8_t *bytes;
        size_t length;
        int result = frame_take(&launcher->input, MAX_REQUEST, &bytes, &length);
        if (result < 0) return refuse_system(ret_refusal, -result, "Failed to read a request");
        launcher->has_requests = result > 0;
        if (result == 0) return 0;
        // What an agent has asked for before it died is for its successor to decide.
        if (getppid() != launcher->agent) return GONE;
        result = request_handle(launcher, bytes, length);
        if (result < 0) return refuse_system(ret_refusal, -result, "Failed to handle a request");
    }
    return 0;
}

/// Reads requests, once those that were read before are carried out. @return 0, GONE, or -errno
static int socket_event(struct launcher *launcher, struct refusal *ret_refusal) {
    if (launcher->has_requests) return 0;
    ssize_t count = buffer_fill(&launcher->input, launcher->socket);
    if (count == -EAGAIN) return 0;
    if (count == 0 || count == -ECONNRESET) return GONE;
    if (count < 0) return refuse_system(ret_refusal, (int)-count, "Failed to read from the agent");
    launcher->has_requests = true;
    return 0;
}

/// Reaps children: monitors, and helpers of commands. @return 0 or -errno when the connection can't go on
static int reap(struct launcher *launcher) {
    int result = 0;
    for (pid_t pid; result == 0 && (pid = waitpid(-1, NULL, WNOHANG)) > 0;) {
        struct container *container = table_find_child(&launcher->table, pid);
        if (container) result = monitor_event(launcher, container);
        else exec_reaped(launcher, pid);
    }
    return result;
}

/// @return 0, GONE or -errno
static int signal_event(struct launcher *launcher) {
    struct signalfd_siginfo info;
    while (read(launcher->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) return GONE;
        // It comes when a thread of the agent ends that has started this process; only if all of the agent has ended, there is another parent.
        if (info.ssi_signo == SIGUSR1 && getppid() != launcher->agent) return GONE;
    }
    return reap(launcher);
}

static int container_event(struct launcher *launcher, enum source source, uint32_t generation, uint32_t index) {
    struct container *container = &launcher->table.containers[index];
    if ((container->generation & GENERATION_MASK) != generation || container->phase == PHASE_FREE) return 0;
    return source == SOURCE_MONITOR ? monitor_event(launcher, container) : launch_status_event(launcher, container);
}

static int handle_event(struct launcher *launcher, uint64_t key, struct refusal *ret_refusal) {
    enum source source = (enum source)(key >> SOURCE_SHIFT);
    uint32_t generation = (uint32_t)(key >> GENERATION_SHIFT) & GENERATION_MASK, index = (uint32_t)key;
    int result = 0;
    switch (source) {
    case SOURCE_SOCKET: return socket_event(launcher, ret_refusal);
    case SOURCE_SIGNALS: result = signal_event(launcher); break;
    case SOURCE_MONITOR:
    case SOURCE_STATUS: result = container_event(launcher, source, generation, index); break;
    case SOURCE_EXEC:
        if (launcher->execs[index].is_used && (launcher->execs[index].generation & GENERATION_MASK) == generation)
            result = exec_event(launcher, &launcher->execs[index]);
        break;
    }
    return result < 0 ? refuse_system(ret_refusal, -result, "Failed to tell the agent") : result;
}

/// Sends what there is, and asks for no more requests while the agent doesn't read their answers.
static int flush(struct launcher *launcher, struct refusal *ret_refusal) {
    int result = buffer_flush(&launcher->output, launcher->socket);
    if (result == -EPIPE || result == -ECONNRESET) return GONE;
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to write to the agent");
    size_t left = buffer_length(&launcher->output);
    uint32_t wanted = (left < MAX_RECORD ? EPOLLIN : 0U) | (left > 0 ? EPOLLOUT : 0U);
    if (wanted == launcher->wanted) return 0;
    struct epoll_event event = {.events = wanted, .data.u64 = event_key(SOURCE_SOCKET, 0, 0)};
    if (epoll_ctl(launcher->epoll, EPOLL_CTL_MOD, launcher->socket, &event) != 0)
        return refuse_system(ret_refusal, errno, "Failed to watch the agent");
    launcher->wanted = wanted;
    return 0;
}

int launcher_run(struct launcher *launcher, struct refusal *ret_refusal) {
    int result = launcher_watch(launcher, launcher->socket, SOURCE_SOCKET, 0, 0);
    if (result == 0) result = launcher_watch(launcher, launcher->signals, SOURCE_SIGNALS, 0, 0);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to watch the agent");
    launcher->wanted = EPOLLIN;
    while (result == 0) {
        struct epoll_event events[MAX_EVENTS];
        const struct table *table = &launcher->table;
        bool is_free = buffer_length(&launcher->output) < MAX_RECORD;
        int timeout = launcher->has_requests && is_free ? 0 : table->ending > 0 ? TICK_MS : table->destroying > 0 ? DESTROY_TICK_MS : -1;
        int count = epoll_wait(launcher->epoll, events, MAX_EVENTS, timeout);
        if (count < 0 && errno != EINTR) return refuse_system(ret_refusal, errno, "Failed to wait for events");
        for (int i = 0; i < count && result == 0; i++) result = handle_event(launcher, events[i].data.u64, ret_refusal);
        if (result == 0 && launcher->has_requests && is_free) result = carry_out(launcher, ret_refusal);
        if (result == 0 && timeout >= 0 && endings_tick(launcher) != 0) result = refuse_system(ret_refusal, ENOBUFS, "Failed to tell the agent");
        if (result == 0) result = flush(launcher, ret_refusal);
    }
    return result == GONE ? 0 : result;
}
