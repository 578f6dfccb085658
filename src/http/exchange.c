#include "http/exchange.h"

#include <pthread.h>

#include "base/clock.h"
#include "http/stream.h"

enum { ANSWER_BYTES_MAX = 1 << 30, KEEP_BYTES = 65536, SPARES_MAX = 256 };

/* AddressSanitizer sees who touches a request that is over only when its memory is really given
 * back. */
#ifdef __SANITIZE_ADDRESS__
enum { KEEPS_SPARES = 0 };
#else
enum { KEEPS_SPARES = 1 };
#endif

struct exchange_pool {
    pthread_mutex_t lock; /* guards what follows */
    struct exchange *spare;
    unsigned count;
};

struct exchange_pool *exchange_pool_new(void)
{
    struct exchange_pool *p = xcalloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void dispose(struct exchange *x)
{
    arena_release(&x->rq.arena);
    buf_release(&x->rq.answer.body);
    free(x->body);
    free(x);
}

void exchange_pool_free(struct exchange_pool *p)
{
    while (p->spare) {
        struct exchange *x = p->spare;
        p->spare = x->next_spare;
        dispose(x);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct exchange *take_spare(struct exchange_pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct exchange *x = p->spare;
    if (x) {
        p->spare = x->next_spare;
        p->count--;
    }
    pthread_mutex_unlock(&p->lock);
    return x;
}

static struct exchange *make(void)
{
    struct exchange *x = xmalloc(sizeof *x);
    arena_init(&x->rq.arena);
    buf_init(&x->rq.answer.body, ANSWER_BYTES_MAX);
    x->body = NULL;
    x->body_capacity = 0;
    return x;
}

/* The arena and the room of both bodies go on from one request to the next. */
static void clear_request(struct http_request *rq)
{
    struct arena arena = rq->arena;
    struct buf body = rq->answer.body;
    memset(rq, 0, sizeof *rq);
    rq->arena = arena;
    rq->answer.body = body;
    buf_clear(&rq->answer.body);
    rq->answer.status = 200;
    rq->answer.content_type = "application/json";
}

/* "http://host/path" is how a proxy asks (RFC 9112, section 3.2.2): the host is no part of it. */
static struct str without_authority(struct str uri)
{
    ptrdiff_t slashes = str_starts(uri, STR("/")) ? -1 : str_find_str(uri, STR("://"));
    if (slashes < 0)
        return uri;
    struct str rest = str_from(uri.p + slashes + 3, uri.n - (size_t)slashes - 3);
    ptrdiff_t path = str_find(rest, '/');
    return path < 0 ? STR("/") : str_from(rest.p + path, rest.n - (size_t)path);
}

struct exchange *exchange_new(struct exchange_pool *p, struct http_server *server,
                              struct MHD_Connection *connection, struct str uri)
{
    struct exchange *x = take_spare(p);
    if (!x)
        x = make();
    struct http_request *rq = &x->rq;
    clear_request(rq);
    x->connection = connection;
    x->mount = NULL;
    atomic_init(&x->step, EXCHANGE_HEAD);
    atomic_init(&x->holds, 0);
    x->authorised = x->deferred = x->on_pool = x->counted = false;
    err_ctx_init(&x->failure);
    exchange_body_begin(x);
    rq->server = server;
    rq->started_ns = clock_monotonic_ns();
    x->moments = (struct meter_moments){.started_ns = rq->started_ns};
    uri = arena_str(&rq->arena, without_authority(uri));
    ptrdiff_t at = str_find(uri, '?');
    rq->path = at < 0 ? uri : str_from(uri.p, (size_t)at);
    if (at >= 0)
        rq->query = str_from(uri.p + at + 1, uri.n - (size_t)at - 1);
    return x;
}

void exchange_free(struct exchange_pool *p, struct exchange *x)
{
    exchange_body_close(x);
    arena_reset(&x->rq.arena);
    bool small = x->body_capacity <= KEEP_BYTES && x->rq.answer.body.capacity <= KEEP_BYTES;
    pthread_mutex_lock(&p->lock);
    bool keep = KEEPS_SPARES && small && p->count < SPARES_MAX;
    if (keep) {
        x->next_spare = p->spare;
        p->spare = x;
        p->count++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        dispose(x);
}
