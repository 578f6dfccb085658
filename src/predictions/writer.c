#include "predictions/internal.h"

#include <errno.h>

#include "base/log.h"
#include "store/keys.h"

/* The one writer of the log. It takes everything that waits, writes it in one transaction, and
 * tells each who waits. While it commits, the next batch gathers: the busier the server, the
 * larger the batch and the cheaper each record.
 *
 * Where no request waits for the commit (durability async, scores of shadows) it has a moment's
 * patience, so that a stream of such items costs few commits too.
 *
 * A batch that fails is tried again item by item, so that one bad record does not take the others
 * with it. */

enum { COUNTERS_MAX = 64, LINGER_MS = 5 };

/* Rows per version and minute, added up over a batch. */
struct counter {
    int64_t model_id, version, minute_ms, rows, served;
};

struct batch {
    struct predictions *p;
    struct db *db;
    struct item *items[BATCH_MAX];
    unsigned count;
    struct counter counters[COUNTERS_MAX];
    unsigned counter_count;
    uint64_t lost; /* records that could not be written since the last one that could */
};

/* Both wait with the lock held. */
static void sleep_until_wanted(struct predictions *p)
{
    p->state = WRITER_SLEEPS;
    while (!p->first && !p->closing)
        pthread_cond_wait(&p->wanted, &p->lock);
    p->state = WRITER_WORKS;
}

static void linger(struct predictions *p)
{
    struct timespec until = clock_deadline(LINGER_MS);
    int waited = 0;
    p->state = WRITER_LINGERS;
    while (!p->closing && !p->urgent && !predictions_plenty(p) && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&p->wanted, &p->lock, CLOCK_MONOTONIC, &until);
    p->state = WRITER_WORKS;
}

static unsigned take_batch(struct predictions *p, struct item **items)
{
    unsigned n = 0;
    pthread_mutex_lock(&p->lock);
    sleep_until_wanted(p);
    linger(p);
    for (; p->first && n < BATCH_MAX; n++) {
        items[n] = p->first;
        p->urgent -= p->first->done != NULL;
        p->first = p->first->next;
    }
    if (!p->first)
        p->last = &p->first;
    p->queued -= n;
    predictions_note_crowd(p);
    pthread_mutex_unlock(&p->lock);
    return n;
}

/* ---- ids ---- */

static enum err claim_id(struct db *db, const struct record *r, struct str id, int64_t row_no,
                         bool *taken, struct err_ctx *e)
{
    int64_t changed = 0;
    enum err err =
        db_exec(db,
                "insert into predictions_ids (model_id, id, seq, row_no)"
                " values ($1, $2, $3, $4) on conflict do nothing",
                BIND(bind_i64(r->model_id), bind_text(id), bind_i64(r->seq), bind_i64(row_no)),
                &changed, e);
    *taken = !err && changed == 0;
    return err;
}

/* A row's id that is taken undoes the whole record: the client is asked to decide. */
static enum err claim_row_ids(struct db *db, struct item *item, struct err_ctx *e)
{
    const struct record *r = item->record;
    bool taken = false;
    enum err err = ERR_OK;
    for (uint32_t i = 0; !err && !taken && i < r->rows; i++)
        err = claim_id(db, r, r->row_ids[i], i, &taken, e);
    if (err || !taken)
        return err;
    item->outcome = APPEND_CONFLICT;
    return db_exec(db, "delete from predictions_ids where model_id = $1 and seq = $2",
                   BIND(bind_i64(r->model_id), bind_i64(r->seq)), NULL, e);
}

static enum err claim_ids(struct db *db, struct item *item, struct err_ctx *e)
{
    struct record *r = item->record;
    r->id_taken = false;
    if (r->row_ids)
        return claim_row_ids(db, item, e);
    if (!r->request_id.p)
        return ERR_OK;
    enum err err = claim_id(db, r, r->request_id, -1, &r->id_taken, e);
    if (r->id_taken)
        item->outcome = APPEND_ID_TAKEN;
    return err;
}

/* ---- counting ---- */

