#include "server/server.h"

#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "http/streams.h"
#include "identity/identity.h"
#include "server/inside.h"
#include "server/reference.h"

static_assert((int)SERVER_LINK_BYTES == (int)IDENTITY_LINK_BYTES, "room for a link's token");

/* ---- where the pages are ---- */

/* The setting, else beside the program: as it was built (build/crisol, web/dist), or as it is
 * installed (bin/crisol, share/crisol/web). NULL where there are none. */
static const char *find_pages(struct server *s)
{
    static const char *const places[] = {"../web/dist", "../share/crisol/web"};
    const char *chosen = s->program->config->web_dir;
    if (*chosen)
        return chosen;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const char *folder = program_beside(&s->arena, places[i]);
        if (file_exists(arena_printf(&s->arena, "%s/index.html", folder)))
            return folder;
    }
    return NULL;
}

/* ---- building ---- */

static enum err open_pages(struct server *s, struct err_ctx *e)
{
    const char *folder = find_pages(s);
    if (!folder)
        log_info("server", "there is no web interface here; web.dir can say where it is");
    return statics_open(folder, &s->pages, e);
}

static enum err open_pool(struct server *s, struct err_ctx *e)
{
    const struct config *c = s->program->config;
    struct pool_opts opts = {.name = "work",
                             .threads = (unsigned)c->http_workers,
                             .queue_max = (unsigned)c->http_worker_queue_max};
    return pool_open(&opts, &s->pool, e);
}

static unsigned threads_of(const struct config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return c->http_threads ? (unsigned)c->http_threads : (unsigned)MAX(cores, 1);
}

static enum err open_http(struct server *s, struct err_ctx *e)
{
    const struct config *c = s->program->config;
    const char *spool = NULL;
    enum err err = program_folder(s->program, &s->arena, "tmp", &spool, e);
    if (err)
        return err;
    struct http_server_opts opts = {
        .listen = c->listen,
        .threads = threads_of(c),
        .connections_max = (unsigned)c->http_connections_max,
        .idle_timeout_s = (unsigned)c->http_idle_timeout_s,
        .body_timeout_s = (unsigned)c->http_body_timeout_s,
        .body_max_bytes = (size_t)c->http_body_max_bytes,
        .upload_max_bytes = (size_t)c->http_upload_max_bytes,
        .spool_folder = spool,
        .pool = s->pool,
        .behind_proxy = c->http_behind_proxy,
        .hooks = identity_hooks(s->features.identity),
    };
    return http_server_open(&opts, &s->http, e);
}

/* Only a clock that stands still can be moved. */
static size_t clock_routes(const struct server *s)
{
    return clock_is_virtual(&s->program->clock) ? server_clock_route_count : 0;
}

static void mount(struct server *s)
{
    const struct http_mount own[] = {
        {server_routes, server_route_count, s, server_write_error},
        {server_clock_routes, clock_routes(s), s, NULL},
        {server_page_routes, server_page_route_count, s, server_write_error},
    };
    features_mount(&s->features, s->http);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        http_server_mount(s->http, &own[i]);
}

static void describe(struct server *s)
{
    const struct http_route *routes;
    size_t count;
    json_t *doc = reference_new();
    reference_add(doc, server_routes, server_route_count);
    reference_add(doc, server_clock_routes, clock_routes(s));
    for (size_t i = 0; features_routes(i, &routes, &count); i++)
        reference_add(doc, routes, count);
    reference_write(doc, &s->reference);
}

static enum err build(struct server *s, struct err_ctx *e)
{
    s->parts = (struct parts){
        .program = s->program, .arena = &s->arena, .expose = server_metrics, .expose_context = s};
    enum err err = streams_open(&s->streams, e);
    if (!err)
        err = open_pool(s, e);
    if (err)
        return err;
    s->events = events_new(&s->program->clock, s->streams);
    s->parts.streams = s->streams;
    s->parts.events = s->events;
    s->parts.pool = s->pool;
    err = features_open(&s->features, e);
    if (!err)
        err = housekeeping_open(&s->features, &s->housekeeping, e);
    if (!err)
        err = open_pages(s, e);
    if (!err)
        err = open_http(s, e);
    if (err)
        return err;
    mount(s);
    describe(s);
    return http_server_start(s->http, &s->url, e);
}

enum err server_open(struct program *p, struct server **out, struct err_ctx *e)
{
    struct server *s = xcalloc(1, sizeof *s);
    s->program = p;
    arena_init(&s->arena);
    buf_init(&s->reference, 16 << 20);
    s->features.parts = &s->parts;
    enum err err = build(s, e);
    if (err) {
        server_close(s);
        return err;
    }
    atomic_store(&s->ready, true);
    *out = s;
    return ERR_OK;
}

const char *server_url(const struct server *s)
{
    return s->url;
}

enum err server_make_link(struct server *s, bool *needed, char token[SERVER_LINK_BYTES],
                          struct err_ctx *e)
{
    return identity_make_link(s->features.identity, needed, token, e);
}

/* ---- coming down ---- */

bool server_drain(struct server *s)
{
    atomic_store(&s->ready, false);
    streams_end(s->streams);
    return http_server_drain(s->http, (unsigned)s->program->config->http_drain_s * 1000);
}

void server_close(struct server *s)
{
    if (!s)
        return;
    http_server_close(s->http);
    pool_close(s->pool);
    housekeeping_close(s->housekeeping);
    features_close(&s->features);
    statics_close(s->pages);
    events_free(s->events);
    streams_close(s->streams);
    buf_release(&s->reference);
    arena_release(&s->arena);
    free(s);
}
