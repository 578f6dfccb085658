#include "identity/audit.h"

#include "identity/principal.h"

static const struct clock *audit_clock;
static struct id_source *audit_ids;

void audit_init(const struct clock *clock, struct id_source *ids)
{
    audit_clock = clock;
    audit_ids = ids;
}

enum err audit_add_as(struct db *db, struct http_request *rq, struct str actor, const char *action,
                      struct str object, const char *detail, struct err_ctx *e)
{
    assert(audit_clock && audit_ids && action);
    int64_t now_ms = clock_now_ms(audit_clock);
    return db_exec(
        db,
        "insert into identity_audit (id, time_ms, actor, action, object, detail, address) "
        "values ($1, $2, $3, $4, $5, $6, $7)",
        BIND(bind_i64((int64_t)id_next(audit_ids, now_ms)), bind_i64(now_ms), bind_text(actor),
             bind_cstr(action), bind_text(object.p ? object : STR("")), bind_cstr(detail),
             bind_cstr(rq ? http_peer(rq) : NULL)),
        NULL, e);
}

enum err audit_add(struct db *db, struct http_request *rq, const char *action, struct str object,
                   const char *detail, struct err_ctx *e)
{
    struct str actor = rq ? principal_of(rq)->name : STR("system");
    return audit_add_as(db, rq, actor, action, object, detail, e);
}

static struct str text_or_none(struct rows *rows, unsigned column, struct arena *a)
{
    struct str text = rows_text(rows, column);
    return text.p ? arena_str(a, text) : text;
}

enum err audit_list(struct db *db, struct arena *a, int64_t before_id, size_t limit,
                    struct audit_entry *out, size_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    *count = 0;
    enum err err = db_query(db,
                            "select id, time_ms, actor, action, object, detail, address "
                            "from identity_audit where id < $1 order by id desc limit $2",
                            BIND(bind_i64(before_id), bind_i64((int64_t)limit)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        out[(*count)++] = (struct audit_entry){.id = rows_i64(rows, 0),
                                               .time_ms = rows_i64(rows, 1),
                                               .actor = text_or_none(rows, 2, a),
                                               .action = text_or_none(rows, 3, a),
                                               .object = text_or_none(rows, 4, a),
                                               .detail = text_or_none(rows, 5, a),
                                               .address = text_or_none(rows, 6, a)};
    rows_close(rows);
    return err;
}
