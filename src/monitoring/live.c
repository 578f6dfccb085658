#include "monitoring/live.h"

#include "monitoring/monitoring_store.h"

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
    struct arena arena;
    int64_t full_from_ms, full_to_ms; /* the full hours of the span; empty when equal */
    struct report whole;
    struct slot *slots;
    size_t slot_count;
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

static int64_t floor_to(int64_t time_ms, int64_t step_ms)
{
    return time_ms - time_ms % step_ms;
}

static enum err make_slots(struct live *l, int64_t first_ms, int64_t end_ms, enum report_rows rows,
                           struct err_ctx *e)
{
    int64_t step_ms = l->w->bucket_ms, from_ms = floor_to(first_ms, step_ms);
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
    l->full_from_ms = hour_floor(w->from_ms + HOUR_MS - 1);
    l->full_to_ms = w->to_ms == INT64_MAX ? INT64_MAX : hour_floor(w->to_ms);
    if (l->full_to_ms < l->full_from_ms)
        l->full_to_ms = l->full_from_ms;
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
    arena_release(&l->arena);
}

/* ---- how many rows ---- */

static enum err count_hours(struct live *l, enum report_rows rows, struct err_ctx *e)
{
    const struct window *w = l->w;
    struct hour_rows *hours;
    size_t count = 0;
    enum err err = predictions_hours(l->m->log, w->model.id, w->version->number, l->full_from_ms,
                                     l->full_to_ms, &hours, &count, &l->arena, e);
    if (!err && w->bucket_ms && (w->from_ms || count))
        err = make_slots(l, w->from_ms ? w->from_ms : hours[0].hour_ms,
                         MIN(w->to_ms, MAX(w->now_ms, w->from_ms) + 1), rows, e);
    for (size_t i = 0; !err && i < count; i++) {
        struct slot *s = slot_at(l, hours[i].hour_ms);
        l->whole.rows += hours[i].rows;
        if (s)
            s->report.rows += hours[i].rows;
    }
    return err;
}

/* ---- the ends of the span ---- */

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

/* A part of one hour. */
static enum err count_part(struct live *l, int64_t from_ms, int64_t to_ms, struct err_ctx *e)
{
    uint64_t rows = 0;
    if (from_ms >= to_ms)
        return ERR_OK;
    enum err err = predictions_rows(l->m->log, l->w->model.id, l->w->version->number, from_ms,
                                    to_ms, &rows, e);
    struct slot *s = slot_at(l, from_ms);
    l->whole.rows += rows;
    if (s)
        s->report.rows += rows;
    struct read_query query = labelled_rows(l, from_ms, to_ms);
    return err ? err : predictions_read(l->m->log, &query, take_labelled, l, e);
}

static enum err count_parts(struct live *l, struct err_ctx *e)
{
    const struct window *w = l->w;
    if (l->full_from_ms >= l->full_to_ms) {
        int64_t middle_ms = MIN(l->full_from_ms, w->to_ms); /* the span may touch two hours */
        enum err err = count_part(l, w->from_ms, middle_ms, e);
        return err ? err : count_part(l, middle_ms, w->to_ms, e);
    }
    enum err err = count_part(l, w->from_ms, l->full_from_ms, e);
    return err || w->to_ms == INT64_MAX ? err : count_part(l, l->full_to_ms, w->to_ms, e);
}

/* ---- full hours ---- */

static struct bucket_query bucket_query(const struct live *l)
{
    return (struct bucket_query){.model_id = l->w->model.id,
                                 .version = l->w->version->number,
                                 .from_ms = l->full_from_ms,
                                 .to_ms = l->full_to_ms,
                                 .histograms = l->by == RANK_HISTOGRAMS};
}

static enum err take_bucket(void *context, const struct stored_bucket *bucket, struct err_ctx *e)
{
    struct live *l = context;
    struct counters counters;
    struct slot *s = slot_at(l, bucket->hour_ms);
    enum err err = counters_read(&counters, l->w->version->signature, bucket->body, e);
    if (err)
        return err_prefix(e, "version %lld", (long long)l->w->version->number);
    err = counters_read_histograms(&counters, bucket->histograms, e);
    /* Histograms are large: what lies before this hour is complete and need not wait. */
    for (struct slot *before = l->slots; s && l->by == RANK_HISTOGRAMS && before < s; before++)
        slot_finish(before);
    if (!err) {
        report_merge(&l->whole, &counters);
        if (s)
            report_merge(&s->report, &counters);
    }
    counters_release(&counters);
    return err;
}

static bool take_scores(void *context, const struct stored_row *row)
{
    struct live *l = context;
    const struct scores *scores = stored_row_scores(row, l->w->version->number);
    struct slot *s = slot_at(l, row->time_ms);
    if (!scores || !row->truth.p)
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

static bool has_rankings(const struct live *l)
{
    return l->w->version->signature->task == TASK_CLASSIFICATION;
}

/* Rows that were kept of the ends are of no use without the others. */
static void forget_rows(struct live *l)
{
    report_forget(&l->whole);
    for (size_t i = 0; i < l->slot_count; i++)
        report_forget(&l->slots[i].report);
}

static enum err choose_ranking(struct live *l, struct err_ctx *e)
{
    struct bucket_query query = bucket_query(l);
    struct bucket_totals totals;
    if (!l->whole.kept.wanted)
        return ERR_OK;
    enum err err = monitoring_store_totals(l->m->opts.store, &query, &totals, e);
    uint64_t labelled = l->whole.counters.labelled + (uint64_t)totals.labelled;
    l->by = RANK_ROWS;
    if (!err && has_rankings(l) && labelled > l->m->opts.exact_rows) {
        l->by = RANK_HISTOGRAMS;
        forget_rows(l);
    }
    return err;
}

/* `rows`: whether rankings are wanted. */
static enum err collect(struct live *l, enum report_rows rows, struct err_ctx *e)
{
    enum err err = count_hours(l, rows, e);
    if (!err)
        err = count_parts(l, e);
    if (!err)
        err = choose_ranking(l, e);
    struct bucket_query query = bucket_query(l);
    if (!err)
        err = monitoring_store_each(l->m->opts.store, &query, take_bucket, l, e);
    bool any = !has_rankings(l) || l->whole.counters.proper.rows > 0;
    if (err || l->by != RANK_ROWS || !any || l->full_from_ms >= l->full_to_ms)
        return err;
    struct read_query full = labelled_rows(l, l->full_from_ms, l->full_to_ms);
    return predictions_read(l->m->log, &full, take_scores, l, e);
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
