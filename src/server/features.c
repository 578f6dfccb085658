#include "server/features.h"

#include <unistd.h>

#include "base/file.h"
#include "catalog/catalog.h"
#include "identity/identity.h"
#include "monitoring/monitoring.h"
#include "predictions/predictions.h"
#include "protocol/oip/oip.h"
#include "protocol/prometheus/prometheus.h"
#include "server/history.h"
#include "server/version.h"
#include "serving/serving.h"
#include "training/training.h"

/* ---- each feature gets what it needs, and no more ---- */

static enum err open_identity(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    struct identity_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .ids = &p->ids,
        .streams = f->parts->streams,
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

/* The modules lie in the source tree while the program is run from its build folder, and below
 * lib/ when it is installed; programs that were built lie beside their module.yaml only there. */
static struct module_folders find_modules(struct features *f, const char *local)
{
    struct arena *a = f->parts->arena;
    const char *chosen = f->parts->program->config->modules_dir;
    const char *built_in = program_beside(a, "../modules");
    if (*chosen)
        built_in = chosen;
    else if (!file_exists(built_in))
        built_in = program_beside(a, "../lib/crisol/modules");
    return (struct module_folders){built_in, local, program_beside(a, "modules")};
}

static enum err open_catalog(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const char *datasets = NULL, *modules = NULL;
    enum err err = program_folder(p, f->parts->arena, "datasets", &datasets, e);
    if (!err)
        err = program_folder(p, f->parts->arena, "modules", &modules, e);
    if (err)
        return err;
    struct catalog_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .ids = &p->ids,
        .events = f->parts->events,
        .datasets_folder = datasets,
        .modules = find_modules(f, modules),
    };
    return catalog_open(&opts, &f->catalog, e);
}

static void close_catalog(struct features *f)
{
    catalog_close(f->catalog);
}

static void *context_catalog(struct features *f)
{
    return f->catalog;
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

/* It counts what the log writes, to the last record: opened before the log, closed after it. */
static enum err open_monitoring(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    struct monitoring_opts opts = {.store = p->store,
                                   .clock = &p->clock,
                                   .registry = f->registry,
                                   .events = f->parts->events,
                                   .exact_rows = (uint64_t)p->config->monitoring_exact_rows};
    return monitoring_open(&opts, &f->monitoring, e);
}

static void close_monitoring(struct features *f)
{
    monitoring_close(f->monitoring);
}

static void *context_monitoring(struct features *f)
{
    return f->monitoring;
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
        .hooks = monitoring_log_hooks(f->monitoring),
    };
    enum err err = predictions_open(&opts, &f->predictions, e);
    if (!err)
        monitoring_set_log(f->monitoring, f->predictions);
    return err;
}

static void close_predictions(struct features *f)
{
    predictions_close(f->predictions);
}

static void *context_predictions(struct features *f)
{
    return f->predictions;
}

static void expose_monitoring(struct features *f, struct exposition *x)
{
    monitoring_expose(f->monitoring, x);
}

static void expose_predictions(struct features *f, struct exposition *x)
{
    predictions_expose(f->predictions, x);
}

/* ---- what the registry asks of the layers above it ---- */

static enum err check_model(void *context, const char *path, const struct signature *signature,
                            struct err_ctx *e)
{
    struct features *f = context;
    return serving_check_hook(f->serving, path, signature, e);
}

static void change_model(void *context, struct str model, bool loads)
{
    struct features *f = context;
    serving_changed_hook(f->serving, model, loads);
}

static const char *model_state(void *context, struct str model, int64_t number, const char **reason,
                               struct arena *a)
{
    struct features *f = context;
    return serving_state_hook(f->serving, model, number, reason, a);
}

static enum err find_artifact(void *context, struct str run, struct str artifact,
                              struct run_artifact *out, struct arena *a, struct err_ctx *e)
{
    struct features *f = context;
    if (!f->training)
        return err_set(e, ERR_NOT_READY, "runs are not at hand yet");
    return training_artifact(f->training, run, artifact, out, a, e);
}

