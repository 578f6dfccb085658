#include "training/training.h"

#include <limits.h>
#include <unistd.h>

#include "identity/role.h"
#include "training/handlers.h"
#include "training/inside.h"

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route training_routes[] = {
#include "training/routes.def"
};
#undef ROUTE
const size_t training_route_count = ARRAY_LEN(training_routes);

/* "crisol-supervise" in the folder of this program. */
static char *find_supervisor(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, 24, "crisol-supervise");
    return xstrdup(path);
}

static enum err find_folder(struct training *t, const char *folder, struct err_ctx *e)
{
    char real[PATH_MAX], host[256] = "";
    enum err err = file_make_folders(folder, e);
    if (err)
        return err;
    if (!realpath(folder, real))
        return err_set(e, ERR_IO, "%s cannot be found", folder);
    t->runs_folder = xstrdup(real);
    gethostname(host, sizeof host - 1);
    size_t room = strlen(host) + strlen(real) + 2;
    t->node = xmalloc(room);
    snprintf(t->node, room, "%s:%s", host, real);
    return ERR_OK;
}

enum err training_open(const struct training_opts *opts, struct training **out, struct err_ctx *e)
{
    struct training *t = xcalloc(1, sizeof *t);
    assert(opts->slots > 0);
    t->opts = *opts;
    t->supervisor = opts->supervisor ? xstrdup(opts->supervisor) : find_supervisor();
    enum err err = find_folder(t, opts->runs_folder, e);
    if (!err && access(t->supervisor, X_OK))
        err = err_set(e, ERR_NOT_FOUND, "%s, which runs training programs, is missing",
                      t->supervisor);
    if (!err)
        err = log_follow_open(t, &t->log_follow, e);
    if (!err)
        err = runner_open(t, &t->runner, e);
    if (err)
        training_close(t);
    else
        *out = t;
    return err;
}

void training_close(struct training *t)
{
    if (!t)
        return;
    runner_close(t->runner);
    log_follow_close(t->log_follow);
    free(t->node);
    free(t->runs_folder);
    free(t->supervisor);
    free(t);
}

enum err training_stats(struct training *t, struct training_stats *out, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    uint64_t counts[RUN_STATUS_COUNT] = {0};
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_query(db, "select status, count(*) from training_runs group by status", BIND_NONE,
                   &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        enum run_status status;
        if (run_status_parse(rows_text(rows, 0), &status))
            counts[status] = (uint64_t)rows_i64(rows, 1);
    }
    rows_close(rows);
    *out = (struct training_stats){.queued = counts[RUN_QUEUED],
                                   .running = counts[RUN_PREPARING] + counts[RUN_RUNNING],
                                   .done = counts[RUN_DONE],
                                   .failed = counts[RUN_FAILED],
                                   .cancelled = counts[RUN_CANCELLED]};
    return db_end(db, err, e);
}

/* ---- for those who make versions out of runs ---- */

static enum err read_done(struct training *t, struct str id, struct arena *a, struct run *run,
                          struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, run_select(db, id, a, run, e), e);
    if (!err && run->status != RUN_DONE)
        err = err_set(e, ERR_CONFLICT, "the run is %s, not done", run_status_text(run->status));
    return err;
}

static enum err read_signature(struct training *t, int64_t id, const char *artifact,
                               struct arena *a, json_t **out, struct err_ctx *e)
{
    struct str text;
    const char *path = NULL;
    const char *slash = strrchr(artifact, '/');
    const char *beside =
        arena_printf(a, "%.*ssignature.json", slash ? (int)(slash - artifact + 1) : 0, artifact);
    *out = NULL;
    if (run_artifact_path(t, id, str_of(beside), a, &path, NULL))
        return ERR_OK;
    enum err err = file_read(a, path, 16 << 20, &text, e);
    return err ? err : json_read_object(text, out, e);
}

enum err training_artifact(void *training, struct str id, struct str artifact,
                           struct run_artifact *out, struct arena *a, struct err_ctx *e)
{
    struct training *t = training;
    struct run run;
    struct str relative = artifact.n ? artifact : STR("model/model.onnx");
    enum err err = read_done(t, id, a, &run, e);
    *out = (struct run_artifact){.task = TASK_OTHER};
    if (!err)
        err = run_artifact_path(t, run.id, relative, a, &out->path, e);
    if (!err)
        err = read_signature(t, run.id, arena_strdup(a, relative), a, &out->signature, e);
    if (err)
        return err;
    out->run_id = run.id;
    if (!task_parse(run.task, &out->task))
        out->task = TASK_OTHER;
    return ERR_OK;
}

enum err training_judgement(struct training *t, int64_t run_id, struct arena *a,
                            struct training_judgement *out, struct err_ctx *e)
{
    struct run run;
    struct db *db = NULL;
    *out = (struct training_judgement){NULL, NULL, NULL};
    enum err err = store_read(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, run_select_id(db, run_id, a, &run, e), e);
    if (err)
        return err;
    out->holdout = run.holdout.p ? json_stored(run.holdout) : NULL;
    out->training = run.training.p ? json_stored(run.training) : NULL;
    if (run_artifact_path(t, run_id, STR("scores.csv"), a, &out->scores_path, NULL))
        out->scores_path = NULL;
    return ERR_OK;
}
