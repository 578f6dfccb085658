#include "http/page.h"

#include "base/id.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500 };

/* A cursor begins with what it is, so that one list's is not taken for another's: "i" and "c" are
 * followed by a number as ids are written, "t" by the text's bytes in hexadecimal. */
static const char kinds[] = {[PAGE_BY_ID] = 'i', [PAGE_BY_COUNT] = 'c', [PAGE_BY_TEXT] = 't'};

static const char digits[] = "0123456789abcdef";

static const char *write_text(struct arena *a, struct str text)
{
    char *cursor = arena_alloc(a, 2 * text.n + 2), *to = cursor;
    *to++ = kinds[PAGE_BY_TEXT];
    for (size_t i = 0; i < text.n; i++) {
        *to++ = digits[(unsigned char)text.p[i] >> 4];
        *to++ = digits[(unsigned char)text.p[i] & 15];
    }
    *to = '\0';
    return cursor;
}

static bool read_text(struct arena *a, struct str hex, struct str *out)
{
    char *to = arena_alloc(a, hex.n / 2 + 1);
    if (hex.n == 0 || hex.n % 2 || hex.n > 2 * PAGE_TEXT_MAX)
        return false;
    for (size_t i = 0; i < hex.n; i += 2) {
        const char *high = memchr(digits, hex.p[i], 16), *low = memchr(digits, hex.p[i + 1], 16);
        if (!high || !low || (high == digits && low == digits))
            return false;
        to[i / 2] = (char)((high - digits) << 4 | (low - digits));
    }
    to[hex.n / 2] = '\0';
    *out = str_from(to, hex.n / 2);
    return str_is_utf8(*out);
}

static bool read_number(struct str text, int64_t *number)
{
    uint64_t value;
    if (!id_parse(text, &value))
        return false;
    *number = (int64_t)value;
    return true;
}

static void release_items(void *items)
{
    json_decref(items);
}

enum err page_refuse(struct err_ctx *e)
{
    return err_set_at(e, ERR_INVALID, "cursor",
                      "the parameter \"cursor\" is not one that this list gave");
}

enum err page_read(struct http_request *rq, enum page_key key, int64_t start, struct page *out,
                   struct err_ctx *e)
{
    struct str cursor;
    *out = (struct page){.key = key,
                         .limit = LIMIT_DEFAULT,
                         .number = start,
                         .text = STR(""),
                         .items = json_array(),
                         .arena = &rq->arena};
    arena_on_release(&rq->arena, release_items, out->items);
    enum err err = http_query_i64(rq, "limit", 1, LIMIT_MAX, &out->limit, e);
    if (err || !http_query(rq, "cursor", &cursor))
        return err;
    if (cursor.n == 0 || cursor.p[0] != kinds[key])
        return page_refuse(e);
    cursor = str_from(cursor.p + 1, cursor.n - 1);
    bool good = key == PAGE_BY_TEXT ? read_text(&rq->arena, cursor, &out->text)
                                    : read_number(cursor, &out->number);
    return good ? ERR_OK : page_refuse(e);
}

/* False when the page has as many items as it shows. */
static bool add(struct page *page, json_t *item)
{
    page->more = (int64_t)json_array_size(page->items) == page->limit;
    if (page->more)
        json_decref(item);
    else
        json_push(page->items, item);
    return !page->more;
}

void page_add(struct page *page, json_t *item, int64_t number)
{
    assert(page->key != PAGE_BY_TEXT && number >= 0);
    if (add(page, item))
        page->number = number;
}

void page_add_by_text(struct page *page, json_t *item, struct str text)
{
    assert(page->key == PAGE_BY_TEXT && text.n <= PAGE_TEXT_MAX);
    if (add(page, item))
        page->text = arena_str(page->arena, text);
}

const char *page_next(const struct page *page)
{
    char text[ID_TEXT_BYTES];
    if (!page->more)
        return NULL;
    if (page->key == PAGE_BY_TEXT)
        return write_text(page->arena, page->text);
    return arena_printf(page->arena, "%c%s", kinds[page->key],
                        id_format((uint64_t)page->number, text));
}

static void answer(struct http_request *rq, json_t *items, const char *next)
{
    json_t *object = json_object();
    json_set(object, "items", items);
    json_set_cstr(object, "next_cursor", next);
    http_answer_json(rq, 200, object);
}

void page_answer(struct http_request *rq, struct page *page)
{
    answer(rq, json_incref(page->items), page_next(page));
}

void page_answer_whole(struct http_request *rq, json_t *items)
{
    answer(rq, items, NULL);
}
