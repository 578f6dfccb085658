#include "server/features.h"

#include <unistd.h>

#include "identity/identity.h"
#include "predictions/predictions.h"
#include "protocol/oip/oip.h"
#include "server/version.h"
#include "serving/serving.h"

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
        .login_attempts = (unsigned)c->identity_login_attempts,
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

static const char *folder(struct features *f, const char *name, enum err *err, struct err_ctx *e)
{
    const char *path = NULL;
    *err = program_folder(f->parts->program, f->parts->arena, name, &path, e);
    return path;
}

static enum err open_registry(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    enum err err;
    struct registry_opts opts = {.store = p->store,
                                 .clock = &p->clock,
                                 .ids = &p->ids,
                                 .events = f->parts->events,
                                 .folder = folder(f, "models", &err, e)};
    return err ? err : registry_open(&opts, &f->registry, e);
}

static void close_registry(struct features *f)
{
    registry_close(f->registry);
}

static void *context_registry(struct features *f)
{
    return f->registry;
}

static enum err open_predictions(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    struct predictions_opts opts = {
        .store = p->store,
        .registry = f->registry,
        .clock = &p->clock,
        .ids = &p->ids,
        .committed = strcmp(c->predictions_durability, "committed") == 0,
        .queue_max = (unsigned)c->predictions_queue_max,
        .orphan_days = (unsigned)c->predictions_orphan_days,
        .retain_days = (unsigned)c->predictions_retain_days,
    };
    return predictions_open(&opts, &f->predictions, e);
}

static void close_predictions(struct features *f)
{
    predictions_close(f->predictions);
}

static void *context_predictions(struct features *f)
{
    return f->predictions;
}

/* What the registry asks of the layers above it. */
static void hook_registry(struct features *f)
{
    registry_set_hooks(f->registry, &(struct registry_hooks){.check = serving_check_hook,
                                                             .changed = serving_changed_hook,
                                                             .state = serving_state_hook,
                                                             .context = f->serving});
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static enum err open_serving(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    struct serving_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .registry = f->registry,
        .predictions = f->predictions,
        .threads = c->serving_threads ? (unsigned)c->serving_threads : cores(),
        .queue_max = (unsigned)c->serving_queue_max,
        .shadow_queue_max = (unsigned)c->serving_shadow_queue_max,
        .inline_max_ns = (uint64_t)c->serving_inline_max_us * 1000,
        .batch_rows_max = (uint32_t)c->serving_batch_rows_max,
        .inputs_bytes_max = (size_t)c->predictions_inputs_max_bytes,
        .tensor_bytes_max = (size_t)c->http_body_max_bytes * 4,
    };
    enum err err = serving_open(&opts, &f->serving, e);
    if (!err)
        hook_registry(f);
    return err;
}

static void close_serving(struct features *f)
{
    serving_close(f->serving);
}

static void *context_serving(struct features *f)
{
    return f->serving;
}

static enum err open_oip(struct features *f, struct err_ctx *e)
{
    struct oip_opts opts = {.serving = f->serving,
                            .registry = f->registry,
                            .server_name = f->parts->program->config->serving_server_name,
                            .version = version_text};
    return oip_open(&opts, &f->oip, e);
}

static void close_oip(struct features *f)
{
    oip_close(f->oip);
}

static void *context_oip(struct features *f)
{
    return f->oip;
}

/* ---- the table ---- */

struct slice {
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

static const struct slice features[] = {
    {FEATURE(identity)},
    {FEATURE(registry)},
    {FEATURE(predictions)},
    {FEATURE(serving)},
    {FEATURE(oip), .write_error = oip_write_error},
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
