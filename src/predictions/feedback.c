#include "predictions/internal.h"

#include "store/keys.h"

/* Truth joins its prediction here, whichever of the two comes last: truth with its record, a
 * record with the truth that waited for it, an arm's scores with truth that was quicker. Each is
 * one transaction with the counting of what was joined, so counters and rows cannot disagree. */

/* Truths of one transaction: so few that nobody waits long for the store meanwhile, so many that
 * most requests are one, and counters are loaded once for many. */
enum { PORTION = 5000 };

/* ---- truth from outside ---- */

enum { ORPHAN_BINDS = 6 };

/* Those that no prediction is known for wait for it, the later of two for one id. */
static enum err keep_orphans(struct predictions *p, struct db *db, int64_t model_id,
                             const struct feedback_item *items, const bool *known, size_t count,
                             struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(p->opts.clock);
    struct bind *values = xmalloc((count + 1) * ORPHAN_BINDS * sizeof *values);
    struct binds *sets = xmalloc((count + 1) * sizeof *sets);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct bind *to = values + n * ORPHAN_BINDS;
        if (known[i])
            continue;
        to[0] = bind_i64(model_id);
        to[1] = bind_text(items[i].id);
        to[2] = bind_text(items[i].truth);
        to[3] = bind_f64(items[i].weight);
        to[4] = bind_i64(items[i].time_ms ? items[i].time_ms : now_ms);
        to[5] = bind_i64(now_ms);
        sets[n++] = (struct binds){to, ORPHAN_BINDS};
    }
    enum err err = ERR_OK;
    if (n)
        err = db_exec_many(db,
                           "insert into predictions_orphans (model_id, id, truth, weight, time_ms,"
                           " arrived_ms) values ($1, $2, $3, $4, $5, $6) on conflict (model_id, id)"
                           " do update set truth = excluded.truth, weight = excluded.weight,"
                           " time_ms = excluded.time_ms, arrived_ms = excluded.arrived_ms",
                           sets, n, e);
    free(sets);
    free(values);
    return err;
}

/* The truths whose id names a record; `of[i]` says which one is item i's, SIZE_MAX none. */
static size_t list_truths(const struct feedback_item *items, const struct place *places,
                          size_t count, struct truth *truths, size_t *of)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        of[i] = SIZE_MAX;
        if (!places[i].known)
            continue;
        of[i] = n;
        truths[n++] = (struct truth){.seq = places[i].seq,
                                     .row = places[i].row,
                                     .text = items[i].truth,
                                     .weight = items[i].weight,
                                     .time_ms = items[i].time_ms};
    }
    return n;
}

static void count_items(const struct truth *truths, const size_t *of, size_t count, bool *known,
                        struct feedback_result *out)
{
    for (size_t i = 0; i < count; i++) {
        known[i] = of[i] != SIZE_MAX && truths[of[i]].known;
        if (!known[i])
            out->queued++;
        else if (truths[of[i]].repeated)
            out->updated++;
        else
            out->joined++;
    }
}

