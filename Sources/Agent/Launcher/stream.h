// Frames on the socket to the agent: a varint length, then a message.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Bytes that have come or that are to go, in memory that forked processes don't get.
struct buffer {
    uint8_t *base;
    size_t start, end, capacity;
};

int buffer_open(struct buffer *ret_buffer, size_t capacity);

/// Reads what there is. @return the number of bytes, 0 at the end, -EAGAIN, -errno
ssize_t buffer_fill(struct buffer *input, int fd);

/// Writes what can be written at once. @return 0 or -errno; there may be bytes left
int buffer_flush(struct buffer *output, int fd);

static inline size_t buffer_length(const struct buffer *buffer) {
    return buffer->end - buffer->start;
}

/// Takes a whole frame. @return 1 and the message, 0 if more bytes are needed, -EMSGSIZE if it is longer than `limit`
int frame_take(struct buffer *input, size_t limit, const uint8_t **ret_message, size_t *ret_length);

/// Adds a frame. @return 0; -EMSGSIZE if the message is too long; -ENOBUFS if too much waits already
int frame_put(struct buffer *output, size_t limit, const ProtobufCMessage *message);
