// agora-launcher <descriptor>: starts containers for an agent, which has the other end of that socket.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

/// A socket by its number on the command line, else -1.
static int parse_socket(const char *text) {
    char *end;
    struct stat status;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end || number < 3 || number > INT16_MAX) return -1;
    return fstat((int)number, &status) == 0 && S_ISSOCK(status.st_mode) ? (int)number : -1;
}

/// Handlers, masks, folder, session, descriptors and streams as containers shall not inherit them from an agent.
static int detach(int socket) {
    sigset_t all;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) return -errno;
    // The system call itself: the C library keeps two signals to itself, and an agent may have been started with them ignored. All zero is SIG_DFL.
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, (const uint64_t[4]){0}, NULL, sizeof(uint64_t));
    setsid();
    umask(022);
    if (chdir("/") != 0) return -errno;
    if (socket > 3) syscall(SYS_close_range, 3U, (unsigned)socket - 1, 0U);
    syscall(SYS_close_range, (unsigned)socket + 1, ~0U, 0U);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0) return -errno;
    close(nothing);
    return fcntl(socket, F_SETFD, FD_CLOEXEC) != 0 ? -errno : 0;
}

/// Each watched container needs a descriptor.
static int raise_descriptors(struct rlimit *ret_before) {
    if (getrlimit(RLIMIT_NOFILE, ret_before) != 0) return -errno;
    struct rlimit most = {ret_before->rlim_max, ret_before->rlim_max};
    return setrlimit(RLIMIT_NOFILE, &most) != 0 ? -errno : 0;
}

static int open_launcher(int socket, pid_t agent, struct launcher *ret_launcher) {
    struct launcher launcher = {.socket = socket, .agent = agent, .lock = -1, .containers = -1};
    sigset_t all;
    sigfillset(&all);
    int result = raise_descriptors(&launcher.descriptors);
    if (result == 0) result = arena_open(&launcher.arena, ARENA_CAPACITY);
    if (result == 0) result = buffer_open(&launcher.input, 2 * MAX_REQUEST);
    if (result == 0) result = buffer_open(&launcher.output, OUTPUT_CAPACITY);
    if (result == 0) result = table_open(&launcher.table);
    if (result != 0) return result;
    launcher.execs = map_private(MAX_EXECS * sizeof *launcher.execs);
    launcher.epoll = epoll_create1(EPOLL_CLOEXEC);
    launcher.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (!launcher.execs || launcher.epoll < 0 || launcher.signals < 0) return -errno;
    *ret_launcher = launcher;
    return 0;
}

int main(int argc, char **argv) {
    struct launcher launcher;
    struct refusal refusal;
    pid_t agent = getppid();
    int socket = argc == 2 ? parse_socket(argv[1]) : -1;
    if (socket < 0) {
        fprintf(stderr, "usage: agora-launcher <number of a socket's descriptor>\nStarts containers for an agora agent, which starts it.\n");
        return 2;
    }
    int result = detach(socket);
    // The signal comes when the agent ends; the socket's end says so, too, unless somebody else has a copy of it.
    if (result == 0 && prctl(PR_SET_PDEATHSIG, SIGUSR1) != 0) result = -errno;
    if (result == 0) result = open_launcher(socket, agent, &launcher);
    if (result != 0) {
        fprintf(stderr, "agora-launcher: Failed to start: %s\n", strerror(-result));
        return 1;
    }
    if (getppid() != agent) return 0;
    result = launcher_run(&launcher, &refusal);
    if (result != 0) fprintf(stderr, "agora-launcher: %s\n", refusal.message);
    cgroups_close(&launcher.cgroups);
    return result != 0;
}
