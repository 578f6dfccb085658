#include "http/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "http/socket.h"
#include "http/spool.h"
#include "http/stream.h"

enum { MOUNTS_MAX = 32, STREAM_BLOCK_BYTES = 4096, QUIET_NS = 200000000 };

struct http_server {
    struct http_server_opts opts;
    struct http_mount mounts[MOUNTS_MAX];
    unsigned mount_count;
    struct router router;
    struct MHD_Daemon *daemon;
    struct exchange_pool *exchanges;
    int listen_fd;
    char url[HTTP_URL_BYTES];
    struct meter meter;
    _Atomic uint64_t requests, busy;
    _Atomic unsigned in_flight, streams;
    _Atomic bool draining;
};

/* ---- life of an exchange ---- */

const struct http_server_opts *exchange_opts(const struct exchange *x)
{
    return &x->rq.server->opts;
}

const struct router *exchange_router(const struct exchange *x)
{
    return &x->rq.server->router;
}

/* libmicrohttpd calls this with the raw request line, before anything else. */
static void *on_uri(void *server, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *s = server;
    return exchange_new(s->exchanges, s, connection, str_of(uri));
}

/* Paths and parameters are decoded by http_decode(), once and with errors. */
static size_t leave_encoded(void *server, struct MHD_Connection *connection, char *text)
{
    return strlen(text);
}

static void on_completed(void *server, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    struct http_server *s = server;
    struct exchange *x = *slot;
    if (!x)
        return;
    *slot = NULL;
    if (x->counted)
        atomic_fetch_sub(&s->in_flight, 1);
    if (x->rq.answer.stream) {
        http_stream_hang_up(x->rq.answer.stream);
        http_stream_unref(x->rq.answer.stream);
        atomic_fetch_sub(&s->streams, 1);
    }
    exchange_free(s->exchanges, x);
}

/* ---- answering ---- */

static ssize_t read_stream(void *argument, uint64_t position, char *to, size_t max);

static void wake_stream(void *argument)
{
    struct exchange *x = argument;
    MHD_resume_connection(x->connection);
}

