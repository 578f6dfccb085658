#include "server/features.h"

#include <limits.h>
#include <unistd.h>

#include "base/file.h"
#include "catalog/catalog.h"
#include "identity/identity.h"
#include "server/version.h"
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

/* The folder of a file of this program: where it was installed, or the build folder. */
static const char *beside_program(struct arena *a, const char *relative)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return arena_printf(a, "%s/%s", path, relative);
}

/* The modules lie in the source tree while the program is run from its build folder, and below
 * lib/ when it is installed; programs that were built lie beside their module.yaml only there. */
static struct module_folders find_modules(struct features *f, const char *local)
{
    struct arena *a = f->parts->arena;
    const char *chosen = f->parts->program->config->modules_dir;
    const char *built_in = beside_program(a, "../modules");
    if (*chosen)
        built_in = chosen;
    else if (!file_exists(built_in))
        built_in = beside_program(a, "../lib/crisol/modules");
    return (struct module_folders){built_in, local, beside_program(a, "modules")};
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

static enum err open_training(struct features *f, struct err_ctx *e)
{
    struct program *p = f->parts->program;
    const struct config *c = p->config;
    const char *runs = NULL;
    enum err err = program_folder(p, f->parts->arena, "runs", &runs, e);
    if (!err)
        err = runtime_open(&f->runtime, e);
    if (err)
        return err;
    struct training_opts opts = {
        .store = p->store,
        .clock = &p->clock,
        .ids = &p->ids,
        .events = f->parts->events,
        .catalog = f->catalog,
        .runtime = f->runtime,
        .runs_folder = runs,
        .slots = (unsigned)c->training_slots,
        .stop_grace_s = (unsigned)c->training_stop_grace_s,
        .memory_mb = (unsigned)c->training_memory_mb,
        .file_mb = (unsigned)c->training_file_mb,
        .timeout_s = (unsigned)c->training_timeout_s,
        .exact_rows = (size_t)c->monitoring_exact_rows,
    };
    err = training_open(&opts, &f->training, e);
    if (err)
        runtime_close(f->runtime);
    return err;
}

static void end_training(struct features *f)
{
    training_end(f->training);
}

static void close_training(struct features *f)
{
    training_close(f->training);
    runtime_close(f->runtime);
}

static void *context_training(struct features *f)
{
    return f->training;
}

/* ---- the table ---- */

struct feature_row {
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

static const struct feature_row features[] = {
    {FEATURE(identity)},
    {FEATURE(catalog)},
    {FEATURE(training), .end = end_training},
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
