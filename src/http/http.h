/* http/http.h
 *
 * The HTTP server: threads that read requests and write answers, a router made from tables, and a
 * pool for handlers that block. libmicrohttpd is inside and known to server.c alone.
 *
 *     static enum err hello(struct http_request *rq, struct err_ctx *e)
 *     {
 *         buf_add(&rq->answer.body, STR("{\"hello\":\"world\"}"));
 *         return ERR_OK;
 *     }
 *     static const struct http_route routes[] = {
 *         {.method = HTTP_GET, .pattern = "/hello/{name}", .handle = hello, .run = HTTP_INLINE},
 *     };
 *     http_server_open(&opts, &server, e);
 *     http_server_mount(server, &(struct http_mount){.routes = routes, .count = 1});
 *     http_server_start(server, &url, e);
 *     ...
 *     http_server_drain(server, 10000);
 *     http_server_close(server);
 *
 * A handler runs on an HTTP thread (HTTP_INLINE: it must not block) or on the pool (HTTP_POOL). It
 * fills rq->answer and returns ERR_OK, or returns an error with its sentence, which the mount
 * turns into a body. It may also answer later: http_defer() before it returns, then
 * http_resume() from any thread, once; rq->then, if set, runs on an HTTP thread after that and
 * finishes the answer.
 *
 * A request belongs to one thread at a time: the HTTP thread, the pool's thread, or whoever it was
 * deferred to. Its arena goes when the answer has been sent. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

struct http_server;
struct http_request;
struct http_route;
struct http_spool;
struct http_stream;
struct exposition;
struct pool;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD_COUNT };
enum http_run { HTTP_INLINE, HTTP_POOL };
enum http_body {
    HTTP_BODY_NONE,   /* a body is read and thrown away */
    HTTP_BODY_MEMORY, /* at most opts.body_max_bytes */
    HTTP_BODY_FILE    /* in an unlinked file, mapped; at most opts.upload_max_bytes */
};

enum { HTTP_PARAMS_MAX = 6, HTTP_HEADERS_MAX = 8 };

typedef enum err (*http_handler)(struct http_request *rq, struct err_ctx *e);

struct http_route {
    enum http_method method;
    const char *pattern; /* "/a/{name}/b", a last "{rest*}" takes all that is left */
    int role;            /* what it means is the authoriser's business */
    enum http_run run;
    enum http_body body;
    http_handler handle;
    bool creates;        /* takes an Idempotency-Key */
    const char *summary; /* a sentence for the reference */
    /* What is taken and answered, for the reference; NULL: nothing. Words: the name of a schema,
     * and other kinds of content. */
    const char *takes;
    const char *answers;
};

/* A row of a routes.def as an element of a table:
 *
 *     #define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
 *     const struct http_route thing_routes[] = {
 *     #include "thing/routes.def"
 *     };
 *     #undef ROUTE */
#define HTTP_ROUTE(method_, pattern_, role_, handle_, run_, body_, creates_, summary_, takes_,     \
                   answers_)                                                                       \
    {.method = method_,                                                                            \
     .pattern = pattern_,                                                                          \
     .role = role_,                                                                                \
     .handle = handle_,                                                                            \
     .run = run_,                                                                                  \
     .body = body_,                                                                                \
     .creates = creates_,                                                                          \
     .summary = summary_,                                                                          \
     .takes = takes_,                                                                              \
     .answers = answers_},

/* A table of routes with what its handlers need and how its errors are told. */
struct http_mount {
    const struct http_route *routes;
    size_t count;
    void *context;                                                         /* rq->context */
    void (*write_error)(struct http_request *rq, const struct err_ctx *e); /* NULL: problem+json */
};

struct http_field {
    const char *name;
    const char *value;
};

struct http_answer {
    int status;               /* 200 at the start */
    const char *content_type; /* "application/json" at the start */
    struct buf body;
    struct str fixed; /* instead of `body`: memory that outlives the answer */
    struct http_field headers[HTTP_HEADERS_MAX];
    unsigned header_count;
    struct http_stream *stream; /* instead of a body */
    struct http_spool *spool;   /* instead of a body */
    char *file_path;            /* instead of a body: a file of the server's own, in the arena */
};

struct http_request {
    enum http_method method;
    bool head;                          /* a GET whose body is not sent */
    struct str path;                    /* as it came, still encoded */
    struct str query;                   /* likewise, without the '?' */
    struct str params[HTTP_PARAMS_MAX]; /* decoded, in the order of the pattern */
    struct str body;
    struct arena arena;
    void *context; /* the mount's */
    void *caller;  /* the authoriser's: who asks; lives in the arena */
    const struct http_route *route;
    http_handler then; /* after http_resume(), on an HTTP thread */
    void *work;        /* the handler's own, between its steps */
    struct http_answer answer;
    uint64_t started_ns; /* when its headers had arrived */
    struct http_server *server;
};

