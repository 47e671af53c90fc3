// The text of `monitor` and `exit`, the only protocol between monitors and launchers (of any later version, too): the first line names kind and
// version, each other one is a word and its value. Unknown words are passed over.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bounds.h"

/// Who watches a container.
struct monitor_state {
    char boot[BOOT_ID_TEXT];
    pid_t pid;             // of the monitor, as the launcher sees it
    uint64_t start_ticks;  // of that process, since boot
    int64_t began_us;      // since 1970
    unsigned namespaces;   // CLONE_NEW… flags
    bool running;          // execve has succeeded
    pid_t session;         // of the main process, as the monitor sees it: its pid
    uint64_t session_start_ticks;  // of that process, since boot; 0 if it is in a pid namespace
};

enum exit_kind { ENDED_LOST, ENDED_STATUS, ENDED_SIGNAL, ENDED_BEFORE_START };

/// How a container ended.
struct exit_state {
    enum exit_kind kind;
    int number;  // status, signal, or errno of the failure
    char step[MAX_STEP];
    char message[MAX_MESSAGE];
    bool out_of_memory;
    uint64_t memory_peak;  // bytes, 0 if unknown
    int64_t began_us;      // since 1970
    int64_t ended_us;
};

/// @return the number of bytes, without the NUL
size_t monitor_state_print(const struct monitor_state *state, char ret_text[MAX_STATE_FILE]);

/// @return 0, or -EINVAL if pid, start or boot is missing
int monitor_state_parse(const char *text, struct monitor_state *ret_state);

size_t exit_state_print(const struct exit_state *state, char ret_text[MAX_STATE_FILE]);

/// @return 0, or -EINVAL if there is no outcome
int exit_state_parse(const char *text, struct exit_state *ret_state);
