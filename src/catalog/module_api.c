#include "catalog/catalog.h"
#include "catalog/handlers.h"
#include "http/page.h"

static bool list_has(json_t *list, struct str word)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (str_eq(json_str(one), word))
            return true;
    }
    return false;
}

/* Without regard to the case of ASCII letters. */
static bool contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        size_t n = 0;
        while (n < part.n && (text.p[i + n] | 0x20) == (part.p[n] | 0x20))
            n++;
        if (n == part.n)
            return true;
    }
    return false;
}

static bool mentions(const struct module *m, struct str words)
{
    static const char *const places[] = {"title", "summary", "description"};
    const char *language;
    json_t *text;
    if (contains(str_of(m->name), words) || list_has(json_object_get(m->document, "tags"), words))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        json_object_foreach(json_object_get(m->document, places[i]), language, text)
        {
            if (json_is_string(text) && contains(json_str(text), words))
                return true;
        }
    }
    return false;
}

static bool is_asked_for(struct http_request *rq, const struct module *m)
{
    static const struct {
        const char *query, *key;
    } lists[] = {{"task", "tasks"}, {"library", "libraries"}, {"tag", "tags"}};
    struct str word;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (http_query(rq, lists[i].query, &word) &&
            !list_has(json_object_get(m->document, lists[i].key), word))
            return false;
    return !http_query(rq, "q", &word) || mentions(m, word);
}

enum err module_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct module_list list;
    enum err err = module_list_read(catalog_modules(rq->context), &rq->arena, &list, e);
    if (err)
        return err;
    json_t *items = json_array();
    for (unsigned i = 0; i < list.count; i++)
        if (is_asked_for(rq, &list.modules[i]))
            json_push(items, json_incref(list.modules[i].document));
    page_answer_whole(rq, items);
    return ERR_OK;
}

enum err module_get(struct http_request *rq, struct err_ctx *e)
{
    const struct module *m = NULL;
    enum err err = module_find(catalog_modules(rq->context), rq->params[0], &rq->arena, &m, e);
    if (!err)
        http_answer_json(rq, 200, json_incref(m->document));
    return err;
}
