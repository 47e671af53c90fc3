#define _GNU_SOURCE
#include "state_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONITOR_HEAD "agora-monitor 1\n"
#define EXIT_HEAD "agora-exit 1\n"

/// @return the value of the line's word, or NULL when the line begins with another word
static const char *value_of(const char *line, const char *word) {
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

static const char *next_line(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

static void copy_word(char *ret, size_t size, const char *from) {
    size_t length = strcspn(from, " \n");
    if (length >= size) length = size - 1;
    memcpy(ret, from, length);
    ret[length] = 0;
}

static void copy_line(char *ret, size_t size, const char *from) {
    size_t length = strcspn(from, "\n");
    if (length >= size) length = size - 1;
    memcpy(ret, from, length);
    ret[length] = 0;
}

/// One message is one line, whatever a path in it may hold.
static void print_line(char *ret, size_t size, const char *text) {
    size_t length = 0;
    for (; text[length] && length < size - 1; length++) ret[length] = (unsigned char)text[length] < ' ' ? '?' : text[length];
    ret[length] = 0;
}

size_t monitor_state_print(const struct monitor_state *state, char ret_text[MAX_STATE_FILE]) {
    int length = snprintf(
        ret_text, MAX_STATE_FILE, MONITOR_HEAD "boot %s\npid %d\nstart %" PRIu64 "\nbegan %" PRId64 "\nnamespaces %u\n", state->boot, state->pid,
        state->start_ticks, state->began_us, state->namespaces);
    if (state->running)
        length += snprintf(
            ret_text + length, MAX_STATE_FILE - (size_t)length, "running %d %" PRIu64 "\n", state->session, state->session_start_ticks);
    return (size_t)length;
}

int monitor_state_parse(const char *text, struct monitor_state *ret_state) {
    struct monitor_state state = {0};
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *value;
        if ((value = value_of(line, "boot"))) copy_word(state.boot, sizeof state.boot, value);
        else if ((value = value_of(line, "pid"))) state.pid = atoi(value);
        else if ((value = value_of(line, "start"))) state.start_ticks = strtoull(value, NULL, 10);
        else if ((value = value_of(line, "began"))) state.began_us = strtoll(value, NULL, 10);
        else if ((value = value_of(line, "namespaces"))) state.namespaces = (unsigned)strtoul(value, NULL, 10);
        else if ((value = value_of(line, "running"))) state.running = sscanf(value, "%d %" SCNu64, &state.session, &state.session_start_ticks) >= 1;
    }
    if (state.pid <= 0 || state.start_ticks == 0 || !state.boot[0]) return -EINVAL;
    *ret_state = state;
    return 0;
}

size_t exit_state_print(const struct exit_state *state, char ret_text[MAX_STATE_FILE]) {
    char outcome[MAX_MESSAGE + MAX_STEP + 64];
    int length;
    switch (state->kind) {
    case ENDED_STATUS: snprintf(outcome, sizeof outcome, "status %d", state->number); break;
    case ENDED_SIGNAL: snprintf(outcome, sizeof outcome, "signal %d", state->number); break;
    case ENDED_BEFORE_START:
        length = snprintf(outcome, sizeof outcome, "failure %d\nstep %s\nmessage ", state->number, state->step);
        print_line(outcome + length, sizeof outcome - (size_t)length, state->message);
        break;
    case ENDED_LOST: snprintf(outcome, sizeof outcome, "lost"); break;
    }
    length = snprintf(
        ret_text, MAX_STATE_FILE, EXIT_HEAD "%s\noom %d\npeak %" PRIu64 "\nbegan %" PRId64 "\nended %" PRId64 "\n", outcome, state->out_of_memory,
        state->memory_peak, state->began_us, state->ended_us);
    return (size_t)length;
}

int exit_state_parse(const char *text, struct exit_state *ret_state) {
    struct exit_state state = {.kind = ENDED_LOST};
    for (const char *line = text; line && *line; line = next_line(line)) {
        const char *value;
        if ((value = value_of(line, "status"))) state.kind = ENDED_STATUS, state.number = atoi(value);
        else if ((value = value_of(line, "signal"))) state.kind = ENDED_SIGNAL, state.number = atoi(value);
        else if ((value = value_of(line, "failure"))) state.kind = ENDED_BEFORE_START, state.number = atoi(value);
        else if ((value = value_of(line, "step"))) copy_word(state.step, sizeof state.step, value);
        else if ((value = value_of(line, "message"))) copy_line(state.message, sizeof state.message, value);
        else if ((value = value_of(line, "oom"))) state.out_of_memory = atoi(value) != 0;
        else if ((value = value_of(line, "peak"))) state.memory_peak = strtoull(value, NULL, 10);
        else if ((value = value_of(line, "began"))) state.began_us = strtoll(value, NULL, 10);
        else if ((value = value_of(line, "ended"))) state.ended_us = strtoll(value, NULL, 10);
    }
    if (state.kind == ENDED_LOST) return -EINVAL;
    *ret_state = state;
    return 0;
}
