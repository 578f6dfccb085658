#include "base/map.h"

#include "base/err.h"

/* Open addressing with linear probing. A removed slot keeps its key pointer at `removed`, so that
 * the chains through it stay whole until the next growth. */
static char removed[1];

void map_init(struct map *m)
{
    *m = (struct map){NULL, 0, 0, 0};
}

static bool live(const struct map_slot *slot)
{
    return slot->key && slot->key != removed;
}

void map_release(struct map *m)
{
    for (size_t i = 0; i < m->capacity; i++)
        if (live(&m->slots[i]))
            free(m->slots[i].key);
    free(m->slots);
    map_init(m);
}

static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->capacity - 1);; i = (i + 1) & (m->capacity - 1)) {
        struct map_slot *slot = &m->slots[i];
        if (!slot->key)
            return NULL;
        if (slot->key != removed && slot->hash == hash &&
            str_eq(str_from(slot->key, slot->key_bytes), key))
            return slot;
    }
}

static void place(struct map *m, struct map_slot filled)
{
    size_t i = filled.hash & (m->capacity - 1);
    while (m->slots[i].key)
        i = (i + 1) & (m->capacity - 1);
    m->slots[i] = filled;
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->capacity = old.count * 4 >= old.capacity ? MAX(old.capacity * 2, (size_t)16) : old.capacity;
    m->slots = xcalloc(m->capacity, sizeof *m->slots);
    m->used = m->count;
    for (size_t i = 0; i < old.capacity; i++)
        if (live(&old.slots[i]))
            place(m, old.slots[i]);
    free(old.slots);
}

void *map_get(const struct map *m, struct str key)
{
    struct map_slot *slot = m->count ? find(m, key, str_hash(key)) : NULL;
    return slot ? slot->value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
    assert(value);
    uint64_t hash = str_hash(key);
    struct map_slot *slot = m->count ? find(m, key, hash) : NULL;
    if (slot) {
        void *before = slot->value;
        slot->value = value;
        return before;
    }
    if ((m->used + 1) * 4 > m->capacity * 3)
        grow(m);
    char *copy = xmalloc(key.n + 1);
    if (key.n)
        memcpy(copy, key.p, key.n);
    copy[key.n] = '\0';
    place(m, (struct map_slot){copy, key.n, hash, value});
    m->count++;
    m->used++;
    return NULL;
}

void *map_remove(struct map *m, struct str key)
{
    struct map_slot *slot = m->count ? find(m, key, str_hash(key)) : NULL;
    if (!slot)
        return NULL;
    void *value = slot->value;
    free(slot->key);
    *slot = (struct map_slot){removed, 0, 0, NULL};
    m->count--;
    return value;
}

bool map_each(const struct map *m, size_t *cursor, struct str *key, void **value)
{
    while (*cursor < m->capacity) {
        const struct map_slot *slot = &m->slots[(*cursor)++];
        if (!live(slot))
            continue;
        *key = str_from(slot->key, slot->key_bytes);
        *value = slot->value;
        return true;
    }
    return false;
}