enum http_pass { HTTP_PASS, HTTP_PASS_LATER, HTTP_PASS_REFUSED };

/* What a stream keeps of who opened it, to ask about him when the request has long been answered.
 * What is in it is the authoriser's business. */
struct http_badge {
    _Alignas(8) unsigned char bytes[48];
};

/* What the layers above plug in. `authorise` looks at the headers and sets rq->caller; with
 * `may_block` false it may answer HTTP_PASS_LATER and is then asked again on the pool.
 * `replay` and `remember` wrap the handlers of routes that create, on the pool: replay() sets
 * `done` when it has filled the answer itself; where it has not, remember() learns how the handler
 * ended. Such a handler may not defer. For answers without an end (streams.h) badge() notes who
 * asks, and still_allowed() says later whether he would still be let through; it may block. */
struct http_hooks {
    enum http_pass (*authorise)(void *context, struct http_request *rq, bool may_block,
                                struct err_ctx *e);
    enum err (*replay)(void *context, struct http_request *rq, bool *done, struct err_ctx *e);
    void (*remember)(void *context, struct http_request *rq, enum err err);
    void (*badge)(void *context, const struct http_request *rq, struct http_badge *out);
    bool (*still_allowed)(void *context, const struct http_badge *badge);
    void *context;
};

struct http_server_opts {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0" */
    unsigned threads;
    unsigned connections_max;
    unsigned idle_timeout_s;
    unsigned body_timeout_s; /* for a body to arrive, plus a second for each KiB of it */
    size_t body_max_bytes;
    size_t upload_max_bytes;
    const char *spool_folder; /* for HTTP_BODY_FILE */
    struct pool *pool;        /* for HTTP_POOL; the caller's */
    bool behind_proxy;        /* the peer's address is what a proxy says in X-Forwarded-For */
    struct http_hooks hooks;
};

struct http_stats {
    uint64_t requests;
    uint64_t by_status[6]; /* index = status / 100 */
    uint64_t busy;         /* answered 503 because a queue was full */
    unsigned connections, in_flight, streams;
};

WARN_UNUSED enum err http_server_open(const struct http_server_opts *opts, struct http_server **out,
                                      struct err_ctx *e);

/* Before the start only. The tables must outlive the server. */
void http_server_mount(struct http_server *s, const struct http_mount *mount);

/* Listens and serves. `url` is "http://127.0.0.1:8080", the server's. */
WARN_UNUSED enum err http_server_start(struct http_server *s, const char **url, struct err_ctx *e);

/* No new connections; waits until every request has its answer, at most `timeout_ms`. False when
 * some have not: the server must then not be closed, because somebody still works for it. Streams
 * without an end have to be ended first. */
bool http_server_drain(struct http_server *s, unsigned timeout_ms);
void http_server_close(struct http_server *s);
void http_server_stats(struct http_server *s, struct http_stats *out);
void http_server_expose(struct http_server *s, struct exposition *x);

/* ---- for handlers ---- */

/* A request header, or a view without a pointer. */
struct str http_header(const struct http_request *rq, const char *name);

/* The decoded value of ?name=value in the arena; false when it is not there. */
bool http_query(struct http_request *rq, const char *name, struct str *value);

/* ?limit= and its like: 422 with the parameter's name when it is out of range. */
WARN_UNUSED enum err http_query_i64(struct http_request *rq, const char *name, int64_t min,
                                    int64_t max, int64_t *value, struct err_ctx *e);

/* ?from= and its like, RFC 3339. */
WARN_UNUSED enum err http_query_time(struct http_request *rq, const char *name, int64_t *time_ms,
                                     struct err_ctx *e);

/* True when the Accept header names the type before any other that we know. */
bool http_accepts(const struct http_request *rq, const char *type);

/* The address of the peer, as text in the arena. */
const char *http_peer(struct http_request *rq);

/* Parses the body as one JSON object that goes with the arena; ERR_UNSUPPORTED when it says that it
 * is something else. */
WARN_UNUSED enum err http_json_object(struct http_request *rq, json_t **out, struct err_ctx *e);

/* Answers with the value and gives up the reference. */
void http_answer_json(struct http_request *rq, int status, json_t *value);
void http_answer_empty(struct http_request *rq, int status);

/* The name is a literal, the value is in the arena or a literal. */
void http_answer_header(struct http_request *rq, const char *name, const char *value);

/* problem+json (RFC 9457). */
void http_answer_problem(struct http_request *rq, const struct err_ctx *e);

/* Percent-decodes into the arena; false for a broken escape or a 0 byte. */
WARN_UNUSED bool http_decode(struct arena *a, struct str s, bool plus_is_space, struct str *out);

void http_defer(struct http_request *rq);
void http_resume(struct http_request *rq);

/* After a deferral: makes the answer an error, as a return from the handler would have. */
void http_fail(struct http_request *rq, const struct err_ctx *e);

#endif
