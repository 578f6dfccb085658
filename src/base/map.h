/* base/map.h
 *
 * A hash table from text to a pointer. The table owns copies of its keys, not the values.
 *
 *     struct map m;
 *     map_init(&m);
 *     map_put(&m, STR("iris"), model);
 *     struct model *found = map_get(&m, STR("iris"));
 *     map_release(&m);
 *
 * Not thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_slot {
    char *key; /* NULL: never used; see map.c for removed ones */
    size_t key_bytes;
    uint64_t hash;
    void *value;
};

struct map {
    struct map_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
    size_t used; /* with the removed ones */
};

void map_init(struct map *m);
void map_release(struct map *m);

void *map_get(const struct map *m, struct str key);

/* Returns the value that was there before, or NULL. `value` is not NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Returns the value that was there, or NULL. */
void *map_remove(struct map *m, struct str key);

/* Walks all pairs in no order: start with `*cursor` = 0, false at the end. The table must not
 * change meanwhile, but for the removal of the pair just seen. */
bool map_each(const struct map *m, size_t *cursor, struct str *key, void **value);

#endif
