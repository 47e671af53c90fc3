#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "files.h"
#include "folder.h"
#include "launcher.h"
#include "monitor.h"
#include "owned.h"

typedef Agora__V1__LauncherRequest__Launch launch_message;

/// A launch, checked and prepared: nothing has been made yet.
struct launch {
    struct task task;
    struct cgroup_settings settings;
    unsigned namespaces;
    struct bind_mount *mounts;
};

/// What a launch has opened; the monitor has its copies, so all of it is closed here afterwards.
struct opened {
    int folder, lock, status[2];
    struct cgroup_folders cgroups;
    struct memory_watch memory;
    int tasks[MAX_HIERARCHIES];
};

static void opened_close(struct opened *opened) {
    owned_fd_close(&opened->folder);
    owned_fd_close(&opened->lock);
    owned_fd_close(&opened->status[0]);
    owned_fd_close(&opened->status[1]);
    owned_fd_close(&opened->memory.event);
    owned_fd_close(&opened->memory.counters);
    owned_fd_close(&opened->memory.peak);
    for (int i = 0; i < MAX_HIERARCHIES; i++) owned_fd_close(&opened->tasks[i]);
    cgroup_folders_close(&opened->cgroups);
}

static int namespaces_read(const launch_message *message, unsigned available, unsigned *ret_flags, struct refusal *ret_refusal) {
    static const unsigned flags[] = {
        [AGORA__V1__CONTAINER_NAMESPACE__CONTAINER_NAMESPACE_PID] = CLONE_NEWPID,
        [AGORA__V1__CONTAINER_NAMESPACE__CONTAINER_NAMESPACE_IPC] = CLONE_NEWIPC,
        [AGORA__V1__CONTAINER_NAMESPACE__CONTAINER_NAMESPACE_UTS] = CLONE_NEWUTS,
        [AGORA__V1__CONTAINER_NAMESPACE__CONTAINER_NAMESPACE_MOUNT] = CLONE_NEWNS,
    };
    unsigned wanted = 0;
    for (size_t i = 0; i < message->n_namespaces; i++) {
        size_t kind = (size_t)message->namespaces[i];
        unsigned flag = kind < sizeof flags / sizeof *flags ? flags[kind] : 0;
        if (!(flag & available)) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "The namespace %zu can't be made here", kind);
        wanted |= flag;
    }
    if ((wanted & CLONE_NEWPID) && !(wanted & CLONE_NEWNS))
        return refuse(ret_refusal, REFUSED(INVALID), 0, "A pid namespace needs a mount namespace");
    *ret_flags = wanted;
    return 0;
}

static int check_plain(const launch_message *message, struct refusal *ret_refusal) {
    if (!container_id_is_valid(message->container_id)) return refuse(ret_refusal, REFUSED(INVALID), 0, "The container id is not valid");
    if (message->parent_container_id) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "Containers in containers are not supported");
    if (message->rootfs) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "A root file system is not supported");
    if (message->descriptors) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "Passed descriptors are not supported");
    if (message->tty) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "Terminals are not supported");
    if (!message->working_folder || message->working_folder[0] != '/')
        return refuse(ret_refusal, REFUSED(INVALID), 0, "The working folder must be absolute");
    if (message->umask > 0777) return refuse(ret_refusal, REFUSED(INVALID), 0, "The umask is more than 0777");
    if (message->hostname && strlen(message->hostname) > MAX_HOSTNAME)
        return refuse(ret_refusal, REFUSED(INVALID), 0, "The host name is longer than %d", MAX_HOSTNAME);
    return 0;
}

static int prepare(struct launcher *launcher, const launch_message *message, struct launch *ret_launch, struct refusal *ret_refusal) {
    struct launch launch = {0};
    int result = check_plain(message, ret_refusal);
    if (result == 0) result = namespaces_read(message, launcher->namespaces, &launch.namespaces, ret_refusal);
    if (result == 0) result = settings_read(message->cgroup, &launch.settings, ret_refusal);
    if (result == 0) result = cgroup_check(&launcher->cgroups, &launch.settings, ret_refusal);
    if (result == 0) result = mounts_prepare(&launcher->arena, message->mounts, message->n_mounts, &launch.mounts, ret_refusal);
    if (result == 0)
        result = task_prepare(&launcher->arena, message->command, message->environment, message->n_environment, &launch.task, ret_refusal);
    if (result != 0) return result;
    if ((message->n_mounts > 0 && !(launch.namespaces & CLONE_NEWNS)) || (message->hostname && !(launch.namespaces & CLONE_NEWUTS)))
        return refuse(ret_refusal, REFUSED(INVALID), 0, "Mounts need a mount namespace, and a host name needs an UTS namespace");
    launch.task.rlimits[launch.task.rlimit_count++] = (struct task_rlimit){RLIMIT_NOFILE, launcher->descriptors};
    result = task_add_rlimits(&launch.task, message->rlimits, message->n_rlimits, ret_refusal);
    if (result == 0) result = user_find(&launcher->arena, "/etc", message->user, &launch.task.user, ret_refusal);
    launch.task.folder = message->working_folder;
    launch.task.stdout_path = message->stdout_path;
    launch.task.stderr_path = message->stderr_path;
    launch.task.umask = (mode_t)message->umask;
    launch.task.dies_with_parent = !(launch.namespaces & CLONE_NEWPID);
    *ret_launch = launch;
    return result;
}

