#include "server/features.h"

#include "identity/identity.h"
#include "server/version.h"

/* ---- each feature gets what it needs, and no more ---- */

static enum err open_identity(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    struct identity_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .ids = &p->ids,
        .version = version_text,
        .session_ms = c->identity_session_days * INT64_C(86400000),
        .open_registration = c->identity_registration,
        .open_serving = c->serving_anonymous,
        .open_metrics = c->metrics_anonymous,
    };
    return identity_open(&opts, &f->identity, e);
}

static void close_identity(struct features *f)
{
    identity_close(f->identity);
}

static void *context_identity(struct features *f)
{
    return f->identity;
}

/* ---- the table ---- */

struct feature {
    const char *name;
    enum err (*open)(struct features *f, struct err_ctx *e);
    void (*close)(struct features *f);
    void *(*context)(struct features *f); /* for its handlers */
    const struct http_route *routes;
    const size_t *route_count;
    void (*end)(struct features *f);   /* NULL: nothing to end before the server drains */
    bool (*ready)(struct features *f); /* NULL: as soon as it is open */
    void (*write_error)(struct http_request *rq, const struct err_ctx *e); /* NULL: problem+json */
};

#define FEATURE(name_)                                                                             \
    .name = #name_, .open = open_##name_, .close = close_##name_, .context = context_##name_,      \
    .routes = name_##_routes, .route_count = &name_##_route_count

static const struct feature features[] = {
    {FEATURE(identity)},
};

enum err features_open(struct features *f, struct err_ctx *e)
{
    enum err err = ERR_OK;
    while (!err && f->opened < ARRAY_LEN(features)) {
        err = features[f->opened].open(f, e);
        if (!err)
            f->opened++;
    }
    if (err)
        features_close(f);
    return err;
}

void features_close(struct features *f)
{
    while (f->opened)
        features[--f->opened].close(f);
}

void features_mount(struct features *f, struct http_server *http)
{
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        http_server_mount(http, &(struct http_mount){.routes = features[i].routes,
                                                     .count = *features[i].route_count,
                                                     .context = features[i].context(f),
                                                     .write_error = features[i].write_error});
}

void features_end(struct features *f)
{
    for (size_t i = f->opened; i-- > 0;)
        if (features[i].end)
            features[i].end(f);
}

bool features_ready(struct features *f)
{
    for (size_t i = 0; i < f->opened; i++)
        if (features[i].ready && !features[i].ready(f))
            return false;
    return true;
}

bool features_routes(size_t index, const struct http_route **routes, size_t *count)
{
    if (index >= ARRAY_LEN(features))
        return false;
    *routes = features[index].routes;
    *count = *features[index].route_count;
    return true;
}
