#include "serving/shadows.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/pool.h"

/* Those who wait for an answer come first: shadows take what is left of the cores, not so little
 * that somebody waits for a lock that they hold. */
enum { THREADS = 1, NICENESS = 10 };

enum { JOBS_MAX = 256, STACK_ROWS_MAX = 1024, STACK_BYTES_MAX = 1 << 24, LINGER_NS = 2000000 };

/* Requests of thousands of rows fill memory, and minutes of work, long before they fill the queue.
 */
enum { WAITING_BYTES_MAX = 32 << 20 };

struct shadows {
    struct predictions *predictions;
    struct pool *pool;
    _Atomic uint64_t scored, dropped;
    _Atomic size_t waiting_bytes; /* of the requests that wait or are being scored */
    _Atomic bool closing;         /* what waits is dropped: nobody waits for it */
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
    atomic_fetch_sub(&job->shadows->waiting_bytes, job->full->body.n);
    deployment_unref(job->deployment);
    version_unref(job->served);
    record_unref(job->logged);
    record_unref(job->full);
    free(job);
}

/* A request that waits for its shadows, unpacked. */
struct waiting {
    struct job *job; /* NULL: it cannot be unpacked */
    struct record_view view;
};

static void append(const struct waiting *w, const struct version *v, const struct scores *scores)
{
    struct shadows *s = w->job->shadows;
    bool logged = predictions_append_scores(s->predictions, w->job->logged, v->number, scores);
    count(logged ? &s->scored : &s->dropped, w->view.rows);
}

static void score_alone(const struct waiting *w, struct version *v, struct arena *a)
{
    struct tensor outputs[SIGNATURE_TENSORS_MAX];
    struct scores scores;
    struct err_ctx e;
    err_ctx_init(&e);
    if (w->view.input_count != v->signature->input_count)
        err_set(&e, ERR_INVALID, "it takes %u inputs, the request has %u",
                v->signature->input_count, w->view.input_count);
    else
        (void)!version_run(v, w->view.inputs, w->view.rows, outputs, &scores, a, &e);
    if (e.code)
        log_warning("serving", "%s version %s cannot shadow: %s", v->model, v->number_text,
                    e.detail);
    else
        append(w, v, &scores);
}

/* ---- many requests as one ---- */

/* Requests whose rows the model takes in one run: a run costs as much for one row as for dozens. */
struct stack {
    const struct waiting *parts[JOBS_MAX];
    unsigned count;
    uint32_t rows;
};

static bool is_stackable(const struct version *v, const struct record_view *view)
{
    const struct signature *sig = v->signature;
    bool fits = sig->batch_fixed == 0 && sig->task != TASK_OTHER &&
                view->input_count == sig->input_count && view->rows <= STACK_ROWS_MAX;
    for (unsigned i = 0; fits && i < sig->input_count; i++)
        fits = view->inputs[i].rank > 0 && view->inputs[i].shape[0] == view->rows;
    return fits;
}

/* All but the number of rows. */
static bool same_shape(const struct record_view *x, const struct record_view *y)
{
    bool same = true;
    for (unsigned i = 0; same && i < x->input_count; i++) {
        const struct tensor *s = &x->inputs[i], *t = &y->inputs[i];
        same = s->datatype == t->datatype && s->rank == t->rank &&
               memcmp(s->shape + 1, t->shape + 1, (s->rank - 1) * sizeof *s->shape) == 0;
    }
    return same;
}

static bool stack_takes(const struct stack *s, const struct version *v, const struct waiting *w)
{
    uint32_t rows = s->rows + w->view.rows;
    return rows <= STACK_ROWS_MAX && rows <= v->rows_max &&
           (s->count == 0 || same_shape(&s->parts[0]->view, &w->view));
}

static enum err stack_input(const struct stack *s, unsigned input, struct tensor *out,
                            struct arena *a, struct err_ctx *e)
{
    *out = s->parts[0]->view.inputs[input];
    out->shape[0] = s->rows;
    enum err err = tensor_alloc(out, a, STACK_BYTES_MAX, e);
    size_t width =
        out->datatype == DATATYPE_BYTES ? sizeof(struct str) : datatype_bytes(out->datatype);
    char *to = out->data;
    for (unsigned i = 0; !err && i < s->count; i++) {
        const struct tensor *part = &s->parts[i]->view.inputs[input];
        memcpy(to, part->data, part->count * width);
        to += part->count * width;
    }
    return err;
}

