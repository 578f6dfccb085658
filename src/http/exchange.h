/* http/exchange.h
 *
 * One request with what the server keeps beside it: the connection, the body as it arrives, the
 * answer as it leaves. Inside this folder only. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "base/file.h"
#include "http/http.h"
#include "http/meter.h"
#include "http/router.h"

struct MHD_Connection;

/* What happens next with a request. Each step leads to the next or to a later one. */
enum exchange_step {
    EXCHANGE_HEAD,    /* its headers have just arrived */
    EXCHANGE_BODY,    /* its body is arriving */
    EXCHANGE_RUN,     /* somebody works on it; the connection is suspended or ours */
    EXCHANGE_RESUMED, /* the work is done, or only rq.then is left */
    EXCHANGE_ANSWER   /* the answer has been queued */
};

struct exchange {
    struct http_request rq; /* the first member: http_request pointers are cast back */
    struct MHD_Connection *connection;
    const struct http_mount *mount;
    _Atomic int step;
    _Atomic int holds; /* who still works on it: the handler's thread, and whoever it deferred to */
    bool authorised;
    bool deferred;
    bool on_pool;
    bool counted; /* in the server's in_flight */
    struct meter_moments moments;
    struct err_ctx failure; /* code is ERR_OK while all is well */
    size_t body_seen;
    char *body; /* HTTP_BODY_MEMORY */
    size_t body_capacity;
    int body_fd; /* HTTP_BODY_FILE, else -1 */
    struct mapping body_map;
    struct exchange *next_spare;
};

static inline struct exchange *exchange_of(const struct http_request *rq)
{
    return (struct exchange *)(uintptr_t)rq;
}

/* ---- exchange.c ---- */

/* Exchanges that are over and wait for the next request, with their memory. Any thread. */
struct exchange_pool;
struct exchange_pool *exchange_pool_new(void);
void exchange_pool_free(struct exchange_pool *p);

/* For a request whose line has just arrived; `uri` is as it came. */
struct exchange *exchange_new(struct exchange_pool *p, struct http_server *server,
                              struct MHD_Connection *connection, struct str uri);
void exchange_free(struct exchange_pool *p, struct exchange *x);

/* ---- head.c ---- */

const char *exchange_method(const struct exchange *x);

/* Decides what the headers alone can decide: method, route, texts, length, who asks. What is wrong
 * is noted in x->failure. */
void exchange_read_head(struct exchange *x, const char *method);

/* An answer before the end of the request costs the connection: a short rest is read instead. */
bool exchange_is_short(const struct exchange *x);

/* ---- body.c ---- */

void exchange_body_begin(struct exchange *x);
void exchange_body_close(struct exchange *x);

/* Takes the next piece; what goes wrong is noted in x->failure. */
void exchange_body_add(struct exchange *x, struct str piece);

/* True when it comes too slowly to wait for its end. */
bool exchange_body_drips(const struct exchange *x);

/* The body is complete: makes rq.body, decompressed where Content-Encoding says so. */
WARN_UNUSED enum err exchange_body_end(struct exchange *x, struct err_ctx *e);

/* The largest body that the route takes. */
size_t exchange_body_max(const struct exchange *x);

/* ---- compress.c ---- */

/* Decompresses gzip or zlib data of at most `bytes_max` decompressed bytes into `out`. */
WARN_UNUSED enum err compress_inflate(struct str packed, size_t bytes_max, struct buf *out,
                                      struct err_ctx *e);

/* Makes gzip of the text; false when it does not get smaller. */
bool compress_gzip(struct str plain, int level, struct buf *out);

/* Compresses rq.answer.body in place where the client accepts it and it pays. */
void compress_answer(struct http_request *rq);

/* ---- server.c ---- */

const struct http_server_opts *exchange_opts(const struct exchange *x);
const struct router *exchange_router(const struct exchange *x);

#endif
