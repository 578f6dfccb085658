#include "server/housekeeping.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "monitoring/monitoring.h"
#include "predictions/predictions.h"

enum { ROUND_S = 30 };

static enum err sweep_predictions(struct features *f, struct err_ctx *e)
{
    return predictions_sweep(f->predictions, e);
}

static enum err sweep_counters(struct features *f, struct err_ctx *e)
{
    return monitoring_sweep(f->monitoring, e);
}

static const struct chore {
    const char *what;
    enum err (*run)(struct features *f, struct err_ctx *e);
} chores[] = {
    {"sweeping the prediction log", sweep_predictions},
    {"adding up the counters", sweep_counters},
};

struct housekeeping {
    struct features *features;
    bool failing[ARRAY_LEN(chores)]; /* the thread's own */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool woken, closing;
};

/* A store that is away for an hour is one line in the log, and one when it is back. */
static void run_chore(struct housekeeping *h, size_t i)
{
    struct err_ctx e;
    err_ctx_init(&e);
    enum err err = chores[i].run(h->features, &e);
    if (err && !h->failing[i])
        log_error("server", "%s fails: %s", chores[i].what, e.detail);
    else if (!err && h->failing[i])
        log_info("server", "%s works again", chores[i].what);
    h->failing[i] = err != ERR_OK;
}

/* Sleeps until the next round; false when there is none. */
static bool wait_for_round(struct housekeeping *h)
{
    struct timespec until = clock_deadline(ROUND_S * 1000);
    pthread_mutex_lock(&h->lock);
    while (!h->closing && !h->woken &&
           pthread_cond_clockwait(&h->wake, &h->lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
        ;
    bool go_on = !h->closing;
    h->woken = false;
    pthread_mutex_unlock(&h->lock);
    return go_on;
}

static void *keep_house(void *argument)
{
    struct housekeeping *h = argument;
    while (wait_for_round(h))
        for (size_t i = 0; i < ARRAY_LEN(chores); i++)
            run_chore(h, i);
    return NULL;
}

/* ---- life ---- */

static void release(struct housekeeping *h)
{
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

enum err housekeeping_open(struct features *f, struct housekeeping **out, struct err_ctx *e)
{
    struct housekeeping *h = xcalloc(1, sizeof *h);
    h->features = f;
    h->woken = true; /* the first round is now: much may have passed since the last stop */
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->wake, NULL);
    int failed = pthread_create(&h->thread, NULL, keep_house, h);
    if (failed) {
        release(h);
        return err_set_errno(e, failed, "starting a thread");
    }
    pthread_setname_np(h->thread, "housekeeping");
    *out = h;
    return ERR_OK;
}

void housekeeping_wake(struct housekeeping *h)
{
    pthread_mutex_lock(&h->lock);
    h->woken = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
}

void housekeeping_close(struct housekeeping *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->closing = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    release(h);
}
