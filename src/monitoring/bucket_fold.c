#include "monitoring/bucket.h"

#include "base/log.h"

/* Minutes become hours: one transaction for each hour of a version, in which its minutes are read,
 * added up, stored as the hour and deleted. Truth that comes later finds the hour. */

enum { HOURS_AT_ONCE = 256 };

struct fold {
    struct monitoring *m;
    struct db *db;
    struct bucket hour;
};

static enum err add_bucket(void *context, const struct stored_bucket *stored, struct err_ctx *e)
{
    struct fold *f = context;
    struct bucket *hour = &f->hour;
    struct counters counters;
    struct err_ctx damage;
    if (hour->made_anew)
        return ERR_OK;
    err_ctx_init(&damage);
    enum err damaged = counters_read(&counters, hour->version->signature, stored->body, &damage);
    if (damaged)
        return bucket_make_anew(f->m, f->db, hour, damage.detail, e);
    damaged = counters_read_histograms(&counters, stored->histograms, &damage);
    enum err err = ERR_OK;
    if (damaged)
        err = bucket_make_anew(f->m, f->db, hour, damage.detail, e);
    else
        counters_merge(&hour->counters, &counters);
    if (!damaged)
        hour->answered += stored->answered;
    counters_release(&counters);
    return err;
}

static enum err add_up(struct fold *f, const struct old_hour *old, struct err_ctx *e)
{
    struct bucket_query query = {.model_id = old->model_id,
                                 .version = old->version,
                                 .from_ms = old->hour_ms,
                                 .to_ms = old->hour_ms + HOUR_MS,
                                 .histograms = true};
    struct arena arena;
    arena_init(&arena);
    counters_init(&f->hour.counters, f->hour.version->signature);
    enum err err = monitoring_store_each(f->db, &query, add_bucket, f, e);
    if (!err) {
        struct stored_bucket hour = bucket_pack(&f->hour, &arena);
        err = monitoring_store_save(f->db, old->model_id, old->version, &hour, 1, e);
    }
    counters_release(&f->hour.counters);
    arena_release(&arena);
    return err;
}

/* Of a model that was removed nobody can ask: what is left of it goes. */
static enum err fold_hour(struct monitoring *m, const struct old_hour *old, struct err_ctx *e)
{
    struct fold f = {
        .m = m, .hour = {.model_id = old->model_id, .from_ms = old->hour_ms, .span_ms = HOUR_MS}};
    struct err_ctx gone;
    err_ctx_init(&gone);
    enum err known = monitoring_version(m, old->model_id, old->version, &f.hour.version, &gone);
    if (known && known != ERR_NOT_FOUND)
        return err_set(e, known, "%s", gone.detail);
    enum err err = store_write(m->opts.store, &f.db, e);
    if (err)
        return err;
    err = bucket_lock(f.db, old->model_id, e);
    if (!err && !known)
        err = add_up(&f, old, e);
    if (!err)
        err = monitoring_store_drop(f.db, old, e);
    return db_end(f.db, err, e);
}

static enum err list_old(struct monitoring *m, int64_t before_ms, struct old_hour *list,
                         unsigned *count, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(m->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, monitoring_store_old(db, before_ms, list, HOURS_AT_ONCE, count, e), e);
}

/* Once for each hour that passes: all minutes are looked at for it. */
enum err bucket_fold(struct monitoring *m, int64_t now_ms, struct err_ctx *e)
{
    int64_t before_ms = minutes_horizon(now_ms);
    unsigned count = HOURS_AT_ONCE;
    enum err err = ERR_OK;
    if (before_ms <= m->folded_ms)
        return ERR_OK;
    struct old_hour *list = xmalloc(HOURS_AT_ONCE * sizeof *list);
    while (!err && count == HOURS_AT_ONCE) {
        err = list_old(m, before_ms, list, &count, e);
        for (unsigned i = 0; !err && i < count; i++)
            err = fold_hour(m, &list[i], e);
    }
    free(list);
    if (!err)
        m->folded_ms = before_ms;
    return err;
}
