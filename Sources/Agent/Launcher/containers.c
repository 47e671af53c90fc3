#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "folder.h"
#include "launcher.h"
#include "monitor.h"
#include "owned.h"

typedef Agora__V1__LauncherRecord__Container container_message;

enum { MAX_SETTING = 1 << 30, MIN_PERIOD_US = 1000, MAX_PERIOD_US = 1000000 };

int refuse_unknown(const char *id, struct refusal *ret_refusal) {
    return refuse(ret_refusal, REFUSED(NOT_FOUND), 0, "There is no container '%.64s'", id ? id : "");
}

int settings_read(const Agora__V1__CgroupSettings *message, struct cgroup_settings *ret_settings, struct refusal *ret_refusal) {
    struct cgroup_settings settings = {0};
    if (message) {
        settings = (struct cgroup_settings){
            .cpu_shares = message->cpu_shares,
            .cpu_quota_us = message->cpu_quota_us,
            .cpu_period_us = message->cpu_period_us,
            .memory_limit = message->memory_limit_bytes,
            .memory_soft_limit = message->memory_soft_limit_bytes,
            .pids_max = message->pids_max,
        };
        bool bad_period = settings.cpu_period_us && (settings.cpu_period_us < MIN_PERIOD_US || settings.cpu_period_us > MAX_PERIOD_US);
        bool too_much = settings.cpu_shares > MAX_SETTING || settings.cpu_quota_us > MAX_SETTING || settings.pids_max > MAX_SETTING ||
                        settings.memory_limit > INT64_MAX || settings.memory_soft_limit > INT64_MAX;
        if (bad_period || too_much || (message->has_cpu_shares && settings.cpu_shares < 2))
            return refuse(ret_refusal, REFUSED(INVALID), 0, "A cgroup setting is out of its range");
    }
    *ret_settings = settings;
    return 0;
}

