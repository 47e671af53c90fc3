#define _GNU_SOURCE
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const STEP_NAMES[STEPS] = {
    [STEP_NONE] = "none",
    [STEP_CLONE] = "clone",
    [STEP_SESSION] = "setsid",
    [STEP_CGROUP] = "cgroup",
    [STEP_RLIMIT] = "setrlimit",
    [STEP_USER] = "setuid",
    [STEP_DEATH_SIGNAL] = "prctl",
    [STEP_CHDIR] = "chdir",
    [STEP_STDIN] = "stdin",
    [STEP_STDOUT] = "stdout",
    [STEP_STDERR] = "stderr",
    [STEP_EXECVE] = "execve",
    [STEP_KILLED] = "killed",
    [STEP_LAUNCHER] = "launcher",
    [STEP_MONITOR_FILE] = "monitor",
    [STEP_MOUNT_PRIVATE] = "mount-private",
    [STEP_MOUNT_PROC] = "mount-proc",
    [STEP_MOUNT] = "mount",
    [STEP_HOSTNAME] = "sethostname",
    [STEP_SETNS] = "setns",
};

const char *task_step_name(enum task_step step) {
    return step < STEPS ? STEP_NAMES[step] : "unknown";
}

void task_report_print(const struct task_report *report, const char *what, char ret_message[MAX_MESSAGE]) {
    const char *step = task_step_name(report->step), *reason = strerror(report->error);
    if (report->step == STEP_KILLED) snprintf(ret_message, MAX_MESSAGE, "%s: killed before its program started", what);
    else if (report->subject) snprintf(ret_message, MAX_MESSAGE, "%s: %s '%s': %s", what, step, report->subject, reason);
    else snprintf(ret_message, MAX_MESSAGE, "%s: %s: %s", what, step, reason);
}

// From here on to `task_start` all runs between (v)fork and execve: only async-signal-safe calls.

static _Noreturn void give_up(struct task_report *report, enum task_step step, int error, const char *subject) {
    *report = (struct task_report){step, error, subject};
    _exit(127);
}

static void join_cgroups(const struct task *task, struct task_report *report) {
    for (int i = 0; i < MAX_HIERARCHIES; i++)
        if (task->cgroup_tasks[i] >= 0 && write(task->cgroup_tasks[i], "0", 1) != 1) give_up(report, STEP_CGROUP, errno, NULL);
}

static void become_user(const struct user *user, struct task_report *report) {
    // The system calls themselves: the C library's functions would look for other threads.
    if (!user->change) return;
    if (syscall(SYS_setgroups, user->group_count, user->groups) != 0 || syscall(SYS_setresgid, user->gid, user->gid, user->gid) != 0 ||
        syscall(SYS_setresuid, user->uid, user->uid, user->uid) != 0)
        give_up(report, STEP_USER, errno, NULL);
}

/// Opens a file as the task's user would, so that a link in the sandbox leads nowhere that the user couldn't go; doesn't wait for a pipe's reader.
static void open_output(const char *path, int target, enum task_step step, struct task_report *report) {
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path ? path : "/dev/null", flags, 0644);
    if (fd < 0) give_up(report, step, errno, path);
    if (fcntl(fd, F_SETFL, O_APPEND) != 0 || dup2(fd, target) < 0) give_up(report, step, errno, path);
}

static void run_program(const struct task *task, struct task_report *report) {
    int error = ENOENT;
    for (char **path = task->candidates; *path; path++) {
        execve(*path, task->arguments, task->environment);
        if (errno == ENOEXEC) {
            // As execvp does it: what the kernel can't run is a script of the shell.
            char **shell = task->arguments - 1;
            shell[0] = (char[]){"sh"};
            shell[1] = *path;
            execve("/bin/sh", shell, task->environment);
        }
        if (errno != ENOENT && errno != ENOTDIR && error != EACCES) error = errno;
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
    }
    give_up(report, STEP_EXECVE, error, task->name);
}

struct child {
    const struct task *task;
    struct task_report *report;
};

static int child_main(void *argument) {
    const struct task *task = ((struct child *)argument)->task;
    struct task_report *report = ((struct child *)argument)->report;
    report->step = STEP_SESSION;
    if (setsid() < 0) give_up(report, STEP_SESSION, errno, NULL);
    join_cgroups(task, report);
    for (size_t i = 0; i < task->rlimit_count; i++)
        if (setrlimit((__rlimit_resource_t)task->rlimits[i].resource, &task->rlimits[i].limit) != 0) give_up(report, STEP_RLIMIT, errno, NULL);
    become_user(&task->user, report);
    if (task->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(report, STEP_DEATH_SIGNAL, errno, NULL);
    umask(task->umask);
    if (task->folder && chdir(task->folder) != 0) give_up(report, STEP_CHDIR, errno, task->folder);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0) give_up(report, STEP_STDIN, errno, NULL);
    open_output(task->stdout_path, STDOUT_FILENO, STEP_STDOUT, report);
    open_output(task->stderr_path, STDERR_FILENO, STEP_STDERR, report);
    // Each descriptor is close-on-exec already; this holds even if one should not be. (Linux before 5.11 knows no such flag.)
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    report->step = STEP_EXECVE;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    run_program(task, report);
    return 127;
}

pid_t fork_into(unsigned namespaces) {
    // Without stack and pointers the arguments are in the same order on each architecture that Swift runs on.
    pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)namespaces | SIGCHLD, 0UL, 0UL, 0UL, 0UL);
    return pid < 0 ? -errno : pid;
}

/// Like vfork, but on a stack of its own: nothing is copied, and this process sleeps until execve or exit.
static pid_t start_sharing(struct child *child) {
    _Alignas(16) char stack[TASK_STACK];
    pid_t pid = clone(child_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
    return pid < 0 ? -errno : pid;
}

/// Into the cgroup at birth. The child has a copy of the memory, since clone3 with shared memory needs a change of stacks that C can't express; only
/// the page of the report is shared.
static pid_t start_in_cgroup(struct child *child, struct task_report *ret_report) {
    struct task_report *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return -errno;
    child->report = page;
    struct clone_args arguments = {
        .flags = CLONE_VFORK | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)child->task->cgroup_folder};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) _exit(child_main(child));
    int error = errno;
    *ret_report = *page;
    munmap(page, sizeof *page);
    return pid < 0 ? -error : pid;
}

pid_t task_start(const struct task *task, struct task_report *ret_report) {
    struct child child = {task, ret_report};
    *ret_report = (struct task_report){.step = STEP_CLONE};
    pid_t pid = task->cgroup_folder >= 0 ? start_in_cgroup(&child, ret_report) : start_sharing(&child);
    if (pid < 0) {
        *ret_report = (struct task_report){STEP_CLONE, -pid, NULL};
        return pid;
    }
    if (ret_report->error == 0 && ret_report->step == STEP_EXECVE) return pid;
    // Either a step failed, or somebody killed the process on its way. It is gone.
    if (ret_report->error == 0) *ret_report = (struct task_report){STEP_KILLED, ESRCH, NULL};
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    return -ret_report->error;
}
