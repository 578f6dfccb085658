/* serving/inside.h
 *
 * The object behind serving.h, for the files that work on it: serving.c (looking up, life),
 * reload.c (makes deployments of what the registry says), watch.c (notices what others change).
 *
 * Locks are taken in this order: `loading`, `changing`, `lock`. Opening an engine takes as long as
 * it takes and holds the first alone, so that a promotion never waits for it. */
#ifndef SERVING_INSIDE_H
#define SERVING_INSIDE_H

#include <pthread.h>

#include "base/map.h"
#include "serving/serving.h"
#include "serving/shadows.h"

struct watch {
    bool runs;
    pthread_t thread;
    int64_t seen_changes; /* of the registry's counter; the thread's own once it runs */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t stop;
    bool stopping;
};

struct serving {
    struct serving_opts opts;
    struct runtime *runtime;
    struct pool *pool;
    struct shadows *shadows;
    struct watch watch;
    pthread_mutex_t loading;  /* one engine is opened at a time */
    pthread_mutex_t changing; /* one deployment is built at a time */
    struct map pending;       /* "model/number" of what is being loaded; under `changing` */
    pthread_cond_t loaded;    /* less is pending */
    pthread_rwlock_t lock;    /* guards `models` */
    struct map models;        /* name -> struct deployment */
};

/* ---- reload.c ---- */

/* Every model that the registry has, and none that it has no more. */
WARN_UNUSED enum err inside_reload_all(struct serving *s, struct err_ctx *e);

/* ---- watch.c ---- */

/* Looks from now on for changes of the registry after `watch.seen_changes`. */
WARN_UNUSED enum err inside_watch_open(struct serving *s, struct err_ctx *e);
void inside_watch_close(struct serving *s);

#endif
