#include "store/lane.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"

/* Stands on the stack of the thread that waits. */
struct waiter {
    struct waiter *next;
    pthread_cond_t granted_cond;
    void *place;
    bool granted;
};

/* `lock` guards everything. There are waiters only while no place is idle. */
struct lane {
    pthread_mutex_t lock;
    struct waiter *first, **last;
    unsigned places, idle;
    void *idle_places[];
};

struct lane *lane_new(unsigned places)
{
    assert(places > 0);
    struct lane *lane = xcalloc(1, sizeof *lane + places * sizeof lane->idle_places[0]);
    pthread_mutex_init(&lane->lock, NULL);
    lane->last = &lane->first;
    lane->places = lane->idle = places;
    return lane;
}

void lane_free(struct lane *lane, void (*release)(void *place))
{
    assert(lane->idle == lane->places && !lane->first);
    for (unsigned i = 0; i < lane->places; i++) {
        if (lane->idle_places[i])
            release(lane->idle_places[i]);
    }
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}

static void forget(struct lane *lane, struct waiter *gone)
{
    struct waiter **at = &lane->first;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    if (lane->last == &gone->next)
        lane->last = at;
}

static bool wait_turn(struct lane *lane, unsigned timeout_ms, void **place)
{
    struct waiter me = {.next = NULL};
    pthread_cond_init(&me.granted_cond, NULL);
    *lane->last = &me;
    lane->last = &me.next;

    struct timespec until = clock_deadline(timeout_ms);
    int waited = 0;
    while (!me.granted && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&me.granted_cond, &lane->lock, CLOCK_MONOTONIC, &until);
    if (!me.granted)
        forget(lane, &me);
    *place = me.place;

    pthread_cond_destroy(&me.granted_cond);
    return me.granted;
}

bool lane_take(struct lane *lane, unsigned timeout_ms, void **place)
{
    pthread_mutex_lock(&lane->lock);
    bool taken = lane->idle > 0;
    if (taken)
        *place = lane->idle_places[--lane->idle];
    else
        taken = wait_turn(lane, timeout_ms, place);
    pthread_mutex_unlock(&lane->lock);
    return taken;
}

void lane_give(struct lane *lane, void *place)
{
    pthread_mutex_lock(&lane->lock);
    struct waiter *next = lane->first;
    if (next) {
        forget(lane, next);
        next->place = place;
        next->granted = true;
        pthread_cond_signal(&next->granted_cond);
    } else {
        assert(lane->idle < lane->places);
        lane->idle_places[lane->idle++] = place;
    }
    pthread_mutex_unlock(&lane->lock);
}