static ssize_t read_stream(void *argument, uint64_t position, char *to, size_t max)
{
    struct exchange *x = argument;
    ptrdiff_t n = http_stream_take(x->rq.answer.stream, to, max, wake_stream, x);
    if (n == 0)
        MHD_suspend_connection(x->connection);
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static struct MHD_Response *response_of_file(struct exchange *x)
{
    const char *path = x->rq.answer.file_path;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t bytes = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (bytes < 0) {
        log_error("http", "%s: %s", path, strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        x->rq.answer.status = 500;
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    return MHD_create_response_from_fd64((uint64_t)bytes, fd);
}

static struct MHD_Response *response_of(struct exchange *x)
{
    struct http_answer *answer = &x->rq.answer;
    if (answer->stream) {
        atomic_fetch_add(&x->rq.server->streams, 1);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream,
                                                 x, NULL);
    }
    if (answer->file_path)
        return response_of_file(x);
    if (answer->spool) {
        uint64_t bytes;
        int fd = http_spool_take(answer->spool, &bytes);
        return MHD_create_response_from_fd64(bytes, fd);
    }
    struct str body = answer->fixed.p ? answer->fixed : buf_str(&answer->body);
    return MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p,
                                           MHD_RESPMEM_PERSISTENT);
}

/* Turns a noted failure into the answer that the protocol of the path wants. */
static void tell_failure(struct exchange *x)
{
    struct http_request *rq = &x->rq;
    const struct err_ctx *e = &x->failure;
    rq->answer.fixed = (struct str){NULL, 0};
    rq->answer.file_path = NULL;
    rq->answer.spool = NULL;
    rq->answer.status = err_status(e->code);
    if (x->mount && x->mount->write_error)
        x->mount->write_error(rq, e);
    else
        http_answer_problem(rq, e);
    if (e->retry_after_s || rq->answer.status == 503)
        http_answer_header(rq, "Retry-After",
                           arena_printf(&rq->arena, "%u", MAX(e->retry_after_s, 1u)));
    if (rq->answer.status == 503)
        atomic_fetch_add(&rq->server->busy, 1);
    if (rq->answer.status == 401)
        http_answer_header(rq, "WWW-Authenticate", "Bearer realm=\"crisol\"");
    if (rq->answer.status >= 500 && e->code != ERR_BUSY && e->code != ERR_NOT_READY)
        log_error("http", "%s " STR_FMT ": %s", exchange_method(x), STR_ARG(rq->path), e->detail);
}

static enum MHD_Result answer(struct exchange *x)
{
    struct http_request *rq = &x->rq;
    struct http_server *s = rq->server;
    if (x->failure.code)
        tell_failure(x);
    if (buf_failed(&rq->answer.body)) {
        err_ctx_init(&x->failure);
        err_set(&x->failure, ERR_TOO_LARGE, "the answer would be too large; ask for less at once");
        tell_failure(x);
    }
    compress_answer(rq);
    struct MHD_Response *response = response_of(x);
    if (!response)
        return MHD_NO;
    if (rq->answer.status != 204)
        MHD_add_response_header(response, "Content-Type", rq->answer.content_type);
    for (unsigned i = 0; i < rq->answer.header_count; i++)
        MHD_add_response_header(response, rq->answer.headers[i].name, rq->answer.headers[i].value);
    if (atomic_load_explicit(&s->draining, memory_order_relaxed))
        MHD_add_response_header(response, "Connection", "close");
    atomic_store(&x->step, EXCHANGE_ANSWER);
    meter_answer(&s->meter, rq->answer.status, &x->moments, clock_monotonic_ns());
    enum MHD_Result queued =
        MHD_queue_response(x->connection, (unsigned)rq->answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ---- running ---- */

/* What the handler returns counts; a code without a sentence gets the code's own. */
static void settle(struct exchange *x, enum err err)
{
    if (!err)
        err_ctx_init(&x->failure);
    else if (!x->failure.code)
        err_set(&x->failure, err, "%s", err_title(err));
}

static void run_handler(struct exchange *x)
{
    struct http_request *rq = &x->rq;
    const struct http_hooks *hooks = &rq->server->opts.hooks;
    bool done = false;
    if (!x->authorised && hooks->authorise &&
        hooks->authorise(hooks->context, rq, true, &x->failure) != HTTP_PASS)
        return;
    x->authorised = true;
    bool replayable = rq->route->creates && hooks->replay;
    if (replayable && (hooks->replay(hooks->context, rq, &done, &x->failure) || done))
        return;
    enum err err = rq->route->handle(rq, &x->failure);
    assert(!replayable || !x->deferred);
    if (x->deferred)
        return;
    settle(x, err);
    if (replayable)
        hooks->remember(hooks->context, rq, err);
}

static void wake(struct exchange *x)
{
    atomic_store(&x->step, EXCHANGE_RESUMED);
    MHD_resume_connection(x->connection);
}

/* The handler's thread and whoever it deferred to end in either order: the last one hands the
 * request back, and neither may look at it after that. */
static void let_go(struct exchange *x)
{
    if (atomic_fetch_sub(&x->holds, 1) == 1)
        wake(x);
}

static void run_on_pool(void *argument)
{
    struct exchange *x = argument;
    x->moments.work_ns = clock_monotonic_ns();
    run_handler(x);
    let_go(x);
}

static enum MHD_Result to_pool(struct exchange *x)
{
    x->on_pool = true;
    MHD_suspend_connection(x->connection);
    if (pool_submit(exchange_opts(x)->pool, run_on_pool, x) == ERR_OK)
        return MHD_YES;
    x->on_pool = false;
    err_set(&x->failure, ERR_BUSY, "the server's queue of work is full; try again in a moment");
    wake(x);
    return MHD_YES;
}

static enum MHD_Result run(struct exchange *x)
{
    atomic_store(&x->step, EXCHANGE_RUN);
    atomic_store(&x->holds, 1);
    x->moments.run_ns = clock_monotonic_ns();
    if (!x->failure.code)
        (void)!exchange_body_end(x, &x->failure);
    if (x->failure.code)
        return answer(x);
    if (x->rq.route->run == HTTP_POOL || !x->authorised)
        return to_pool(x);
    x->moments.work_ns = x->moments.run_ns;
    run_handler(x);
    if (!x->deferred)
        return answer(x);
    let_go(x);
    return MHD_YES;
}

void http_defer(struct http_request *rq)
{
    struct exchange *x = exchange_of(rq);
    assert(!x->deferred);
    x->deferred = true;
    atomic_fetch_add(&x->holds, 1);
    if (!x->on_pool)
        MHD_suspend_connection(x->connection);
}

void http_resume(struct http_request *rq)
{
    let_go(exchange_of(rq));
}

void http_fail(struct http_request *rq, const struct err_ctx *e)
{
    assert(e->code != ERR_OK);
    exchange_of(rq)->failure = *e;
}

/* The request is back on its HTTP thread. */
static enum MHD_Result resumed(struct exchange *x)
{
    struct http_request *rq = &x->rq;
    x->deferred = x->on_pool = false;
    if (rq->then && !x->failure.code) {
        http_handler then = rq->then;
        rq->then = NULL;
        atomic_store(&x->step, EXCHANGE_RUN);
        atomic_store(&x->holds, 1);
        enum err err = then(rq, &x->failure);
        if (x->deferred) {
            let_go(x);
            return MHD_YES;
        }
        settle(x, err);
    }
    return answer(x);
}

struct frame {
    unsigned hosts, lengths, codings;
    bool chunked;
};

static enum MHD_Result look_at_frame(void *argument, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct frame *f = argument;
    f->hosts += strcasecmp(name, "Host") == 0;
    f->lengths += strcasecmp(name, "Content-Length") == 0;
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        f->codings++;
        f->chunked = value && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

/* A proxy and we must agree whom a request is for and where its body ends, or what we take for the
 * next request is something that the proxy has never seen. libmicrohttpd takes the first of several
 * lengths, any coding, both together, and any number of hosts; RFC 9112, sections 3.2 and 6.3,
 * wants such a request refused and its connection closed. */
static bool is_framed(struct exchange *x, const char *version)
{
    struct frame f = {0};
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, look_at_frame, &f);
    bool one_end = f.lengths + f.codings <= 1 && f.chunked == (f.codings == 1);
    bool one_host = f.hosts == 1 || (f.hosts == 0 && strcmp(version, "HTTP/1.1") != 0);
    if (one_end && one_host)
        return true;
    http_answer_header(&x->rq, "Connection", "close");
    err_set(&x->failure, ERR_SYNTAX, "%s",
            one_end ? "a request must have exactly one Host header"
                    : "the end of the body must be told once: by one Content-Length, or by "
                      "\"Transfer-Encoding: chunked\"");
    return false;
}

static enum MHD_Result head(struct exchange *x, const char *method, const char *version)
{
    atomic_fetch_add_explicit(&x->rq.server->requests, 1, memory_order_relaxed);
    atomic_fetch_add(&x->rq.server->in_flight, 1);
    x->counted = true;
    exchange_read_head(x, method);
    bool framed = is_framed(x, version);
    if (x->failure.code && !(framed && exchange_is_short(x)))
        return answer(x);
    atomic_store(&x->step, EXCHANGE_BODY);
    return MHD_YES;
}

/* A client that goes on sending long after its body was refused is cut off, and so is one whose
 * body only drips: libmicrohttpd takes no answer before the end of a body. */
static enum MHD_Result take_piece(struct exchange *x, struct str piece)
{
    exchange_body_add(x, piece);
    bool hopeless = x->failure.code && x->body_seen / 4 > exchange_body_max(x);
    if (!hopeless && !exchange_body_drips(x))
        return MHD_YES;
    log_info("http", "%s " STR_FMT ": the client was cut off after %zu bytes of its body: %s",
             exchange_method(x), STR_ARG(x->rq.path), x->body_seen,
             hopeless ? "it was refused long ago" : "it comes too slowly");
    return MHD_NO;
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *piece,
                                  size_t *piece_bytes, void **slot)
{
    struct exchange *x = *slot;
    switch ((enum exchange_step)atomic_load(&x->step)) {
    case EXCHANGE_HEAD:
        return head(x, method, version);
    case EXCHANGE_BODY:
        if (*piece_bytes == 0)
            return run(x);
        enum MHD_Result taken = take_piece(x, str_from(piece, *piece_bytes));
        *piece_bytes = 0;
        return taken;
    case EXCHANGE_RESUMED:
        return resumed(x);
    case EXCHANGE_RUN:
    case EXCHANGE_ANSWER:
        break;
    }
    return MHD_YES;
}

struct str http_header(const struct http_request *rq, const char *name)
{
    return str_of(MHD_lookup_connection_value(exchange_of(rq)->connection, MHD_HEADER_KIND, name));
}

/* The last address is the one that our own proxy saw; those before it are hearsay. A view without
 * a pointer where it is none. */
static struct str forwarded_for(const struct http_request *rq)
{
    struct str rest = http_header(rq, "X-Forwarded-For"), last = {NULL, 0};
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    while (str_split(&rest, ',', &last))
        last = str_trim(last);
    if (last.n == 0 || last.n >= sizeof text)
        return str_from(NULL, 0);
    snprintf(text, sizeof text, STR_FMT, STR_ARG(last));
    bool good = inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
    return good ? last : str_from(NULL, 0);
}

const char *http_peer(struct http_request *rq)
{
    if (rq->server->opts.behind_proxy && forwarded_for(rq).p)
        return arena_strdup(&rq->arena, forwarded_for(rq));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange_of(rq)->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char host[NI_MAXHOST];
    if (!info || !info->client_addr)
        return "";
    socklen_t n = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                           : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, n, host, sizeof host, NULL, 0, NI_NUMERICHOST))
        return "";
    return arena_strdup(&rq->arena, str_of(host));
}

/* ---- life of the server ---- */

enum err http_server_open(const struct http_server_opts *opts, struct http_server **out,
                          struct err_ctx *e)
{
    assert(opts->threads > 0 && opts->pool);
    struct http_server *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    s->listen_fd = -1;
    s->exchanges = exchange_pool_new();
    router_init(&s->router);
    *out = s;
    return ERR_OK;
}

void http_server_mount(struct http_server *s, const struct http_mount *mount)
{
    assert(s->mount_count < MOUNTS_MAX && !s->daemon);
    struct http_mount *kept = &s->mounts[s->mount_count++];
    *kept = *mount;
    for (size_t i = 0; i < mount->count; i++)
        router_add(&s->router, &mount->routes[i], kept);
}

static void log_line(void *server, const char *format, va_list args) PRINTF_LIKE(2, 0);

static void log_line(void *server, const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    log_debug("http", "%s", text);
}

enum err http_server_start(struct http_server *s, const char **url, struct err_ctx *e)
{
    enum err err = http_socket_open(s->opts.listen, &s->listen_fd, e);
    if (err)
        return err;
    http_socket_url(s->listen_fd, s->url);
    s->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_THREAD_POOL_SIZE,
        s->opts.threads > 1 ? s->opts.threads : 0, MHD_OPTION_CONNECTION_LIMIT,
        s->opts.connections_max, MHD_OPTION_CONNECTION_TIMEOUT, s->opts.idle_timeout_s,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_EXTERNAL_LOGGER, log_line, s,
        MHD_OPTION_END);
    if (!s->daemon)
        return err_set(e, ERR_INTERNAL, "the HTTP server cannot be started on %s", s->opts.listen);
    *url = s->url;
    return ERR_OK;
}