static void hook_registry(struct features *f)
{
    registry_set_hooks(f->registry, &(struct registry_hooks){.check = check_model,
                                                             .changed = change_model,
                                                             .state = model_state,
                                                             .artifact = find_artifact,
                                                             .context = f});
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

static void expose_serving(struct features *f, struct exposition *x)
{
    serving_expose(f->serving, x);
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

static enum err open_training(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    const char *runs = NULL;
    enum err err = program_folder(p, f->parts->arena, "runs", &runs, e);
    if (err)
        return err;
    struct training_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .ids = &p->ids,
        .streams = f->parts->streams,
        .events = f->parts->events,
        .catalog = f->catalog,
        .runtime = serving_runtime(f->serving),
        .registry = f->registry,
        .runs_folder = runs,
        .slots = (unsigned)c->training_slots,
        .stop_grace_s = (unsigned)c->training_stop_grace_s,
        .memory_mb = (unsigned)c->training_memory_mb,
        .file_mb = (unsigned)c->training_file_mb,
        .timeout_s = (unsigned)c->training_timeout_s,
    };
    err = training_open(&opts, &f->training, e);
    if (!err) {
        struct monitoring_hooks hooks = history_hooks(f);
        monitoring_set_hooks(f->monitoring, &hooks);
    }
    return err;
}

static void close_training(struct features *f)
{
    training_close(f->training);
    f->training = NULL;
}

static void *context_training(struct features *f)
{
    return f->training;
}

static enum err open_prometheus(struct features *f, struct err_ctx *e)
{
    struct prometheus_opts opts = {
        .expose = f->parts->expose, .context = f->parts->expose_context, .version = version_text};
    return prometheus_open(&opts, &f->prometheus, e);
}

static void close_prometheus(struct features *f)
{
    prometheus_close(f->prometheus);
}

static void *context_prometheus(struct features *f)
{
    return f->prometheus;
}

/* ---- the table ---- */

struct slice {
    const char *name;
    enum err (*open)(struct features *f, struct err_ctx *e);
    void (*close)(struct features *f);
    void *(*context)(struct features *f); /* for its handlers */
    const struct http_route *routes;
    const size_t *route_count;
    bool (*ready)(struct features *f);                        /* NULL: as soon as it is open */
    void (*expose)(struct features *f, struct exposition *x); /* NULL: no metrics */
    void (*write_error)(struct http_request *rq, const struct err_ctx *e); /* NULL: problem+json */
};

#define FEATURE(name_)                                                                             \
    .name = #name_, .open = open_##name_, .close = close_##name_, .context = context_##name_,      \
    .routes = name_##_routes, .route_count = &name_##_route_count

static const struct slice features[] = {
    {FEATURE(identity)},
    {FEATURE(catalog)},
    {FEATURE(registry)},
    {FEATURE(monitoring), .expose = expose_monitoring},
    {FEATURE(predictions), .expose = expose_predictions},
    {FEATURE(serving), .expose = expose_serving},
    {FEATURE(training)},
    {FEATURE(oip), .write_error = oip_write_error},
    {FEATURE(prometheus)},
};

enum err features_open(struct features *f, struct err_ctx *e)
{
    enum err err = ERR_OK;
    f->opened_ns = clock_monotonic_ns();
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

bool features_ready(struct features *f)
{
    for (size_t i = 0; i < f->opened; i++)
        if (features[i].ready && !features[i].ready(f))
            return false;
    return true;
}

void features_expose(struct features *f, struct exposition *x)
{
    for (size_t i = 0; i < f->opened; i++)
        if (features[i].expose)
            features[i].expose(f, x);
}

bool features_routes(size_t index, const struct http_route **routes, size_t *count)
{
    if (index >= ARRAY_LEN(features))
        return false;
    *routes = features[index].routes;
    *count = *features[index].route_count;
    return true;
}
