#define _GNU_SOURCE
#include "arena.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#include "bounds.h"

static void *map_anonymous(size_t size) {
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

void *map_private(size_t size) {
    void *base = map_anonymous(size);
    if (base && madvise(base, size, MADV_DONTFORK) != 0) {
        munmap(base, size);
        return NULL;
    }
    return base;
}

int arena_open(struct arena *ret_arena, size_t capacity) {
    char *base = map_anonymous(capacity);
    if (!base) return -errno;
    *ret_arena = (struct arena){.base = base, .capacity = capacity};
    return 0;
}

void *arena_take(struct arena *arena, size_t size) {
    const size_t unit = alignof(max_align_t);
    if (size > arena->capacity - arena->used) return NULL;
    size_t rounded = (size + unit - 1) / unit * unit;
    if (rounded > arena->capacity - arena->used) return NULL;
    void *result = arena->base + arena->used;
    arena->used += rounded;
    return memset(result, 0, size);
}

char *arena_text(struct arena *arena, const char *text, size_t length) {
    char *copy = arena_take(arena, length + 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

void arena_reset(struct arena *arena) {
    if (arena->used > ARENA_KEPT) madvise(arena->base + ARENA_KEPT, arena->capacity - ARENA_KEPT, MADV_DONTNEED);
    arena->used = 0;
}

static void *allocate(void *arena, size_t size) {
    return arena_take(arena, size);
}

static void ignore(void *arena, void *memory) {
    (void)arena;
    (void)memory;
}

ProtobufCAllocator arena_allocator(struct arena *arena) {
    return (ProtobufCAllocator){.alloc = allocate, .free = ignore, .allocator_data = arena};
}
