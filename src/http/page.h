/* http/page.h
 *
 * Lists in pieces: ?limit= and ?cursor= come in, {"items":[...],"next_cursor"} goes out. A list is
 * ordered by one key of its items: an id, a text, or (where the order is any other) the count of
 * the items before.
 *
 *     struct page page;
 *     err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
 *     ... query at most page.limit + 1 rows with id < page.number, newest first ...
 *         page_add(&page, item, id);
 *     page_answer(rq, &page);
 *
 * The row too many tells that there is a next page; page_add() does not show it. A cursor says
 * nothing to clients; one that no list of this kind gave is refused in the same words everywhere.
 *
 * A page belongs to its request: its items go with the arena, also when the handler fails. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/http.h"

enum { PAGE_TEXT_MAX = 400 };

enum page_key { PAGE_BY_ID, PAGE_BY_COUNT, PAGE_BY_TEXT };

struct page {
    enum page_key key;
    int64_t limit;   /* items to show */
    int64_t number;  /* go on behind this id or count */
    struct str text; /* go on behind this text; "" at the beginning */
    json_t *items;
    bool more; /* an item came that is not shown */
    struct arena *arena;
};

/* `start` is where a list by id or count begins. */
WARN_UNUSED enum err page_read(struct http_request *rq, enum page_key key, int64_t start,
                               struct page *out, struct err_ctx *e);

/* Gives up the reference to `item`, whose key is `number` or `text`. */
void page_add(struct page *page, json_t *item, int64_t number);
void page_add_by_text(struct page *page, json_t *item, struct str text);

void page_answer(struct http_request *rq, struct page *page);

/* Answers with a list that has no pages; gives up the reference. */
void page_answer_whole(struct http_request *rq, json_t *items);

/* ---- for a list that writes its own answer ---- */

/* The cursor to what comes behind the last item; valid with the arena. NULL at the end. */
const char *page_next(const struct page *page);

/* The error of a cursor that is none of the list's. */
enum err page_refuse(struct err_ctx *e);

#endif
