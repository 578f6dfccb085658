/* base/id.h
 *
 * Numbers that name things for ever: 63 bits, larger for later things, unique over all nodes that
 * share a store. 41 bits of milliseconds since 2020, 8 bits of node, 14 bits of counter; when a
 * millisecond's counter is used up the source borrows from the next one, so it never waits and
 * never goes back, not even when the clock does.
 *
 *     struct id_source ids;
 *     id_source_init(&ids, node);
 *     uint64_t id = id_next(&ids, clock_now_ms(clock));
 *     char text[ID_TEXT_BYTES];
 *     id_format(id, text);                                 "03e7w1k8g0000"
 *
 * Any thread. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdatomic.h>

#include "base/str.h"

enum { ID_TEXT_LENGTH = 13, ID_TEXT_BYTES = ID_TEXT_LENGTH + 1, ID_NODE_MAX = 255 };

struct id_source {
    _Atomic uint64_t last; /* milliseconds and counter, without the node */
    unsigned node;
};

void id_source_init(struct id_source *s, unsigned node);
uint64_t id_next(struct id_source *s, int64_t now_ms);

/* The smallest id that can be made at `time_ms` or later. */
uint64_t id_floor(int64_t time_ms);

/* 13 characters of Crockford's base 32, lower case, and a 0; they sort like the numbers. */
char *id_format(uint64_t id, char text[ID_TEXT_BYTES]);
WARN_UNUSED bool id_parse(struct str s, uint64_t *id);

#endif
