#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "launcher.h"

enum { BUCKETS = 2 * MAX_CONTAINERS };

int table_open(struct table *ret_table) {
    struct table table = {
        .containers = map_private(MAX_CONTAINERS * sizeof *table.containers),
        .children = map_private(MAX_CONTAINERS * sizeof *table.children),
        .buckets = map_private(BUCKETS * sizeof *table.buckets),
    };
    if (!table.containers || !table.children || !table.buckets) return -ENOMEM;
    *ret_table = table;
    return 0;
}

/// FNV-1a. Ids come from our own agent; two of one bucket only cost a step.
static unsigned bucket_of(const char *id) {
    uint32_t hash = 2166136261U;
    for (; *id; id++) hash = (hash ^ (uint8_t)*id) * 16777619U;
    return hash % BUCKETS;
}

static unsigned bucket_search(const struct table *table, const char *id) {
    unsigned at = bucket_of(id);
    while (table->buckets[at] && strcmp(table->containers[table->buckets[at] - 1].id, id) != 0) at = (at + 1) % BUCKETS;
    return at;
}

struct container *table_find(const struct table *table, const char *id) {
    uint16_t place = table->buckets[bucket_search(table, id)];
    return place ? &table->containers[place - 1] : NULL;
}

struct container *table_add(struct table *table, const char *id) {
    int place = 0;
    if (table->count == MAX_CONTAINERS) return NULL;
    if (table->count == table->used) place = table->used;
    else
        while (table->containers[place].phase != PHASE_FREE) place++;
    if (place == table->used) table->used++;
    struct container *container = &table->containers[place];
    *container = (struct container){.phase = PHASE_LAUNCHING, .generation = container->generation + 1, .pidfd = -1, .status = -1};
    memcpy(container->id, id, strnlen(id, MAX_CONTAINER_ID));
    table->buckets[bucket_search(table, id)] = (uint16_t)(place + 1);
    table->count++;
    return container;
}

void table_set_child(struct table *table, struct container *container, pid_t monitor) {
    table->children[container - table->containers] = monitor;
}

struct container *table_find_child(const struct table *table, pid_t child) {
    for (int i = 0; i < table->used; i++)
        if (table->children[i] == child) return &table->containers[i];
    return NULL;
}

void table_remove(struct table *table, struct container *container) {
    unsigned hole = bucket_search(table, container->id);
    table->buckets[hole] = 0;
    container->phase = PHASE_FREE;
    table->count--;
    // What was placed behind the hole because of a collision must be found without it.
    for (unsigned at = (hole + 1) % BUCKETS; table->buckets[at]; at = (at + 1) % BUCKETS) {
        uint16_t place = table->buckets[at];
        table->buckets[at] = 0;
        table->buckets[bucket_search(table, table->containers[place - 1].id)] = place;
    }
}