static enum err flush_counters(struct batch *b, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < b->counter_count; i++)
        err = db_exec(b->db,
                      "insert into predictions_minutes as c (model_id, version, minute_ms,"
                      " row_total, served_total) values ($1, $2, $3, $4, $5)"
                      " on conflict (model_id, version, minute_ms)"
                      " do update set row_total = c.row_total + excluded.row_total,"
                      " served_total = c.served_total + excluded.served_total",
                      BIND(bind_i64(b->counters[i].model_id), bind_i64(b->counters[i].version),
                           bind_i64(b->counters[i].minute_ms), bind_i64(b->counters[i].rows),
                           bind_i64(b->counters[i].served)),
                      NULL, e);
    b->counter_count = 0;
    return err;
}

static enum err count_rows(struct batch *b, const struct item *item, struct err_ctx *e)
{
    const struct record *r = item->record;
    int64_t version = item->version ? item->version : r->version;
    int64_t minute_ms = r->time_ms - r->time_ms % MINUTE_MS;
    int64_t served = item->version ? 0 : r->rows;
    for (unsigned i = 0; i < b->counter_count; i++) {
        struct counter *c = &b->counters[i];
        if (c->model_id == r->model_id && c->version == version && c->minute_ms == minute_ms) {
            c->rows += r->rows;
            c->served += served;
            return ERR_OK;
        }
    }
    enum err err = b->counter_count == COUNTERS_MAX ? flush_counters(b, e) : ERR_OK;
    b->counters[b->counter_count++] =
        (struct counter){r->model_id, version, minute_ms, (int64_t)r->rows, served};
    return err;
}

/* ---- records and scores ---- */

enum { RECORD_BINDS = 8, SCORES_BINDS = 4 };

static struct str kept_id(const struct record *r)
{
    return r->id_taken ? (struct str){NULL, 0} : r->request_id;
}

/* An arm's scores of a record that was refused are about nothing. */
static bool is_void(const struct item *item)
{
    return item->outcome == APPEND_CONFLICT ||
           (item->version && atomic_load(&item->record->discarded));
}

static void bind_record(const struct record *r, struct bind *to)
{
    const struct bind binds[RECORD_BINDS] = {
        bind_i64(r->model_id), bind_i64(r->seq),      bind_i64(r->time_ms), bind_i64(r->version),
        bind_i64(r->rows),     bind_text(kept_id(r)), bind_text(r->unit),   bind_blob(r->body)};
    memcpy(to, binds, sizeof binds);
}

static enum err insert_records(struct batch *b, struct err_ctx *e)
{
    struct bind *values = xmalloc(b->count * RECORD_BINDS * sizeof *values);
    struct binds *sets = xmalloc(b->count * sizeof *sets);
    size_t n = 0;
    for (unsigned i = 0; i < b->count; i++) {
        const struct item *item = b->items[i];
        if (item->version || is_void(item))
            continue;
        bind_record(item->record, values + n * RECORD_BINDS);
        sets[n] = (struct binds){values + n * RECORD_BINDS, RECORD_BINDS};
        n++;
    }
    enum err err = db_exec_many(b->db,
                                "insert into predictions_records (model_id, seq, time_ms, version,"
                                " row_count, request_id, unit, body)"
                                " values ($1, $2, $3, $4, $5, $6, $7, $8)",
                                sets, n, e);
    free(sets);
    free(values);
    return err;
}

static enum err insert_scores(struct batch *b, struct err_ctx *e)
{
    struct bind *values = xmalloc(b->count * SCORES_BINDS * sizeof *values);
    struct binds *sets = xmalloc(b->count * sizeof *sets);
    size_t n = 0;
    for (unsigned i = 0; i < b->count; i++) {
        const struct item *item = b->items[i];
        if (!item->version || is_void(item))
            continue;
        struct bind *to = values + n * SCORES_BINDS;
        to[0] = bind_i64(item->record->model_id);
        to[1] = bind_i64(item->record->seq);
        to[2] = bind_i64(item->version);
        to[3] = bind_blob(item->scores);
        sets[n++] = (struct binds){to, SCORES_BINDS};
    }
    enum err err = db_exec_many(b->db,
                                "insert into predictions_scores (model_id, seq, version, body)"
                                " values ($1, $2, $3, $4) on conflict do nothing",
                                sets, n, e);
    free(sets);
    free(values);
    return err;
}

