#include "http/stream.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"

struct http_stream {
    _Atomic unsigned refs;
    pthread_mutex_t lock; /* guards what follows */
    struct buf waiting;
    size_t sent; /* bytes of `waiting` that are gone already */
    bool ended;
    bool gone;
    void (*wake)(void *);
    void *wake_argument;
};

struct http_stream *http_stream_new(size_t waiting_max_bytes)
{
    struct http_stream *s = xcalloc(1, sizeof *s);
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->waiting, waiting_max_bytes);
    return s;
}

struct http_stream *http_stream_ref(struct http_stream *s)
{
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void http_stream_unref(struct http_stream *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
        return;
    pthread_mutex_destroy(&s->lock);
    buf_release(&s->waiting);
    free(s);
}

/* Wakes under the lock: the connection cannot be freed meanwhile, because its thread has to hang
 * up first, and that needs the lock. */
static void wake_reader(struct http_stream *s)
{
    if (!s->wake)
        return;
    void (*wake)(void *) = s->wake;
    s->wake = NULL;
    wake(s->wake_argument);
}

static void forget_sent(struct http_stream *s)
{
    if (s->sent == 0)
        return;
    memmove(s->waiting.p, s->waiting.p + s->sent, s->waiting.n - s->sent);
    s->waiting.n -= s->sent;
    s->sent = 0;
}

bool http_stream_push(struct http_stream *s, struct str text)
{
    pthread_mutex_lock(&s->lock);
    bool listening = !s->gone && !s->ended;
    if (listening) {
        forget_sent(s);
        buf_add(&s->waiting, text);
        if (buf_failed(&s->waiting)) {
            s->ended = true;
            listening = false;
        }
        wake_reader(s);
    }
    pthread_mutex_unlock(&s->lock);
    return listening;
}

bool http_stream_event(struct http_stream *s, const char *name, struct str data)
{
    struct buf b;
    struct str line;
    buf_init(&b, data.n * 2 + 4096);
    buf_addf(&b, "event: %s\n", name);
    do {
        if (!str_split(&data, '\n', &line))
            line = STR("");
        buf_add(&b, STR("data: "));
        buf_add(&b, line);
        buf_add_c(&b, '\n');
    } while (data.p);
    buf_add_c(&b, '\n');
    bool listening = http_stream_push(s, buf_str(&b));
    buf_release(&b);
    return listening;
}

void http_stream_end(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    wake_reader(s);
    pthread_mutex_unlock(&s->lock);
}

bool http_stream_open(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool open = !s->gone && !s->ended;
    pthread_mutex_unlock(&s->lock);
    return open;
}

ptrdiff_t http_stream_take(struct http_stream *s, char *to, size_t max, void (*wake)(void *),
                           void *argument)
{
    pthread_mutex_lock(&s->lock);
    size_t n = MIN(max, s->waiting.n - s->sent);
    ptrdiff_t taken = (ptrdiff_t)n;
    if (n) {
        memcpy(to, s->waiting.p + s->sent, n);
        s->sent += n;
    } else if (s->ended) {
        taken = -1;
    } else {
        s->wake = wake;
        s->wake_argument = argument;
    }
    pthread_mutex_unlock(&s->lock);
    return taken;
}

void http_stream_hang_up(struct http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    s->wake = NULL;
    pthread_mutex_unlock(&s->lock);
}
