#include "http/events.h"

#include <pthread.h>

#include "base/clock.h"
#include "http/stream.h"
#include "http/streams.h"

enum { LISTENERS_MAX = 256, WAITING_MAX_BYTES = 256 * 1024 };

struct events {
    const struct clock *clock;
    struct streams *streams;
    pthread_mutex_t lock; /* guards what follows */
    struct http_stream *listeners[LISTENERS_MAX];
    unsigned count;
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

struct events *events_new(const struct clock *clock, struct streams *streams)
{
    struct events *hub = xcalloc(1, sizeof *hub);
    hub->clock = clock;
    hub->streams = streams;
    pthread_mutex_init(&hub->lock, NULL);
    return hub;
}

void events_free(struct events *hub)
{
    if (!hub)
        return;
    while (hub->count)
        remove_at(hub, hub->count - 1);
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

static void drop_ended(struct events *hub)
{
    for (unsigned i = hub->count; i-- > 0;)
        if (!http_stream_open(hub->listeners[i]))
            remove_at(hub, i);
}

static enum err add(struct events *hub, struct http_stream *stream, struct err_ctx *e)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&hub->lock);
    drop_ended(hub);
    if (hub->count == LISTENERS_MAX)
        err = err_set(e, ERR_BUSY, "there are already %d listeners to live events", LISTENERS_MAX);
    else
        hub->listeners[hub->count++] = http_stream_ref(stream);
    pthread_mutex_unlock(&hub->lock);
    return err;
}

enum err events_listen(struct events *hub, struct http_request *rq, struct err_ctx *e)
{
    struct http_stream *stream = http_stream_new(WAITING_MAX_BYTES);
    greet(hub, stream);
    enum err err = add(hub, stream, e);
    if (!err && (err = streams_begin(hub->streams, rq, stream, e)))
        http_stream_end(stream);
    http_stream_unref(stream);
    return err;
}

unsigned events_listeners(struct events *hub)
{
    pthread_mutex_lock(&hub->lock);
    drop_ended(hub);
    unsigned count = hub->count;
    pthread_mutex_unlock(&hub->lock);
    return count;
}
