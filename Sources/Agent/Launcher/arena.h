// Memory of one request: taken piece by piece, given back all at once. Address space is reserved once, so pointers stay.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

struct arena {
    char *base;
    size_t used;
    size_t capacity;
};

/// Maps memory for `capacity` bytes. @return 0 or -errno
int arena_open(struct arena *ret_arena, size_t capacity);

/// Zeroed memory, aligned for any type. @return NULL when the arena is full
void *arena_take(struct arena *arena, size_t size);

/// A copy of `length` bytes and a NUL.
char *arena_text(struct arena *arena, const char *text, size_t length);

/// Forgets all that was taken and returns all but ARENA_KEPT bytes to the kernel.
void arena_reset(struct arena *arena);

/// For protobuf-c: takes from the arena, and frees nothing.
ProtobufCAllocator arena_allocator(struct arena *arena);

/// Anonymous pages that a forked process doesn't get (its memory is the monitor's, and small). @return NULL if there are none
void *map_private(size_t size);
