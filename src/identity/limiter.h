/* identity/limiter.h
 *
 * How often somebody may try: a bucket for each key, full at first, that refills with time. A
 * fixed number of keys is remembered; where there is no room the key that is closest to full is
 * forgotten, for it is worth least.
 *
 *     struct limiter names;
 *     limiter_init(&names, 5, 30000);                 five at once, then one in 30 seconds
 *     unsigned wait_s = limiter_take(&names, name, now_ms);
 *     if (wait_s) ...                                 try again in so many seconds
 *     limiter_forgive(&names, name);                  it was right: start afresh
 *
 * Any thread. */
#ifndef IDENTITY_LIMITER_H
#define IDENTITY_LIMITER_H

#include <pthread.h>

#include "base/str.h"

enum { LIMITER_KEYS_MAX = 1024, LIMITER_WAYS = 8 };

struct limiter_bucket {
    uint64_t key;    /* hash, 0: unused */
    int64_t full_ms; /* when it will be full again, if nobody tries */
};

struct limiter {
    pthread_mutex_t lock; /* guards the buckets */
    uint64_t secret;      /* so that nobody can choose colliding keys */
    unsigned burst;
    int64_t refill_ms; /* for one try */
    struct limiter_bucket buckets[LIMITER_KEYS_MAX];
};

void limiter_init(struct limiter *l, unsigned burst, int64_t refill_ms);
void limiter_release(struct limiter *l);

/* 0: go ahead, and the try counts. Else the seconds until the next one is allowed; a try that is
 * refused does not count. */
unsigned limiter_take(struct limiter *l, struct str key, int64_t now_ms);
void limiter_give_back(struct limiter *l, struct str key); /* that one try */
void limiter_forgive(struct limiter *l, struct str key);   /* all of them */

#endif
