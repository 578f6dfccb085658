#include "monitoring/bucket.h"

#include "base/log.h"

/* ---- making one anew ---- */

static bool count_row(void *context, const struct stored_row *row)
{
    struct bucket *b = context;
    const struct scores *scores = stored_row_scores(row, b->version->number);
    if (scores && row->truth.p) {
        counters_add(&b->counters, scores, row->row, row->truth, row->weight);
        b->answered += row->version == b->version->number;
    }
    return true;
}

enum err bucket_make_anew(struct monitoring *m, struct db *db, struct bucket *b, const char *why,
                          struct err_ctx *e)
{
    char from[CLOCK_TEXT_BYTES];
    log_warning("monitoring",
                "the counters of model %lld, version %lld, %s of %s are made anew from the "
                "predictions: %s",
                (long long)b->model_id, (long long)b->version->number,
                b->span_ms == HOUR_MS ? "hour" : "minute", clock_format(b->from_ms, from), why);
    struct read_query query = {.model_id = b->model_id,
                               .from_ms = b->from_ms,
                               .to_ms = b->from_ms + b->span_ms,
                               .scored_by = b->version->number,
                               .labelled = 1,
                               .oldest_first = true};
    counters_release(&b->counters);
    counters_init(&b->counters, b->version->signature);
    b->answered = 0;
    b->made_anew = true;
    atomic_fetch_add(&m->made_anew, 1);
    return predictions_read_in(db, &query, count_row, b, e);
}

/* ---- loading and saving ---- */

enum err bucket_open(struct monitoring *m, struct db *db, const struct stored_bucket *stored,
                     struct bucket *b, struct err_ctx *e)
{
    struct err_ctx damage;
    err_ctx_init(&damage);
    b->answered = stored->answered;
    if (!stored->body.p) {
        counters_init(&b->counters, b->version->signature);
        return ERR_OK;
    }
    enum err damaged = counters_read(&b->counters, b->version->signature, stored->body, &damage);
    if (damaged)
        counters_init(&b->counters, b->version->signature);
    else
        damaged = counters_read_histograms(&b->counters, stored->histograms, &damage);
    return damaged ? bucket_make_anew(m, db, b, damage.detail, e) : ERR_OK;
}

struct stored_bucket bucket_pack(const struct bucket *b, struct arena *a)
{
    size_t body_bytes = counters_write(&b->counters, NULL, 0);
    size_t histogram_bytes = counters_write_histograms(&b->counters, NULL, 0);
    uint8_t *bytes = arena_alloc(a, body_bytes + histogram_bytes);
    (void)counters_write(&b->counters, bytes, body_bytes);
    (void)counters_write_histograms(&b->counters, bytes + body_bytes, histogram_bytes);
    struct stored_bucket stored = {.from_ms = b->from_ms,
                                   .span_ms = b->span_ms,
                                   .labelled = (int64_t)b->counters.labelled,
                                   .answered = b->answered,
                                   .body = str_from((char *)bytes, body_bytes)};
    if (histogram_bytes)
        stored.histograms = str_from((char *)bytes + body_bytes, histogram_bytes);
    return stored;
}

enum err bucket_lock(struct db *db, int64_t model_id, struct err_ctx *e)
{
    char name[48];
    snprintf(name, sizeof name, "monitoring/%lld", (long long)model_id);
    return db_lock(db, str_of(name), e);
}

/* ---- counting ---- */

/* Items in the order of their buckets. */
struct entry {
    int64_t version, minute_ms;
    const struct joined *item;
};

