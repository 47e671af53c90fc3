// crash <victim> <step> <container> <report> <program>…: runs the launcher, and kills one process right before the step-th of its system calls that
// others could notice (before one that only looks it might as well be killed before the next that doesn't).
//
// Victims: `launcher`; `monitor`, the child that it forks for the container; `task`, the monitor's child until execve. Steps count from the call
// by which the launcher makes the container's folder. If the step is reached, the number of the system call and the process's are written into the
// report. `held-monitor` is not killed but stopped right behind that call, and the launcher is killed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TRACEES = 256, SOCKET = 7 };

enum role { OTHER, LAUNCHER, MONITOR, TASK };

struct tracee {
    pid_t pid;
    enum role role;
    bool is_known;   // its parent has told of it
    bool is_waiting;  // it has stopped before that
};

struct tracer {
    struct tracee tracees[MAX_TRACEES];
    enum role victim;
    bool holds;
    pid_t launcher;
    long step, count;
    const char *container, *report;
    bool is_armed, has_struck;
};

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "crash: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static enum role role_named(const char *name) {
    static const char *const names[] = {"other", "launcher", "monitor", "task"};
    for (int i = LAUNCHER; i <= TASK; i++)
        if (strcmp(name, names[i]) == 0) return (enum role)i;
    errno = EINVAL;
    fail("the victim");
}

static struct tracee *tracee_of(struct tracer *tracer, pid_t pid) {
    struct tracee *empty = NULL;
    for (int i = 0; i < MAX_TRACEES; i++) {
        if (tracer->tracees[i].pid == pid) return &tracer->tracees[i];
        if (tracer->tracees[i].pid == 0 && !empty) empty = &tracer->tracees[i];
    }
    if (!empty) fail("too many processes");
    *empty = (struct tracee){.pid = pid};
    return empty;
}

static void resume(pid_t pid, int signal) {
    // It may have been killed meanwhile.
    if (ptrace(PTRACE_SYSCALL, pid, 0, signal) != 0 && errno != ESRCH) fail("PTRACE_SYSCALL");
}

/// Whether the call makes the container's folder.
static bool is_token(const struct tracer *tracer, pid_t pid, const struct __ptrace_syscall_info *info) {
    char text[256] = {0};
    if (info->entry.nr != SYS_mkdirat) return false;
    struct iovec to = {text, strlen(tracer->container) + 1}, from = {(void *)(uintptr_t)info->entry.args[1], to.iov_len};
    return process_vm_readv(pid, &to, 1, &from, 1, 0) == (ssize_t)to.iov_len && strcmp(text, tracer->container) == 0;
}

/// Whether nobody but the process itself can see that the call was made.
static bool only_looks(const struct __ptrace_syscall_info *info) {
    switch (info->entry.nr) {
    case SYS_openat: return !(info->entry.args[2] & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR));
    case SYS_read:
    case SYS_pread64:
    case SYS_readlinkat:
    case SYS_getdents64:
    case SYS_fstat:
    case SYS_newfstatat:
    case SYS_lseek:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
    case SYS_brk: return true;
    default: return false;
    }
}

static void strike(struct tracer *tracer, pid_t pid, uint64_t number) {
    FILE *file = fopen(tracer->report, "we");
    if (!file || fprintf(file, "%llu %d\n", (unsigned long long)number, pid) < 0 || fclose(file) != 0) fail("the report");
    tracer->has_struck = true;
    kill(pid, tracer->holds ? SIGSTOP : SIGKILL);
}

/// Whether this is the victim's stop that was asked for: only then may the launcher die, since this process ends with it.
static bool is_held(const struct tracer *tracer, const struct tracee *tracee, int status) {
    return tracer->holds && tracer->has_struck && tracee->role == tracer->victim && status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGSTOP;
}

static void at_call(struct tracer *tracer, const struct tracee *tracee) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) < 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    if (tracee->role == LAUNCHER && !tracer->is_armed) tracer->is_armed = is_token(tracer, tracee->pid, &info);
    if (!tracer->is_armed || tracer->has_struck || tracee->role != tracer->victim || only_looks(&info)) return;
    if (++tracer->count == tracer->step) strike(tracer, tracee->pid, info.entry.nr);
}

static void at_fork(struct tracer *tracer, const struct tracee *parent) {
    unsigned long pid;
    if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) != 0) return;
    struct tracee *child = tracee_of(tracer, (pid_t)pid);
    child->is_known = true;
    child->role = !tracer->is_armed ? OTHER : parent->role == LAUNCHER ? MONITOR : parent->role == MONITOR ? TASK : OTHER;
    if (child->is_waiting) resume(child->pid, 0);
}

/// One stop of one process. @return the signal that it is to get
static int handle_stop(struct tracer *tracer, struct tracee *tracee, int status) {
    int event = status >> 16, signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) at_call(tracer, tracee);
    else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) at_fork(tracer, tracee);
    else if (event == PTRACE_EVENT_EXEC && tracee->role == TASK) tracee->role = OTHER;
    else if (event == 0) return signal;
    return 0;
}

static pid_t start(char **words) {
    int gate[2];
    if (pipe(gate) != 0) fail("pipe");
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(99);
        close(gate[0]);
        execv(words[0], words);
        fail(words[0]);
    }
    close(SOCKET);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0) fail("PTRACE_SEIZE");
    if (write(gate[1], "g", 1) != 1) fail("write");
    close(gate[0]);
    close(gate[1]);
    return pid;
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    bool holds = strncmp(argv[1], "held-", 5) == 0;
    struct tracer tracer = {.victim = role_named(argv[1] + (holds ? 5 : 0)), .holds = holds, .step = atol(argv[2]), .container = argv[3]};
    tracer.report = argv[4];
    pid_t launcher = tracer.launcher = start(argv + 5);
    struct tracee *first = tracee_of(&tracer, launcher);
    first->role = LAUNCHER;
    first->is_known = true;
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) fail("waitpid");
        struct tracee *tracee = tracee_of(&tracer, pid);
        if (!WIFSTOPPED(status)) {
            tracee->pid = 0;
            // The kernel lets go of all others when this process ends.
            if (pid == launcher) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        if (!tracee->is_known) {
            tracee->is_waiting = true;
            continue;
        }
        if (is_held(&tracer, tracee, status)) {
            // Resumed it would run; so it stays stopped, also when this process lets go of it.
            if (ptrace(PTRACE_LISTEN, pid, 0, 0) != 0) fail("PTRACE_LISTEN");
            kill(launcher, SIGKILL);
            continue;
        }
        resume(pid, handle_stop(&tracer, tracee, status));
    }
}
