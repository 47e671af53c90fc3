#define _GNU_SOURCE
#include <errno.h>

#include "launcher.h"

/// Requests whose answer is sent here are those that are done when their function returns.
static int dispatch(struct launcher *launcher, const request_message *request, struct refusal *refusal, bool *ret_is_done) {
    uint64_t id = request->id;
    *ret_is_done = false;
    switch (request->call_case) {
    case AGORA__V1__LAUNCHER_REQUEST__CALL_HELLO: return hello_handle(launcher, id, request->hello, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_LAUNCH: return launch_handle(launcher, id, request->launch, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_DESTROY: return destroy_handle(launcher, id, request->destroy->container_id, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_LIST: return list_handle(launcher, id, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_EXEC: return exec_handle(launcher, id, request->exec, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_USAGE: return usage_handle(launcher, id, request->usage->container_id, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_SIGNAL: *ret_is_done = true; return signal_handle(launcher, request->signal, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_REMOVE: *ret_is_done = true; return remove_handle(launcher, request->remove->container_id, refusal);
    case AGORA__V1__LAUNCHER_REQUEST__CALL_UPDATE: *ret_is_done = true; return update_handle(launcher, request->update, refusal);
    default: return refuse(refusal, REFUSED(UNSUPPORTED), 0, "This launcher doesn't know the request");
    }
}

int request_handle(struct launcher *launcher, const uint8_t *bytes, size_t length) {
    ProtobufCAllocator allocator = arena_allocator(&launcher->arena);
    struct refusal refusal = {0};
    bool is_done = false;
    request_message *request = agora__v1__launcher_request__unpack(&allocator, length, bytes);
    if (!request) return -EBADMSG;
    int result;
    if (!launcher->is_ready && request->call_case != AGORA__V1__LAUNCHER_REQUEST__CALL_HELLO)
        result = refuse(&refusal, REFUSED(INVALID), 0, "The first request must be hello");
    else result = dispatch(launcher, request, &refusal, &is_done);
    if (result != 0) result = refusal.code ? answer_refusal(launcher, request->id, &refusal) : result;
    else if (is_done) result = answer_done(launcher, request->id);
    arena_reset(&launcher->arena);
    return result;
}
