// Unit tests of the launcher's parts, under AddressSanitizer: UnitTests.swift compiles them with the launcher's sources and runs them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
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

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (condition) break;                                                         \
        fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition); \
        exit(1);                                                                      \
    } while (0)

#define COUNT(list) (sizeof(list) / sizeof *(list))

/// A folder of our own, and files in it.
static void enter_folder(char ret_path[64]) {
    strcpy(ret_path, "/tmp/agora-unit-XXXXXX");
    CHECK(mkdtemp(ret_path));
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool file_is(const char *folder, const char *name, const char *text) {
    char path[256], buffer[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_read_at(AT_FDCWD, path, buffer, sizeof buffer) >= 0 && strcmp(buffer, text) == 0;
}

static void leave_folder(const char *path) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", path);
    CHECK(system(command) == 0);
}

static void test_container_ids(void) {
    char longest[MAX_CONTAINER_ID + 2];
    memset(longest, 'a', sizeof longest);
    longest[MAX_CONTAINER_ID + 1] = 0;
    CHECK(!container_id_is_valid(longest));
    longest[MAX_CONTAINER_ID] = 0;
    CHECK(container_id_is_valid(longest));
    static const char *const good[] = {"a", "0", "A.b_c-9", "0b1d7a0e-4c51-4f3e-9f0a-000000000000"};
    static const char *const bad[] = {"", ".", "..", ".a", "-a", "_a", "a/b", "a b", "a\n", "a\x80", "/"};
    for (size_t i = 0; i < COUNT(good); i++) CHECK(container_id_is_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++) CHECK(!container_id_is_valid(bad[i]));
    CHECK(!container_id_is_valid(NULL));
}

static void test_state_files(void) {
    char text[MAX_STATE_FILE];
    struct monitor_state monitor = {.boot = "b", .pid = 7, .start_ticks = 9, .began_us = 11, .namespaces = 3}, read;
    CHECK(monitor_state_print(&monitor, text) == strlen(text));
    CHECK(monitor_state_parse(text, &read) == 0);
    CHECK(strcmp(read.boot, "b") == 0 && read.pid == 7 && read.start_ticks == 9 && read.began_us == 11 && read.namespaces == 3 && !read.running);
    monitor.running = true;
    monitor.session = 12;
    monitor.session_start_ticks = 13;
    monitor_state_print(&monitor, text);
    CHECK(monitor_state_parse(text, &read) == 0 && read.running && read.session == 12 && read.session_start_ticks == 13);
    static const char *const bad[] = {"", "\n", "pid 7\n", "pid 7\nstart 9\n", "boot b\npid -1\nstart 9\n", "pidd 7\nstart 9\nboot b", "boot \npid 7\nstart 9\n"};
    for (size_t i = 0; i < COUNT(bad); i++) CHECK(monitor_state_parse(bad[i], &read) == -EINVAL);
    CHECK(monitor_state_parse("agora-monitor 2\nnew thing\nboot 0123456789012345678901234567890123456789\npid 7\nstart 9", &read) == 0);
    CHECK(strlen(read.boot) == BOOT_ID_TEXT - 1);

    const struct exit_state rows[] = {
        {.kind = ENDED_STATUS, .number = 3, .memory_peak = 5, .began_us = 6, .ended_us = 7},
        {.kind = ENDED_SIGNAL, .number = 9, .out_of_memory = true},
        {.kind = ENDED_BEFORE_START, .number = 2, .step = "execve", .message = "no 'x': such"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exit_state state;
        CHECK(exit_state_print(&rows[i], text) == strlen(text));
        CHECK(exit_state_parse(text, &state) == 0);
        CHECK(state.kind == rows[i].kind && state.number == rows[i].number && state.out_of_memory == rows[i].out_of_memory);
        CHECK(state.memory_peak == rows[i].memory_peak && state.began_us == rows[i].began_us && state.ended_us == rows[i].ended_us);
        CHECK(strcmp(state.step, rows[i].step) == 0 && strcmp(state.message, rows[i].message) == 0);
    }
    struct exit_state lines = {.kind = ENDED_BEFORE_START, .step = "chdir"}, state;
    memset(lines.message, '\n', sizeof lines.message - 1);
    exit_state_print(&lines, text);
    CHECK(exit_state_parse(text, &state) == 0 && state.kind == ENDED_BEFORE_START && state.message[0] == '?');
    CHECK(exit_state_parse("", &state) == -EINVAL && exit_state_parse("oom 1\n", &state) == -EINVAL && exit_state_parse("lost\n", &state) == -EINVAL);
}

static void test_folders(void) {
    char path[64];
    enter_folder(path);
    int containers = open(path, O_RDONLY | O_DIRECTORY), folder, lock;
    struct monitor_state monitor = {.boot = "b", .pid = 1, .start_ticks = 1}, read;
    struct exit_state ended, written = {.kind = ENDED_STATUS, .number = 4};
    CHECK(folder_make(containers, "a", &folder, &lock) == 0);
    int again, nothing;
    CHECK(folder_make(containers, "a", &again, &nothing) == -EEXIST);
    CHECK(folder_open(containers, "b", &again) == -ENOENT);
    CHECK(folder_read(folder, &read, &ended) == FOLDER_RUNNING && read.pid == 0);
    CHECK(folder_write_monitor(lock, &monitor) == 0);
    CHECK(folder_read(folder, &read, &ended) == FOLDER_RUNNING && read.pid == 1 && !read.running);
    // The lock belongs to the open file: a copy of the descriptor holds it, too.
    int copy = dup(lock);
    close(lock);
    CHECK(folder_read(folder, &read, &ended) == FOLDER_RUNNING);
    close(copy);
    CHECK(folder_read(folder, &read, &ended) == FOLDER_LOST && ended.kind == ENDED_LOST);
    CHECK(folder_write_exit(folder, &written) == 0);
    CHECK(folder_read(folder, &read, &ended) == FOLDER_ENDED && ended.kind == ENDED_STATUS && ended.number == 4);
    CHECK(faccessat(folder, "exit.new", F_OK, 0) != 0);
    CHECK(folder_remove(containers, "a") == 0 && folder_remove(containers, "a") == 0);
    close(folder);
    close(containers);
    leave_folder(path);
}

static void test_frames(void) {
    struct buffer buffer;
    const uint8_t *bytes;
    size_t length;
    CHECK(buffer_open(&buffer, 64) == 0);
    record_message record = AGORA__V1__LAUNCHER_RECORD__INIT;
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Error error = AGORA__V1__LAUNCHER_RECORD__ERROR__INIT;
    char text[300];
    memset(text, 'x', sizeof text);
    text[20] = 0;
    error.message = text;
    answer.error = &error;
    record.record_case = AGORA__V1__LAUNCHER_RECORD__RECORD_ANSWER;
    record.answer = &answer;
    CHECK(frame_put(&buffer, 100, &record.base) == 0);
    size_t whole = buffer_length(&buffer);
    CHECK(frame_put(&buffer, 10, &record.base) == -EMSGSIZE);
    CHECK(frame_put(&buffer, 100, &record.base) == 0 && frame_put(&buffer, 100, &record.base) == -ENOBUFS);
    for (size_t end = 0; end < whole; end++) {
        struct buffer part = {buffer.base, 0, end, 64};
        CHECK(frame_take(&part, 100, &bytes, &length) == 0 && part.start == 0);
    }
    CHECK(frame_take(&buffer, 100, &bytes, &length) == 1 && length == whole - 1 && buffer.start == whole);
    CHECK(frame_take(&buffer, 100, &bytes, &length) == 1 && frame_take(&buffer, 100, &bytes, &length) == 0);
    CHECK(frame_put(&buffer, 100, &record.base) == 0 && buffer.start == 0);
    CHECK(frame_take(&buffer, whole - 2, &bytes, &length) == -EMSGSIZE);

    static uint8_t long_one[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0}, large[] = {0xff, 0xff, 0xff, 0xff, 0x7f}, two[] = {0x81, 0x00, 0x55};
    struct buffer cases[] = {{long_one, 0, 6, 6}, {large, 0, 5, 5}, {two, 0, 3, 3}};
    CHECK(frame_take(&cases[0], MAX_REQUEST, &bytes, &length) == -EMSGSIZE && frame_take(&cases[1], MAX_REQUEST, &bytes, &length) == -EMSGSIZE);
    CHECK(frame_take(&cases[2], MAX_REQUEST, &bytes, &length) == 1 && length == 1 && bytes[0] == 0x55);
    struct buffer big;
    CHECK(buffer_open(&big, 1024) == 0);
    memset(text, 'x', sizeof text - 1);
    text[299] = 0;
    CHECK(frame_put(&big, 1000, &record.base) == 0 && big.base[0] & 0x80);
    CHECK(frame_take(&big, 1000, &bytes, &length) == 1 && length > 300);
    record_message *read = agora__v1__launcher_record__unpack(NULL, length, bytes);
    CHECK(read && strcmp(read->answer->error->message, text) == 0);
    agora__v1__launcher_record__free_unpacked(read, NULL);
}

static void test_arena(void) {
    struct arena arena;
    CHECK(arena_open(&arena, 4096) == 0);
    char *first = arena_take(&arena, 1), *second = arena_take(&arena, 100);
    CHECK(first && second && second - first >= 16 && (uintptr_t)second % 16 == 0);
    CHECK(!arena_take(&arena, 4096) && !arena_take(&arena, SIZE_MAX) && !arena_take(&arena, SIZE_MAX - 3));
    CHECK(strcmp(arena_text(&arena, "abcdef", 3), "abc") == 0);
    memset(second, 1, 100);
    arena_reset(&arena);
    second = arena_take(&arena, 200);
    for (int i = 0; i < 200; i++) CHECK(second[i] == 0);
}

static void test_table(void) {
    struct table table;
    char id[32];
    CHECK(table_open(&table) == 0);
    for (int i = 0; i < MAX_CONTAINERS; i++) {
        snprintf(id, sizeof id, "c%d", i);
        CHECK(!table_find(&table, id));
        struct container *container = table_add(&table, id);
        CHECK(container && strcmp(container->id, id) == 0 && table_find(&table, id) == container);
        table_set_child(&table, container, 100 + i);
    }
    CHECK(!table_add(&table, "one too many") && table.count == MAX_CONTAINERS);
    CHECK(table_find_child(&table, 107) == table_find(&table, "c7"));
    for (int i = 0; i < MAX_CONTAINERS; i += 3) {
        snprintf(id, sizeof id, "c%d", i);
        struct container *container = table_find(&table, id);
        uint32_t generation = container->generation;
        table_remove(&table, container);
        CHECK(!table_find(&table, id) && container->generation == generation);
    }
    for (int i = 0; i < MAX_CONTAINERS; i++) {
        snprintf(id, sizeof id, "c%d", i);
        CHECK((table_find(&table, id) != NULL) == (i % 3 != 0));
    }
    struct container *place = table_add(&table, "again");
    CHECK(place == &table.containers[0] && place->generation == 2);
}

static void test_users(void) {
    char path[64];
    struct arena arena;
    struct user user;
    struct refusal refusal;
    Agora__V1__ContainerUser message = AGORA__V1__CONTAINER_USER__INIT;
    CHECK(arena_open(&arena, 1 << 20) == 0);
    enter_folder(path);
    write_file(path, "passwd", "root:x:0:0::/:/bin/sh\n\n:::\nbob:x:1000:100:Bob:/:\nbad:x:y:0\nlarge:x:4294967295:0:\nlast:x:5:6");
    write_file(path, "group", "users:x:100:\nwheel:x:10:root,bob\nempty:x:11:\nmore:x:12:bobby,bob,bob\nbroken:x\nwide:x:99999999999:bob\nown:x:100:bob");
    static char bob[] = "bob", last[] = "last";
    message.name = bob;
    CHECK(user_find(&arena, path, &message, &user, &refusal) == 0);
    CHECK(user.change && user.uid == 1000 && user.gid == 100 && user.group_count == 3);
    CHECK(user.groups[0] == 100 && user.groups[1] == 10 && user.groups[2] == 12);
    message.name = last;
    CHECK(user_find(&arena, path, &message, &user, &refusal) == 0 && user.uid == 5 && user.gid == 6 && user.group_count == 1);
    static char unknown[][16] = {"bo", "bobb", "bad", "large", "", "bob:x", "root:x:0:0::", "a\nbob"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        message.name = unknown[i];
        CHECK(user_find(&arena, path, &message, &user, &refusal) < 0 && refusal.code == REFUSED(UNKNOWN_USER));
    }
    CHECK(user_find(&arena, path, NULL, &user, &refusal) == 0 && !user.change);
    write_file(path, "passwd", "");
    message.name = bob;
    CHECK(user_find(&arena, path, &message, &user, &refusal) < 0 && strcmp(refusal.message, "No such user 'bob'") == 0);
    CHECK(user_find(&arena, "/no/such", &message, &user, &refusal) < 0 && refusal.code == REFUSED(SYSTEM) && refusal.error == ENOENT);
    leave_folder(path);
}

static void test_tasks(void) {
    struct arena arena;
    struct task task;
    struct refusal refusal;
    Agora__V1__ContainerCommand command = AGORA__V1__CONTAINER_COMMAND__INIT;
    CHECK(arena_open(&arena, 1 << 20) == 0);
    static char name[] = "prog", path[] = "PATH=/a::/b/", other[] = "PAT=/x", slash[] = "dir/prog", shell[] = "a b";
    char *environment[] = {other, path};
    command.executable = name;
    CHECK(task_prepare(&arena, &command, environment, 2, &task, &refusal) == 0);
    CHECK(strcmp(task.candidates[0], "/a/prog") == 0 && strcmp(task.candidates[1], "./prog") == 0 && strcmp(task.candidates[2], "/b//prog") == 0);
    CHECK(!task.candidates[3] && strcmp(task.arguments[0], "prog") == 0 && !task.arguments[1] && task.environment[1] == path && !task.environment[2]);
    CHECK(task_prepare(&arena, &command, environment, 1, &task, &refusal) == 0 && strcmp(task.candidates[0], "/usr/local/sbin/prog") == 0);
    command.executable = slash;
    CHECK(task_prepare(&arena, &command, NULL, 0, &task, &refusal) == 0 && strcmp(task.candidates[0], "dir/prog") == 0 && !task.candidates[1]);
    command.executable = NULL;
    command.shell = shell;
    CHECK(task_prepare(&arena, &command, NULL, 0, &task, &refusal) == 0 && strcmp(task.arguments[1], "-c") == 0 && task.arguments[2] == shell);
    char many[2 * MAX_CANDIDATES + 16] = "PATH=";
    for (int i = 0; i < MAX_CANDIDATES + 4; i++) strcat(many, "/:");
    CHECK(task_prepare(&arena, &command, (char *[]){many}, 1, &task, &refusal) == 0 && !task.candidates[MAX_CANDIDATES]);
    struct arena small;
    CHECK(arena_open(&small, 4096) == 0 && arena_take(&small, 3800));
    CHECK(task_prepare(&small, &command, NULL, 0, &task, &refusal) < 0 && refusal.code == REFUSED(INVALID));

    struct task_report report = {STEP_EXECVE, ENOENT, "/x"};
    char message[MAX_MESSAGE];
    task_report_print(&report, "Failed to launch container", message);
    CHECK(strcmp(message, "Failed to launch container: execve '/x': No such file or directory") == 0);
    for (int step = 0; step <= STEPS; step++) CHECK(strlen(task_step_name((enum task_step)step)) > 0);
}

static void test_processes(void) {
    struct process process;
    uint64_t ticks;
    static const char good[] = "12 (a) b) c) S 3 4 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 777 1000 1";
    CHECK(process_parse(good, &process) == 0 && process.parent == 3 && process.session == 5 && process.is_alive);
    CHECK(parse_start_time(good, &ticks) == 0 && ticks == 777);
    CHECK(process_parse("12 (a) Z 3 4 5 0", &process) == 0 && !process.is_alive);
    static const char *const bad[] = {"", "12 (a", "12 (a)", "12 (a) S", "12 (a) S 3 4", "12 (a) S 3 4 x"};
    for (size_t i = 0; i < COUNT(bad); i++) CHECK(process_parse(bad[i], &process) == -EINVAL && parse_start_time(bad[i], &ticks) == -EINVAL);
    CHECK(process_start_time(getpid(), &ticks) == 0 && ticks > 0);
    CHECK(process_start_time(0x7ffffff0, &ticks) == -ENOENT);
}

static void test_cgroup_mounts(void) {
    struct cgroup_mounts mounts;
    cgroup_parse_mounts(
        "25 1 0:1 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
        "26 25 0:2 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "27 25 0:3 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "28 25 0:4 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "29 25 0:4 / /elsewhere rw - cgroup cgroup rw,memory\n"
        "30 25 0:5 / /odd\\040place rw - cgroup cgroup rw,pids\n"
        "31 25 0:6 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "broken\n - cgroup\n",
        &mounts);
    CHECK(strcmp(mounts.v1[CONTROLLER_CPU], "/sys/fs/cgroup/cpu,cpuacct") == 0 && strcmp(mounts.v1[CONTROLLER_CPUACCT], "/sys/fs/cgroup/cpu,cpuacct") == 0);
    CHECK(strcmp(mounts.v1[CONTROLLER_MEMORY], "/sys/fs/cgroup/memory") == 0 && !mounts.v1[CONTROLLER_PIDS][0]);
    CHECK(strcmp(mounts.v2, "/sys/fs/cgroup/unified") == 0);
    cgroup_parse_mounts("", &mounts);
    CHECK(!mounts.v2[0]);
}

/// A tree of files in place of cgroup v2: what is written where, and what is read from where.
static void test_cgroup_v2(void) {
    char path[64], command[512];
    struct cgroup_mounts mounts = {0};
    struct cgroups cgroups;
    struct refusal refusal;
    struct cgroup_folders folders;
    enter_folder(path);
    snprintf(mounts.v2, sizeof mounts.v2, "%s", path);
    snprintf(
        command, sizeof command,
        "mkdir -p %s/agora/i/c && cd %s && touch cgroup.subtree_control agora/cgroup.subtree_control && cd agora/i/c &&"
        " touch cpu.weight cpu.max memory.max memory.low memory.events memory.oom.group memory.peak pids.max",
        path, path);
    CHECK(system(command) == 0);
    // A file is not a kernel: the orders that are written stay in it, before what is read.
    write_file(path, "agora/i/cgroup.subtree_control", "+memory cpu memory pids\n");
    cgroups_open_mounts(CGROUPS_AUTOMATIC, &mounts, "i", &cgroups);
    CHECK(cgroups.version == 2 && cgroups.count == 1 && cgroup_has(&cgroups, CONTROLLER_CPU) && cgroup_has(&cgroups, CONTROLLER_CPUACCT));
    CHECK(file_is(path, "cgroup.subtree_control", "+pidsry") && file_is(path, "agora/cgroup.subtree_control", "+pidsry"));
    CHECK(cgroup_find(&cgroups, "c", &folders) == 0);
    struct cgroup_settings settings = {.cpu_shares = 1024, .cpu_quota_us = 50000, .memory_limit = 1 << 20, .memory_soft_limit = 1 << 19, .pids_max = 9};
    CHECK(cgroup_check(&cgroups, &settings, &refusal) == 0 && cgroup_apply(&cgroups, &folders, &settings, &refusal) == 0);
    CHECK(file_is(path, "agora/i/c/cpu.weight", "39") && file_is(path, "agora/i/c/cpu.max", "50000 100000"));
    CHECK(file_is(path, "agora/i/c/memory.max", "1048576") && file_is(path, "agora/i/c/memory.low", "524288") && file_is(path, "agora/i/c/pids.max", "9"));
    struct memory_watch watch;
    CHECK(cgroup_watch_memory(&cgroups, &folders, &watch) == 0 && watch.event == -1 && watch.counters >= 0 && watch.peak >= 0);
    CHECK(file_is(path, "agora/i/c/memory.oom.group", "1"));
    write_file(path, "agora/i/c/memory.events", "low 0\nhigh 0\nmax 4\noom 2\noom_kill 3\noom_group_kill 1\n");
    CHECK(cgroup_oom_kills(watch.counters) == 3);
    write_file(path, "agora/i/c/cpu.stat", "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 5\nnr_throttled 2\nthrottled_usec 7\n");
    write_file(path, "agora/i/c/memory.current", "4096\n");
    write_file(path, "agora/i/c/memory.peak", "8192\n");
    write_file(path, "agora/i/c/memory.stat", "anon 1\nfile 2\nkernel 3\n");
    write_file(path, "agora/i/c/cgroup.procs", "1\n2\n");
    write_file(path, "agora/i/c/cgroup.threads", "1\n2\n3\n");
    struct cgroup_usage usage;
    CHECK(cgroup_read_usage(&cgroups, "c", &usage) == 0);
    CHECK(usage.cpu_user_us == 10 && usage.cpu_system_us == 20 && usage.cpu_periods == 5 && usage.cpu_throttled_periods == 2 && usage.cpu_throttled_us == 7);
    CHECK(usage.memory == 4096 && usage.memory_peak == 8192 && usage.memory_anonymous == 1 && usage.memory_file == 2 && usage.memory_limit == 1 << 20);
    CHECK(usage.processes == 2 && usage.threads == 3);
    CHECK(cgroup_read_usage(&cgroups, "d", &usage) == -ENOENT);
    cgroup_folders_close(&folders);
    CHECK(cgroup_make(&cgroups, "d", &folders, &refusal) == 0 && cgroup_remove(&cgroups, "d") == 0 && cgroup_remove(&cgroups, "d") == 0);
    cgroup_folders_close(&folders);
    CHECK(cgroup_make(&cgroups, "c", &folders, &refusal) < 0 && refusal.error == EEXIST);
    close(watch.counters);
    close(watch.peak);
    leave_folder(path);
}

static void test_cgroup_numbers(void) {
    static const struct {
        uint64_t shares, weight;
    } rows[] = {{0, 1}, {2, 1}, {102, 4}, {1024, 39}, {2048, 79}, {262144, 10000}, {UINT64_MAX, 10000}};
    for (size_t i = 0; i < COUNT(rows); i++) CHECK(cgroup_weight(rows[i].shares) == rows[i].weight);
    CHECK(cgroup_value("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", "oom_kill") == 5);
    CHECK(cgroup_value("", "x") == 0 && cgroup_value("xx 1\nx", "x") == 0 && cgroup_value("x 18446744073709551615", "x") == UINT64_MAX);
    struct cgroups none = {0};
    struct refusal refusal;
    none.reasons[CONTROLLER_MEMORY] = ENOENT;
    CHECK(cgroup_check(&none, &(struct cgroup_settings){0}, &refusal) == 0);
    CHECK(cgroup_check(&none, &(struct cgroup_settings){.memory_limit = 1}, &refusal) < 0 && refusal.code == REFUSED(UNSUPPORTED));
    CHECK(strcmp(refusal.message, "The cgroup controller 'memory' can't be used here: No such file or directory") == 0);
}

static void test_refusals(void) {
    struct refusal refusal;
    char longer[2 * MAX_MESSAGE];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    CHECK(refuse(&refusal, REFUSED(INVALID), 0, "%s", longer) == -EINVAL && strlen(refusal.message) == MAX_MESSAGE - 1);
    CHECK(refuse_system(&refusal, ENOENT, "What") == -ENOENT && strcmp(refusal.message, "What: No such file or directory") == 0);
}

int main(void) {
    test_container_ids();
    test_state_files();
    test_folders();
    test_frames();
    test_arena();
    test_table();
    test_users();
    test_tasks();
    test_processes();
    test_cgroup_mounts();
    test_cgroup_v2();
    test_cgroup_numbers();
    test_refusals();
    printf("all good\n");
    return 0;
}
