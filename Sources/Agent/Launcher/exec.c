#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "launcher.h"
#include "owned.h"
#include "task.h"
#include "tree.h"

typedef Agora__V1__LauncherRequest__Exec exec_message;

enum { MAX_SWEEPS = 100 };

/// What a helper writes into its pipe, at once: shorter than PIPE_BUF.
struct exec_result {
    int wait_status;  // as of waitpid
    int error;        // errno of a failed step; 0: the command has run
    bool is_timed_out;
    char step[MAX_STEP];
    char message[MAX_MESSAGE];
};

/// Everything a helper needs.
struct exec_plan {
    const struct task *task;
    int pidfd;            // of the container's monitor
    unsigned namespaces;  // CLONE_NEW… flags, to be entered
    int64_t timeout_ms;   // 0: none
    int pipe;
    pid_t launcher;
    bool has_cgroups;
};

/// Kills the command, and where no pid namespace holds them also all that it has started: this process is their reaper, so each is its descendant.
static void kill_all(const struct exec_plan *plan, pid_t pid) {
    if (plan->namespaces & CLONE_NEWPID) kill(-pid, SIGKILL);
    else tree_signal(getpid(), pid, SIGKILL);
}

/// Waits for the command's end. At the deadline it is killed, and when the launcher says so or is gone (SIGTERM).
/// @return its status as of waitpid
static int wait_for(pid_t pid, const struct exec_plan *plan, bool *ret_is_timed_out) {
    sigset_t set;
    int status = 0;
    bool is_stopped = false;
    int64_t deadline = monotonic_ms() + plan->timeout_ms;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    for (;;) {
        pid_t done = waitpid(-1, &status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) break;
        if (done > 0) continue;
        int64_t left = plan->timeout_ms > 0 ? deadline - monotonic_ms() : MAX_TIMEOUT_MS;
        if (left <= 0) *ret_is_timed_out = true;
        if (left <= 0 || is_stopped) {
            kill_all(plan, pid);
            left = 10;
        }
        struct timespec time = {left / 1000, left % 1000 * 1000000};
        if (sigtimedwait(&set, NULL, &time) == SIGTERM) is_stopped = true;
    }
    return status;
}

/// Ends what a command leaves behind where neither namespace nor cgroup would end it with the container.
static void sweep(const struct exec_plan *plan, pid_t session) {
    if (plan->namespaces & CLONE_NEWPID || plan->has_cgroups) return;
    for (int i = 0; i < MAX_SWEEPS && tree_signal(getpid(), session, SIGKILL) > 0; i++)
        while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

static void run(const struct exec_plan *plan, struct exec_result *result) {
    struct task_report report = {.step = STEP_DEATH_SIGNAL};
    pid_t pid = -1;
    // SIGTERM is blocked here and taken by `wait_for`.
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) report.error = errno;
    if (getppid() != plan->launcher) report.error = ECHILD;
    report.step = STEP_SETNS;
    if (report.error == 0 && plan->namespaces && setns(plan->pidfd, (int)plan->namespaces) != 0) report.error = errno;
    if (report.error == 0) pid = task_start(plan->task, &report);
    if (pid > 0) {
        result->wait_status = wait_for(pid, plan, &result->is_timed_out);
        sweep(plan, pid);
        return;
    }
    result->error = report.error;
    snprintf(result->step, sizeof result->step, "%s", task_step_name(report.step));
    task_report_print(&report, "Failed to run command", result->message);
}

static _Noreturn void helper_main(const struct exec_plan *plan) {
    struct exec_result result = {0};
    run(plan, &result);
    ssize_t written = write(plan->pipe, &result, sizeof result);
    _exit(written == (ssize_t)sizeof result ? 0 : 1);
}

static struct exec *exec_free_place(struct launcher *launcher) {
    for (int i = 0; i < MAX_EXECS; i++)
        if (!launcher->execs[i].is_used && launcher->execs[i].helper == 0) return &launcher->execs[i];
    return NULL;
}

/// @return its pid or -errno
static pid_t fork_helper(const struct exec_plan *plan) {
    pid_t pid = fork_into(0);
    if (pid == 0) helper_main(plan);
    return pid;
}

static int prepare(
    struct launcher *launcher, const exec_message *message, struct container **ret_container, struct task *ret_task, struct refusal *ret_refusal) {
    int result = container_running(launcher, message->container_id, ret_container, ret_refusal);
    if (result != 0) return result;
    if (message->tty) return refuse(ret_refusal, REFUSED(UNSUPPORTED), 0, "Terminals are not supported");
    if (message->timeout_ms > MAX_TIMEOUT_MS || (message->working_folder && message->working_folder[0] != '/'))
        return refuse(ret_refusal, REFUSED(INVALID), 0, "The time-out is at most a day, and the working folder is absolute");
    result = task_prepare(&launcher->arena, message->command, message->environment, message->n_environment, ret_task, ret_refusal);
    if (result != 0) return result;
    ret_task->rlimits[ret_task->rlimit_count++] = (struct task_rlimit){RLIMIT_NOFILE, launcher->descriptors};
    ret_task->folder = message->working_folder;
    ret_task->stdout_path = message->stdout_path;
    ret_task->stderr_path = message->stderr_path;
    ret_task->dies_with_parent = true;
    return user_find(&launcher->arena, "/etc", message->user, &ret_task->user, ret_refusal);
}

