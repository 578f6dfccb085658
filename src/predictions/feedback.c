#include "predictions/internal.h"

#include "base/log.h"

/* Truth joins its prediction here, whichever of the two comes last: truth with its record, a
 * record with the truth that waited for it, an arm's scores with truth that was quicker. Each is
 * one transaction with the counting of what was joined, so counters and rows cannot disagree. */

enum { JOINED_MAX = 512, SHADOWS_MAX = 32 };

/* Joined truth on its way to whoever counts it. */
struct join {
    struct predictions *p;
    struct db *db;
    struct arena arena;
    struct joined items[JOINED_MAX];
    size_t count;
    int64_t record_seq; /* the record that is unpacked just now */
    struct loaded record;
};

static void join_init(struct join *j, struct predictions *p, struct db *db)
{
    j->p = p;
    j->db = db;
    j->count = 0;
    j->record_seq = 0;
    arena_init(&j->arena);
}

static enum err join_flush(struct join *j, struct err_ctx *e)
{
    const struct predictions_hooks *hooks = &j->p->opts.hooks;
    enum err err = ERR_OK;
    if (j->count && hooks->joined)
        err = hooks->joined(hooks->context, j->db, j->items, j->count, e);
    j->count = 0;
    j->record_seq = 0;
    arena_reset(&j->arena);
    return err;
}

static enum err join_end(struct join *j, enum err err, struct err_ctx *e)
{
    if (!err)
        err = join_flush(j, e);
    arena_release(&j->arena);
    return err;
}

/* Before each truth: it may join its record and every shadow. What was unpacked for the items that
 * are flushed goes with them. */
static enum err join_make_room(struct join *j, struct err_ctx *e)
{
    return j->count + 1 + SHADOWS_MAX > JOINED_MAX ? join_flush(j, e) : ERR_OK;
}

static void join_add(struct join *j, const struct joined *item)
{
    assert(j->count < JOINED_MAX);
    j->items[j->count++] = *item;
}

/* Unpacks the record, once for all truths about it in a row. */
static enum err join_record(struct join *j, int64_t model_id, int64_t seq, struct err_ctx *e)
{
    if (j->record_seq == seq)
        return ERR_OK;
    enum err err = predictions_load(j->db, model_id, seq, &j->record, &j->arena, e);
    j->record_seq = err ? 0 : seq;
    return err;
}

static struct scores *keep_scores(struct join *j, const struct scores *s)
{
    struct scores *kept = arena_alloc(&j->arena, sizeof *kept);
    *kept = *s;
    return kept;
}

/* ---- one truth ---- */

struct stored {
    bool exists;
    struct str truth;
    double weight;
};

