#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "files.h"
#include "bounds.h"
#include "owned.h"

enum { MAX_PROCESSES = 1 << 20 };

int process_parse(const char *stat, struct process *ret_process) {
    const char *at = strrchr(stat, ')');
    int parent, group, session;
    char state;
    if (!at || sscanf(at + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4) return -EINVAL;
    ret_process->parent = parent;
    ret_process->session = session;
    ret_process->is_alive = state != 'Z' && state != 'X';
    return 0;
}

/// Reads all processes of the machine. Those that end meanwhile are left out.
static int read_processes(struct process *list, size_t *ret_count) {
    OWNED_DIR proc = opendir("/proc");
    if (!proc) return -errno;
    size_t count = 0;
    for (struct dirent *entry; count < MAX_PROCESSES && (entry = readdir(proc));) {
        char name[32], text[MAX_KERNEL_FILE];
        struct process process = {.pid = (pid_t)atoi(entry->d_name)};
        if (process.pid <= 0) continue;
        snprintf(name, sizeof name, "%d/stat", process.pid);
        if (file_read_at(dirfd(proc), name, text, sizeof text) <= 0 || process_parse(text, &process) != 0) continue;
        list[count++] = process;
    }
    *ret_count = count;
    return 0;
}

static bool belongs(const struct process *process, const struct process *list, size_t count, pid_t root, pid_t session) {
    if (process->parent == root || (session > 0 && process->session == session)) return true;
    for (size_t i = 0; i < count; i++)
        if (list[i].is_ours && (process->parent == list[i].pid || process->session == list[i].pid)) return true;
    return false;
}

int tree_signal(pid_t root, pid_t session, int signal) {
    size_t size = MAX_PROCESSES * sizeof(struct process), count = 0;
    struct process *list = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (list == MAP_FAILED) return -errno;
    int result = read_processes(list, &count);
    int found = 0;
    for (bool grew = result == 0; grew;) {
        grew = false;
        for (size_t i = 0; i < count; i++) {
            if (list[i].is_ours || list[i].pid == root || !belongs(&list[i], list, count, root, session)) continue;
            list[i].is_ours = grew = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!list[i].is_ours || !list[i].is_alive) continue;
        found++;
        kill(list[i].pid, signal);
    }
    munmap(list, size);
    return result != 0 ? result : found;
}
