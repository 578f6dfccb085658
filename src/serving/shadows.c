#include "serving/shadows.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/pool.h"

/* Those who wait for an answer come first: shadows take what is left of the cores, not so little
 * that somebody waits for a lock that they hold. */
enum { THREADS = 1, NICENESS = 10 };

struct shadows {
    struct predictions *predictions;
    struct pool *pool;
    _Atomic uint64_t scored, dropped;
    _Atomic bool closing; /* what waits is dropped: nobody waits for it */
};

struct job {
    struct shadows *shadows;
    struct deployment *deployment;
    struct version *served;
    struct record *logged, *full;
};

static void count(_Atomic uint64_t *counter, uint64_t rows)
{
    atomic_fetch_add_explicit(counter, rows, memory_order_relaxed);
}

static void job_free(struct job *job)
{
    deployment_unref(job->deployment);
    version_unref(job->served);
    record_unref(job->logged);
    record_unref(job->full);
    free(job);
}

static void score(struct job *job, const struct record_view *view, struct version *v,
                  struct arena *a)
{
    struct shadows *s = job->shadows;
    struct tensor outputs[SIGNATURE_TENSORS_MAX];
    struct scores scores;
    struct err_ctx e;
    err_ctx_init(&e);
    if (view->input_count != v->signature->input_count)
        err_set(&e, ERR_INVALID, "it takes %u inputs, the request has %u",
                v->signature->input_count, view->input_count);
    else
        (void)!version_run(v, view->inputs, view->rows, outputs, &scores, a, &e);
    if (e.code)
        log_warning("serving", "%s version %s cannot shadow: %s", v->model, v->number_text,
                    e.detail);
    else if (predictions_append_scores(s->predictions, job->logged, v->number, &scores))
        count(&s->scored, view->rows);
    else
        count(&s->dropped, view->rows);
}

static void score_with_all(struct job *job, struct arena *a)
{
    const struct deployment *d = job->deployment;
    struct record_view view;
    struct err_ctx e;
    err_ctx_init(&e);
    if (record_read(job->full->body, a, &view, &e)) {
        log_error("serving", "%s", e.detail);
        return;
    }
    for (unsigned i = 0; i < d->arm_count; i++)
        if (d->arms[i].version != job->served && deployment_sampled(&d->arms[i], job->logged->seq))
            score(job, &view, d->arms[i].version, a);
}

static void run(void *argument)
{
    struct job *job = argument;
    struct arena a;
    arena_init(&a);
    if (atomic_load(&job->shadows->closing))
        count(&job->shadows->dropped, job->logged->rows);
    else
        score_with_all(job, &a);
    arena_release(&a);
    job_free(job);
}

void shadows_score(struct shadows *s, struct deployment *d, struct version *served,
                   struct record *logged, struct record *full)
{
    struct job *job = xmalloc(sizeof *job);
    *job = (struct job){s, deployment_ref(d), version_ref(served), record_ref(logged),
                        record_ref(full)};
    if (pool_submit(s->pool, run, job) == ERR_OK)
        return;
    count(&s->dropped, logged->rows);
    job_free(job);
}

/* ---- life ---- */

enum err shadows_open(const struct shadows_opts *opts, struct shadows **out, struct err_ctx *e)
{
    struct pool_opts pool = {
        .name = "shadows", .threads = THREADS, .queue_max = opts->queue_max, .niceness = NICENESS};
    struct shadows *s = xcalloc(1, sizeof *s);
    s->predictions = opts->predictions;
    enum err err = pool_open(&pool, &s->pool, e);
    if (err)
        free(s);
    else
        *out = s;
    return err;
}

void shadows_close(struct shadows *s)
{
    if (!s)
        return;
    atomic_store(&s->closing, true);
    pool_close(s->pool);
    free(s);
}

void shadows_stats(struct shadows *s, struct shadows_stats *out)
{
    struct pool_stats pool;
    pool_stats(s->pool, &pool);
    *out = (struct shadows_stats){.scored = atomic_load(&s->scored),
                                  .dropped = atomic_load(&s->dropped),
                                  .queued = pool.queued};
}