/// Opens the container's cgroups for the task. @return 0 or -errno
static int open_cgroups(struct launcher *launcher, const char *id, struct cgroup_folders *folders, struct task *task) {
    if (launcher->cgroups.count == 0) return 0;
    int result = cgroup_find(&launcher->cgroups, id, folders);
    if (result == 0) result = cgroup_open_tasks(&launcher->cgroups, folders, task->cgroup_tasks);
    if (launcher->cgroups.version == 2) task->cgroup_folder = folders->fds[0];
    return result;
}

/// A descriptor of the monitor's process. The pid of our own child can't have been given to another.
static int open_monitor(const struct container *container) {
    if (container->pidfd >= 0) return fcntl(container->pidfd, F_DUPFD_CLOEXEC, 0);
    return (int)syscall(SYS_pidfd_open, container->state.pid, 0);
}

int exec_handle(struct launcher *launcher, uint64_t request, const exec_message *message, struct refusal *ret_refusal) {
    struct container *container;
    struct task task;
    int result = prepare(launcher, message, &container, &task, ret_refusal);
    if (result != 0) return result;
    struct exec *exec = exec_free_place(launcher);
    if (!exec) return refuse(ret_refusal, REFUSED(TOO_MANY), 0, "%d commands run in containers already", MAX_EXECS);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return refuse_system(ret_refusal, errno, "Failed to make a pipe");
    OWNED_FD reading = ends[0];
    OWNED_FD writing = ends[1];
    struct cgroup_folders folders = {{-1, -1, -1, -1}};
    result = open_cgroups(launcher, container->id, &folders, &task);
    OWNED_FD monitor = open_monitor(container);
    if (result == 0 && monitor < 0) result = -errno;
    struct exec_plan plan = {&task, monitor, container->state.namespaces, (int64_t)message->timeout_ms, writing, getpid(),
        launcher->cgroups.count > 0};
    if (result == 0) result = launcher_watch(launcher, reading, SOURCE_EXEC, exec->generation + 1, (uint32_t)(exec - launcher->execs));
    pid_t helper = result == 0 ? fork_helper(&plan) : 0;
    if (helper < 0) result = helper;
    cgroup_folders_close(&folders);
    for (int i = 0; i < MAX_HIERARCHIES; i++) owned_fd_close(&task.cgroup_tasks[i]);
    if (result != 0) return refuse_system(ret_refusal, -result, "Failed to run the command");
    *exec = (struct exec){
        .is_used = true,
        .generation = exec->generation + 1,
        .pipe = take_fd(&reading),
        .request = request,
        .helper = helper,
        .container = container,
        .container_generation = container->generation};
    launcher->exec_helpers++;
    return 0;
}

bool exec_reaped(struct launcher *launcher, pid_t pid) {
    for (int i = 0; i < MAX_EXECS && launcher->exec_helpers > 0; i++) {
        if (launcher->execs[i].helper != pid) continue;
        launcher->execs[i].helper = 0;
        launcher->exec_helpers--;
        return true;
    }
    return false;
}

int execs_stop(struct launcher *launcher, const struct container *container) {
    int running = 0;
    for (int i = 0; i < MAX_EXECS && launcher->exec_helpers > 0; i++) {
        const struct exec *exec = &launcher->execs[i];
        if (exec->helper == 0 || exec->container != container || exec->container_generation != container->generation) continue;
        running++;
        kill(exec->helper, SIGTERM);
    }
    return running;
}

static int answer(struct launcher *launcher, uint64_t request, const struct exec_result *result) {
    answer_message message = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Executed executed = AGORA__V1__LAUNCHER_RECORD__EXECUTED__INIT;
    if (WIFSIGNALED(result->wait_status)) {
        executed.outcome_case = AGORA__V1__LAUNCHER_RECORD__EXECUTED__OUTCOME_SIGNAL;
        executed.signal = (uint32_t)WTERMSIG(result->wait_status);
    } else {
        executed.outcome_case = AGORA__V1__LAUNCHER_RECORD__EXECUTED__OUTCOME_STATUS;
        executed.status = (uint32_t)WEXITSTATUS(result->wait_status);
    }
    executed.has_timed_out = 1;
    executed.timed_out = result->is_timed_out;
    message.result_case = AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_EXECUTED;
    message.executed = &executed;
    return answer_send(launcher, request, &message);
}

int exec_event(struct launcher *launcher, struct exec *exec) {
    struct exec_result result;
    ssize_t count;
    do count = read(exec->pipe, &result, sizeof result);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return 0;
    launcher_forget(launcher, &exec->pipe);
    exec->is_used = false;
    struct refusal refusal = {.code = REFUSED(LAUNCH_FAILED)};
    if (count != (ssize_t)sizeof result) snprintf(refusal.message, sizeof refusal.message, "Failed to run command: its helper was killed");
    else if (result.error == 0) return answer(launcher, exec->request, &result);
    else {
        refusal.error = result.error;
        memcpy(refusal.step, result.step, sizeof refusal.step);
        memcpy(refusal.message, result.message, sizeof refusal.message);
    }
    return answer_refusal(launcher, exec->request, &refusal);
}
