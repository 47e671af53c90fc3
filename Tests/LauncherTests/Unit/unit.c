// Unit tests of the launcher's parts, under AddressSanitizer: UnitTests.swift compiles them with the launcher's sources and runs them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "files.h"
#include "folder.h"
#include "launcher.h"
#include "mounts.h"
#include "state_files.h"
#include "stream.h"
#include "task.h"
#include "tree.h"
#include "unit.h"
#include "user.h"

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
    static const char *const bad[] = {
        "", "\n", "pid 7\n", "pid 7\nstart 9\n", "boot b\npid -1\nstart 9\n", "pidd 7\nstart 9\nboot b", "boot \npid 7\nstart 9\n"};
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
    write_file(
        path, "group", "users:x:100:\nwheel:x:10:root,bob\nempty:x:11:\nmore:x:12:bobby,bob,bob\nbroken:x\nwide:x:99999999999:bob\nown:x:100:bob");
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
    test_cgroups();
    test_refusals();
    printf("all good\n");
    return 0;
}
