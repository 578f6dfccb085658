#include "predictions/internal.h"

#include "store/keys.h"

/* Truths are stored and joined a portion at a time: what has to be known about all of them is asked
 * by lists of keys, and what is stored goes in rows of many, so that a round trip to the database
 * serves dozens. A row that is told several times in a portion changes once, to the last of its
 * truths. */

/* ---- what was joined, on its way to whoever counts it ---- */

void joining_init(struct joining *j, struct predictions *p, struct db *db)
{
    *j = (struct joining){.p = p, .db = db};
    arena_init(&j->arena);
}

void joining_add(struct joining *j, const struct joined *item, const struct scores *s, uint32_t row)
{
    if (j->count == j->room) {
        j->room = j->room ? j->room * 2 : 64;
        j->items = xrealloc(j->items, j->room * sizeof *j->items);
    }
    struct scores *own = arena_alloc(&j->arena, sizeof *own);
    *own = scores_row(s, row, &j->arena);
    j->items[j->count] = *item;
    j->items[j->count].scores = own;
    j->items[j->count++].row = 0;
}

enum err joining_end(struct joining *j, enum err err, struct err_ctx *e)
{
    const struct predictions_hooks *hooks = &j->p->opts.hooks;
    if (!err && j->count && hooks->joined)
        err = hooks->joined(hooks->context, j->db, j->items, j->count, e);
    free(j->items);
    arena_release(&j->arena);
    return err;
}

/* ---- a portion ---- */

/* One record that truths are about. */
struct subject {
    int64_t seq, version, time_ms;
    uint32_t rows; /* 0: there is no such record */
    struct truth **truths;
    size_t truth_count;
    struct change *changes; /* the first of them */
};

/* One row, before and after. */
struct change {
    struct subject *subject;
    struct truth **truths; /* in the order in which they were told */
    size_t truth_count;
    struct str before; /* without a pointer: there was none */
    double weight_before;
    int64_t changes;     /* how often it changed */
    struct change *next; /* of the same record */
};

struct portion {
    struct predictions *p;
    struct db *db;
    int64_t model_id;
    struct arena arena, record_arena;
    struct truth **order;
    size_t count;
    struct subject *subjects;
    size_t subject_count;
    struct change *changes;
    size_t change_count;
    struct joining joining;
};

static int by_record(const void *x, const void *y)
{
    const struct truth *a = *(struct truth *const *)x, *b = *(struct truth *const *)y;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return (a > b) - (a < b);
}

static void list_subjects(struct portion *o)
{
    qsort(o->order, o->count, sizeof *o->order, by_record);
    o->subjects = arena_zalloc(&o->arena, (o->count + 1) * sizeof *o->subjects);
    for (size_t i = 0; i < o->count; i++) {
        struct subject *last = o->subject_count ? &o->subjects[o->subject_count - 1] : NULL;
        if (!last || last->seq != o->order[i]->seq) {
            last = &o->subjects[o->subject_count++];
            *last = (struct subject){.seq = o->order[i]->seq, .truths = &o->order[i]};
        }
        last->truth_count++;
    }
}

