#include "base/id.h"

enum { COUNTER_BITS = 14, NODE_BITS = 8 };

static const int64_t epoch_ms = INT64_C(1577836800000); /* 2020-01-01T00:00:00Z */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_source_init(struct id_source *s, unsigned node)
{
    assert(node <= ID_NODE_MAX);
    atomic_init(&s->last, 0);
    s->node = node;
}

static uint64_t ticks_at(int64_t time_ms)
{
    return time_ms <= epoch_ms ? 0 : (uint64_t)(time_ms - epoch_ms) << COUNTER_BITS;
}

/* Puts the node between the milliseconds and the counter. */
static uint64_t with_node(uint64_t ticks, unsigned node)
{
    uint64_t counter = ticks & ((1u << COUNTER_BITS) - 1);
    uint64_t ms = ticks >> COUNTER_BITS;
    return (((ms << NODE_BITS) | node) << COUNTER_BITS) | counter;
}

uint64_t id_next(struct id_source *s, int64_t now_ms)
{
    uint64_t now = ticks_at(now_ms);
    uint64_t last = atomic_load_explicit(&s->last, memory_order_relaxed);
    uint64_t next;
    do {
        next = MAX(now, last + 1);
    } while (!atomic_compare_exchange_weak(&s->last, &last, next));
    return with_node(next, s->node);
}

uint64_t id_floor(int64_t time_ms)
{
    return with_node(ticks_at(time_ms), 0);
}

char *id_format(uint64_t id, char text[ID_TEXT_BYTES])
{
    for (int i = ID_TEXT_LENGTH - 1; i >= 0; i--) {
        text[i] = alphabet[id & 31];
        id >>= 5;
    }
    text[ID_TEXT_LENGTH] = '\0';
    return text;
}

bool id_parse(struct str s, uint64_t *id)
{
    uint64_t value = 0;
    if (s.n != ID_TEXT_LENGTH)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
        if (!at || value >> 58)
            return false;
        value = value << 5 | (uint64_t)(at - alphabet);
    }
    *id = value;
    return value <= INT64_MAX;
}
