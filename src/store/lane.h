/* store/lane.h
 *
 * A fair queue in front of a fixed number of places: whoever came first gets the next place that
 * becomes free, and nobody waits longer than they said. A place carries a pointer, NULL at first
 * (a connection that is not open yet).
 *
 *     struct lane *lane = lane_new(4);
 *     void *place;
 *     if (lane_take(lane, 5000, &place)) {
 *         ...
 *         lane_give(lane, place);
 *     }
 *     lane_free(lane, close_it);
 *
 * Any thread. */
#ifndef STORE_LANE_H
#define STORE_LANE_H

#include "base/compat.h"

struct lane;

struct lane *lane_new(unsigned places);

/* All places must have been given back; `release` gets each pointer that is not NULL. */
void lane_free(struct lane *lane, void (*release)(void *place));

/* False when no place became free in time. */
WARN_UNUSED bool lane_take(struct lane *lane, unsigned timeout_ms, void **place);
void lane_give(struct lane *lane, void *place);

#endif
