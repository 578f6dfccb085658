#include "serving/ask.h"

#include "base/num.h"
#include "base/pool.h"
#include "serving/shadows.h"

static void unref_deployment(void *d)
{
    deployment_unref(d);
}

static enum err find_version(struct ask *ask, struct str version, struct err_ctx *e)
{
    const struct deployment *d = ask->deployment;
    int64_t number;
    if (!version.p) {
        ask->version = deployment_choose(d, ask->unit, ask->seq);
        if (ask->version)
            return ERR_OK;
        return err_set(e, d->entry_count ? ERR_NOT_READY : ERR_NOT_FOUND,
                       "the model \"%s\" has no champion that is loaded", d->model);
    }
    ask->direct = true;
    const struct entry *entry =
        num_parse_i64(version, 1, INT64_MAX, &number) ? deployment_entry(d, number) : NULL;
    if (!entry)
        return err_set(e, ERR_NOT_FOUND,
                       "Request for unknown model: '%s' version " STR_FMT " is not found", d->model,
                       STR_ARG(version));
    ask->version = entry->version;
    if (ask->version)
        return ERR_OK;
    return err_set(e, ERR_NOT_READY, "version " STR_FMT " of the model \"%s\" is not loaded: %s",
                   STR_ARG(version), d->model, entry->reason);
}

enum err ask_check_unit(struct str unit, const char *pointer, struct err_ctx *e)
{
    enum { UNIT_BYTES_MAX = 256 };
    bool good = !unit.p || (unit.n > 0 && unit.n <= UNIT_BYTES_MAX && str_is_utf8(unit));
    for (size_t i = 0; good && i < unit.n; i++)
        good = (unsigned char)unit.p[i] >= 0x20 && unit.p[i] != 0x7f;
    return good ? ERR_OK
                : err_set_at(e, ERR_INVALID, pointer,
                             "a unit is a text of 1 to %d bytes without control characters",
                             UNIT_BYTES_MAX);
}

enum err ask_new(struct serving *s, struct http_request *rq, struct str model, struct str version,
                 struct str unit, struct ask **out, struct err_ctx *e)
{
    struct deployment *d = serving_find(s, model);
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "Request for unknown model: '" STR_FMT "' is not found",
                       STR_ARG(model));
    arena_on_release(&rq->arena, unref_deployment, d);
    struct ask *ask = arena_alloc(&rq->arena, sizeof *ask);
    memset(ask, 0, offsetof(struct ask, failure));
    err_ctx_init(&ask->failure);
    ask->queued_ns = 0;
    ask->input_done_ns = 0;
    ask->serving = s;
    ask->rq = rq;
    ask->deployment = d;
    ask->unit = unit;
    ask->seq = predictions_next(serving_opts(s)->predictions, &ask->time_ms);
    rq->work = ask;
    *out = ask;
    return find_version(ask, version, e);
}

