/* http/spool.h
 *
 * A long answer on its way through a file without a name, so that it needs little memory, and
 * whoever makes it needs not wait for a client that reads slowly.
 *
 *     struct http_spool *spool;
 *     err = http_spool_open(rq, &spool, e);
 *     while (more) {
 *         buf_add(http_spool_buf(spool), line);
 *         err = http_spool_flush(spool, e);         writes when enough has gathered
 *     }
 *     return err ? err : http_spool_answer(spool, e);
 *
 * On the pool only: it writes to a disk. Lives in the request's arena. */
#ifndef HTTP_SPOOL_H
#define HTTP_SPOOL_H

#include "http/http.h"

struct http_spool;

WARN_UNUSED enum err http_spool_open(struct http_request *rq, struct http_spool **out,
                                     struct err_ctx *e);
struct buf *http_spool_buf(struct http_spool *s);
WARN_UNUSED enum err http_spool_flush(struct http_spool *s, struct err_ctx *e);

/* Makes it the answer's body. */
WARN_UNUSED enum err http_spool_answer(struct http_spool *s, struct err_ctx *e);

/* ---- for server.c ---- */

/* Gives the file away. */
int http_spool_take(struct http_spool *s, uint64_t *bytes);

#endif