/* Truth may have come before what it is about: it is counted as soon as both are there. Records are
 * joined before the batch's scores are in the table, and scores after that, so that each arm counts
 * once. */
static enum err join_records(struct batch *b, struct err_ctx *e)
{
    struct predictions *p = b->p;
    enum err err = ERR_OK;
    if (!atomic_load(&p->orphans) && !atomic_load(&p->feedback_running))
        return ERR_OK;
    for (unsigned i = 0; !err && i < b->count; i++)
        if (!b->items[i]->version && !is_void(b->items[i]))
            err = feedback_join_orphans(p, b->db, b->items[i]->record, e);
    return err;
}

/* Scores of one model that are looked at together. */
struct scored {
    const struct item *items[KEYS_MAX];
    unsigned count;
    int64_t told[KEYS_MAX]; /* records of theirs that have truth already */
    unsigned told_count;
};

static enum err find_told(struct batch *b, struct scored *s, struct err_ctx *e)
{
    struct bind keys[KEYS_MAX];
    struct rows *rows = NULL;
    for (unsigned i = 0; i < s->count; i++)
        keys[i] = bind_i64(s->items[i]->record->seq);
    enum err err =
        keys_query(b->db,
                   "select distinct seq from predictions_feedback"
                   " where model_id = $1 and seq in ($KEYS)",
                   BIND(bind_i64(s->items[0]->record->model_id)), keys, s->count, &rows, e);
    s->told_count = 0;
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        s->told[s->told_count++] = rows_i64(rows, 0);
    rows_close(rows);
    return err;
}

/* Nearly no shadow is slower than the truth: one question for many scores finds those that are. */
static enum err join_some(struct batch *b, struct scored *s, struct err_ctx *e)
{
    enum err err = s->count ? find_told(b, s, e) : ERR_OK;
    for (unsigned i = 0; !err && s->told_count && i < s->count; i++) {
        const struct item *item = s->items[i];
        bool told = false;
        for (unsigned k = 0; !told && k < s->told_count; k++)
            told = s->told[k] == item->record->seq;
        if (told)
            err = feedback_join_scores(b->p, b->db, item->record, item->version, item->scores, e);
    }
    s->count = 0;
    return err;
}

static enum err join_scores(struct batch *b, struct err_ctx *e)
{
    struct scored s = {.count = 0};
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < b->count; i++) {
        const struct item *item = b->items[i];
        if (!item->version || is_void(item))
            continue;
        if (s.count == KEYS_MAX ||
            (s.count && s.items[0]->record->model_id != item->record->model_id))
            err = join_some(b, &s, e);
        s.items[s.count++] = item;
    }
    return err ? err : join_some(b, &s, e);
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* In the order of their numbers, as everybody does who takes several. */
static enum err lock_models(struct batch *b, struct err_ctx *e)
{
    int64_t *models = xmalloc((b->count + 1) * sizeof *models);
    unsigned count = 0;
    enum err err = ERR_OK;
    for (unsigned i = 0; i < b->count; i++)
        if (b->items[i]->version)
            models[count++] = b->items[i]->record->model_id;
    qsort(models, count, sizeof *models, by_number);
    for (unsigned i = 0; !err && i < count; i++)
        if (i == 0 || models[i] != models[i - 1])
            err = feedback_lock(b->db, models[i], e);
    free(models);
    return err;
}

static enum err write_items(struct batch *b, struct err_ctx *e)
{
    enum err err = lock_models(b, e);
    b->counter_count = 0;
    for (unsigned i = 0; !err && i < b->count; i++) {
        struct item *item = b->items[i];
        item->outcome = APPEND_DONE;
        if (!item->version) {
            err = claim_ids(b->db, item, e);
            atomic_store(&item->record->discarded, item->outcome == APPEND_CONFLICT);
        }
        if (!err && !is_void(item))
            err = count_rows(b, item, e);
    }
    if (!err)
        err = insert_records(b, e);
    if (!err)
        err = join_records(b, e);
    if (!err)
        err = insert_scores(b, e);
    if (!err)
        err = join_scores(b, e);
    return err ? err : flush_counters(b, e);
}