static void add(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

/* ---- the end ---- */

static void count(struct ask *ask, bool good)
{
    struct version_stats *stats = &ask->version->stats;
    uint64_t took_ns = clock_monotonic_ns() - ask->rq->started_ns;
    add(good ? &stats->success : &stats->fail, 1);
    add(good ? &stats->success_ns : &stats->fail_ns, took_ns);
    if (good)
        add(&stats->rows, ask->rows);
    atomic_store_explicit(&stats->last_ms, ask->time_ms, memory_order_relaxed);
}

static enum err write_answer(struct ask *ask, struct err_ctx *e)
{
    uint64_t started_ns = clock_monotonic_ns();
    if (ask->outcome == APPEND_CONFLICT)
        return err_set(e, ERR_CONFLICT, "an id of this request was taken in the same moment");
    if (ask->outcome == APPEND_FAILED) {
        count(ask, false);
        return err_set(e, ERR_NOT_READY,
                       "the prediction could not be logged, so it is not answered; try again in "
                       "a moment (the server's log says why)");
    }
    enum err err = ask->answer(ask->rq, e);
    add(&ask->version->stats.output_ns, clock_monotonic_ns() - started_ns);
    count(ask, !err);
    return err;
}

/* On an HTTP thread again, after a deferral. */
static enum err resumed(struct http_request *rq, struct err_ctx *e)
{
    struct ask *ask = rq->work;
    if (ask->failure.code) {
        count(ask, false);
        *e = ask->failure;
        return e->code;
    }
    return write_answer(ask, e);
}

/* ---- the log ---- */

static void run_in_pool(void *argument);

/* On the log's writer. A row's id that was free a moment ago is now another request's: looked at
 * again, it is a repetition or a conflict to tell. */
static void appended(void *argument, enum append_outcome outcome)
{
    enum { CONFLICTS_MAX = 8 };
    struct ask *ask = argument;
    ask->outcome = outcome;
    if (outcome == APPEND_CONFLICT && ask->before && ask->conflicts++ < CONFLICTS_MAX) {
        ask->queued_ns = clock_monotonic_ns();
        ask->outcome = APPEND_DONE; /* of the next try, which may find nothing left to log */
        if (pool_submit(serving_pool(ask->serving), run_in_pool, ask) == ERR_OK)
            return;
        ask->outcome = outcome;
    }
    http_resume(ask->rq);
}

static bool inputs_fit(const struct ask *ask)
{
    const struct serving_opts *opts = serving_opts(ask->serving);
    size_t bytes = 0;
    for (unsigned i = 0; i < ask->version->signature->input_count; i++)
        bytes += tensor_bytes(&ask->inputs[i]);
    return bytes / MAX(ask->rows, 1u) <= opts->inputs_bytes_max;
}

/* What is logged, and what the shadows get: the same, unless the inputs are too large for the log.
 */
static enum err make_records(struct ask *ask, struct record **logged, struct record **full,
                             struct err_ctx *e)
{
    struct record_head head = {.model_id = ask->deployment->model_id,
                               .seq = ask->seq,
                               .time_ms = ask->time_ms,
                               .version = ask->version->number,
                               .request_id = ask->request_id,
                               .unit = ask->unit,
                               .row_ids = ask->row_ids};
    unsigned inputs = ask->version->signature->input_count;
    bool fit = inputs_fit(ask);
    *full = NULL;
    enum err err = record_new(&head, fit ? ask->inputs : NULL, inputs, &ask->scores, logged, e);
    if (err || !ask->deployment->shadows || ask->direct)
        return err;
    if (fit)
        *full = record_ref(*logged);
    else if (record_new(&head, ask->inputs, inputs, &ask->scores, full, NULL))
        *full = NULL;
    return ERR_OK;
}

/* True when the client's answer has to wait for the disk: always with ids of its own, because only
 * the log knows whether they are free. */
static bool must_wait(const struct ask *ask)
{
    return predictions_must_wait(serving_opts(ask->serving)->predictions) || ask->request_id.p ||
           ask->row_ids;
}

/* Once the log has the record, the request may be answered and gone at any moment: `ask` is not
 * touched after that. The shadows come after the record, so that they never score one that the log
 * has refused. */
static enum err log_it(struct ask *ask, bool wait, struct err_ctx *e)
{
    struct serving *s = ask->serving;
    struct record *record = NULL, *full = NULL;
    enum err err = make_records(ask, &record, &full, e);
    if (err)
        return err;
    struct deployment *d = full ? deployment_ref(ask->deployment) : NULL;
    struct version *served = full ? version_ref(ask->version) : NULL;
    err = predictions_append(serving_opts(s)->predictions, record, wait ? appended : NULL, ask, e);
    if (!err && full)
        shadows_score(serving_shadows(s), d, served, record, full);
    record_unref(record);
    record_unref(full);
    deployment_unref(d);
    version_unref(served);
    return err;
}

/* ---- the model ---- */

static enum err run_model(struct ask *ask, struct err_ctx *e)
{
    const struct signature *sig = ask->version->signature;
    ask->outputs = arena_alloc(&ask->rq->arena, sig->output_count * sizeof *ask->outputs);
    return version_run(ask->version, ask->inputs, ask->rows, ask->outputs, &ask->scores,
                       &ask->rq->arena, e);
}

static void run_in_pool(void *argument)
{
    struct ask *ask = argument;
    uint64_t waited_ns = clock_monotonic_ns() - ask->queued_ns;
    enum err err;
    add(&ask->version->stats.queue_ns, waited_ns);
    if (ask->timeout_ns && waited_ns > ask->timeout_ns)
        err = err_set(&ask->failure, ERR_BUSY, "the request waited longer than its timeout");
    else
        err = ask->before ? ask->before(ask, &ask->failure) : ERR_OK;
    if (!err && ask->rows)
        err = run_model(ask, &ask->failure);
    bool wait = !err && ask->rows && must_wait(ask);
    if (!err && ask->rows)
        err = log_it(ask, wait, &ask->failure);
    if (err || !wait)
        http_resume(ask->rq);
}

static enum err run_later(struct ask *ask, struct err_ctx *e)
{
    ask->queued_ns = clock_monotonic_ns();
    ask->rq->then = resumed;
    http_defer(ask->rq);
    if (pool_submit(serving_pool(ask->serving), run_in_pool, ask)) {
        err_set(&ask->failure, ERR_BUSY,
                "the queue of the model \"%s\" is full; try again in a "
                "moment",
                ask->deployment->model);
        http_resume(ask->rq);
    }
    return ERR_OK;
}

static enum err run_here(struct ask *ask, struct err_ctx *e)
{
    bool wait = must_wait(ask);
    enum err err = run_model(ask, e);
    if (err) {
        count(ask, false);
        return err;
    }
    if (wait) {
        ask->rq->then = resumed;
        http_defer(ask->rq);
        if (log_it(ask, true, &ask->failure))
            http_resume(ask->rq);
        return ERR_OK;
    }
    err = log_it(ask, false, e);
    if (err) {
        count(ask, false);
        return err;
    }
    return write_answer(ask, e);
}

static enum err check_rows(const struct ask *ask, struct err_ctx *e)
{
    const struct signature *sig = ask->version->signature;
    uint32_t max = serving_opts(ask->serving)->batch_rows_max;
    if (sig->batch_fixed > 0 && ask->rows != sig->batch_fixed)
        return err_set(e, ERR_INVALID, "the model takes exactly %lld rows at once, not %u",
                       (long long)sig->batch_fixed, ask->rows);
    if (ask->rows > max)
        return err_set(e, ERR_TOO_LARGE, "a request may have at most %u rows, this one has %u", max,
                       ask->rows);
    if (ask->rows > ask->version->rows_max)
        return err_set(e, ERR_INVALID,
                       "[request id: <id_unknown>] inference request batch-size must be <= %lld "
                       "for '%s'",
                       (long long)ask->version->rows_max, ask->deployment->model);
    return ERR_OK;
}

enum err ask_run(struct ask *ask, struct err_ctx *e)
{
    enum err err = check_rows(ask, e);
    if (err) {
        count(ask, false);
        return err;
    }
    ask->input_done_ns = clock_monotonic_ns();
    add(&ask->version->stats.input_ns, ask->input_done_ns - ask->rq->started_ns);
    bool quick =
        version_estimate_ns(ask->version, ask->rows) <= serving_opts(ask->serving)->inline_max_ns;
    return quick && !ask->before ? run_here(ask, e) : run_later(ask, e);
}

void ask_row_id(const struct ask *ask, uint32_t i, struct buf *out)
{
    char own[PREDICTION_ID_BYTES];
    if (ask->row_ids) {
        buf_add(out, ask->row_ids[i]);
        return;
    }
    if (ask->request_id.p && ask->outcome != APPEND_ID_TAKEN)
        buf_add(out, ask->request_id);
    else
        buf_add(out, str_of(prediction_id(ask->seq, own)));
    if (ask->rows > 1)
        buf_addf(out, "/%u", i);
}
