#include "monitoring/live.h"

#include "monitoring/monitoring_store.h"
#include "monitoring/plan.h"

/* A bucket of the answer. */
struct slot {
    int64_t from_ms, to_ms;
    struct report report;
    json_t *json; /* once it is complete; the report is then released */
};

/* The scores of full hours: not needed, from the rows, from histograms. */
enum ranking_by { RANK_NONE, RANK_ROWS, RANK_HISTOGRAMS };

struct live {
    struct monitoring *m;
    const struct window *w;
    struct db *db; /* one snapshot for all that is read */
    struct arena arena;
    struct plan plan; /* of the buckets with truth */
    struct report whole;
    struct slot *slots;
    size_t slot_count, finished;
    int64_t slots_from_ms; /* where the first would begin if the span did not cut it */
    enum ranking_by by;
    uint64_t rows_left; /* of those that may be kept */
    bool truncated;     /* more rows have truth than were kept */
};

/* ---- slots ---- */

static struct slot *slot_at(struct live *l, int64_t time_ms)
{
    if (l->slot_count == 0)
        return NULL;
    int64_t i = (time_ms - l->slots_from_ms) / l->w->bucket_ms;
    return &l->slots[MIN(MAX(i, 0), (int64_t)l->slot_count - 1)];
}

static void slot_finish(struct slot *s)
{
    if (s->json)
        return;
    s->json = json_object();
    json_set_time(s->json, "from", s->from_ms);
    json_set_time(s->json, "to", s->to_ms);
    report_metrics_brief(&s->report, s->json);
    report_release(&s->report);
}

/* Histograms are large: where the time has come to a slot, those before it are complete and need
 * not wait. */
static void finish_before(struct live *l, const struct slot *s)
{
    while (s && l->by == RANK_HISTOGRAMS && &l->slots[l->finished] < s)
        slot_finish(&l->slots[l->finished++]);
}

static enum err make_slots(struct live *l, int64_t first_ms, int64_t end_ms, enum report_rows rows,
                           struct err_ctx *e)
{
    int64_t step_ms = l->w->bucket_ms, from_ms = span_floor(first_ms, step_ms);
    int64_t count = (end_ms - from_ms + step_ms - 1) / step_ms;
    if (count > LIVE_BUCKETS_MAX)
        return err_set_at(e, ERR_INVALID, "/bucket",
                          "the span has %lld buckets of this length, and at most %d are answered: "
                          "choose longer ones",
                          (long long)count, LIVE_BUCKETS_MAX);
    l->slots_from_ms = from_ms;
    l->slots = xcalloc((size_t)MAX(count, 1), sizeof *l->slots);
    for (; (int64_t)l->slot_count < count; l->slot_count++) {
        struct slot *s = &l->slots[l->slot_count];
        int64_t begins_ms = from_ms + (int64_t)l->slot_count * step_ms;
        s->from_ms = MAX(begins_ms, l->w->from_ms);
        s->to_ms = MIN(begins_ms + step_ms, l->w->to_ms);
        report_init(&s->report, l->w->version->signature, rows);
    }
    return ERR_OK;
}

/* ---- life ---- */

static void live_init(struct live *l, struct monitoring *m, const struct window *w,
                      enum report_rows rows)
{
    *l = (struct live){.m = m, .w = w, .rows_left = m->opts.exact_rows};
    arena_init(&l->arena);
    plan_init(&l->plan, w->from_ms, w->to_ms, w->bucket_ms);
    report_init(&l->whole, w->version->signature, rows);
}

static void live_release(struct live *l)
{
    report_release(&l->whole);
    for (size_t i = 0; i < l->slot_count; i++) {
        if (!l->slots[i].json)
            report_release(&l->slots[i].report);
        json_decref(l->slots[i].json);
    }
    free(l->slots);
    plan_release(&l->plan);
    arena_release(&l->arena);
}

/* ---- how many rows ---- */

static void add_rows(struct live *l, const struct row_count *c)
{
    struct slot *s = slot_at(l, c->from_ms);
    l->whole.rows += c->rows;
    if (s)
        s->report.rows += c->rows;
}

static enum err count_part_rows(struct live *l, const struct part *part, struct err_ctx *e)
{
    struct row_count *counts;
    size_t count = 0;
    int64_t step_ms = l->w->bucket_ms ? l->w->bucket_ms : HOUR_MS;
    if (part->whole)
        return ERR_OK;
    enum err err =
        predictions_count_rows(l->db, l->w->model.id, l->w->version->number, part->from_ms,
                               part->to_ms, step_ms, &counts, &count, &l->arena, e);
    for (size_t i = 0; !err && i < count; i++)
        add_rows(l, &counts[i]);
    return err;
}

