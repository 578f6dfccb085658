#include "http/streams.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "http/exchange.h"
#include "http/stream.h"

enum { STREAMS_MAX = 512, LOOK_MS = 1000, HEARTBEAT_LOOKS = 15 };

struct open_stream {
    struct http_stream *stream;
    struct http_hooks hooks;
    struct http_badge badge; /* of who opened it */
};

struct streams {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct open_stream open[STREAMS_MAX];
    unsigned count;
    bool look_now;
    bool ended;
    pthread_t heart;
    struct open_stream asked[STREAMS_MAX]; /* the heart's own */
};

/* ---- the heart ---- */

static void drop_ended(struct streams *all)
{
    for (unsigned i = all->count; i-- > 0;) {
        if (http_stream_open(all->open[i].stream))
            continue;
        http_stream_unref(all->open[i].stream);
        all->open[i] = all->open[--all->count];
    }
}

static void beat_once(struct streams *all)
{
    for (unsigned i = 0; i < all->count; i++)
        http_stream_push(all->open[i].stream, STR(": still here\n\n"));
}

static bool may_go_on(const struct open_stream *o)
{
    return !o->hooks.still_allowed || o->hooks.still_allowed(o->hooks.context, &o->badge);
}

/* Without the lock while it asks: the answer may have to come from the store. */
static void ask_about_all(struct streams *all)
{
    unsigned count = all->count;
    for (unsigned i = 0; i < count; i++) {
        all->asked[i] = all->open[i];
        http_stream_ref(all->asked[i].stream);
    }
    pthread_mutex_unlock(&all->lock);
    for (unsigned i = 0; i < count; i++) {
        if (!may_go_on(&all->asked[i]))
            http_stream_end(all->asked[i].stream);
        http_stream_unref(all->asked[i].stream);
    }
    pthread_mutex_lock(&all->lock);
}

/* Until it is time to look, or somebody wants it at once; without streams there is nothing to do.
 */
static void wait_for_a_look(struct streams *all)
{
    struct timespec until = clock_deadline(LOOK_MS);
    int failed = 0;
    while (!all->ended && !all->look_now && failed != ETIMEDOUT) {
        if (all->count)
            failed = pthread_cond_clockwait(&all->changed, &all->lock, CLOCK_MONOTONIC, &until);
        else
            pthread_cond_wait(&all->changed, &all->lock);
    }
}

static void *beat(void *argument)
{
    struct streams *all = argument;
    uint64_t looks = 0;
    pthread_mutex_lock(&all->lock);
    for (;;) {
        wait_for_a_look(all);
        if (all->ended)
            break;
        looks += !all->look_now;
        if (!all->look_now && looks % HEARTBEAT_LOOKS == 0)
            beat_once(all);
        all->look_now = false;
        drop_ended(all);
        ask_about_all(all);
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* ---- life ---- */

enum err streams_open(struct streams **out, struct err_ctx *e)
{
    struct streams *all = xcalloc(1, sizeof *all);
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->changed, NULL);
    int failed = pthread_create(&all->heart, NULL, beat, all);
    if (failed) {
        free(all);
        return err_set_errno(e, failed, "starting a thread");
    }
    pthread_setname_np(all->heart, "streams");
    *out = all;
    return ERR_OK;
}

void streams_end(struct streams *all)
{
    pthread_mutex_lock(&all->lock);
    bool first = !all->ended;
    all->ended = true;
    pthread_cond_signal(&all->changed);
    for (unsigned i = 0; i < all->count; i++)
        http_stream_end(all->open[i].stream);
    drop_ended(all);
    pthread_mutex_unlock(&all->lock);
    if (first)
        pthread_join(all->heart, NULL);
}

void streams_close(struct streams *all)
{
    if (!all)
        return;
    streams_end(all);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

/* ---- for whoever answers ---- */

static enum err keep(struct streams *all, const struct open_stream *o, struct err_ctx *e)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&all->lock);
    if (all->ended || all->count == STREAMS_MAX) {
        err = err_set(e, ERR_BUSY, "there are %u streams already, or the server stops", all->count);
    } else {
        all->open[all->count++] = *o;
        http_stream_ref(o->stream);
        pthread_cond_signal(&all->changed);
    }
    pthread_mutex_unlock(&all->lock);
    return err;
}

enum err streams_begin(struct streams *all, struct http_request *rq, struct http_stream *stream,
                       struct err_ctx *e)
{
    struct open_stream o = {.stream = stream, .hooks = exchange_opts(exchange_of(rq))->hooks};
    if (o.hooks.badge)
        o.hooks.badge(o.hooks.context, rq, &o.badge);
    enum err err = keep(all, &o, e);
    if (err)
        return err;
    rq->answer.stream = http_stream_ref(stream);
    rq->answer.content_type = "text/event-stream";
    http_answer_header(rq, "Cache-Control", "no-store");
    return ERR_OK;
}

void streams_recheck(struct streams *all)
{
    pthread_mutex_lock(&all->lock);
    all->look_now = true;
    pthread_cond_signal(&all->changed);
    pthread_mutex_unlock(&all->lock);
}
