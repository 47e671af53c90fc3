#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "arena.h"

enum { MAX_VARINT = 5, VARINT_BITS = 7, VARINT_MORE = 0x80 };

int buffer_open(struct buffer *ret_buffer, size_t capacity) {
    uint8_t *base = map_private(capacity);
    if (!base) return -errno;
    *ret_buffer = (struct buffer){.base = base, .capacity = capacity};
    return 0;
}

/// Moves the content to the start when there is no room behind it.
static void make_room(struct buffer *buffer, size_t wanted) {
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
    if (buffer->start == 0 || buffer->capacity - buffer->end >= wanted) return;
    memmove(buffer->base, buffer->base + buffer->start, buffer_length(buffer));
    buffer->end -= buffer->start;
    buffer->start = 0;
}

ssize_t buffer_fill(struct buffer *input, int fd) {
    make_room(input, input->capacity / 2);
    if (input->end == input->capacity) return -ENOBUFS;
    ssize_t count;
    do count = recv(fd, input->base + input->end, input->capacity - input->end, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    input->end += (size_t)count;
    return count;
}

int buffer_flush(struct buffer *output, int fd) {
    while (output->start < output->end) {
        ssize_t count = send(fd, output->base + output->start, buffer_length(output), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN ? 0 : -errno;
        output->start += (size_t)count;
    }
    return 0;
}

int frame_take(struct buffer *input, size_t limit, const uint8_t **ret_message, size_t *ret_length) {
    uint64_t length = 0;
    size_t at = input->start, digits = 0;
    for (;; at++, digits++) {
        if (digits == MAX_VARINT) return -EMSGSIZE;
        if (at == input->end) return 0;
        length |= (uint64_t)(input->base[at] & ~VARINT_MORE) << (VARINT_BITS * digits);
        if (!(input->base[at] & VARINT_MORE)) break;
    }
    at++;
    if (length > limit) return -EMSGSIZE;
    if (length > input->end - at) return 0;
    *ret_message = input->base + at;
    *ret_length = (size_t)length;
    input->start = at + (size_t)length;
    return 1;
}

int frame_put(struct buffer *output, size_t limit, const ProtobufCMessage *message) {
    size_t length = protobuf_c_message_get_packed_size(message);
    if (length > limit) return -EMSGSIZE;
    make_room(output, length + MAX_VARINT);
    if (output->capacity - output->end < length + MAX_VARINT) return -ENOBUFS;
    for (size_t rest = length;; rest >>= VARINT_BITS) {
        uint8_t digit = rest & ~(size_t)VARINT_MORE & 0xff;
        bool more = rest >= VARINT_MORE;
        output->base[output->end++] = more ? digit | VARINT_MORE : digit;
        if (!more) break;
    }
    output->end += protobuf_c_message_pack(message, output->base + output->end);
    return 0;
}
