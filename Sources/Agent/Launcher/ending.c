#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "folder.h"
#include "launcher.h"
#include "monitor.h"
#include "owned.h"
#include "tree.h"

/// Reads what is left of a `start_message`, its first byte having been read.
static bool read_failure(int pipe, struct exit_state *ret_exit) {
    struct start_message message;
    if (read(pipe, (char *)&message + 1, sizeof message - 1) != (ssize_t)sizeof message - 1) return false;
    *ret_exit = message.failure;
    return true;
}

/// What is told of a container after its end.
static void read_end(const struct launcher *launcher, const struct container *container, struct exit_state *ret_exit) {
    struct monitor_state state;
    OWNED_FD folder = -1;
    *ret_exit = (struct exit_state){.kind = ENDED_LOST, .began_us = container->state.began_us};
    if (folder_open(launcher->containers, container->id, &folder) != 0) return;
    if (folder_read(folder, &state, ret_exit) != FOLDER_LOST) return;
    if (container->has_failed && read_failure(container->status, ret_exit)) {
        folder_write_exit(folder, ret_exit);
        return;
    }
    ret_exit->ended_us = wall_us();
    if (!container->is_destroyed) return;
    // Its monitor did not follow the order and was killed by us: that is known, so it is not lost.
    ret_exit->kind = ENDED_SIGNAL;
    ret_exit->number = SIGKILL;
    folder_write_exit(folder, ret_exit);
}

static int answer_failed_launch(struct launcher *launcher, const struct container *container, const struct exit_state *exit) {
    struct refusal refusal = {.code = REFUSED(LAUNCH_FAILED)};
    if (exit->kind == ENDED_BEFORE_START) {
        refusal.error = exit->number;
        memcpy(refusal.step, exit->step, sizeof refusal.step);
        memcpy(refusal.message, exit->message, sizeof refusal.message);
    } else snprintf(refusal.message, sizeof refusal.message, "Failed to launch container: its monitor was killed");
    return answer_refusal(launcher, container->launch_request, &refusal);
}

static int finish(struct launcher *launcher, struct container *container) {
    struct exit_state exit;
    read_end(launcher, container, &exit);
    int result = container->is_announced ? exited_send(launcher, container->id, &exit) : answer_failed_launch(launcher, container, &exit);
    for (int i = 0; i < container->destroyer_count && result == 0; i++) result = answer_done(launcher, container->destroyers[i]);
    if (container->status >= 0) close(container->status);
    launcher->table.ending--;
    table_remove(&launcher->table, container);
    return result;
}

/// The session that the main process has made, unless its number may belong to somebody else by now. It counts only without cgroups, which know
/// better. @return 0 if there is none
static pid_t session_of(const struct launcher *launcher, const struct monitor_state *state) {
    uint64_t ticks;
    if (launcher->cgroups.count > 0 || state->session <= 0 || strcmp(state->boot, launcher->boot) != 0) return 0;
    // While a session has members its number isn't given to a new process.
    bool is_another = process_start_time(state->session, &ticks) == 0 && ticks != state->session_start_ticks;
    return is_another ? 0 : state->session;
}

bool container_sweep(const struct launcher *launcher, const char *id, const struct monitor_state *state) {
    bool has_pid_namespace = state->namespaces & CLONE_NEWPID;
    if (!has_pid_namespace) {
        pid_t session = session_of(launcher, state);
        int left = cgroup_signal(&launcher->cgroups, id, SIGKILL);
        if (session > 0) left += tree_signal(-1, session, SIGKILL);
        if (left > 0) return false;
    }
    int result = cgroup_remove(&launcher->cgroups, id);
    if (result == -EBUSY && has_pid_namespace) cgroup_signal(&launcher->cgroups, id, SIGKILL);
    return result == 0;
}

static int look_again(struct launcher *launcher, struct container *container, int64_t now) {
    if (container->phase == PHASE_ENDING) {
        bool is_empty = execs_stop(launcher, container) == 0 && container_sweep(launcher, container->id, &container->state);
        bool is_over = is_empty || now >= container->give_up_at_ms;
        return is_over ? finish(launcher, container) : 0;
    }
    if (container->kill_at_ms && now >= container->kill_at_ms) {
        container->kill_at_ms = 0;
        container_signal(launcher, container, SIGKILL, NULL);
    }
    return 0;
}

/// Reads what only the monitor knew: which session the main process has made.
static void read_state(const struct launcher *launcher, struct container *container) {
    struct monitor_state state;
    struct exit_state exit;
    OWNED_FD folder = -1;
    if (container->state.namespaces & CLONE_NEWPID || folder_open(launcher->containers, container->id, &folder) != 0) return;
    if (folder_read(folder, &state, &exit) >= 0 && state.pid == container->state.pid) container->state = state;
}

int monitor_event(struct launcher *launcher, struct container *container) {
    if (container->phase == PHASE_FREE || container->phase == PHASE_ENDING) return 0;
    // It may have ended so soon that the pipe has not been read yet.
    int result = launch_status_event(launcher, container);
    table_set_child(&launcher->table, container, 0);
    launcher_forget(launcher, &container->pidfd);
    if (!container->has_failed) launcher_forget(launcher, &container->status);
    read_state(launcher, container);
    if (container->is_destroyed) launcher->table.destroying--;
    container->phase = PHASE_ENDING;
    container->give_up_at_ms = monotonic_ms() + CLEAN_UP_PATIENCE_MS;
    launcher->table.ending++;
    return result != 0 ? result : look_again(launcher, container, monotonic_ms());
}

int endings_tick(struct launcher *launcher) {
    int64_t now = monotonic_ms();
    for (int i = 0; i < launcher->table.used && launcher->table.ending + launcher->table.destroying > 0; i++) {
        struct container *container = &launcher->table.containers[i];
        if (container->phase != PHASE_ENDING && !(container->is_destroyed && container->phase != PHASE_FREE)) continue;
        int result = look_again(launcher, container, now);
        if (result != 0) return result;
    }
    return 0;
}
