// The floor under the time and memory of a container: what the kernel alone needs for N processes, each in a pid, ipc, uts and mount namespace of its
// own with its own /proc, a first process beside it (pid 1), and cpu, memory and pids cgroups with limits. No protocol, no files, no checks.
//
// Build: cc -std=c11 -O2 -Wall -Wextra -Werror -static floor.c -o floor (or make). Run as root: floor [N] [program arguments…]
// Prints milliseconds from the first clone to the last execve, milliseconds for each, and what MemAvailable has lost, in kB for each.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONTAINERS = 10000, MAX_PATH = 256 };

struct limit {
    const char *folder;  // of the hierarchy (v1), or of the one (v2)
    const char *file, *value;
};

static const struct limit V1[] = {
    {"/sys/fs/cgroup/cpu", "cpu.shares", "102"},
    {"/sys/fs/cgroup/cpuacct", NULL, NULL},
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "67108864"},
    {"/sys/fs/cgroup/pids", "pids.max", "100"},
};
static const struct limit V2[] = {
    {"/sys/fs/cgroup", "cpu.weight", "4"},
    {"/sys/fs/cgroup", "memory.max", "67108864"},
    {"/sys/fs/cgroup", "pids.max", "100"},
};

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static long available_kb(void) {
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    long result = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %ld", &result) == 1) break;
    if (file) fclose(file);
    return result;
}

static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written < 0 ? -1 : 0;
}

struct plan {
    const struct limit *limits;
    int count;
    bool v2;
    char root[64];  // below each hierarchy
};

static void cgroup_path(const struct plan *plan, int limit, int number, const char *file, char out[MAX_PATH]) {
    snprintf(out, MAX_PATH, "%s/%s/%d%s%s", plan->limits[limit].folder, plan->root, number, file ? "/" : "", file ? file : "");
}

static void make_cgroups(const struct plan *plan, int number) {
    char path[MAX_PATH];
    for (int i = 0; i < plan->count; i++) {
        cgroup_path(plan, i, number, NULL, path);
        if (mkdir(path, 0755) != 0 && errno != EEXIST) fail(path);
        if (!plan->limits[i].file) continue;
        cgroup_path(plan, i, number, plan->limits[i].file, path);
        if (put(path, plan->limits[i].value) != 0) fail(path);
    }
}

static void run_task(const struct plan *plan, int number, char **argv) {
    char path[MAX_PATH];
    for (int i = 0; i < plan->count; i++) {
        cgroup_path(plan, i, number, plan->v2 ? "cgroup.procs" : "tasks", path);
        if (put(path, "0") != 0) fail(path);
        if (plan->v2) break;
    }
    setsid();
    execvp(argv[0], argv);
    fail(argv[0]);
}

static void run_monitor(const struct plan *plan, int number, char **argv) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("mount --make-rprivate /");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) fail("mount /proc");
    pid_t task = fork();
    if (task < 0) fail("fork");
    if (task == 0) run_task(plan, number, argv);
    close_range(3, ~0U, 0);
    while (waitpid(task, NULL, 0) < 0 && errno == EINTR) continue;
    _exit(0);
}

static void clean_up(const struct plan *plan, const pid_t *monitors, int count) {
    char path[MAX_PATH];
    for (int i = 0; i < count; i++) kill(monitors[i], SIGKILL);
    for (int i = 0; i < count; i++) waitpid(monitors[i], NULL, 0);
    for (int i = 0; i < plan->count; i++) {
        for (int number = 0; number < count; number++) {
            cgroup_path(plan, i, number, NULL, path);
            for (int attempt = 0; rmdir(path) != 0 && errno == EBUSY && attempt < 1000; attempt++) usleep(1000);
        }
        snprintf(path, sizeof path, "%s/%s", plan->limits[i].folder, plan->root);
        rmdir(path);
    }
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 100;
    if (count < 1 || count > MAX_CONTAINERS) return fprintf(stderr, "floor: 1...%d\n", MAX_CONTAINERS), 2;
    static char *idle[] = {"sleep", "1000", NULL};
    char **task = argc > 2 ? argv + 2 : idle;
    static pid_t monitors[MAX_CONTAINERS];

    struct plan plan = {.v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0};
    plan.limits = plan.v2 ? V2 : V1;
    plan.count = plan.v2 ? (int)(sizeof V2 / sizeof *V2) : (int)(sizeof V1 / sizeof *V1);
    snprintf(plan.root, sizeof plan.root, "floor-%d", getpid());
    for (int i = 0; i < plan.count; i++) {
        char path[MAX_PATH];
        snprintf(path, sizeof path, "%s/%s", plan.limits[i].folder, plan.root);
        if (mkdir(path, 0755) != 0 && errno != EEXIST) fail(path);
        strcat(path, "/cgroup.subtree_control");
        if (plan.v2 && put(path, "+cpu +memory +pids") != 0) fail(path);
    }

    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) fail("pipe");
    long before = available_kb();
    double start = now_ms();
    for (int i = 0; i < count; i++) {
        make_cgroups(&plan, i);
        struct clone_args args = {.flags = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS, .exit_signal = SIGCHLD};
        pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
        if (pid < 0) fail("clone3");
        if (pid == 0) run_monitor(&plan, i, task);
        monitors[i] = pid;
    }
    close(ready[1]);
    char nothing;
    while (read(ready[0], &nothing, 1) < 0 && errno == EINTR) continue;  // ends when each copy is closed: by execve, and by each monitor
    double took = now_ms() - start;
    long lost = before - available_kb();
    printf("containers %d ms %.1f ms_each %.3f kb_each %ld\n", count, took, took / count, lost / count);
    fflush(stdout);
    clean_up(&plan, monitors, count);
    return 0;
}