static struct subject *find_subject(struct portion *o, int64_t seq)
{
    size_t low = 0, high = o->subject_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (o->subjects[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    assert(low < o->subject_count && o->subjects[low].seq == seq);
    return &o->subjects[low];
}

/* ---- the records ---- */

static enum err take_record(struct portion *o, struct rows *r, struct err_ctx *e)
{
    struct record_view view;
    struct subject *s = find_subject(o, rows_i64(r, 0));
    s->version = rows_i64(r, 1);
    s->time_ms = rows_i64(r, 2);
    arena_reset(&o->record_arena);
    enum err err = record_read(rows_blob(r, 3), &o->record_arena, &view, e);
    if (err)
        return err;
    s->rows = view.rows;
    for (size_t i = 0; i < s->truth_count; i++) {
        struct truth *t = s->truths[i];
        t->known = predictions_has_row(&t->row, view.rows);
        if (t->known)
            t->scores = scores_row(&view.scores, t->row, &o->arena);
    }
    return ERR_OK;
}

/* Calls `take` for each row that the query has for the records. Its first column is their number;
 * $1 is the model. */
static enum err ask_about(struct portion *o, const char *sql, bool changed_only,
                          enum err (*take)(struct portion *o, struct rows *r, struct err_ctx *e),
                          struct err_ctx *e)
{
    enum err err = ERR_OK;
    size_t at = 0;
    while (!err && at < o->subject_count) {
        struct bind keys[KEYS_MAX];
        struct rows *r = NULL;
        unsigned n = 0;
        for (; at < o->subject_count && n < KEYS_MAX; at++)
            if (!changed_only || o->subjects[at].changes)
                keys[n++] = bind_i64(o->subjects[at].seq);
        if (n == 0)
            break;
        err = keys_query(o->db, sql, BIND(bind_i64(o->model_id)), keys, n, &r, e);
        while (!err && !(err = rows_next(r, e)) && rows_have(r))
            err = take(o, r, e);
        rows_close(r);
    }
    return err;
}

/* ---- what was stored before ---- */

static int by_row(const void *x, const void *y)
{
    const struct truth *a = *(struct truth *const *)x, *b = *(struct truth *const *)y;
    if (a->seq == b->seq && a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return by_record(x, y);
}

static void list_changes(struct portion *o)
{
    struct truth **order = arena_alloc(&o->arena, (o->count + 1) * sizeof *order);
    size_t count = 0;
    for (size_t i = 0; i < o->count; i++)
        if (o->order[i]->known)
            order[count++] = o->order[i];
    qsort(order, count, sizeof *order, by_row);
    o->changes = arena_zalloc(&o->arena, (count + 1) * sizeof *o->changes);
    for (size_t i = 0; i < count; i++) {
        struct change *last = o->change_count ? &o->changes[o->change_count - 1] : NULL;
        if (!last || last->truths[0]->row != order[i]->row ||
            last->truths[0]->seq != order[i]->seq) {
            last = &o->changes[o->change_count++];
            last->truths = &order[i];
            last->subject = find_subject(o, order[i]->seq);
        }
        last->truth_count++;
    }
}

static struct change *find_change(struct change *list, size_t count, int64_t seq, uint32_t row)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct truth *t = list[middle].truths[0];
        if (t->seq < seq || (t->seq == seq && t->row < row))
            low = middle + 1;
        else
            high = middle;
    }
    assert(low < count && list[low].truths[0]->row == row && list[low].truths[0]->seq == seq);
    return &list[low];
}

/* By look-ups of the whole key. A list of records beside a range of rows would do too, but
 * PostgreSQL then reads these rows of all records there are. */
static const char select_before[] =
    "select cast(k.column1 as bigint), cast(k.column2 as bigint),"
    " (select f.truth from predictions_feedback f where f.model_id = $1"
    " and f.seq = cast(k.column1 as bigint) and f.row_no = cast(k.column2 as bigint)),"
    " (select f.weight from predictions_feedback f where f.model_id = $1"
    " and f.seq = cast(k.column1 as bigint) and f.row_no = cast(k.column2 as bigint))"
    " from (values $ROWS) k";

static enum err load_before(struct portion *o, struct change *list, unsigned count,
                            struct err_ctx *e)
{
    struct bind keys[KEYS_MAX];
    struct rows *r = NULL;
    for (unsigned i = 0; i < count; i++) {
        keys[2 * i] = bind_i64(list[i].truths[0]->seq);
        keys[2 * i + 1] = bind_i64(list[i].truths[0]->row);
    }
    enum err err =
        keys_query_rows(o->db, select_before, BIND(bind_i64(o->model_id)), keys, 2, count, &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r)) {
        if (rows_is_null(r, 2))
            continue;
        struct change *c = find_change(list, count, rows_i64(r, 0), (uint32_t)rows_i64(r, 1));
        c->before = arena_str(&o->arena, rows_text(r, 2));
        c->weight_before = rows_f64(r, 3);
    }
    rows_close(r);
    return err;
}

static enum err load_stored(struct portion *o, struct err_ctx *e)
{
    enum { PAIRS_MAX = KEYS_MAX / 2 };
    enum err err = ERR_OK;
    for (size_t at = 0; !err && at < o->change_count; at += PAIRS_MAX)
        err = load_before(o, o->changes + at,
                          (unsigned)MIN(o->change_count - at, (size_t)PAIRS_MAX), e);
    return err;
}

/* ---- what changes ---- */

static const struct truth *last_truth(const struct change *c)
{
    return c->truths[c->truth_count - 1];
}

static bool differs(const struct change *c)
{
    const struct truth *last = last_truth(c);
    return !c->before.p || c->weight_before != last->weight || !str_eq(c->before, last->text);
}

static void follow(struct change *c)
{
    struct str text = c->before;
    double weight = c->weight_before;
    for (size_t i = 0; i < c->truth_count; i++) {
        struct truth *t = c->truths[i];
        t->repeated = text.p != NULL;
        c->changes += t->repeated && !(str_eq(text, t->text) && weight == t->weight);
        text = t->text;
        weight = t->weight;
    }
}