static enum err write_batch(struct batch *b, struct err_ctx *e)
{
    enum err err = store_write(b->p->opts.store, &b->db, e);
    if (err)
        return err;
    err = write_items(b, e);
    return db_end(b->db, err, e);
}

static void give_up(struct item *item)
{
    item->outcome = APPEND_FAILED;
    if (!item->version)
        atomic_store(&item->record->discarded, true);
}

/* A disk that is full for an hour is one line when it begins and one when it is over. */
static void tell_recovery(struct batch *b)
{
    if (b->lost)
        log_info("predictions", "the prediction log is written again; %llu records were refused",
                 (unsigned long long)b->lost);
    b->lost = 0;
}

/* A store that does not answer would make each of them wait in turn: after a few in a row the rest
 * is given up with them. */
static void write_one_by_one(struct batch *b)
{
    enum { HOPELESS = 3 };
    struct batch *one = xcalloc(1, sizeof *one);
    unsigned failed = 0, in_a_row = 0;
    struct err_ctx e;
    one->p = b->p;
    one->count = 1;
    for (unsigned i = 0; i < b->count; i++) {
        one->items[0] = b->items[i];
        if (in_a_row < HOPELESS)
            err_ctx_init(&e);
        if (in_a_row < HOPELESS && write_batch(one, &e) == ERR_OK) {
            in_a_row = 0;
            continue;
        }
        give_up(b->items[i]);
        in_a_row++;
        failed++;
    }
    free(one);
    if (failed < b->count)
        tell_recovery(b);
    if (failed && b->lost == 0)
        log_error("predictions",
                  "the prediction log cannot be written, requests are refused until it can: %s",
                  e.detail);
    b->lost += failed;
}

/* ---- afterwards ---- */

static void count_batch(struct batch *b)
{
    struct predictions *p = b->p;
    pthread_mutex_lock(&p->lock);
    p->commits++;
    for (unsigned i = 0; i < b->count; i++) {
        const struct item *item = b->items[i];
        if (item->outcome == APPEND_FAILED) {
            p->failed++;
        } else if (is_void(item)) {
            continue;
        } else if (item->version) {
            p->scores += item->record->rows;
        } else {
            p->records++;
            p->rows += item->record->rows;
        }
    }
    pthread_mutex_unlock(&p->lock);
}

static void tell_progress(struct batch *b)
{
    const struct predictions_hooks *hooks = &b->p->opts.hooks;
    uint64_t rows = 0;
    if (!hooks->progress)
        return;
    for (unsigned i = 0; i < b->count; i++) {
        bool logged = !b->items[i]->version && b->items[i]->outcome != APPEND_FAILED &&
                      b->items[i]->outcome != APPEND_CONFLICT;
        rows += logged ? b->items[i]->record->rows : 0;
        bool last =
            i + 1 == b->count || b->items[i + 1]->record->model_id != b->items[i]->record->model_id;
        if (last && rows)
            hooks->progress(hooks->context, b->items[i]->record->model_id, rows, 0);
        rows = last ? 0 : rows;
    }
}

static void finish(struct batch *b)
{
    count_batch(b);
    tell_progress(b);
    for (unsigned i = 0; i < b->count; i++) {
        struct item *item = b->items[i];
        if (item->done)
            item->done(item->argument, item->outcome);
        record_unref(item->record);
        free(item);
    }
}

void *predictions_writer(void *log)
{
    struct predictions *p = log;
    struct batch *b = xcalloc(1, sizeof *b);
    b->p = p;
    pthread_setname_np(pthread_self(), "log-writer");
    while ((b->count = take_batch(p, b->items)) > 0) {
        struct err_ctx e;
        err_ctx_init(&e);
        if (write_batch(b, &e) == ERR_OK) {
            tell_recovery(b);
        } else {
            log_debug("predictions", "a batch of %u failed and is written one by one: %s", b->count,
                      e.detail);
            write_one_by_one(b);
        }
        finish(b);
    }
    free(b);
    return NULL;
}
