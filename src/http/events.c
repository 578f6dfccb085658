#include "http/events.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "http/stream.h"

enum { LISTENERS_MAX = 256, WAITING_MAX_BYTES = 256 * 1024, HEARTBEAT_S = 15 };

struct events {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct http_stream *listeners[LISTENERS_MAX];
    unsigned count;
    bool closing;
    pthread_t heart;
    const struct clock *clock;
};

static void remove_at(struct events *hub, unsigned i)
{
    http_stream_unref(hub->listeners[i]);
    hub->listeners[i] = hub->listeners[--hub->count];
}

static void push_all(struct events *hub, struct str text)
{
    for (unsigned i = hub->count; i-- > 0;)
        if (!http_stream_push(hub->listeners[i], text))
            remove_at(hub, i);
}

/* A comment now and then keeps proxies from hanging up and finds out who has gone. */
static void *beat(void *argument)
{
    struct events *hub = argument;
    pthread_mutex_lock(&hub->lock);
    while (!hub->closing) {
        struct timespec until = clock_deadline(HEARTBEAT_S * 1000);
        if (pthread_cond_clockwait(&hub->changed, &hub->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
            push_all(hub, STR(": still here\n\n"));
    }
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

enum err events_open(const struct clock *clock, struct events **out, struct err_ctx *e)
{
    struct events *hub = xcalloc(1, sizeof *hub);
    hub->clock = clock;
    pthread_mutex_init(&hub->lock, NULL);
    pthread_cond_init(&hub->changed, NULL);
    int failed = pthread_create(&hub->heart, NULL, beat, hub);
    if (failed) {
        free(hub);
        return err_set_errno(e, failed, "starting a thread");
    }
    *out = hub;
    return ERR_OK;
}

void events_end(struct events *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->closing = true;
    pthread_cond_signal(&hub->changed);
    while (hub->count) {
        http_stream_end(hub->listeners[hub->count - 1]);
        remove_at(hub, hub->count - 1);
    }
    pthread_mutex_unlock(&hub->lock);
}

void events_close(struct events *hub)
{
    if (!hub)
        return;
    events_end(hub);
    pthread_join(hub->heart, NULL);
    pthread_cond_destroy(&hub->changed);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

void events_publish(struct events *hub, const char *name, json_t *data)
{
    if (hub) {
        struct buf b;
        buf_init(&b, WAITING_MAX_BYTES);
        buf_addf(&b, "event: %s\ndata: ", name);
        json_write(data, &b);
        buf_add(&b, STR("\n\n"));
        pthread_mutex_lock(&hub->lock);
        if (!buf_failed(&b))
            push_all(hub, buf_str(&b));
        pthread_mutex_unlock(&hub->lock);
        buf_release(&b);
    }
    json_decref(data);
}

static void greet(struct events *hub, struct http_stream *stream)
{
    char now[CLOCK_TEXT_BYTES], text[96];
    int n = snprintf(text, sizeof text, "retry: 2000\nevent: hello\ndata: {\"time\":\"%s\"}\n\n",
                     clock_format(clock_now_ms(hub->clock), now));
    http_stream_push(stream, str_from(text, (size_t)n));
}

enum err events_listen(struct events *hub, struct http_request *rq, struct err_ctx *e)
{
    struct http_stream *stream = http_stream_new(WAITING_MAX_BYTES);
    greet(hub, stream);
    enum err err = ERR_OK;
    pthread_mutex_lock(&hub->lock);
    if (hub->closing || hub->count == LISTENERS_MAX)
        err = err_set(e, ERR_BUSY, "there are already %d listeners to live events", LISTENERS_MAX);
    else
        hub->listeners[hub->count++] = http_stream_ref(stream);
    pthread_mutex_unlock(&hub->lock);
    if (err) {
        http_stream_unref(stream);
        return err;
    }
    rq->answer.stream = stream;
    rq->answer.content_type = "text/event-stream";
    http_answer_header(rq, "Cache-Control", "no-store");
    return ERR_OK;
}

unsigned events_listeners(struct events *hub)
{
    pthread_mutex_lock(&hub->lock);
    unsigned count = hub->count;
    pthread_mutex_unlock(&hub->lock);
    return count;
}
