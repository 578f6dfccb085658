#include "identity/audit.h"

#include "identity/inside.h"

static json_t *json_of_entry(const struct audit_entry *entry)
{
    char text[ID_TEXT_BYTES];
    json_t *json = json_object();
    json_set_cstr(json, "id", id_format((uint64_t)entry->id, text));
    json_set_time(json, "time", entry->time_ms);
    json_set_text(json, "actor", entry->actor);
    json_set_text(json, "action", entry->action);
    json_set_text(json, "object", entry->object);
    json_set(json, "detail", entry->detail.p ? json_text(entry->detail) : json_null());
    json_set(json, "address", entry->address.p ? json_text(entry->address) : json_null());
    return json;
}

enum err audit_get(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct page page;
    struct db *db = NULL;
    size_t count = 0;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    size_t wanted = (size_t)page.limit + 1;
    struct audit_entry *all = arena_alloc(&rq->arena, wanted * sizeof *all);
    err = db_end(db, audit_list(db, &rq->arena, page.number, wanted, all, &count, e), e);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        page_add(&page, json_of_entry(&all[i]), all[i].id);
    page_answer(rq, &page);
    return ERR_OK;
}
