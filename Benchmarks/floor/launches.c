// What the launcher needs for the same containers as floor.c: N launches over its protocol, all in flight at once, until the last one is running.
//
// Build: make. Run as root: launches path-of-agora-launcher [N]
// Prints milliseconds from the first request to the last answer, milliseconds for each, what MemAvailable has lost in kB for each, and a monitor's
// memory.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agora/v1/launcher.pb-c.h"

enum { MAX_CONTAINERS = 10000, INPUT = 1 << 20 };

typedef Agora__V1__LauncherRequest request;
typedef Agora__V1__LauncherRecord record;

static void fail(const char *what) {
    fprintf(stderr, "launches: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/// A number of a file of /proc, in kB.
static long number_of(const char *path, const char *key) {
    FILE *file = fopen(path, "re");
    char line[256], format[64];
    long result = -1;
    snprintf(format, sizeof format, "%s: %%ld", key);
    while (file && result < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, format, &result) == 1) break;
    if (file) fclose(file);
    return result;
}

static void send_request(int fd, const request *message) {
    uint8_t bytes[65536];
    size_t length = agora__v1__launcher_request__get_packed_size(message), at = 0;
    if (length > sizeof bytes - 5) fail("request");
    for (size_t rest = length;; rest >>= 7) {
        bytes[at++] = (uint8_t)(rest & 127) | (rest > 127 ? 128 : 0);
        if (rest <= 127) break;
    }
    at += agora__v1__launcher_request__pack(message, bytes + at);
    for (size_t sent = 0; sent < at;) {
        ssize_t count = write(fd, bytes + sent, at - sent);
        if (count < 0) fail("write");
        sent += (size_t)count;
    }
}

/// Reads records until `count` answers have come. @return the last answer's launched monitor, or 0
static unsigned read_answers(int fd, int count) {
    static uint8_t input[INPUT];
    static size_t end = 0;
    unsigned monitor = 0;
    while (count > 0) {
        ssize_t got = read(fd, input + end, sizeof input - end);
        if (got <= 0) fail("read");
        end += (size_t)got;
        size_t at = 0;
        for (;;) {
            size_t length = 0, head = at;
            int shift = 0;
            while (head < end && input[head] & 128) length |= (size_t)(input[head++] & 127) << shift, shift += 7;
            if (head >= end) break;
            length |= (size_t)input[head++] << shift;
            if (end - head < length) break;
            record *message = agora__v1__launcher_record__unpack(NULL, length, input + head);
            if (!message) fail("record");
            if (message->record_case == AGORA__V1__LAUNCHER_RECORD__RECORD_ANSWER) {
                const Agora__V1__LauncherRecord__Answer *answer = message->answer;
                if (answer->error) fprintf(stderr, "launches: %s\n", answer->error->message), exit(1);
                if (answer->result_case == AGORA__V1__LAUNCHER_RECORD__ANSWER__RESULT_LAUNCHED) monitor = answer->launched->monitor_pid;
                count--;
            }
            agora__v1__launcher_record__free_unpacked(message, NULL);
            at = head + length;
        }
        memmove(input, input + at, end - at);
        end -= at;
    }
    return monitor;
}

static void hello(int fd, char *folder, char *instance) {
    request message = AGORA__V1__LAUNCHER_REQUEST__INIT;
    Agora__V1__LauncherRequest__Hello call = AGORA__V1__LAUNCHER_REQUEST__HELLO__INIT;
    call.has_protocol = 1;
    call.protocol = 1;
    call.work_folder = folder;
    call.instance = instance;
    message.call_case = AGORA__V1__LAUNCHER_REQUEST__CALL_HELLO;
    message.hello = &call;
    send_request(fd, &message);
    read_answers(fd, 1);
}

static void launch(int fd, char *folder, int number) {
    char id[32], *arguments[] = {"sleep", "1000"}, *environment[] = {"PATH=/usr/bin:/bin"};
    Agora__V1__ContainerNamespace namespaces[] = {1, 2, 3, 4};
    request message = AGORA__V1__LAUNCHER_REQUEST__INIT;
    Agora__V1__LauncherRequest__Launch call = AGORA__V1__LAUNCHER_REQUEST__LAUNCH__INIT;
    Agora__V1__ContainerCommand command = AGORA__V1__CONTAINER_COMMAND__INIT;
    Agora__V1__CgroupSettings settings = AGORA__V1__CGROUP_SETTINGS__INIT;
    snprintf(id, sizeof id, "c%d", number);
    command.executable = "sleep";
    command.arguments = arguments;
    command.n_arguments = 2;
    settings.has_cpu_shares = settings.has_memory_limit_bytes = settings.has_pids_max = 1;
    settings.cpu_shares = 102;
    settings.memory_limit_bytes = 64 << 20;
    settings.pids_max = 100;
    call.container_id = id;
    call.command = &command;
    call.environment = environment;
    call.n_environment = 1;
    call.working_folder = folder;
    call.cgroup = &settings;
    call.namespaces = namespaces;
    call.n_namespaces = 4;
    message.has_id = 1;
    message.id = (uint64_t)number + 1;
    message.call_case = AGORA__V1__LAUNCHER_REQUEST__CALL_LAUNCH;
    message.launch = &call;
    send_request(fd, &message);
}

static void destroy(int fd, int number) {
    char id[32];
    request message = AGORA__V1__LAUNCHER_REQUEST__INIT;
    Agora__V1__LauncherRequest__Destroy call = AGORA__V1__LAUNCHER_REQUEST__DESTROY__INIT;
    snprintf(id, sizeof id, "c%d", number);
    call.container_id = id;
    message.call_case = AGORA__V1__LAUNCHER_REQUEST__CALL_DESTROY;
    message.destroy = &call;
    send_request(fd, &message);
}

int main(int argc, char **argv) {
    int count = argc > 2 ? atoi(argv[2]) : 100, ends[2];
    if (argc < 2 || count < 1 || count > MAX_CONTAINERS) {
        fprintf(stderr, "usage: launches path-of-agora-launcher [1...%d]\n", MAX_CONTAINERS);
        return 2;
    }
    char folder[] = "/tmp/agora-launches-XXXXXX", instance[32], path[64], remove[64];
    snprintf(instance, sizeof instance, "bench-%d", getpid());
    if (!mkdtemp(folder) || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("prepare");
    pid_t launcher = fork();
    if (launcher == 0) {
        dup2(ends[1], 9);
        execl(argv[1], argv[1], "9", (char *)NULL);
        fail(argv[1]);
    }
    close(ends[1]);
    hello(ends[0], folder, instance);
    long before = number_of("/proc/meminfo", "MemAvailable");
    double start = now_ms();
    for (int i = 0; i < count; i++) launch(ends[0], folder, i);
    unsigned monitor = read_answers(ends[0], count);
    double took = now_ms() - start;
    long lost = before - number_of("/proc/meminfo", "MemAvailable");
    snprintf(path, sizeof path, "/proc/%u/smaps_rollup", monitor);
    printf(
        "containers %d ms %.1f ms_each %.3f kb_each %ld monitor_rss_kb %ld monitor_pss_kb %ld monitor_private_kb %ld\n", count, took, took / count,
        lost / count, number_of(path, "Rss"), number_of(path, "Pss"), number_of(path, "Private_Dirty"));
    start = now_ms();
    for (int i = 0; i < count; i++) destroy(ends[0], i);
    read_answers(ends[0], count);
    printf("destroyed %d ms_each %.3f\n", count, (now_ms() - start) / count);
    close(ends[0]);
    waitpid(launcher, NULL, 0);
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    return system(remove) != 0;
}
