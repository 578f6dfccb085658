#include <errno.h>

#include "base/log.h"
#include "serving/inside.h"

enum { POLL_MS = 100 };

static void look_for_changes(struct serving *s)
{
    struct err_ctx e;
    int64_t changes = 0;
    err_ctx_init(&e);
    enum err err = registry_change_count(s->opts.registry, &changes, &e);
    if (!err && changes == s->watch.seen_changes)
        return;
    if (!err)
        err = inside_reload_all(s, &e);
    if (err)
        log_warning("serving", "the registry cannot be read: %s", e.detail);
    else
        s->watch.seen_changes = changes;
}

static void *watch(void *argument)
{
    struct serving *s = argument;
    struct watch *w = &s->watch;
    pthread_setname_np(pthread_self(), "watch-registry");
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        struct timespec until = clock_deadline(POLL_MS);
        if (pthread_cond_clockwait(&w->stop, &w->lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&w->lock);
        look_for_changes(s);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum err inside_watch_open(struct serving *s, struct err_ctx *e)
{
    struct watch *w = &s->watch;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->stop, NULL);
    int failed = pthread_create(&w->thread, NULL, watch, s);
    w->runs = !failed;
    return failed ? err_set_errno(e, failed, "starting a thread") : ERR_OK;
}

void inside_watch_close(struct serving *s)
{
    struct watch *w = &s->watch;
    if (!w->runs)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->stop);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->stop);
    pthread_mutex_destroy(&w->lock);
}
