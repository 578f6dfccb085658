#include "identity/inside.h"

#include "base/id.h"

enum err inside_read_page(struct http_request *rq, struct inside_page *page, struct err_ctx *e)
{
    struct str cursor;
    uint64_t id;
    *page = (struct inside_page){50, INT64_MAX};
    enum err err = http_query_i64(rq, "limit", 1, 500, &page->limit, e);
    if (err || !http_query(rq, "cursor", &cursor))
        return err;
    if (!id_parse(cursor, &id) || id > INT64_MAX)
        return err_set(e, ERR_INVALID, "the parameter \"cursor\" is not one that a list gave");
    page->before_id = (int64_t)id;
    return ERR_OK;
}

void inside_answer_page(struct http_request *rq, json_t *items, int64_t next_id)
{
    char text[ID_TEXT_BYTES];
    json_t *answer = json_object();
    json_set(answer, "items", items);
    json_set_cstr(answer, "next_cursor", next_id ? id_format((uint64_t)next_id, text) : NULL);
    http_answer_json(rq, 200, answer);
}
