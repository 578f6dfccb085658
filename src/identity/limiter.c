#include "identity/limiter.h"

#include "base/crypto.h"

void limiter_init(struct limiter *l, unsigned burst, int64_t refill_ms)
{
    assert(burst > 0 && refill_ms > 0);
    memset(l, 0, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    crypto_random(&l->secret, sizeof l->secret);
    l->burst = burst;
    l->refill_ms = refill_ms;
}

void limiter_release(struct limiter *l)
{
    pthread_mutex_destroy(&l->lock);
}

static uint64_t hash_of(const struct limiter *l, struct str key)
{
    struct digest d;
    struct sha256 s;
    uint64_t hash;
    sha256_init(&s);
    sha256_add(&s, str_from((const char *)&l->secret, sizeof l->secret));
    sha256_add(&s, key);
    sha256_end(&s, &d);
    memcpy(&hash, d.bytes, sizeof hash);
    return hash | 1;
}

/* The key's bucket, or the one in its row that is given up for it. */
static struct limiter_bucket *bucket_of(struct limiter *l, uint64_t hash)
{
    size_t rows = LIMITER_KEYS_MAX / LIMITER_WAYS;
    struct limiter_bucket *row = &l->buckets[(hash >> 8) % rows * LIMITER_WAYS];
    struct limiter_bucket *fullest = row;
    for (size_t i = 0; i < LIMITER_WAYS; i++) {
        if (row[i].key == hash)
            return &row[i];
        if (row[i].full_ms < fullest->full_ms)
            fullest = &row[i];
    }
    *fullest = (struct limiter_bucket){hash, 0};
    return fullest;
}

unsigned limiter_take(struct limiter *l, struct str key, int64_t now_ms)
{
    uint64_t hash = hash_of(l, key);
    pthread_mutex_lock(&l->lock);
    struct limiter_bucket *b = bucket_of(l, hash);
    int64_t full_ms = MAX(b->full_ms, now_ms) + l->refill_ms;
    int64_t over_ms = full_ms - now_ms - l->burst * l->refill_ms;
    if (over_ms <= 0)
        b->full_ms = full_ms;
    pthread_mutex_unlock(&l->lock);
    return over_ms <= 0 ? 0 : (unsigned)((over_ms + 999) / 1000);
}

void limiter_forgive(struct limiter *l, struct str key)
{
    uint64_t hash = hash_of(l, key);
    pthread_mutex_lock(&l->lock);
    bucket_of(l, hash)->full_ms = 0;
    pthread_mutex_unlock(&l->lock);
}

void limiter_give_back(struct limiter *l, struct str key)
{
    uint64_t hash = hash_of(l, key);
    pthread_mutex_lock(&l->lock);
    bucket_of(l, hash)->full_ms -= l->refill_ms;
    pthread_mutex_unlock(&l->lock);
}
