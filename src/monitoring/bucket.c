#include "monitoring/bucket.h"

#include "base/log.h"
#include "monitoring/inside.h"
#include "monitoring/monitoring_store.h"

void bucket_set_init(struct bucket_set *set, struct monitoring *m, struct db *db)
{
    *set = (struct bucket_set){.monitoring = m, .db = db};
}

void bucket_set_release(struct bucket_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        counters_release(&set->buckets[i].counters);
    free(set->buckets);
    *set = (struct bucket_set){0};
}

/* ---- making one anew ---- */

static bool count_row(void *context, const struct stored_row *row)
{
    struct bucket *b = context;
    const struct scores *scores = stored_row_scores(row, b->version);
    if (scores && row->truth.p) {
        counters_add(&b->counters, scores, row->row, row->truth, row->weight);
        b->answered += row->version == b->version;
    }
    return true;
}

static enum err make_anew(struct bucket_set *set, struct bucket *b, const char *why,
                          struct err_ctx *e)
{
    char hour[CLOCK_TEXT_BYTES];
    log_warning("monitoring",
                "the counters of model %lld, version %lld, hour %s are made anew from the "
                "predictions: %s",
                (long long)b->model_id, (long long)b->version, clock_format(b->hour_ms, hour), why);
    struct read_query query = {.model_id = b->model_id,
                               .from_ms = b->hour_ms,
                               .to_ms = b->hour_ms + HOUR_MS,
                               .scored_by = b->version,
                               .labelled = 1,
                               .oldest_first = true};
    counters_release(&b->counters);
    counters_init(&b->counters, b->signature);
    b->answered = 0;
    b->made_anew = true;
    atomic_fetch_add(&set->monitoring->made_anew, 1);
    return predictions_read_in(set->db, &query, count_row, b, e);
}

/* ---- finding and loading ---- */

static enum err load(struct bucket_set *set, struct bucket *b, struct err_ctx *e)
{
    struct stored_bucket stored;
    struct arena arena;
    struct err_ctx damage;
    arena_init(&arena);
    err_ctx_init(&damage);
    enum err err =
        monitoring_store_bucket(set->db, b->model_id, b->version, b->hour_ms, &stored, &arena, e);
    if (!err && stored.body.p) {
        b->answered = stored.answered;
        enum err damaged = counters_read(&b->counters, b->signature, stored.body, &damage);
        if (damaged)
            counters_init(&b->counters, b->signature);
        else
            damaged = counters_read_histograms(&b->counters, stored.histograms, &damage);
        if (damaged)
            err = make_anew(set, b, damage.detail, e);
    } else {
        counters_init(&b->counters, b->signature);
    }
    arena_release(&arena);
    return err;
}

static struct bucket *find(struct bucket_set *set, const struct joined *item, int64_t hour_ms)
{
    for (size_t i = set->count; i-- > 0;) {
        struct bucket *b = &set->buckets[i];
        if (b->hour_ms == hour_ms && b->version == item->version && b->model_id == item->model_id)
            return b;
    }
    return NULL;
}

static enum err lock_model(struct bucket_set *set, int64_t model_id, struct err_ctx *e)
{
    char name[48];
    if (set->locked_model_id == model_id)
        return ERR_OK;
    set->locked_model_id = model_id;
    snprintf(name, sizeof name, "monitoring/%lld", (long long)model_id);
    return db_lock(set->db, str_of(name), e);
}

static enum err open_bucket(struct bucket_set *set, const struct joined *item, int64_t hour_ms,
                            const struct known *version, struct bucket **out, struct err_ctx *e)
{
    enum err err = lock_model(set, item->model_id, e);
    if (err)
        return err;
    if (set->count == set->room) {
        set->room = set->room ? set->room * 2 : 8;
        set->buckets = xrealloc(set->buckets, set->room * sizeof *set->buckets);
    }
    struct bucket *b = &set->buckets[set->count++];
    *b = (struct bucket){.model_id = item->model_id,
                         .version = item->version,
                         .hour_ms = hour_ms,
                         .signature = version->signature};
    *out = b;
    return load(set, b, e);
}

/* ---- counting ---- */

enum err bucket_set_count(struct bucket_set *set, const struct joined *item, struct err_ctx *e)
{
    const struct known *version = NULL;
    int64_t hour_ms = hour_floor(item->time_ms);
    struct bucket *b = find(set, item, hour_ms);
    enum err err = ERR_OK;
    if (!b) {
        struct err_ctx gone;
        err_ctx_init(&gone);
        err = monitoring_version(set->monitoring, item->model_id, item->version, &version, &gone);
        if (err == ERR_NOT_FOUND) /* the model was removed, its predictions are still there */
            return ERR_OK;
        if (err)
            return err_set(e, err, "%s", gone.detail);
        err = open_bucket(set, item, hour_ms, version, &b, e);
    }
    if (err || b->made_anew)
        return err;
    if (item->before.p &&
        !counters_remove(&b->counters, item->scores, item->row, item->before, item->weight_before))
        return make_anew(set, b, "they do not hold a truth that was corrected", e);
    counters_add(&b->counters, item->scores, item->row, item->truth, item->weight);
    b->answered += item->served && !item->before.p;
    return ERR_OK;
}

static enum err save(struct bucket_set *set, const struct bucket *b, struct err_ctx *e)
{
    size_t body_bytes = counters_write(&b->counters, NULL, 0);
    size_t histogram_bytes = counters_write_histograms(&b->counters, NULL, 0);
    uint8_t *bytes = xmalloc(body_bytes + histogram_bytes);
    (void)counters_write(&b->counters, bytes, body_bytes);
    (void)counters_write_histograms(&b->counters, bytes + body_bytes, histogram_bytes);
    struct stored_bucket stored = {.hour_ms = b->hour_ms,
                                   .labelled = (int64_t)b->counters.labelled,
                                   .answered = b->answered,
                                   .body = str_from((char *)bytes, body_bytes)};
    if (histogram_bytes)
        stored.histograms = str_from((char *)bytes + body_bytes, histogram_bytes);
    enum err err = monitoring_store_save(set->db, b->model_id, b->version, &stored, e);
    free(bytes);
    return err;
}

enum err bucket_set_save(struct bucket_set *set, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < set->count; i++)
        err = save(set, &set->buckets[i], e);
    atomic_fetch_add(&set->monitoring->buckets, set->count);
    return err;
}
