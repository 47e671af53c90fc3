#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "folder.h"
#include "tree.h"

/// The living monitor.
struct monitor {
    int folder;
    int signals;  // a signalfd
    struct memory_watch memory;
    bool has_pid_namespace;
    pid_t main;      // 0 once it has been reaped
    int main_status;  // as of waitpid
    bool out_of_memory;
    int64_t began_us;
};

static void pause_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/// Writes `exit`. While the disk is full it waits a little: without the file the container would count as lost.
static void write_exit(int folder, const struct exit_state *state) {
    for (int64_t waited = 0; waited < DISK_FULL_PATIENCE_MS; waited += 100) {
        int result = folder_write_exit(folder, state);
        if (result != -ENOSPC && result != -EDQUOT) return;
        pause_ms(100);
    }
}

/// Until `monitor` says who this is, no later launcher could find it: so long it ends with the one that has forked it.
static int depend_on_launcher(const struct monitor_plan *plan) {
    for (size_t i = 0; i < sizeof plan->launchers / sizeof *plan->launchers; i++) close(plan->launchers[i]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -errno;
    // It may have died before that; then nobody reads the pipe. (In a pid namespace of its own a process can't see its parent.)
    struct pollfd pipe = {.fd = plan->status};
    if (poll(&pipe, 1, 0) < 0) return -errno;
    return pipe.revents & POLLERR ? -EPIPE : 0;
}

static int describe_self(const struct monitor_plan *plan, struct monitor_state *ret_state) {
    // Here /proc is still the one of the launcher's pid namespace: the number is the one that the launcher knows.
    char text[MAX_KERNEL_FILE];
    struct monitor_state state = {.began_us = plan->began_us, .namespaces = plan->namespaces};
    ssize_t length = file_read_at(AT_FDCWD, "/proc/self/stat", text, sizeof text);
    if (length < 0) return (int)length;
    state.pid = atoi(text);
    int result = parse_start_time(text, &state.start_ticks);
    snprintf(state.boot, sizeof state.boot, "%s", plan->boot);
    *ret_state = state;
    return result;
}

static int prepare_mounts(const struct monitor_plan *plan, struct task_report *report) {
    if (!(plan->namespaces & CLONE_NEWNS)) return 0;
    report->step = STEP_MOUNT_PRIVATE;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -errno;
    report->step = STEP_MOUNT_PROC;
    if ((plan->namespaces & CLONE_NEWPID) && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) return -errno;
    return mounts_make(plan->task->folder, plan->mounts, plan->mount_count, report);
}

static int prepare(const struct monitor_plan *plan, struct monitor_state *state, int *ret_signals, struct task_report *report) {
    sigset_t all;
    sigfillset(&all);
    report->step = STEP_LAUNCHER;
    int result = depend_on_launcher(plan);
    if (result != 0) return result;
    report->step = STEP_MONITOR_FILE;
    result = describe_self(plan, state);
    if (result == 0) result = folder_write_monitor(plan->lock, state);
    if (result == 0 && prctl(PR_SET_PDEATHSIG, 0) != 0) result = -errno;
    if (result != 0) return result;
    report->step = STEP_SESSION;
    if (setsid() < 0) return -errno;
    *ret_signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*ret_signals < 0) return -errno;
    prctl(PR_SET_NAME, "agora-monitor");
    if (!(plan->namespaces & CLONE_NEWPID) && prctl(PR_SET_CHILD_SUBREAPER, 1L) != 0) return -errno;
    report->step = STEP_HOSTNAME;
    if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) != 0) return -errno;
    return prepare_mounts(plan, report);
}

static _Noreturn void end_before_start(const struct monitor_plan *plan, struct task_report *report, int error) {
    report->error = error;
    struct start_message message = {
        START_FAILED, {.kind = ENDED_BEFORE_START, .number = error, .began_us = plan->began_us, .ended_us = wall_us()}};
    snprintf(message.failure.step, sizeof message.failure.step, "%s", task_step_name(report->step));
    task_report_print(report, "Failed to launch container", message.failure.message);
    // Where the disk is full only the launcher hears of it; if that is gone, too, the container counts as lost.
    folder_write_exit(plan->folder, &message.failure);
    while (write(plan->status, &message, sizeof message) < 0 && errno == EINTR) continue;
    _exit(1);
}

static void end_processes(const struct monitor *monitor) {
    if (monitor->has_pid_namespace) kill(-1, SIGKILL);
    else tree_signal(getpid(), 0, SIGKILL);
}

static void reap(struct monitor *monitor) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != monitor->main) continue;
        monitor->main = 0;
        monitor->main_status = status;
    }
}