static enum err run_stack(const struct stack *s, struct version *v, struct scores *out,
                          struct arena *a, struct err_ctx *e)
{
    struct tensor inputs[SIGNATURE_TENSORS_MAX], outputs[SIGNATURE_TENSORS_MAX];
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < v->signature->input_count; i++)
        err = stack_input(s, i, &inputs[i], a, e);
    return err ? err : version_run(v, inputs, s->rows, outputs, out, a, e);
}

/* Where the model refuses them together, each is asked alone: one may be to blame. */
static void score_stack(struct stack *s, struct version *v, struct arena *a)
{
    struct scores scores;
    bool together = s->count > 1 && run_stack(s, v, &scores, a, NULL) == ERR_OK;
    uint32_t from = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct waiting *w = s->parts[i];
        struct scores own;
        if (together) {
            own = scores_slice(&scores, from, w->view.rows);
            append(w, v, &own);
        } else {
            score_alone(w, v, a);
        }
        from += w->view.rows;
    }
    *s = (struct stack){.count = 0};
}

/* ---- the thread ---- */

/* All were served by the same version of the same deployment. */
static void score_arm(const struct waiting *all, unsigned n, const struct serving_arm *arm,
                      struct arena *a)
{
    struct version *v = arm->version;
    struct stack stack = {.count = 0};
    for (unsigned i = 0; i < n; i++) {
        const struct waiting *w = &all[i];
        if (!w->job || !deployment_sampled(arm, w->job->logged->seq))
            continue;
        if (!is_stackable(v, &w->view)) {
            score_alone(w, v, a);
            continue;
        }
        if (!stack_takes(&stack, v, w))
            score_stack(&stack, v, a);
        stack.parts[stack.count++] = w;
        stack.rows += w->view.rows;
    }
    score_stack(&stack, v, a);
}

static void unpack(struct waiting *w, struct job *job, struct arena *a)
{
    struct err_ctx e;
    err_ctx_init(&e);
    w->job = job;
    if (!record_read(job->full->body, a, &w->view, &e))
        return;
    log_error("serving", "%s", e.detail);
    w->job = NULL;
}

static void score_group(struct job *const *jobs, unsigned n)
{
    const struct deployment *d = jobs[0]->deployment;
    struct waiting all[JOBS_MAX];
    struct arena a;
    arena_init(&a);
    for (unsigned i = 0; i < n; i++)
        unpack(&all[i], jobs[i], &a);
    for (unsigned i = 0; i < d->arm_count; i++)
        if (d->arms[i].version != jobs[0]->served)
            score_arm(all, n, &d->arms[i], &a);
    arena_release(&a);
}

static unsigned group_length(struct job *const *jobs, unsigned n)
{
    unsigned length = 1;
    while (length < n && jobs[length]->deployment == jobs[0]->deployment &&
           jobs[length]->served == jobs[0]->served)
        length++;
    return length;
}

/* A moment's patience lets the answers of a burst go first, and gathers more for one run. */
static void linger(const struct shadows *s)
{
    if (!atomic_load(&s->closing))
        nanosleep(&(struct timespec){0, LINGER_NS}, NULL);
}

static void run(void *first)
{
    struct job *jobs[JOBS_MAX] = {first};
    struct shadows *s = jobs[0]->shadows;
    linger(s);
    unsigned n = 1 + pool_take(s->pool, (void **)(jobs + 1), JOBS_MAX - 1);
    bool closing = atomic_load(&s->closing);
    for (unsigned at = 0, length; !closing && at < n; at += length) {
        length = group_length(jobs + at, n - at);
        score_group(jobs + at, length);
    }
    for (unsigned i = 0; i < n; i++) {
        if (closing)
            count(&s->dropped, jobs[i]->logged->rows);
        job_free(jobs[i]);
    }
}

void shadows_score(struct shadows *s, struct deployment *d, struct version *served,
                   struct record *logged, struct record *full)
{
    struct job *job = xmalloc(sizeof *job);
    *job = (struct job){s, deployment_ref(d), version_ref(served), record_ref(logged),
                        record_ref(full)};
    bool room = atomic_fetch_add(&s->waiting_bytes, full->body.n) < WAITING_BYTES_MAX;
    if (room && pool_submit(s->pool, run, job) == ERR_OK)
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