static enum err read_stored(struct join *j, const struct truth *t, struct stored *before,
                            struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err =
        db_query_one(j->db,
                     "select truth, weight from predictions_feedback"
                     " where model_id = $1 and seq = $2 and row_no = $3",
                     BIND(bind_i64(t->model_id), bind_i64(t->seq), bind_i64(t->row)), &r, e);
    *before = (struct stored){.exists = err == ERR_OK};
    if (!err) {
        before->truth = arena_str(&j->arena, rows_text(r, 0));
        before->weight = rows_f64(r, 1);
    }
    rows_close(r);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err write_stored(struct join *j, const struct truth *t, struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(j->p->opts.clock);
    return db_exec(
        j->db,
        "insert into predictions_feedback as f (model_id, seq, row_no, truth, weight, time_ms,"
        " arrived_ms, first_truth, changes) values ($1, $2, $3, $4, $5, $6, $7, $4, 0)"
        " on conflict (model_id, seq, row_no) do update set truth = excluded.truth,"
        " weight = excluded.weight, time_ms = excluded.time_ms, arrived_ms = excluded.arrived_ms,"
        " changes = f.changes + 1",
        BIND(bind_i64(t->model_id), bind_i64(t->seq), bind_i64(t->row), bind_text(t->text),
             bind_f64(t->weight), bind_i64(t->time_ms ? t->time_ms : now_ms), bind_i64(now_ms)),
        NULL, e);
}

static enum err add_shadows(struct join *j, const struct joined *item, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(j->db,
                            "select version, body from predictions_scores"
                            " where model_id = $1 and seq = $2",
                            BIND(bind_i64(item->model_id), bind_i64(item->seq)), &r, e);
    struct joined shadow = *item;
    shadow.served = false;
    for (unsigned n = 0; !err && n < SHADOWS_MAX; n++) {
        struct scores scores;
        err = rows_next(r, e);
        if (err || !rows_have(r))
            break;
        shadow.version = rows_i64(r, 0);
        err = scores_unpack(arena_str(&j->arena, rows_blob(r, 1)), &j->arena, j->record.view.rows,
                            &scores, e);
        shadow.scores = keep_scores(j, &scores);
        if (!err)
            join_add(j, &shadow);
    }
    rows_close(r);
    return err;
}

/* Stores one truth and lists what it joins. `*known` is false when there is no such row. */
static enum err apply(struct join *j, struct truth *t, bool *known, bool *repeated,
                      struct err_ctx *e)
{
    struct stored before;
    enum err err = join_record(j, t->model_id, t->seq, e);
    *known = err != ERR_NOT_FOUND && (err || predictions_has_row(&t->row, j->record.view.rows));
    if (!*known)
        return ERR_OK;
    if (!err)
        err = read_stored(j, t, &before, e);
    if (err)
        return err;
    *repeated = before.exists;
    if (before.exists && str_eq(before.truth, t->text) && before.weight == t->weight)
        return ERR_OK;
    err = write_stored(j, t, e);
    struct joined item = {.model_id = t->model_id,
                          .seq = t->seq,
                          .version = j->record.version,
                          .time_ms = j->record.time_ms,
                          .served = true,
                          .row = t->row,
                          .scores = keep_scores(j, &j->record.view.scores),
                          .before = before.exists ? before.truth : (struct str){NULL, 0},
                          .truth = t->text,
                          .weight_before = before.weight,
                          .weight = t->weight};
    if (err)
        return err;
    join_add(j, &item);
    return add_shadows(j, &item, e);
}

/* ---- truth from outside ---- */

static enum err keep_orphan(struct predictions *p, struct db *db, int64_t model_id,
                            const struct feedback_item *item, struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(p->opts.clock);
    return db_exec(db,
                   "insert into predictions_orphans (model_id, id, truth, weight, time_ms,"
                   " arrived_ms) values ($1, $2, $3, $4, $5, $6) on conflict (model_id, id)"
                   " do update set truth = excluded.truth, weight = excluded.weight,"
                   " time_ms = excluded.time_ms, arrived_ms = excluded.arrived_ms",
                   BIND(bind_i64(model_id), bind_text(item->id), bind_text(item->truth),
                        bind_f64(item->weight), bind_i64(item->time_ms ? item->time_ms : now_ms),
                        bind_i64(now_ms)),
                   NULL, e);
}

static enum err take_item(struct join *j, int64_t model_id, const struct feedback_item *item,
                          struct feedback_result *out, struct err_ctx *e)
{
    struct truth t = {.model_id = model_id,
                      .text = item->truth,
                      .weight = item->weight,
                      .time_ms = item->time_ms};
    bool known = false, repeated = false;
    enum err err = join_make_room(j, e);
    if (!err)
        err = predictions_resolve(j->db, model_id, item->id, &t.seq, &t.row, e);
    if (!err)
        err = apply(j, &t, &known, &repeated, e);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (!known) {
        out->queued++;
        return keep_orphan(j->p, j->db, model_id, item, e);
    }
    if (repeated)
        out->updated++;
    else
        out->joined++;
    return ERR_OK;
}

enum err feedback_lock(struct db *db, int64_t model_id, struct err_ctx *e)
{
    char name[48];
    snprintf(name, sizeof name, "predictions/%lld", (long long)model_id);
    return db_lock(db, str_of(name), e);
}

static enum err take_portion(struct predictions *p, int64_t model_id,
                             const struct feedback_item *items, size_t count,
                             struct feedback_result *out, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(p->opts.store, &db, e);
    if (err)
        return err;
    struct join *j = xmalloc(sizeof *j);
    join_init(j, p, db);
    err = feedback_lock(db, model_id, e);
    for (size_t i = 0; !err && i < count; i++)
        err = take_item(j, model_id, &items[i], out, e);
    err = join_end(j, err, e);
    free(j);
    return db_end(db, err, e);
}

static void add_result(struct feedback_result *sum, const struct feedback_result *part)
{
    sum->joined += part->joined;
    sum->updated += part->updated;
    sum->queued += part->queued;
}

enum err predictions_feedback(struct predictions *p, int64_t model_id,
                              const struct feedback_item *items, size_t count,
                              struct feedback_result *out, struct err_ctx *e)
{
    enum { PORTION = 1000 };
    enum err err = ERR_OK;
    *out = (struct feedback_result){0};
    for (size_t at = 0; !err && at < count; at += PORTION) {
        struct feedback_result part = {0};
        size_t n = MIN(count - at, (size_t)PORTION);
        atomic_fetch_add(&p->feedback_running, 1);
        err = take_portion(p, model_id, items + at, n, &part, e);
        if (!err)
            add_result(out, &part);
        atomic_fetch_add(&p->orphans, err ? 0 : (int64_t)part.queued);
        atomic_fetch_sub(&p->feedback_running, 1);
    }
    uint64_t labelled = out->joined + out->updated;
    if (labelled && p->opts.hooks.progress)
        p->opts.hooks.progress(p->opts.hooks.context, model_id, 0, labelled);
    return err;
}

/* ---- records and scores that find truth waiting ---- */

static enum err join_orphan(struct join *j, const struct record *r, struct str id, uint32_t row,
                            struct err_ctx *e)
{
    struct rows *rows = NULL;
    bool known = false, repeated = false;
    enum err err = join_make_room(j, e);
    if (!err)
        err = db_query_one(j->db,
                           "select truth, weight, time_ms from predictions_orphans"
                           " where model_id = $1 and id = $2",
                           BIND(bind_i64(r->model_id), bind_text(id)), &rows, e);
    struct truth t = {.model_id = r->model_id, .seq = r->seq, .row = row};
    if (!err) {
        t.text = arena_str(&j->arena, rows_text(rows, 0));
        t.weight = rows_f64(rows, 1);
        t.time_ms = rows_i64(rows, 2);
    }
    rows_close(rows);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    err = apply(j, &t, &known, &repeated, e);
    if (err || !known)
        return err;
    return db_exec(j->db, "delete from predictions_orphans where model_id = $1 and id = $2",
                   BIND(bind_i64(r->model_id), bind_text(id)), NULL, e);
}

static enum err join_row(struct join *j, const struct record *r, uint32_t row, struct err_ctx *e)
{
    char own[PREDICTION_ID_BYTES], text[PREDICTION_ID_MAX + 16];
    if (r->row_ids)
        return join_orphan(j, r, r->row_ids[row], row, e);
    bool named = r->request_id.p && !r->id_taken;
    struct str base = named ? r->request_id : str_of(prediction_id(r->seq, own));
    if (r->rows == 1)
        return join_orphan(j, r, base, row, e);
    snprintf(text, sizeof text, STR_FMT "/%u", STR_ARG(base), row);
    return join_orphan(j, r, str_of(text), row, e);
}

enum err feedback_join_orphans(struct predictions *p, struct db *db, const struct record *r,
                               struct err_ctx *e)
{
    struct join *j = xmalloc(sizeof *j);
    enum err err = ERR_OK;
    join_init(j, p, db);
    for (uint32_t i = 0; !err && i < r->rows; i++)
        err = join_row(j, r, i, e);
    err = join_end(j, err, e);
    free(j);
    return err;
}

enum err feedback_join_scores(struct predictions *p, struct db *db, const struct record *r,
                              int64_t version, struct str packed, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct scores scores = {0};
    enum err err = db_query(db,
                            "select row_no, truth, weight from predictions_feedback"
                            " where model_id = $1 and seq = $2 order by row_no",
                            BIND(bind_i64(r->model_id), bind_i64(r->seq)), &rows, e);
    if (err)
        return err;
    struct join *j = NULL;
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        if (!j) {
            j = xmalloc(sizeof *j);
            join_init(j, p, db);
        }
        err = join_make_room(j, e);
        if (!err && j->count == 0)
            err = scores_unpack(packed, &j->arena, r->rows, &scores, e);
        if (err)
            break;
        struct joined item = {.model_id = r->model_id,
                              .seq = r->seq,
                              .version = version,
                              .time_ms = r->time_ms,
                              .row = (uint32_t)rows_i64(rows, 0),
                              .scores = keep_scores(j, &scores),
                              .truth = arena_str(&j->arena, rows_text(rows, 1)),
                              .weight = rows_f64(rows, 2)};
        join_add(j, &item);
    }
    rows_close(rows);
    if (j) {
        err = join_end(j, err, e);
        free(j);
    }
    return err;
}
