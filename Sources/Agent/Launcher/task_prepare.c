#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *path_of(char **environment) {
    for (; *environment; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
    return DEFAULT_PATH;
}

/// The paths that a program may have: itself if there is a slash in it, else one for each folder of PATH.
static char **list_candidates(struct arena *arena, const char *program, const char *path) {
    char **list = arena_take(arena, (MAX_CANDIDATES + 1) * sizeof *list);
    size_t count = 0, length = strlen(program);
    if (!list) return NULL;
    if (strchr(program, '/')) {
        list[0] = arena_text(arena, program, length);
        return list[0] ? list : NULL;
    }
    for (; path && count < MAX_CANDIDATES; count++) {
        size_t folder = strcspn(path, ":");
        char *text = arena_take(arena, folder + length + 3);
        if (!text) return NULL;
        // An empty folder is the current one.
        if (folder == 0) snprintf(text, length + 3, "./%s", program);
        else snprintf(text, folder + length + 2, "%.*s/%s", (int)folder, path, program);
        list[count] = text;
        path = path[folder] ? path + folder + 1 : NULL;
    }
    return list;
}

static int out_of_memory(struct refusal *ret_refusal) {
    return refuse(ret_refusal, REFUSED(INVALID), E2BIG, "The request is too large");
}

/// argv with a free place before and a NULL behind.
static char **list_arguments(struct arena *arena, char *const arguments[], size_t count) {
    char **list = arena_take(arena, (count + 2) * sizeof *list);
    if (!list) return NULL;
    list++;
    for (size_t i = 0; i < count; i++) list[i] = arguments[i];
    return list;
}

static int check_environment(char **environment, size_t count, struct refusal *ret_refusal) {
    for (size_t i = 0; i < count; i++)
        if (environment[i][0] == '=' || !strchr(environment[i], '='))
            return refuse(ret_refusal, REFUSED(INVALID), 0, "An environment variable must be NAME=value, not '%.64s'", environment[i]);
    return 0;
}

int task_prepare(
    struct arena *arena, const Agora__V1__ContainerCommand *command, char **environment, size_t environment_count, struct task *ret_task,
    struct refusal *ret_refusal) {
    bool shell = command && command->shell && command->shell[0], program = command && command->executable && command->executable[0];
    if (shell == program) return refuse(ret_refusal, REFUSED(INVALID), 0, "A command is either a shell command or an executable");
    int result = check_environment(environment, environment_count, ret_refusal);
    if (result != 0) return result;
    struct task task = {.umask = 022, .cgroup_folder = -1};
    for (int i = 0; i < MAX_HIERARCHIES; i++) task.cgroup_tasks[i] = -1;
    task.environment = arena_take(arena, (environment_count + 1) * sizeof *task.environment);
    if (!task.environment) return out_of_memory(ret_refusal);
    for (size_t i = 0; i < environment_count; i++) task.environment[i] = environment[i];
    if (shell) {
        static char sh[] = "sh", c[] = "-c";
        task.name = "sh";
        task.arguments = list_arguments(arena, (char *[]){sh, c, command->shell}, 3);
    } else {
        task.name = command->executable;
        if (command->n_arguments > 0) task.arguments = list_arguments(arena, command->arguments, command->n_arguments);
        else task.arguments = list_arguments(arena, &command->executable, 1);
    }
    task.candidates = list_candidates(arena, task.name, path_of(task.environment));
    if (!task.arguments || !task.candidates) return out_of_memory(ret_refusal);
    *ret_task = task;
    return 0;
}

static const int RESOURCES[] = {
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__UNKNOWN] = -1,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_AS] = RLIMIT_AS,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_CORE] = RLIMIT_CORE,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_CPU] = RLIMIT_CPU,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_DATA] = RLIMIT_DATA,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_FSIZE] = RLIMIT_FSIZE,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_LOCKS] = RLIMIT_LOCKS,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_MEMLOCK] = RLIMIT_MEMLOCK,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_MSGQUEUE] = RLIMIT_MSGQUEUE,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_NICE] = RLIMIT_NICE,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_NOFILE] = RLIMIT_NOFILE,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_NPROC] = RLIMIT_NPROC,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_RSS] = RLIMIT_RSS,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_RTPRIO] = RLIMIT_RTPRIO,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_RTTIME] = RLIMIT_RTTIME,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_SIGPENDING] = RLIMIT_SIGPENDING,
    [AGORA__V1__CONTAINER_RLIMIT__TYPE__RLMT_STACK] = RLIMIT_STACK,
};

int task_add_rlimits(struct task *task, Agora__V1__ContainerRLimit *const rlimits[], size_t count, struct refusal *ret_refusal) {
    if (count > MAX_RLIMITS) return refuse(ret_refusal, REFUSED(INVALID), 0, "There are more than %d resource limits", MAX_RLIMITS);
    for (size_t i = 0; i < count; i++) {
        const Agora__V1__ContainerRLimit *from = rlimits[i];
        size_t type = (size_t)from->type;
        if (!from->has_type || type >= sizeof RESOURCES / sizeof *RESOURCES || RESOURCES[type] < 0)
            return refuse(ret_refusal, REFUSED(INVALID), 0, "Unknown resource limit %zu", type);
        if (from->has_hard != from->has_soft || (from->has_hard && from->soft > from->hard))
            return refuse(ret_refusal, REFUSED(INVALID), 0, "A resource limit has both a soft and a hard value, or none; and soft is at most hard");
        struct task_rlimit limit = {RESOURCES[type], {RLIM_INFINITY, RLIM_INFINITY}};
        if (from->has_hard) limit.limit = (struct rlimit){from->soft, from->hard};
        task->rlimits[task->rlimit_count++] = limit;
    }
    return 0;
}