static unsigned connections_of(struct http_server *s)
{
    const union MHD_DaemonInfo *info =
        s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS) : NULL;
    return info ? info->num_connections : 0;
}

/* The door is shut before anybody is told to leave: who was told would come back through it.
 * Clients that keep their connections learn from the answers that there will be no more; a
 * silence after the last answer means that they have. */
bool http_server_drain(struct http_server *s, unsigned timeout_ms)
{
    if (!s->daemon)
        return true;
    s->listen_fd = MHD_quiesce_daemon(s->daemon);
    shutdown(s->listen_fd, SHUT_RDWR); /* refuses at once what would wait in vain */
    atomic_store(&s->draining, true);
    uint64_t now_ns = clock_monotonic_ns(), until_ns = now_ns + timeout_ms * UINT64_C(1000000);
    for (uint64_t quiet_ns = 0; now_ns < until_ns; now_ns = clock_monotonic_ns()) {
        if (atomic_load(&s->in_flight))
            quiet_ns = 0;
        else if (connections_of(s) == 0)
            return true;
        else if (quiet_ns == 0)
            quiet_ns = now_ns;
        else if (now_ns - quiet_ns > QUIET_NS)
            return true;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    log_warning("http", "%u requests had no answer when the server stopped",
                atomic_load(&s->in_flight));
    return atomic_load(&s->in_flight) == 0;
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    exchange_pool_free(s->exchanges);
    router_release(&s->router);
    free(s);
}

void http_server_stats(struct http_server *s, struct http_stats *out)
{
    *out = (struct http_stats){.requests = atomic_load(&s->requests),
                               .busy = atomic_load(&s->busy),
                               .in_flight = atomic_load(&s->in_flight),
                               .streams = atomic_load(&s->streams)};
    for (unsigned i = 0; i < ARRAY_LEN(out->by_status); i++)
        out->by_status[i] = meter_answers(&s->meter, (int)i);
    out->connections = connections_of(s);
}

void http_server_expose(struct http_server *s, struct exposition *x)
{
    meter_expose(&s->meter, x);
    exposition_counter(x, "crisol_http_busy_total",
                       "Requests that were answered with 503 because a queue was full.");
    exposition_add(x, NO_LABELS, (double)atomic_load(&s->busy));
    exposition_gauge(x, "crisol_http_connections", "Connections that are open.");
    exposition_add(x, NO_LABELS, connections_of(s));
    exposition_gauge(x, "crisol_http_in_flight", "Requests that have no answer yet.");
    exposition_add(x, NO_LABELS, atomic_load(&s->in_flight));
    exposition_gauge(x, "crisol_http_streams", "Answers without an end: live events and logs.");
    exposition_add(x, NO_LABELS, atomic_load(&s->streams));
}
