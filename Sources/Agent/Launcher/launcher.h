// The launcher: one thread, one loop, one context that is passed along. It decides nothing: the agent says what to do, files say what is.
#pragma once

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "arena.h"
#include "cgroup.h"
#include "refusal.h"
#include "state_files.h"
#include "stream.h"

typedef Agora__V1__LauncherRequest request_message;
typedef Agora__V1__LauncherRecord record_message;
typedef Agora__V1__LauncherRecord__Answer answer_message;

/// What an event of epoll is about.
enum source { SOURCE_SOCKET, SOURCE_SIGNALS, SOURCE_MONITOR, SOURCE_STATUS, SOURCE_EXEC };

/// Where a watched container is. FREE → LAUNCHING → RUNNING → ENDING → FREE; LAUNCHING → ENDING if its program couldn't be started.
enum phase {
    PHASE_FREE,
    PHASE_LAUNCHING,  // its monitor has been forked
    PHASE_RUNNING,    // execve has succeeded
    PHASE_ENDING,     // its monitor is gone; processes may be left, and cgroups
};

struct container {
    char id[MAX_CONTAINER_ID + 1];
    enum phase phase;
    uint32_t generation;  // of this place in the table, so that a late event of its former owner is known
    int pidfd;            // of an adopted monitor; -1 for our own child, whose end SIGCHLD tells (each descriptor makes each fork slower)
    int status;           // while launching: a pipe, see monitor.h
    bool has_failed;      // the rest of the pipe's message says why the main process could not be started
    struct monitor_state state;  // what `monitor` says; of our own launches: what we know of it
    uint64_t launch_request;
    bool is_announced;  // the agent knows that it runs, so its end is reported
    bool is_destroyed;
    uint64_t destroyers[MAX_DESTROYERS];  // requests to answer at the end
    int destroyer_count;
    int64_t kill_at_ms;     // of the monotonic clock: the monitor itself is killed then (0: never)
    int64_t give_up_at_ms;  // what is busy by then is left behind
};

/// A command that runs inside a container, through a helper process.
struct exec {
    bool is_used;
    uint32_t generation;
    int pipe;  // the helper's result comes here
    uint64_t request;
    pid_t helper;  // 0 once it has been reaped
    const struct container *container;
    uint32_t container_generation;
};

/// All containers that are watched, found by id. In memory that forked processes don't get.
struct table {
    struct container *containers;
    pid_t *children;    // the monitor of each place if it is our own child, else 0
    uint16_t *buckets;  // open addressing: index + 1, 0: free
    int used;           // places below this one have been in use
    int count;
    int ending, destroying;
};

struct launcher {
    int socket, epoll, signals;
    pid_t agent;
    struct rlimit descriptors;  // as they were: tasks get them
    uint32_t wanted;            // events of the socket
    struct buffer input, output;
    bool has_requests;          // they have been read, and are not carried out yet
    struct arena arena;
    // After `hello`:
    bool is_ready;
    int lock;        // on the work folder: one launcher at a time
    int containers;  // the folder
    char boot[BOOT_ID_TEXT];
    unsigned namespaces;  // that can be made
    struct cgroups cgroups;
    struct table table;
    struct exec *execs;
    int exec_helpers;  // that have not been reaped
};

// table.c

int table_open(struct table *ret_table);
struct container *table_find(const struct table *table, const char *id);
/// @return a place for a container with this id, which isn't in the table; NULL if it is full
struct container *table_add(struct table *table, const char *id);
void table_remove(struct table *table, struct container *container);
/// Notes that the container's monitor is our own child.
void table_set_child(struct table *table, struct container *container, pid_t monitor);
/// The container whose monitor this child was, until `table_set_child` says otherwise.
struct container *table_find_child(const struct table *table, pid_t child);

// loop.c

int launcher_watch(struct launcher *launcher, int fd, enum source source, uint32_t generation, uint32_t index);
/// Stops watching, and closes.
void launcher_forget(struct launcher *launcher, int *fd);
/// Runs until the agent is gone. @return 0, or -errno with a message for people
int launcher_run(struct launcher *launcher, struct refusal *ret_refusal);

// requests.c

/// Carries out one request. @return 0 (also when it was refused), or -errno when the connection can't go on
int request_handle(struct launcher *launcher, const uint8_t *bytes, size_t length);

// records.c

int answer_send(struct launcher *launcher, uint64_t request, answer_message *answer);
int answer_done(struct launcher *launcher, uint64_t request);
int answer_refusal(struct launcher *launcher, uint64_t request, const struct refusal *refusal);
int exited_send(struct launcher *launcher, const char *id, const struct exit_state *state);

struct exit_record {
    Agora__V1__ContainerExit message;
    Agora__V1__ContainerExit__LaunchFailure failure;
};
/// Fills the message; it points into the state.
void exit_record_fill(const struct exit_state *state, struct exit_record *ret_record);

// One function for each request. @return 0, or a negative number with the refusal filled. Those marked * answer by themselves.

int hello_handle(struct launcher *, uint64_t request, const Agora__V1__LauncherRequest__Hello *, struct refusal *);    // *
int launch_handle(struct launcher *, uint64_t request, const Agora__V1__LauncherRequest__Launch *, struct refusal *);  // * later
int exec_handle(struct launcher *, uint64_t request, const Agora__V1__LauncherRequest__Exec *, struct refusal *);      // * later
int list_handle(struct launcher *, uint64_t request, struct refusal *);                                               // *
int destroy_handle(struct launcher *, uint64_t request, const char *id, struct refusal *);                            // * maybe later
int usage_handle(struct launcher *, uint64_t request, const char *id, struct refusal *);                              // *
int signal_handle(struct launcher *, const Agora__V1__LauncherRequest__Signal *, struct refusal *);
int remove_handle(struct launcher *, const char *id, struct refusal *);
int update_handle(struct launcher *, const Agora__V1__LauncherRequest__Update *, struct refusal *);

// What comes by itself. @return 0 or -errno when the connection can't go on

int launch_status_event(struct launcher *, struct container *);
int monitor_event(struct launcher *, struct container *);
int exec_event(struct launcher *, struct exec *);
/// A child has been reaped. @return whether it was the helper of a command
bool exec_reaped(struct launcher *, pid_t);
/// Ends the commands that run in a container. @return how many have not ended yet
int execs_stop(struct launcher *, const struct container *);
/// Looks again at containers that are ending or being destroyed.
int endings_tick(struct launcher *);

// containers.c

int refuse_unknown(const char *id, struct refusal *);
/// A running container, watched from now on if it wasn't.
int container_running(struct launcher *, const char *id, struct container **ret_container, struct refusal *);
/// Kills what is left of a container whose monitor is gone, and removes its cgroups. @return whether nothing is left but its folder
bool container_sweep(const struct launcher *, const char *id, const struct monitor_state *);
/// Sends a signal to the monitor itself. @return 0 or -errno; -ESRCH if it has ended
int container_signal(const struct launcher *, const struct container *, int signal, siginfo_t *info);
/// Tells the monitor (see monitor.h). @return 0 or -errno
int container_order(const struct launcher *, const struct container *, int order);
/// From a message, with limits.
int settings_read(const Agora__V1__CgroupSettings *, struct cgroup_settings *ret_settings, struct refusal *);

// hello.c

/// Which namespaces of `flags` can be made here. @return 0 or the errno that says why not
int probe_namespace(unsigned flag);