static void add_joined(struct portion *o, struct change *c)
{
    const struct truth *t = last_truth(c);
    struct joined item = {.model_id = o->model_id,
                          .seq = t->seq,
                          .version = c->subject->version,
                          .time_ms = c->subject->time_ms,
                          .served = true,
                          .before = c->before,
                          .truth = t->text,
                          .weight_before = c->weight_before,
                          .weight = t->weight};
    joining_add(&o->joining, &item, &t->scores, 0);
    c->next = c->subject->changes;
    c->subject->changes = c;
}

enum { STORED_BINDS = 7 };

static void bind_change(const struct change *c, int64_t now_ms, struct bind *to)
{
    const struct truth *t = last_truth(c);
    const struct bind binds[STORED_BINDS] = {bind_i64(t->seq),
                                             bind_i64(t->row),
                                             bind_text(t->text),
                                             bind_f64(t->weight),
                                             bind_i64(t->time_ms ? t->time_ms : now_ms),
                                             bind_text(c->truths[0]->text),
                                             bind_i64(c->changes)};
    memcpy(to, binds, sizeof binds);
}

/* Stores what differs from what was stored. */
static enum err store_changes(struct portion *o, struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(o->p->opts.clock);
    struct bind *values = xmalloc((o->change_count + 1) * STORED_BINDS * sizeof *values);
    size_t n = 0;
    for (size_t i = 0; i < o->change_count; i++) {
        struct change *c = &o->changes[i];
        follow(c);
        if (!differs(c))
            continue;
        bind_change(c, now_ms, values + n++ * STORED_BINDS);
        add_joined(o, c);
    }
    enum err err = keys_insert(
        o->db,
        "insert into predictions_feedback as f (model_id, arrived_ms, seq, row_no, truth, weight,"
        " time_ms, first_truth, changes) values $ROWS"
        " on conflict (model_id, seq, row_no) do update set truth = excluded.truth,"
        " weight = excluded.weight, time_ms = excluded.time_ms, arrived_ms = excluded.arrived_ms,"
        " changes = f.changes + excluded.changes",
        BIND(bind_i64(o->model_id), bind_i64(now_ms)), values, STORED_BINDS, n, e);
    free(values);
    return err;
}

/* The other arms that scored a record that has changes. */
static enum err take_shadow(struct portion *o, struct rows *r, struct err_ctx *e)
{
    struct scores scores;
    const struct subject *s = find_subject(o, rows_i64(r, 0));
    arena_reset(&o->record_arena);
    enum err err = scores_unpack(rows_blob(r, 2), &o->record_arena, s->rows, &scores, e);
    for (const struct change *c = s->changes; !err && c; c = c->next) {
        const struct truth *t = last_truth(c);
        struct joined item = {.model_id = o->model_id,
                              .seq = t->seq,
                              .version = rows_i64(r, 1),
                              .time_ms = s->time_ms,
                              .before = c->before,
                              .truth = t->text,
                              .weight_before = c->weight_before,
                              .weight = t->weight};
        joining_add(&o->joining, &item, &scores, t->row);
    }
    return err;
}

static enum err apply(struct portion *o, struct err_ctx *e)
{
    list_subjects(o);
    enum err err = ask_about(o,
                             "select seq, version, time_ms, body from predictions_records"
                             " where model_id = $1 and seq in ($KEYS)",
                             false, take_record, e);
    if (err)
        return err;
    list_changes(o);
    err = load_stored(o, e);
    if (!err)
        err = store_changes(o, e);
    if (!err)
        err = ask_about(o,
                        "select seq, version, body from predictions_scores"
                        " where model_id = $1 and seq in ($KEYS)",
                        true, take_shadow, e);
    return err;
}

enum err truths_apply(struct predictions *p, struct db *db, int64_t model_id, struct truth *truths,
                      size_t count, struct err_ctx *e)
{
    struct portion o = {.p = p, .db = db, .model_id = model_id, .count = count};
    if (count == 0)
        return ERR_OK;
    arena_init(&o.arena);
    arena_init(&o.record_arena);
    joining_init(&o.joining, p, db);
    o.order = arena_alloc(&o.arena, count * sizeof *o.order);
    for (size_t i = 0; i < count; i++)
        o.order[i] = &truths[i];
    enum err err = joining_end(&o.joining, apply(&o, e), e);
    arena_release(&o.record_arena);
    arena_release(&o.arena);
    return err;
}