static void obey(const struct monitor *monitor, int order) {
    int number = order & ORDER_NUMBER;
    if (order & ORDER_DESTROY) end_processes(monitor);
    else if (!(order & ORDER_TREE)) kill(monitor->main, number);
    else if (monitor->has_pid_namespace) kill(-1, number);
    else tree_signal(getpid(), 0, number);
}

static void read_signals(struct monitor *monitor) {
    struct signalfd_siginfo info;
    while (monitor->main > 0 && read(monitor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) reap(monitor);
        else if (info.ssi_signo == (uint32_t)ORDER_SIGNAL && info.ssi_code == SI_QUEUE) obey(monitor, info.ssi_int);
        else if (info.ssi_signo != SIGPIPE) kill(monitor->main, (int)info.ssi_signo);  // that one is from a pipe to a dead launcher
    }
}

static void watch(struct monitor *monitor) {
    while (monitor->main > 0) {
        struct pollfd sources[] = {{.fd = monitor->signals, .events = POLLIN}, {.fd = monitor->memory.event, .events = POLLIN}};
        if (poll(sources, 2, -1) < 0) continue;
        uint64_t times;
        if (sources[1].revents && read(monitor->memory.event, &times, sizeof times) == (ssize_t)sizeof times) {
            // The kernel kills one process at the limit; a container with a hole in it is of no use, so all of it ends.
            monitor->out_of_memory = true;
            end_processes(monitor);
        }
        if (sources[0].revents) read_signals(monitor);
    }
}

/// Kills and reaps what the main process has left behind.
static void sweep(const struct monitor *monitor) {
    for (;;) {
        end_processes(monitor);
        // In a pid namespace nothing can be born after that, and what is orphaned comes here.
        pid_t pid = waitpid(-1, NULL, monitor->has_pid_namespace ? 0 : WNOHANG);
        if (pid < 0 && errno == ECHILD) return;
        if (pid == 0) pause_ms(1);
    }
}

static _Noreturn void end(struct monitor *monitor) {
    char peak[64];
    struct exit_state state = {.began_us = monitor->began_us, .ended_us = wall_us()};
    sweep(monitor);
    if (monitor->memory.peak >= 0 && file_read_fd(monitor->memory.peak, peak, sizeof peak) > 0) state.memory_peak = strtoull(peak, NULL, 10);
    state.out_of_memory = monitor->out_of_memory || cgroup_oom_kills(monitor->memory.counters) > 0;
    bool by_signal = WIFSIGNALED(monitor->main_status);
    state.kind = by_signal ? ENDED_SIGNAL : ENDED_STATUS;
    state.number = by_signal ? WTERMSIG(monitor->main_status) : WEXITSTATUS(monitor->main_status);
    write_exit(monitor->folder, &state);
    _exit(0);
}

static int by_number(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

/// Closes all descriptors but these and the standard ones.
static void keep_only(int *fds, size_t count) {
    qsort(fds, count, sizeof *fds, by_number);
    unsigned from = 3;
    for (size_t i = 0; i < count; i++) {
        if (fds[i] < (int)from) continue;
        if (fds[i] > (int)from) syscall(SYS_close_range, from, (unsigned)fds[i] - 1, 0);
        from = (unsigned)fds[i] + 1;
    }
    syscall(SYS_close_range, from, ~0U, 0);
}

_Noreturn void monitor_run(const struct monitor_plan *plan) {
    struct task_report report = {0};
    struct monitor_state state;
    struct monitor monitor = {
        .folder = plan->folder, .memory = plan->memory, .has_pid_namespace = (plan->namespaces & CLONE_NEWPID) != 0, .began_us = plan->began_us};
    int result = prepare(plan, &state, &monitor.signals, &report);
    if (result != 0) end_before_start(plan, &report, -result);
    monitor.main = task_start(plan->task, &report);
    if (monitor.main < 0) end_before_start(plan, &report, -monitor.main);
    state.running = true;
    state.session = monitor.main;
    if (!monitor.has_pid_namespace) process_start_time(monitor.main, &state.session_start_ticks);
    result = folder_write_monitor(plan->lock, &state);
    if (result != 0) {
        sweep(&monitor);
        report.step = STEP_MONITOR_FILE;
        end_before_start(plan, &report, -result);
    }
    // If the launcher has died meanwhile, the next one reads the file.
    while (write(plan->status, &(char){START_RUNNING}, 1) < 0 && errno == EINTR) continue;
    // The launcher's messages must not stay open because a container runs.
    dup2(STDIN_FILENO, STDERR_FILENO);
    keep_only((int[]){plan->folder, plan->lock, monitor.signals, plan->memory.event, plan->memory.counters, plan->memory.peak}, 6);
    munmap(plan->arena->base, plan->arena->capacity);
    watch(&monitor);
    end(&monitor);
}
