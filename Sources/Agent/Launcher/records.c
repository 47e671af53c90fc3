#define _GNU_SOURCE
#include <stdint.h>

#include "launcher.h"

static char *text(const char *constant) {
    // protobuf-c's messages hold char *, and packing only reads.
    return (char *)(uintptr_t)constant;
}

int answer_send(struct launcher *launcher, uint64_t request, answer_message *answer) {
    record_message record = AGORA__V1__LAUNCHER_RECORD__INIT;
    answer->has_request_id = 1;
    answer->request_id = request;
    record.record_case = AGORA__V1__LAUNCHER_RECORD__RECORD_ANSWER;
    record.answer = answer;
    return frame_put(&launcher->output, MAX_RECORD, &record.base);
}

int answer_done(struct launcher *launcher, uint64_t request) {
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    return answer_send(launcher, request, &answer);
}

int answer_refusal(struct launcher *launcher, uint64_t request, const struct refusal *refusal) {
    answer_message answer = AGORA__V1__LAUNCHER_RECORD__ANSWER__INIT;
    Agora__V1__LauncherRecord__Error error = AGORA__V1__LAUNCHER_RECORD__ERROR__INIT;
    error.has_code = 1;
    error.code = refusal->code;
    error.message = text(refusal->message);
    if (refusal->step[0]) error.step = text(refusal->step);
    error.has_error = refusal->error != 0;
    error.error = (uint32_t)refusal->error;
    answer.error = &error;
    return answer_send(launcher, request, &answer);
}

void exit_record_fill(const struct exit_state *state, struct exit_record *ret_record) {
    Agora__V1__ContainerExit message = AGORA__V1__CONTAINER_EXIT__INIT;
    Agora__V1__ContainerExit__LaunchFailure failure = AGORA__V1__CONTAINER_EXIT__LAUNCH_FAILURE__INIT;
    ret_record->failure = failure;
    switch (state->kind) {
    case ENDED_STATUS:
        message.outcome_case = AGORA__V1__CONTAINER_EXIT__OUTCOME_STATUS;
        message.status = (uint32_t)state->number;
        break;
    case ENDED_SIGNAL:
        message.outcome_case = AGORA__V1__CONTAINER_EXIT__OUTCOME_SIGNAL;
        message.signal = (uint32_t)state->number;
        break;
    case ENDED_BEFORE_START:
        message.outcome_case = AGORA__V1__CONTAINER_EXIT__OUTCOME_FAILURE;
        message.failure = &ret_record->failure;
        ret_record->failure.step = text(state->step);
        ret_record->failure.message = text(state->message);
        ret_record->failure.has_error = 1;
        ret_record->failure.error = (uint32_t)state->number;
        break;
    case ENDED_LOST:
        message.outcome_case = AGORA__V1__CONTAINER_EXIT__OUTCOME_LOST;
        message.lost = 1;
        break;
    }
    message.has_out_of_memory = message.has_started_us = message.has_ended_us = 1;
    message.out_of_memory = state->out_of_memory;
    message.has_memory_peak_bytes = state->memory_peak != 0;
    message.memory_peak_bytes = state->memory_peak;
    message.started_us = state->began_us;
    message.ended_us = state->ended_us;
    ret_record->message = message;
}

int exited_send(struct launcher *launcher, const char *id, const struct exit_state *state) {
    record_message record = AGORA__V1__LAUNCHER_RECORD__INIT;
    Agora__V1__LauncherRecord__Exited exited = AGORA__V1__LAUNCHER_RECORD__EXITED__INIT;
    struct exit_record outcome;
    exit_record_fill(state, &outcome);
    exited.container_id = text(id);
    exited.exit = &outcome.message;
    record.record_case = AGORA__V1__LAUNCHER_RECORD__RECORD_EXITED;
    record.exited = &exited;
    return frame_put(&launcher->output, MAX_RECORD, &record.base);
}