static int by_bucket(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    if (a->minute_ms != b->minute_ms)
        return a->minute_ms < b->minute_ms ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

/* Some of a version's entries: as many as share BUCKETS_AT_ONCE minutes. */
struct round {
    struct monitoring *m;
    struct db *db;
    const struct known *version;
    struct arena arena;
    const struct entry *entries;
    size_t count;
    struct stored_bucket stored[2 * BUCKETS_AT_ONCE]; /* as they were found */
    unsigned stored_count;
    struct stored_bucket changed[BUCKETS_AT_ONCE];
    unsigned changed_count;
};

static enum err find_buckets(struct round *r, struct err_ctx *e)
{
    int64_t minutes[BUCKETS_AT_ONCE];
    unsigned n = 0;
    for (size_t i = 0; i < r->count; i++)
        if (n == 0 || minutes[n - 1] != r->entries[i].minute_ms)
            minutes[n++] = r->entries[i].minute_ms;
    return monitoring_store_find(r->db, r->version->model_id, r->version->number, minutes, n,
                                 r->stored, &r->stored_count, &r->arena, e);
}

/* The bucket that counts for a minute: its hour where that exists, else the minute, which may be
 * new. */
static struct stored_bucket choose(const struct round *r, int64_t minute_ms)
{
    struct stored_bucket chosen = {.from_ms = minute_ms, .span_ms = MINUTE_MS};
    for (unsigned i = 0; i < r->stored_count; i++) {
        const struct stored_bucket *s = &r->stored[i];
        if (minute_ms < s->from_ms || minute_ms >= s->from_ms + s->span_ms)
            continue;
        if (s->span_ms == HOUR_MS)
            return *s;
        chosen = *s;
    }
    return chosen;
}

static enum err count_item(struct round *r, struct bucket *b, const struct joined *item,
                           struct err_ctx *e)
{
    if (b->made_anew)
        return ERR_OK;
    if (item->before.p &&
        !counters_remove(&b->counters, item->scores, item->row, item->before, item->weight_before))
        return bucket_make_anew(r->m, r->db, b, "they do not hold a truth that was corrected", e);
    counters_add(&b->counters, item->scores, item->row, item->truth, item->weight);
    b->answered += item->served && !item->before.p;
    return ERR_OK;
}

/* Counts all entries of one bucket, beginning with the one at `i`; answers how many. */
static enum err count_bucket(struct round *r, size_t i, size_t *counted, struct err_ctx *e)
{
    struct stored_bucket stored = choose(r, r->entries[i].minute_ms);
    struct bucket b = {.model_id = r->version->model_id,
                       .from_ms = stored.from_ms,
                       .span_ms = stored.span_ms,
                       .version = r->version};
    enum err err = bucket_open(r->m, r->db, &stored, &b, e);
    *counted = 0;
    for (; !err && i < r->count && r->entries[i].minute_ms < b.from_ms + b.span_ms; i++) {
        err = count_item(r, &b, r->entries[i].item, e);
        ++*counted;
    }
    if (!err)
        r->changed[r->changed_count++] = bucket_pack(&b, &r->arena);
    counters_release(&b.counters);
    return err;
}

static enum err count_round(struct round *r, struct err_ctx *e)
{
    size_t counted = 0;
    arena_reset(&r->arena);
    r->changed_count = 0;
    enum err err = find_buckets(r, e);
    for (size_t i = 0; !err && i < r->count; i += counted)
        err = count_bucket(r, i, &counted, e);
    if (!err)
        err = monitoring_store_save(r->db, r->version->model_id, r->version->number, r->changed,
                                    r->changed_count, e);
    atomic_fetch_add(&r->m->buckets, r->changed_count);
    return err;
}

/* How many of the entries are of the first one's version and of so few minutes that they fit. */
static size_t round_size(const struct entry *entries, size_t count)
{
    unsigned minutes = 1;
    size_t n = 1;
    for (; n < count && entries[n].version == entries[0].version; n++) {
        minutes += entries[n].minute_ms != entries[n - 1].minute_ms;
        if (minutes > BUCKETS_AT_ONCE)
            break;
    }
    return n;
}

/* Without a version when the model was removed: its predictions are still there. */
static enum err find_version(struct monitoring *m, const struct joined *item,
                             const struct known **out, struct err_ctx *e)
{
    struct err_ctx gone;
    err_ctx_init(&gone);
    *out = NULL;
    enum err err = monitoring_version(m, item->model_id, item->version, out, &gone);
    return err && err != ERR_NOT_FOUND ? err_set(e, err, "%s", gone.detail) : ERR_OK;
}

static enum err count_entries(struct round *r, const struct entry *entries, size_t count,
                              struct err_ctx *e)
{
    enum err err = bucket_lock(r->db, entries[0].item->model_id, e);
    for (size_t at = 0; !err && at < count; at += r->count) {
        r->entries = entries + at;
        r->count = round_size(entries + at, count - at);
        err = find_version(r->m, r->entries[0].item, &r->version, e);
        if (!err && r->version)
            err = count_round(r, e);
    }
    return err;
}

enum err bucket_count(struct monitoring *m, struct db *db, const struct joined *items, size_t count,
                      struct err_ctx *e)
{
    if (count == 0)
        return ERR_OK;
    struct entry *entries = xmalloc(count * sizeof *entries);
    struct round *r = xcalloc(1, sizeof *r);
    r->m = m;
    r->db = db;
    arena_init(&r->arena);
    for (size_t i = 0; i < count; i++) {
        assert(items[i].model_id == items[0].model_id);
        entries[i] =
            (struct entry){items[i].version, span_floor(items[i].time_ms, MINUTE_MS), &items[i]};
    }
    qsort(entries, count, sizeof *entries, by_bucket);
    enum err err = count_entries(r, entries, count, e);
    arena_release(&r->arena);
    free(r);
    free(entries);
    return err;
}
