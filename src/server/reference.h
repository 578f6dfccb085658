/* server/reference.h
 *
 * The interface, described by itself: an OpenAPI 3.1 document made from the tables of routes and
 * from the schemas in reference/schemas.json, and the page that shows it to people.
 *
 *     json_t *doc = reference_new();
 *     reference_add(doc, routes, count);
 *     ...
 *     reference_write(doc, &text);
 *
 * Every operation carries `x-role`, and `x-open` with the setting that opens it to anybody. One
 * thread. */
#ifndef SERVER_REFERENCE_H
#define SERVER_REFERENCE_H

#include "http/http.h"

json_t *reference_new(void);

/* Routes without a summary are no part of the interface. */
void reference_add(json_t *doc, const struct http_route *routes, size_t count);

/* Writes the document and gives it up. */
void reference_write(json_t *doc, struct buf *out);

/* A file of the page; an unknown name is ERR_NOT_FOUND. */
WARN_UNUSED enum err reference_page(struct http_request *rq, struct str name, struct err_ctx *e);

#endif