static int open_all(struct launcher *launcher, const char *id, struct launch *launch, struct opened *opened, struct refusal *ret_refusal) {
    int result = cgroup_make(&launcher->cgroups, id, &opened->cgroups, ret_refusal);
    if (result == 0) result = cgroup_apply(&launcher->cgroups, &opened->cgroups, &launch->settings, ret_refusal);
    if (result != 0) return result;
    result = cgroup_open_tasks(&launcher->cgroups, &opened->cgroups, opened->tasks);
    if (result == 0) result = cgroup_watch_memory(&launcher->cgroups, &opened->cgroups, &opened->memory);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to open the container's cgroups");
    if (pipe2(opened->status, O_CLOEXEC | O_NONBLOCK) != 0) return refuse_system(ret_refusal, errno, "Failed to make a pipe");
    memcpy(launch->task.cgroup_tasks, opened->tasks, sizeof opened->tasks);
    launch->task.cgroup_folder = launcher->cgroups.version == 2 ? opened->cgroups.fds[0] : -1;
    return 0;
}

/// Forks the monitor. @return 0 or -errno
static int fork_monitor(const struct monitor_plan *plan, struct container *container) {
    pid_t pid = fork_into(plan->namespaces);
    if (pid < 0) return pid;
    if (pid == 0) monitor_run(plan);
    container->state.pid = pid;
    return 0;
}

/// After folder and token exist: makes the rest and starts the monitor.
static int start(
    struct launcher *launcher, const launch_message *message, struct launch *launch, struct opened *opened, struct container *container,
    struct refusal *ret_refusal) {
    int result = open_all(launcher, message->container_id, launch, opened, ret_refusal);
    if (result != 0) return result;
    container->status = take_fd(&opened->status[0]);
    struct monitor_plan plan = {
        .task = &launch->task,
        .namespaces = launch->namespaces,
        .hostname = message->hostname,
        .mounts = launch->mounts,
        .mount_count = message->n_mounts,
        .boot = launcher->boot,
        .began_us = container->state.began_us,
        .folder = opened->folder,
        .lock = opened->lock,
        .status = opened->status[1],
        .launchers = {launcher->socket, container->status},
        .memory = opened->memory,
        .arena = &launcher->arena,
    };
    result = launcher_watch(launcher, container->status, SOURCE_STATUS, container->generation, (uint32_t)(container - launcher->table.containers));
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to watch a monitor");
    result = fork_monitor(&plan, container);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to fork a monitor");
    table_set_child(&launcher->table, container, container->state.pid);
    return 0;
}

/// The token is used up: the folder says why nothing came of it.
static void record_failure(struct launcher *launcher, const struct container *container, int folder, const struct refusal *refusal) {
    struct exit_state state = {.kind = ENDED_BEFORE_START, .number = refusal->error, .began_us = container->state.began_us, .ended_us = wall_us()};
    snprintf(state.step, sizeof state.step, "prepare");
    snprintf(state.message, sizeof state.message, "%s", refusal->message);
    folder_write_exit(folder, &state);
    cgroup_remove(&launcher->cgroups, container->id);
}

int launch_handle(struct launcher *launcher, uint64_t request, const launch_message *message, struct refusal *ret_refusal) {
    struct launch launch;
    int result = prepare(launcher, message, &launch, ret_refusal);
    if (result != 0) return result;
    const char *id = message->container_id;
    struct container *container = table_find(&launcher->table, id) ? NULL : table_add(&launcher->table, id);
    if (!container && !table_find(&launcher->table, id))
        return refuse(ret_refusal, REFUSED(TOO_MANY), 0, "There are %d containers already", MAX_CONTAINERS);
    if (!container) return refuse(ret_refusal, REFUSED(ALREADY_EXISTS), 0, "The container '%s' exists already", id);
    __attribute__((cleanup(opened_close))) struct opened opened = {-1, -1, {-1, -1}, {{-1, -1, -1, -1}}, {-1, -1, -1}, {-1, -1, -1, -1}};
    container->launch_request = request;
    container->state.namespaces = launch.namespaces;
    container->state.began_us = wall_us();
    result = folder_make(launcher->containers, id, &opened.folder, &opened.lock);
    if (result != 0) {
        table_remove(&launcher->table, container);
        if (result == -EEXIST) return refuse(ret_refusal, REFUSED(ALREADY_EXISTS), 0, "The container '%s' exists already", id);
        return refuse_system(ret_refusal, -result, "Failed to make the container's folder");
    }
    result = start(launcher, message, &launch, &opened, container, ret_refusal);
    if (result != 0) {
        launcher_forget(launcher, &container->status);
        record_failure(launcher, container, opened.folder, ret_refusal);
        table_remove(&launcher->table, container);
    }
    return result;
}

int launch_status_event(struct launcher *launcher, struct container *container) {
    char outcome;
    ssize_t count;
    if (container->phase != PHASE_LAUNCHING || container->status < 0 || container->has_failed) return 0;
    do count = read(container->status, &outcome, 1);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return 0;
    container->has_failed = count == 1 && outcome == START_FAILED;
    // The failure itself stays in the pipe until the monitor has ended.
    if (container->has_failed) return epoll_ctl(launcher->epoll, EPOLL_CTL_DEL, container->status, NULL) != 0 ? -errno : 0;
    // The end of the pipe without a byte: the monitor was killed.
    launcher_forget(launcher, &container->status);
    if (count != 1) return 0;
    container->phase = PHASE_RUNNING;
    container->is_announced = true;
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Launched launched = AGORA__V1__LAUNCHER_RECORD__LAUNCHED__INIT;
    launched.has_monitor_pid = launched.has_started_us = 1;
    launched.monitor_pid = (uint32_t)container->state.pid;
    launched.started_us = container->state.began_us;
    answer.result_case = AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_LAUNCHED;
    answer.launched = &launched;
    return answer_send(launcher, container->launch_request, &answer);
}