static void pause_ms(long milliseconds) {
    struct timespec time = {0, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

/// Opens the process that `monitor` names, if it is still that one. @return a pidfd or -errno
static int open_monitor(const struct monitor_state *state) {
    OWNED_FD pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
    if (pidfd < 0) return -errno;
    uint64_t ticks;
    int result = process_start_time(state->pid, &ticks);
    if (result != 0) return result;
    return ticks == state->start_ticks ? take_fd(&pidfd) : -ESRCH;
}

static void kill_and_wait(int pidfd) {
    struct pollfd source = {.fd = pidfd, .events = POLLIN};
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    poll(&source, 1, START_PATIENCE_MS);
}

/// Reads what is there, and takes hold of a monitor that lives. One that a former launcher has just forked gets a little time; after that it is
/// stuck, and killed. @return a verdict or -errno
static int examine(int folder, struct monitor_state *ret_monitor, struct exit_state *ret_exit, int *ret_pidfd) {
    for (int64_t deadline = monotonic_ms() + START_PATIENCE_MS;;) {
        int verdict = folder_read(folder, ret_monitor, ret_exit);
        if (verdict != FOLDER_RUNNING) return verdict;
        bool is_late = monotonic_ms() > deadline;
        OWNED_FD pidfd = ret_monitor->pid > 0 ? open_monitor(ret_monitor) : -ESRCH;
        if (pidfd >= 0 && ret_monitor->running) {
            *ret_pidfd = take_fd(&pidfd);
            return FOLDER_RUNNING;
        }
        if (is_late && pidfd >= 0) kill_and_wait(pidfd);
        if (is_late) {
            *ret_exit = (struct exit_state){.kind = ENDED_LOST};
            return FOLDER_LOST;
        }
        pause_ms(1);
    }
}

/// Puts a container into the table. With a pidfd it runs; without, there is something left of it to be removed.
static int adopt(struct launcher *launcher, const char *id, const struct monitor_state *state, int pidfd, struct container **ret_container) {
    OWNED_FD owned = pidfd;
    struct container *container = table_add(&launcher->table, id);
    if (!container) return -ENOSPC;
    container->state = *state;
    container->is_announced = true;
    container->phase = PHASE_RUNNING;
    *ret_container = container;
    if (owned < 0) {
        container->phase = PHASE_ENDING;
        container->give_up_at_ms = monotonic_ms() + CLEAN_UP_PATIENCE_MS;
        launcher->table.ending++;
        return 0;
    }
    int result = launcher_watch(launcher, owned, SOURCE_MONITOR, container->generation, (uint32_t)(container - launcher->table.containers));
    if (result != 0) {
        table_remove(&launcher->table, container);
        return result;
    }
    container->pidfd = take_fd(&owned);
    return 0;
}

/// Finds out about a container that isn't in the table. What runs is put there; so is what has ended but can't be cleaned up at once.
/// @return 0 or -errno; `ret_container` is NULL if it has ended and nothing is left of it but its folder
static int look_up(struct launcher *launcher, const char *id, struct container **ret_container, struct exit_state *ret_exit) {
    struct monitor_state state = {0};
    int pidfd = -1;
    OWNED_FD folder = -1;
    *ret_container = NULL;
    int result = folder_open(launcher->containers, id, &folder);
    if (result != 0) return result;
    int verdict = examine(folder, &state, ret_exit, &pidfd);
    if (verdict < 0) return verdict;
    if (verdict != FOLDER_RUNNING && container_sweep(launcher, id, &state)) return 0;
    return adopt(launcher, id, &state, pidfd, ret_container);
}

int container_running(struct launcher *launcher, const char *id, struct container **ret_container, struct refusal *ret_refusal) {
    struct exit_state exit;
    if (!container_id_is_valid(id)) return refuse_unknown(id, ret_refusal);
    struct container *container = table_find(&launcher->table, id);
    if (!container) {
        int result = look_up(launcher, id, &container, &exit);
        if (result == -ENOENT) return refuse_unknown(id, ret_refusal);
        if (result != 0) return refuse_system(ret_refusal, -result, "Failed to look at the container");
    }
    if (!container || container->phase != PHASE_RUNNING) return refuse(ret_refusal, REFUSED(NOT_RUNNING), 0, "The container '%s' doesn't run", id);
    *ret_container = container;
    return 0;
}

int container_signal(const struct launcher *launcher, const struct container *container, int signal, siginfo_t *info) {
    // The pid of a child stays its own until it is reaped, which is noted; that of another process needs the descriptor.
    if (container->pidfd >= 0) return syscall(SYS_pidfd_send_signal, container->pidfd, signal, info, 0) != 0 ? -errno : 0;
    pid_t child = launcher->table.children[container - launcher->table.containers];
    if (child <= 0) return -ESRCH;
    return (info ? syscall(SYS_rt_sigqueueinfo, child, signal, info) : kill(child, signal)) != 0 ? -errno : 0;
}

int container_order(const struct launcher *launcher, const struct container *container, int order) {
    siginfo_t info = {.si_signo = ORDER_SIGNAL, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = order;
    return container_signal(launcher, container, ORDER_SIGNAL, &info);
}

int signal_handle(struct launcher *launcher, const Agora__V1__LauncherRequest__Signal *message, struct refusal *ret_refusal) {
    struct container *container;
    if (message->signal < 1 || message->signal > MAX_SIGNAL)
        return refuse(ret_refusal, REFUSED(INVALID), 0, "A signal is 1...%d, not %u", MAX_SIGNAL, message->signal);
    int result = container_running(launcher, message->container_id, &container, ret_refusal);
    if (result != 0) return result;
    result = container_order(launcher, container, (int)message->signal | (message->whole_tree ? ORDER_TREE : 0));
    if (result == -ESRCH) return refuse(ret_refusal, REFUSED(NOT_RUNNING), 0, "The container '%s' doesn't run", container->id);
    return result != 0 ? refuse_system(ret_refusal, -result, "Failed to send the signal") : 0;
}

static int destroy(struct launcher *launcher, struct container *container, uint64_t request, struct refusal *ret_refusal) {
    if (container->destroyer_count == MAX_DESTROYERS)
        return refuse(ret_refusal, REFUSED(TOO_MANY), 0, "The container '%s' is being destroyed already", container->id);
    container->destroyers[container->destroyer_count++] = request;
    if (container->is_destroyed || container->phase == PHASE_ENDING) return 0;
    container->is_destroyed = true;
    container->kill_at_ms = monotonic_ms() + DESTROY_PATIENCE_MS;
    launcher->table.destroying++;
    // A monitor that can't be told is ending already, or will be killed.
    container_order(launcher, container, SIGKILL | ORDER_DESTROY);
    return 0;
}

int destroy_handle(struct launcher *launcher, uint64_t request, const char *id, struct refusal *ret_refusal) {
    struct exit_state exit;
    if (!container_id_is_valid(id)) return refuse_unknown(id, ret_refusal);
    struct container *container = table_find(&launcher->table, id);
    if (!container) {
        int result = look_up(launcher, id, &container, &exit);
        if (result == -ENOENT) return refuse_unknown(id, ret_refusal);
        if (result != 0) return refuse_system(ret_refusal, -result, "Failed to look at the container");
    }
    return container ? destroy(launcher, container, request, ret_refusal) : answer_done(launcher, request);
}

int remove_handle(struct launcher *launcher, const char *id, struct refusal *ret_refusal) {
    struct exit_state exit;
    if (!container_id_is_valid(id)) return refuse_unknown(id, ret_refusal);
    struct container *container = table_find(&launcher->table, id);
    int result = container ? 0 : look_up(launcher, id, &container, &exit);
    if (container) return refuse(ret_refusal, REFUSED(RUNNING), 0, "The container '%s' has not ended", id);
    if (result == -ENOENT) return refuse_unknown(id, ret_refusal);
    if (result == 0) result = folder_remove(launcher->containers, id);
    return result != 0 ? refuse_system(ret_refusal, -result, "Failed to remove the container") : 0;
}

int update_handle(struct launcher *launcher, const Agora__V1__LauncherRequest__Update *message, struct refusal *ret_refusal) {
    struct container *container;
    struct cgroup_settings settings;
    struct cgroup_folders folders;
    int result = container_running(launcher, message->container_id, &container, ret_refusal);
    if (result == 0) result = settings_read(message->cgroup, &settings, ret_refusal);
    if (result == 0) result = cgroup_check(&launcher->cgroups, &settings, ret_refusal);
    if (result != 0) return result;
    result = cgroup_find(&launcher->cgroups, container->id, &folders);
    if (result != 0) return refuse(ret_refusal, REFUSED(UNSUPPORTED), -result, "The container '%s' has no cgroups", container->id);
    result = cgroup_apply(&launcher->cgroups, &folders, &settings, ret_refusal);
    cgroup_folders_close(&folders);
    return result;
}

/// One container of the list; its texts and its exit are kept in the arena.
static int list_one(struct launcher *launcher, const char *id, container_message **ret_message) {
    struct exit_state *exit = arena_take(&launcher->arena, sizeof *exit);
    struct exit_record *record = arena_take(&launcher->arena, sizeof *record);
    container_message *message = arena_take(&launcher->arena, sizeof *message);
    char *text = arena_text(&launcher->arena, id, strlen(id));
    if (!exit || !record || !message || !text) return -ENOMEM;
    struct container *container = table_find(&launcher->table, id);
    int result = container ? 0 : look_up(launcher, id, &container, exit);
    if (result != 0) return result;
    // The answer to its launch is still to come.
    if (container && !container->is_announced) return -ENOENT;
    agora__v1__launcher_record__container__init(message);
    message->container_id = text;
    message->has_state = 1;
    message->state = container ? AGORA__V1__LAUNCHER_RECORD__CONTAINER__STATE__RUNNING : AGORA__V1__LAUNCHER_RECORD__CONTAINER__STATE__ENDED;
    if (container) {
        message->has_monitor_pid = message->has_started_us = 1;
        message->monitor_pid = (uint32_t)container->state.pid;
        message->started_us = container->state.began_us;
    } else {
        exit_record_fill(exit, record);
        message->exit = &record->message;
    }
    *ret_message = message;
    return 0;
}

static int by_id(const void *left, const void *right) {
    return strcmp((*(container_message *const *)left)->container_id, (*(container_message *const *)right)->container_id);
}

static int list_all(struct launcher *launcher, DIR *folder, container_message **list, size_t *ret_count) {
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!container_id_is_valid(entry->d_name)) continue;
        if (*ret_count == MAX_CONTAINERS) return -ENOSPC;
        int result = list_one(launcher, entry->d_name, &list[*ret_count]);
        if (result == 0) ++*ret_count;
        else if (result != -ENOENT && result != -ENOTDIR) return result;
    }
    qsort(list, *ret_count, sizeof *list, by_id);
    return 0;
}

int list_handle(struct launcher *launcher, uint64_t request, struct refusal *ret_refusal) {
    container_message **list = arena_take(&launcher->arena, MAX_CONTAINERS * sizeof *list);
    OWNED_FD copy = openat(launcher->containers, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED_DIR folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (!list || !folder) return refuse_system(ret_refusal, errno, "Failed to read the folder 'containers'");
    take_fd(&copy);
    size_t count = 0;
    int result = list_all(launcher, folder, list, &count);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to list the containers");
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Listed listed = AGORA__V1__LAUNCHER_RECORD__LISTED__INIT;
    listed.n_containers = count;
    listed.containers = list;
    answer.result_case = AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_LISTED;
    answer.listed = &listed;
    result = answer_send(launcher, request, &answer);
    malloc_trim(0);
    return result;
}

int usage_handle(struct launcher *launcher, uint64_t request, const char *id, struct refusal *ret_refusal) {
    struct container *container;
    struct cgroup_usage usage;
    int result = container_running(launcher, id, &container, ret_refusal);
    if (result != 0) return result;
    result = cgroup_read_usage(&launcher->cgroups, id, &usage);
    if (result != 0) return refuse(ret_refusal, REFUSED(UNSUPPORTED), -result, "The container '%s' has no cgroups", id);
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Used used = AGORA__V1__LAUNCHER_RECORD__USED__INIT;
    used = (Agora__V1__LauncherRecord__Used){
        used.base, 1, wall_us(), 1, usage.cpu_user_us, 1, usage.cpu_system_us, 1, usage.cpu_periods, 1, usage.cpu_throttled_periods,
        1, usage.cpu_throttled_us, 1, usage.memory, 1, usage.memory_peak, 1, usage.memory_limit, 1, usage.memory_anonymous, 1, usage.memory_file,
        1, usage.processes, 1, usage.threads};
    answer.result_case = AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_USED;
    answer.used = &used;
    return answer_send(launcher, request, &answer);
}