static enum err count_rows(struct live *l, enum report_rows rows, struct err_ctx *e)
{
    const struct window *w = l->w;
    struct row_count *counts;
    struct plan plan;
    size_t count = 0;
    enum err err = predictions_counts(l->db, w->model.id, w->version->number, w->from_ms, w->to_ms,
                                      &counts, &count, &l->arena, e);
    if (!err && w->bucket_ms && w->from_ms < w->to_ms && (w->from_ms || count))
        err = make_slots(l, w->from_ms ? w->from_ms : counts[0].from_ms,
                         MIN(w->to_ms, MAX(w->now_ms, w->from_ms) + 1), rows, e);
    plan_init(&plan, w->from_ms, w->to_ms, w->bucket_ms);
    for (size_t i = 0; !err && i < count; i++)
        if (plan_add(&plan, counts[i].from_ms, counts[i].span_ms, counts[i].rows))
            add_rows(l, &counts[i]);
    for (size_t i = 0; !err && i < plan.count; i++)
        err = count_part_rows(l, &plan.parts[i], e);
    plan_release(&plan);
    return err;
}

/* ---- what is there, and how it ranks ---- */

static struct bucket_query bucket_query(const struct live *l, int64_t from_ms, int64_t to_ms)
{
    return (struct bucket_query){.model_id = l->w->model.id,
                                 .version = l->w->version->number,
                                 .from_ms = from_ms,
                                 .to_ms = to_ms,
                                 .histograms = l->by == RANK_HISTOGRAMS};
}

static enum err plan_bucket(void *context, const struct stored_bucket *bucket, struct err_ctx *e)
{
    struct live *l = context;
    (void)plan_add(&l->plan, bucket->from_ms, bucket->span_ms, (uint64_t)bucket->labelled);
    return ERR_OK;
}

/* Hours whose minutes are gone would be read row by row: for a look at some, not for all. */
static enum err make_plan(struct live *l, struct err_ctx *e)
{
    struct bucket_query query = bucket_query(l, l->w->from_ms, l->w->to_ms);
    enum err err = monitoring_store_list(l->db, &query, plan_bucket, l, e);
    if (err || l->plan.split_rows <= l->m->opts.exact_rows)
        return err;
    return err_set_at(e, ERR_INVALID, "/bucket",
                      "single minutes are kept for two days; before that %llu rows with truth "
                      "would have to be read for buckets of less than an hour, and at most %llu "
                      "are: choose full hours or a shorter span",
                      (unsigned long long)l->plan.split_rows,
                      (unsigned long long)l->m->opts.exact_rows);
}

static bool has_rankings(const struct live *l)
{
    return l->w->version->signature->task == TASK_CLASSIFICATION;
}

/* Rows with truth, exactly: the buckets that the span cuts hold more than are asked for. */
static enum err count_labelled(struct live *l, uint64_t *out, struct err_ctx *e)
{
    enum err err = ERR_OK;
    *out = l->plan.whole_rows;
    for (size_t i = 0; !err && i < l->plan.count; i++) {
        const struct part *part = &l->plan.parts[i];
        uint64_t rows = 0;
        if (!part->whole)
            err = predictions_count_labelled(l->db, l->w->model.id, l->w->version->number,
                                             part->from_ms, part->to_ms, &rows, e);
        *out += rows;
    }
    return err;
}

/* Scores that do not rank by histograms need none, and those that do need no rows. */
static void prepare(struct live *l, struct report *r)
{
    if (l->by == RANK_HISTOGRAMS)
        report_forget(r);
    else
        counters_forget_histograms(&r->counters);
}

static enum err choose_ranking(struct live *l, struct err_ctx *e)
{
    unsigned class_count = MAX(l->w->version->signature->class_count, 1u);
    uint64_t limit = MIN(l->m->opts.exact_rows, (uint64_t)REPORT_CELLS_MAX / class_count);
    uint64_t labelled = l->plan.whole_rows + l->plan.cut_rows;
    enum err err = ERR_OK;
    if (l->whole.kept.wanted) {
        if (has_rankings(l) && labelled > limit)
            err = count_labelled(l, &labelled, e);
        l->by = has_rankings(l) && labelled > limit ? RANK_HISTOGRAMS : RANK_ROWS;
    }
    prepare(l, &l->whole);
    for (size_t i = 0; i < l->slot_count; i++)
        prepare(l, &l->slots[i].report);
    return err;
}

/* ---- truth ---- */

static enum err add_bucket(void *context, const struct stored_bucket *bucket, struct err_ctx *e)
{
    struct live *l = context;
    struct counters counters;
    struct slot *s = slot_at(l, bucket->from_ms);
    enum err err = counters_read(&counters, l->w->version->signature, bucket->body, e);
    if (err)
        return err_prefix(e, "version %lld", (long long)l->w->version->number);
    err = counters_read_histograms(&counters, bucket->histograms, e);
    finish_before(l, s);
    if (!err) {
        report_merge(&l->whole, &counters);
        if (s)
            report_merge(&s->report, &counters);
    }
    counters_release(&counters);
    return err;
}