static enum err take_items(struct predictions *p, struct db *db, int64_t model_id,
                           const struct feedback_item *items, size_t count, struct arena *a,
                           struct feedback_result *out, struct err_ctx *e)
{
    struct str *ids = arena_alloc(a, count * sizeof *ids);
    struct place *places = arena_alloc(a, count * sizeof *places);
    struct truth *truths = arena_alloc(a, count * sizeof *truths);
    size_t *of = arena_alloc(a, count * sizeof *of), n = 0;
    bool *known = arena_alloc(a, count * sizeof *known);
    for (size_t i = 0; i < count; i++)
        ids[i] = items[i].id;
    enum err err = feedback_lock(db, model_id, e);
    if (!err)
        err = predictions_resolve_all(db, model_id, ids, count, places, a, e);
    if (!err) {
        n = list_truths(items, places, count, truths, of);
        err = truths_apply(p, db, model_id, truths, n, e);
    }
    if (err)
        return err;
    count_items(truths, of, count, known, out);
    return keep_orphans(p, db, model_id, items, known, count, e);
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
    struct arena a;
    enum err err = store_write(p->opts.store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    err = take_items(p, db, model_id, items, count, &a, out, e);
    arena_release(&a);
    return db_end(db, err, e);
}

static void add_result(struct feedback_result *sum, const struct feedback_result *part,
                       size_t count)
{
    sum->stored += count;
    sum->joined += part->joined;
    sum->updated += part->updated;
    sum->queued += part->queued;
}

enum err predictions_feedback(struct predictions *p, int64_t model_id,
                              const struct feedback_item *items, size_t count,
                              struct feedback_result *out, struct err_ctx *e)
{
    enum err err = ERR_OK;
    *out = (struct feedback_result){0};
    for (size_t at = 0; !err && at < count; at += PORTION) {
        struct feedback_result part = {0};
        size_t n = MIN(count - at, (size_t)PORTION);
        atomic_fetch_add(&p->feedback_running, 1);
        err = take_portion(p, model_id, items + at, n, &part, e);
        if (!err)
            add_result(out, &part, n);
        atomic_fetch_add(&p->orphans, err ? 0 : (int64_t)part.queued);
        atomic_fetch_sub(&p->feedback_running, 1);
    }
    uint64_t labelled = out->joined + out->updated;
    if (labelled && p->opts.hooks.progress)
        p->opts.hooks.progress(p->opts.hooks.context, model_id, 0, labelled);
    return err;
}

/* ---- records and scores that find truth waiting ---- */

/* What the client calls the rows of a record. */
static struct str row_id(const struct record *r, uint32_t row, struct arena *a)
{
    char own[PREDICTION_ID_BYTES];
    if (r->row_ids)
        return r->row_ids[row];
    bool named = r->request_id.p && !r->id_taken;
    struct str base = named ? r->request_id : str_of(prediction_id(r->seq, own));
    return r->rows == 1 ? arena_str(a, base)
                        : str_of(arena_printf(a, STR_FMT "/%u", STR_ARG(base), row));
}

/* Some rows of a record, and the truth that waits for them. */
struct waiting {
    const struct record *record;
    uint32_t first;
    unsigned count;
    struct bind ids[KEYS_MAX];
    struct truth truths[KEYS_MAX];
    unsigned truth_count;
    struct arena arena;
};

static void take_orphan(struct waiting *w, struct rows *r)
{
    struct str id = rows_text(r, 0);
    unsigned i = 0;
    while (i < w->count && !str_eq(w->ids[i].bytes, id))
        i++;
    assert(i < w->count && w->truth_count < KEYS_MAX);
    w->truths[w->truth_count++] = (struct truth){.seq = w->record->seq,
                                                 .row = w->first + i,
                                                 .text = arena_str(&w->arena, rows_text(r, 1)),
                                                 .weight = rows_f64(r, 2),
                                                 .time_ms = rows_i64(r, 3)};
}

static enum err find_orphans(struct waiting *w, struct db *db, struct err_ctx *e)
{
    struct rows *r = NULL;
    arena_reset(&w->arena);
    w->count = (unsigned)MIN(w->record->rows - w->first, (uint32_t)KEYS_MAX);
    w->truth_count = 0;
    for (unsigned i = 0; i < w->count; i++)
        w->ids[i] = bind_text(row_id(w->record, w->first + i, &w->arena));
    enum err err = keys_query(db,
                              "select id, truth, weight, time_ms from predictions_orphans"
                              " where model_id = $1 and id in ($KEYS)",
                              BIND(bind_i64(w->record->model_id)), w->ids, w->count, &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r))
        take_orphan(w, r);
    rows_close(r);
    return err;
}

static enum err drop_orphans(struct waiting *w, struct db *db, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = keys_query(db,
                              "delete from predictions_orphans where model_id = $1"
                              " and id in ($KEYS) returning id",
                              BIND(bind_i64(w->record->model_id)), w->ids, w->count, &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r))
        ;
    rows_close(r);
    return err;
}

enum err feedback_join_orphans(struct predictions *p, struct db *db, const struct record *r,
                               struct err_ctx *e)
{
    struct waiting *w = xcalloc(1, sizeof *w);
    enum err err = ERR_OK;
    w->record = r;
    arena_init(&w->arena);
    for (; !err && w->first < r->rows; w->first += w->count) {
        err = find_orphans(w, db, e);
        if (!err && w->truth_count) {
            err = truths_apply(p, db, r->model_id, w->truths, w->truth_count, e);
            err = err ? err : drop_orphans(w, db, e);
        }
    }
    arena_release(&w->arena);
    free(w);
    return err;
}

static enum err join_scores(struct joining *j, const struct record *r, int64_t version,
                            struct str packed, struct rows *rows, struct err_ctx *e)
{
    struct scores scores = {0};
    enum err err = ERR_OK;
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        if (!scores.rows)
            err = scores_unpack(packed, &j->arena, r->rows, &scores, e);
        if (err)
            break;
        struct joined item = {.model_id = r->model_id,
                              .seq = r->seq,
                              .version = version,
                              .time_ms = r->time_ms,
                              .truth = arena_str(&j->arena, rows_text(rows, 1)),
                              .weight = rows_f64(rows, 2)};
        joining_add(j, &item, &scores, (uint32_t)rows_i64(rows, 0));
    }
    return err;
}

enum err feedback_join_scores(struct predictions *p, struct db *db, const struct record *r,
                              int64_t version, struct str packed, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct joining j;
    enum err err = db_query(db,
                            "select row_no, truth, weight from predictions_feedback"
                            " where model_id = $1 and seq = $2 order by row_no",
                            BIND(bind_i64(r->model_id), bind_i64(r->seq)), &rows, e);
    if (err)
        return err;
    joining_init(&j, p, db);
    err = join_scores(&j, r, version, packed, rows, e);
    rows_close(rows);
    return joining_end(&j, err, e);
}
