#include "store/checkpointer.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"

/* Pages of 4 KiB. Fewer would copy pages that change again at once, more would make the second
 * step longer. */
enum { PAGES_STEP = 1000 };

/* `lock` guards `wanted`, `closing` and the start of the thread. */
struct checkpointer {
    const struct backend *backend;
    const struct store_opts *opts;
    struct lane *writers;
    _Atomic unsigned pages;   /* of the log, as last noted */
    _Atomic unsigned wake_at; /* so many pages; UINT32_MAX while the thread has work */
    struct db *db;            /* the thread's own connection, NULL until it is needed */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool started, wanted, closing;
};

struct checkpointer *checkpointer_new(const struct backend *backend, const struct store_opts *opts,
                                      struct lane *writers)
{
    struct checkpointer *c = xcalloc(1, sizeof *c);
    c->backend = backend;
    c->opts = opts;
    c->writers = writers;
    atomic_init(&c->wake_at, PAGES_STEP);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    return c;
}

void checkpointer_free(struct checkpointer *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (c->started)
        pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static enum err copy_log(struct checkpointer *c, struct log_state *log, struct err_ctx *e)
{
    void *place = NULL;
    enum err err = c->db ? ERR_OK : c->backend->open(c->opts, true, &c->db, e);
    if (!err)
        err = c->backend->checkpoint(c->db, log, e);
    if (!err && lane_take(c->writers, c->opts->busy_timeout_ms, &place)) {
        err = c->backend->checkpoint(c->db, log, e);
        lane_give(c->writers, place);
    }
    return err;
}

/* A reader of an old snapshot can keep pages in the log: it is then tried again when the log has
 * grown by another step, not at every commit. */
static void work(struct checkpointer *c)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct log_state log = {.pages = atomic_load(&c->pages)};
    if (copy_log(c, &log, &e))
        log_warning("store", "the log of the database cannot be copied into it: %s", e.detail);
    atomic_store(&c->wake_at, PAGES_STEP + (log.copied == log.pages ? 0 : log.pages));
}

static bool wait_for_work(struct checkpointer *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->wanted && !c->closing)
        pthread_cond_wait(&c->wake, &c->lock);
    c->wanted = false;
    bool closing = c->closing;
    pthread_mutex_unlock(&c->lock);
    return !closing;
}

static void *checkpointer_thread(void *argument)
{
    struct checkpointer *c = argument;
    pthread_setname_np(pthread_self(), "checkpoint");
    while (wait_for_work(c))
        work(c);
    if (c->db)
        c->backend->close(c->db);
    return NULL;
}

void checkpointer_note(struct checkpointer *c, unsigned pages)
{
    atomic_store_explicit(&c->pages, pages, memory_order_relaxed);
    if (pages < atomic_load_explicit(&c->wake_at, memory_order_relaxed))
        return;
    atomic_store(&c->wake_at, UINT32_MAX);
    pthread_mutex_lock(&c->lock);
    if (!c->started)
        c->started = pthread_create(&c->thread, NULL, checkpointer_thread, c) == 0;
    c->wanted = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}