static void count_truth(struct report *r, const struct scores *scores, const struct stored_row *row)
{
    counters_add(&r->counters, scores, row->row, row->truth, row->weight);
    if (r->kept.wanted)
        report_keep(r, scores, row->row, row->truth, row->weight);
}

static bool take_labelled(void *context, const struct stored_row *row)
{
    struct live *l = context;
    const struct scores *scores = stored_row_scores(row, l->w->version->number);
    struct slot *s = slot_at(l, row->time_ms);
    if (scores && row->truth.p) {
        finish_before(l, s);
        count_truth(&l->whole, scores, row);
        if (s)
            count_truth(&s->report, scores, row);
    }
    return true;
}

static struct read_query labelled_rows(const struct live *l, int64_t from_ms, int64_t to_ms)
{
    return (struct read_query){.model_id = l->w->model.id,
                               .from_ms = from_ms,
                               .to_ms = to_ms,
                               .scored_by = l->w->version->number,
                               .labelled = 1};
}

static enum err count_part(struct live *l, const struct part *part, struct err_ctx *e)
{
    struct bucket_query buckets = bucket_query(l, part->from_ms, part->to_ms);
    struct read_query rows = labelled_rows(l, part->from_ms, part->to_ms);
    rows.oldest_first = true;
    return part->whole ? monitoring_store_each(l->db, &buckets, add_bucket, l, e)
                       : predictions_read_in(l->db, &rows, take_labelled, l, e);
}

static bool take_scores(void *context, const struct stored_row *row)
{
    struct live *l = context;
    const struct scores *scores = stored_row_scores(row, l->w->version->number);
    struct slot *s = slot_at(l, row->time_ms);
    if (!scores || !row->truth.p || plan_cuts(&l->plan, row->time_ms))
        return true;
    if (l->rows_left == 0) {
        l->truncated = true;
        return false;
    }
    l->rows_left--;
    report_keep(&l->whole, scores, row->row, row->truth, row->weight);
    if (s)
        report_keep(&s->report, scores, row->row, row->truth, row->weight);
    return true;
}

/* The scores of rows that were counted by their buckets, the newest first. */
static enum err rank_rows(struct live *l, struct err_ctx *e)
{
    bool any = !has_rankings(l) || l->whole.counters.proper.rows > 0;
    if (l->by != RANK_ROWS || !any || l->plan.whole_rows == 0)
        return ERR_OK;
    struct read_query query = labelled_rows(l, l->w->from_ms, l->w->to_ms);
    return predictions_read_in(l->db, &query, take_scores, l, e);
}

static enum err collect_in(struct live *l, enum report_rows rows, struct err_ctx *e)
{
    enum err err = count_rows(l, rows, e);
    if (!err)
        err = make_plan(l, e);
    if (!err)
        err = choose_ranking(l, e);
    for (size_t i = 0; !err && i < l->plan.count; i++)
        err = count_part(l, &l->plan.parts[i], e);
    return err ? err : rank_rows(l, e);
}

/* `rows`: whether rankings are wanted. */
static enum err collect(struct live *l, enum report_rows rows, struct err_ctx *e)
{
    enum err err = store_read(l->m->opts.store, &l->db, e);
    return err ? err : db_end(l->db, collect_in(l, rows, e), e);
}

/* ---- answers ---- */

static void set_buckets(struct live *l, json_t *to)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->slot_count; i++) {
        slot_finish(&l->slots[i]);
        json_push(list, json_incref(l->slots[i].json));
    }
    json_set(to, "buckets", list);
}

enum err live_metrics(struct monitoring *m, const struct window *w, json_t *to, struct err_ctx *e)
{
    struct live l;
    bool ranked = w->version->signature->task == TASK_CLASSIFICATION;
    enum report_rows rows = ranked ? REPORT_KEEP : REPORT_COUNT;
    live_init(&l, m, w, rows);
    enum err err = collect(&l, rows, e);
    if (!err) {
        report_metrics(&l.whole, to);
        if (w->bucket_ms)
            set_buckets(&l, to);
    }
    live_release(&l);
    return err;
}

enum err live_curve(struct monitoring *m, const struct window *w, enum curve_kind kind, json_t *to,
                    struct err_ctx *e)
{
    struct live l;
    live_init(&l, m, w, REPORT_KEEP);
    enum err err = collect(&l, REPORT_KEEP, e);
    if (!err)
        err = report_curve(&l.whole, kind, to, e);
    if (!err && l.truncated)
        json_set_cstr(json_object_get(to, "reasons"), "points",
                      "only the newest rows with truth are drawn");
    live_release(&l);
    return err;
}

enum err live_figures(struct monitoring *m, const struct window *w, struct report *out,
                      struct err_ctx *e)
{
    struct live l;
    live_init(&l, m, w, REPORT_COUNT);
    enum err err = collect(&l, REPORT_COUNT, e);
    if (!err) {
        *out = l.whole;
        report_init(&l.whole, w->version->signature, REPORT_COUNT);
    }
    live_release(&l);
    return err;
}
