// What the launcher reads, under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer (`make fuzz-launcher`). The first byte of an input says
// which parser gets the rest; nothing is started or mounted, and no cgroup is made.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "folder.h"
#include "launcher.h"
#include "mounts.h"
#include "state_files.h"
#include "stream.h"
#include "task.h"
#include "tree.h"
#include "user.h"

#define HOLDS(condition)                                                   \
    do {                                                                   \
        if (condition) break;                                              \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
        abort();                                                           \
    } while (0)

static struct arena arena;
static char folder[] = "/tmp/agora-fuzz-XXXXXX";

static void remove_folder(void) {
    static const char *const names[] = {"passwd", "group", "exit", "exit.new"};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    HOLDS(arena_open(&arena, ARENA_CAPACITY) == 0 && mkdtemp(folder));
    atexit(remove_folder);
    return 0;
}

static void write_file(const char *name, const char *text, size_t length) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(file >= 0 && file_write_all(file, text, length) == 0);
    close(file);
}

/// All checks of a launch and of a command that look at nothing but the message.
static void check_launch(const Agora__V1__LauncherRequest__Launch *launch) {
    struct refusal refusal = {0};
    struct task task = {0};
    struct cgroup_settings settings;
    struct bind_mount *mounts;
    container_id_is_valid(launch->container_id);
    settings_read(launch->cgroup, &settings, &refusal);
    mounts_prepare(&arena, launch->mounts, launch->n_mounts, &mounts, &refusal);
    if (task_prepare(&arena, launch->command, launch->environment, launch->n_environment, &task, &refusal) == 0)
        HOLDS(task.arguments && task.arguments[0] && task.candidates);
    task_add_rlimits(&task, launch->rlimits, launch->n_rlimits, &refusal);
    HOLDS(task.rlimit_count <= MAX_RLIMITS);
    user_find(&arena, folder, launch->user, &task.user, &refusal);
}

static void check_request(const uint8_t *bytes, size_t length) {
    ProtobufCAllocator allocator = arena_allocator(&arena);
    Agora__V1__LauncherRequest *request = agora__v1__launcher_request__unpack(&allocator, length, bytes);
    if (request && request->call_case == AGORA__V1__LAUNCHER_REQUEST__CALL_LAUNCH) check_launch(request->launch);
    arena_reset(&arena);
}

/// Frames that come in pieces over a socket.
static void check_frames(const uint8_t *bytes, size_t size) {
    int ends[2];
    struct buffer input;
    HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    static struct buffer kept;
    if (!kept.base) HOLDS(buffer_open(&kept, 2 * MAX_REQUEST) == 0);
    input = kept;
    bool is_sound = true;
    for (size_t at = 0, piece = 1; at < size && is_sound; at += piece, piece = piece * 3 % 61 + 1) {
        if (piece > size - at) piece = size - at;
        HOLDS(write(ends[0], bytes + at, piece) == (ssize_t)piece);
        is_sound = buffer_fill(&input, ends[1]) == (ssize_t)piece;
        const uint8_t *message;
        size_t length;
        int result = 0;
        while (is_sound && (result = frame_take(&input, MAX_REQUEST, &message, &length)) == 1) check_request(message, length);
        if (result < 0) is_sound = false;
    }
    close(ends[0]);
    close(ends[1]);
}

static void check_exit(const char *text) {
    struct exit_state state, again;
    char printed[MAX_STATE_FILE];
    if (exit_state_parse(text, &state) != 0) return;
    // What is written can be read, and says the same.
    HOLDS(exit_state_print(&state, printed) < sizeof printed);
    HOLDS(exit_state_parse(printed, &again) == 0 && again.kind == state.kind && again.number == state.number);
    HOLDS(again.began_us == state.began_us && again.ended_us == state.ended_us && again.memory_peak == state.memory_peak);
}

static void check_monitor(const char *text) {
    struct monitor_state state, again;
    char printed[MAX_STATE_FILE];
    if (monitor_state_parse(text, &state) != 0) return;
    HOLDS(monitor_state_print(&state, printed) < sizeof printed);
    HOLDS(monitor_state_parse(printed, &again) == 0 && again.pid == state.pid && again.start_ticks == state.start_ticks);
    HOLDS(strcmp(again.boot, state.boot) == 0 && again.running == state.running && again.namespaces == state.namespaces);
}

/// The first line is a user's name, `passwd` and `group` are the rest.
static void check_user(char *text) {
    struct refusal refusal = {0};
    struct user user = {0};
    Agora__V1__ContainerUser message = AGORA__V1__CONTAINER_USER__INIT;
    char *rest = strchr(text, '\n');
    if (!rest) return;
    *rest++ = 0;
    write_file("passwd", rest, strlen(rest));
    write_file("group", rest, strlen(rest));
    message.name = text;
    if (user_find(&arena, folder, &message, &user, &refusal) == 0) HOLDS(user.group_count <= MAX_GROUPS + 1);
    arena_reset(&arena);
}

static void check_kernel(const char *text) {
    struct cgroup_mounts mounts;
    struct process process;
    uint64_t ticks;
    cgroup_parse_mounts(text, &mounts);
    for (int i = 0; i < CONTROLLERS; i++) HOLDS(strlen(mounts.v1[i]) < sizeof mounts.v1[i]);
    HOLDS(strlen(mounts.v2) < sizeof mounts.v2);
    parse_start_time(text, &ticks);
    process_parse(text, &process);
    cgroup_value(text, "oom_kill");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    char *text = malloc(size);
    HOLDS(text);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    switch (data[0]) {
    case 'f': check_frames(data + 1, size - 1); break;
    case 'r': check_request(data + 1, size - 1); break;
    case 'e': check_exit(text); break;
    case 'm': check_monitor(text); break;
    case 'u': check_user(text); break;
    case 'k': check_kernel(text); break;
    default: break;
    }
    free(text);
    return 0;
}
