#include "predictions/internal.h"

#include "predictions/predictions_api.h"

static enum err count_orphans(struct predictions *p, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *r = NULL;
    enum err err = store_read(p->opts.store, &db, e);
    if (err)
        return err;
    err = db_query_one(db, "select count(*) from predictions_orphans", BIND_NONE, &r, e);
    if (!err)
        atomic_store(&p->orphans, rows_i64(r, 0));
    rows_close(r);
    return db_end(db, err, e);
}

enum err predictions_open(const struct predictions_opts *opts, struct predictions **out,
                          struct err_ctx *e)
{
    struct predictions *p = xcalloc(1, sizeof *p);
    p->opts = *opts;
    p->last = &p->first;
    atomic_init(&p->orphans, 0);
    atomic_init(&p->feedback_running, 0);
    buf_init(&p->retried_id, 4096);
    enum err err = count_orphans(p, e);
    if (err)
        goto out_log;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wanted, NULL);
    int failed = pthread_create(&p->writer, NULL, predictions_writer, p);
    if (failed) {
        err = err_set_errno(e, failed, "starting the writer of the prediction log");
        goto out_lock;
    }
    *out = p;
    return ERR_OK;

out_lock:
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
out_log:
    free(p);
    return err;
}

void predictions_set_hooks(struct predictions *p, const struct predictions_hooks *hooks)
{
    p->opts.hooks = *hooks;
}

void predictions_close(struct predictions *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_signal(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->writer, NULL);
    assert(!p->first);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    buf_release(&p->retried_id);
    free(p);
}

bool predictions_must_wait(const struct predictions *p)
{
    return p->opts.committed || atomic_load_explicit(&p->crowded, memory_order_relaxed);
}

void predictions_stats(struct predictions *p, struct predictions_stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = (struct predictions_stats){.records = p->records,
                                      .rows = p->rows,
                                      .scores = p->scores,
                                      .refused = p->refused,
                                      .failed = p->failed,
                                      .commits = p->commits,
                                      .queued = p->queued,
                                      .queue_max = p->opts.queue_max};
    pthread_mutex_unlock(&p->lock);
}

int64_t predictions_next(struct predictions *p, int64_t *time_ms)
{
    *time_ms = clock_now_ms(p->opts.clock);
    return (int64_t)id_next(p->opts.ids, *time_ms);
}

static bool enqueue(struct predictions *p, struct item *item)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->queued < p->opts.queue_max && !p->closing, wake = false;
    if (room) {
        item->next = NULL;
        *p->last = item;
        p->last = &item->next;
        p->queued++;
        predictions_note_crowd(p);
        p->urgent += item->done != NULL;
        wake = p->state == WRITER_SLEEPS ||
               (p->state == WRITER_LINGERS && (item->done || predictions_plenty(p)));
    } else {
        p->refused++;
    }
    if (wake)
        pthread_cond_signal(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    if (!room) {
        record_unref(item->record);
        free(item);
    }
    return room;
}

enum err predictions_append(struct predictions *p, struct record *r, append_done done,
                            void *argument, struct err_ctx *e)
{
    struct item *item = xcalloc(1, sizeof *item);
    item->record = record_ref(r);
    item->done = done;
    item->argument = argument;
    if (enqueue(p, item))
        return ERR_OK;
    return err_set(e, ERR_BUSY,
                   "the prediction log cannot be written as fast as requests come; "
                   "try again in a moment");
}

bool predictions_append_scores(struct predictions *p, struct record *r, int64_t version,
                               const struct scores *scores)
{
    struct arena a;
    arena_init(&a);
    struct str packed = scores_pack(scores, &a);
    struct item *item = xcalloc(1, sizeof *item + packed.n);
    memcpy(item + 1, packed.p, packed.n);
    arena_release(&a);
    item->record = record_ref(r);
    item->version = version;
    item->scores = str_from((char *)(item + 1), packed.n);
    return enqueue(p, item);
}

struct registry *predictions_registry(const struct predictions *p)
{
    return p->opts.registry;
}
