#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "training/follow.h"
#include "training/inside.h"
#include "training/launcher.h"

/* One thread looks for what waits; each run that is being executed has a thread that follows it.
 * Threads that cannot reach the database try again until they can: the run itself goes on. */
enum { LOOK_MS = 500, RETRY_MS = 500, POLL_MS = 100, JOBS_MAX = 1024 };

struct job {
    struct runner *runner;
    int64_t id;
    pthread_t thread;
    bool used, over;
    bool found; /* was there when the server started */
};

struct runner {
    struct training *t;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct job jobs[JOBS_MAX];
    unsigned busy;
    bool woken;
    atomic_bool stopping;
    pthread_t thread;
};

void run_publish(struct training *t, int64_t id, enum run_status status, double fraction,
                 struct str message)
{
    char text[ID_TEXT_BYTES];
    json_t *news = json_object(), *progress = message.p ? json_object() : json_null();
    json_set_cstr(news, "id", id_format((uint64_t)id, text));
    json_set_cstr(news, "status", run_status_text(status));
    if (message.p) {
        json_set_f64(progress, "fraction", fraction);
        json_set_text(progress, "message", message);
    }
    json_set(news, "progress", progress);
    events_publish(t->opts.events, "run", news);
}

static void publish_status(struct training *t, int64_t id, enum run_status status)
{
    run_publish(t, id, status, 0, (struct str){NULL, 0});
}

/* ---- waiting ---- */

/* Waits until somebody calls or the time is over. */
static void wait_locked(struct runner *r, unsigned ms)
{
    struct timespec until = clock_deadline(ms);
    pthread_cond_clockwait(&r->changed, &r->lock, CLOCK_MONOTONIC, &until);
}

static void nap(struct runner *r, unsigned ms)
{
    pthread_mutex_lock(&r->lock);
    if (!r->stopping)
        wait_locked(r, ms);
    pthread_mutex_unlock(&r->lock);
}

void runner_wake(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->woken = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* ---- steps of one run ---- */

static enum err load(struct training *t, int64_t id, struct arena *a, struct run *run,
                     struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(t->opts.store, &db, e);
    return err ? err : db_end(db, run_select_id(db, id, a, run, e), e);
}

static enum err move(struct training *t, int64_t id, enum run_status from, enum run_status to,
                     bool *changed, struct err_ctx *e)
{
    struct db *db = NULL;
    int64_t started_ms = to == RUN_QUEUED ? 0 : clock_now_ms(t->opts.clock);
    const char *node = to == RUN_QUEUED ? "" : t->node;
    enum err err = store_write(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, run_move(db, id, from, to, node, started_ms, changed, e), e);
    if (!err && *changed)
        publish_status(t, id, to);
    return err;
}

/* The data is in the catalogue, and a run that failed is easier to understand with its copy. */
static void remove_copy_of_data(struct training *t, int64_t id)
{
    struct arena a;
    arena_init(&a);
    const char *path = run_file(t, id, "data.csv", &a);
    if (unlink(path) && errno != ENOENT)
        log_warning("training", "%s: %s", path, strerror(errno));
    arena_release(&a);
}

static enum err finish(struct training *t, int64_t id, const struct run_end *end, struct err_ctx *e)
{
    struct db *db = NULL;
    bool changed = false;
    enum err err = store_write(t->opts.store, &db, e);
    if (!err)
        err = db_end(db, run_finish(db, id, end, &changed, e), e);
    if (err || !changed)
        return err;
    char text[ID_TEXT_BYTES];
    if (end->status == RUN_DONE)
        remove_copy_of_data(t, id);
    publish_status(t, id, end->status);
    log_info("training", "run %s is %s%s%s", id_format((uint64_t)id, text),
             run_status_text(end->status), end->error ? ": " : "", end->error ? end->error : "");
    return ERR_OK;
}

static bool wants_cancel(struct training *t, int64_t id)
{
    struct arena a;
    struct run run;
    arena_init(&a);
    bool wanted = load(t, id, &a, &run, NULL) == ERR_OK && run.cancel_requested;
    arena_release(&a);
    return wanted;
}

static enum err fail(struct training *t, int64_t id, const struct err_ctx *why, struct err_ctx *e)
{
    return finish(t, id,
                  &(struct run_end){.status = RUN_FAILED,
                                    .error = why->detail,
                                    .ended_ms = clock_now_ms(t->opts.clock)},
                  e);
}

/* From preparing to running, or to the end. */
static enum err begin(struct job *j, struct run *run, struct arena *a, struct err_ctx *e)
{
    struct training *t = j->runner->t;
    struct err_ctx *why = arena_alloc(a, sizeof *why);
    bool changed = false;
    err_ctx_init(why);
    enum err err = run_prepare(t, run, a, why);
    if (!err && wants_cancel(t, j->id))
        return finish(t, j->id,
                      &(struct run_end){.status = RUN_CANCELLED,
                                        .error = "the run was cancelled",
                                        .ended_ms = clock_now_ms(t->opts.clock)},
                      e);
    if (!err)
        err = launcher_start(t->supervisor, run_folder(t, j->id, a), why);
    if (err)
        return fail(t, j->id, why, e);
    run->status = RUN_RUNNING;
    return move(t, j->id, RUN_PREPARING, RUN_RUNNING, &changed, e);
}

/* Until the program has ended, or this server is to. */
static bool follow_to_end(struct job *j, struct follow *f, const char *folder)
{
    struct runner *r = j->runner;
    bool asked = false;
    unsigned poll_ms = r->t->opts.poll_ms ? r->t->opts.poll_ms : POLL_MS;
    for (;;) {
        enum launcher_state state = launcher_look(folder);
        if (follow_read(f, NULL) != ERR_OK)
            log_warning("training", "what a run says could not be stored; trying again");
        if (state != LAUNCHER_ALIVE)
            return true;
        if (r->stopping)
            return false;
        if (!asked && wants_cancel(r->t, j->id))
            asked = launcher_cancel(folder, NULL) == ERR_OK;
        nap(r, poll_ms);
    }
}

static enum err judge(struct job *j, const struct run *run, struct arena *a, struct run_end *end,
                      struct err_ctx *e)
{
    struct training *t = j->runner->t;
    struct launcher_result result;
    launcher_result(run_folder(t, j->id, a), a, &result);
    end->ended_ms = result.ended_ms ? result.ended_ms : clock_now_ms(t->opts.clock);
    if (clock_is_virtual(t->opts.clock))
        end->ended_ms = clock_now_ms(t->opts.clock);
    end->status = result.good ? RUN_DONE : result.cancelled ? RUN_CANCELLED : RUN_FAILED;
    end->error = result.error;
    if (!result.good)
        return ERR_OK;
    struct err_ctx *why = arena_alloc(a, sizeof *why);
    err_ctx_init(why);
    enum err err = run_score(t, run, &j->runner->stopping, a, end, why);
    if (err == ERR_BUSY || j->runner->stopping)
        return err_set(e, ERR_BUSY, "the server is stopping");
    if (err) {
        end->status = RUN_FAILED;
        end->error = arena_printf(a, "the model could not be judged: %s", why->detail);
    }
    return ERR_OK;
}

static enum err follow_and_finish(struct job *j, const struct run *run, struct arena *a,
                                  struct err_ctx *e)
{
    struct training *t = j->runner->t;
    struct follow f;
    struct run_end end = {.status = RUN_FAILED};
    follow_init(&f, t, j->id);
    f.ended = follow_to_end(j, &f, run_folder(t, j->id, a));
    enum err err = f.ended ? follow_read(&f, e) : err_set(e, ERR_BUSY, "the server is stopping");
    if (f.refused)
        log_warning("training", "%zu lines of a run's metrics or progress could not be used",
                    f.refused);
    follow_release(&f);
    if (!err)
        err = judge(j, run, a, &end, e);
    return err ? err : finish(t, j->id, &end, e);
}

/* One attempt to bring the run further; ERR_OK when there is nothing left to do. */
static enum err advance(struct job *j, struct err_ctx *e)
{
    struct training *t = j->runner->t;
    struct arena a;
    struct run run;
    bool changed = false;
    arena_init(&a);
    enum err err = load(t, j->id, &a, &run, e);
    enum launcher_state state = err ? LAUNCHER_NEVER : launcher_look(run_folder(t, j->id, &a));
    if (!err && run.status == RUN_PREPARING && j->found && state == LAUNCHER_NEVER) {
        err = move(t, j->id, RUN_PREPARING, RUN_QUEUED, &changed, e);
        goto out_arena;
    }
    if (!err && run.status == RUN_PREPARING && state == LAUNCHER_NEVER)
        err = begin(j, &run, &a, e);
    else if (!err && run.status == RUN_PREPARING)
        err = move(t, j->id, RUN_PREPARING, RUN_RUNNING, &changed, e);
    if (!err)
        err = load(t, j->id, &a, &run, e);
    if (!err && run.status == RUN_RUNNING)
        err = follow_and_finish(j, &run, &a, e);
out_arena:
    arena_release(&a);
    return err;
}

static void *run_job(void *argument)
{
    struct job *j = argument;
    struct runner *r = j->runner;
    struct err_ctx *e = xmalloc(sizeof *e);
    for (;;) {
        err_ctx_init(e);
        enum err err = advance(j, e);
        if (!err || r->stopping)
            break;
        log_warning("training", "a run waits to be brought further: %s", e->detail);
        nap(r, RETRY_MS);
    }
    free(e);
    pthread_mutex_lock(&r->lock);
    j->over = true;
    r->woken = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- what waits ---- */

static void join_over(struct runner *r)
{
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        struct job *j = &r->jobs[i];
        if (!j->used || !j->over)
            continue;
        pthread_join(j->thread, NULL);
        j->used = false;
        r->busy--;
    }
}

static bool start_job(struct runner *r, int64_t id, bool found)
{
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        struct job *j = &r->jobs[i];
        if (j->used)
            continue;
        *j = (struct job){.runner = r, .id = id, .used = true, .found = found};
        if (pthread_create(&j->thread, NULL, run_job, j)) {
            j->used = false;
            return false;
        }
        r->busy++;
        return true;
    }
    return false;
}

/* The oldest run that waits becomes ours, unless somebody else was quicker. */
static enum err claim(struct training *t, int64_t *id, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    bool changed = false;
    *id = 0;
    enum err err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_query(db, "select id from training_runs where status = 'queued' order by id limit 1",
                   BIND_NONE, &rows, e);
    if (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        *id = rows_i64(rows, 0);
    rows_close(rows);
    err = db_end(db, err, e);
    if (err || !*id)
        return err;
    err = move(t, *id, RUN_QUEUED, RUN_PREPARING, &changed, e);
    if (!changed)
        *id = 0;
    return err;
}

static void start_waiting(struct runner *r)
{
    struct err_ctx *why = xmalloc(sizeof *why);
    int64_t id = 1;
    while (id && r->busy < r->t->opts.slots && !r->stopping) {
        pthread_mutex_unlock(&r->lock);
        err_ctx_init(why);
        if (claim(r->t, &id, why)) {
            log_warning("training", "waiting runs could not be looked at: %s", why->detail);
            id = 0;
        }
        pthread_mutex_lock(&r->lock);
        if (id && !start_job(r, id, false))
            log_error("training", "no thread could be started for a run");
    }
    free(why);
}

static void *look_for_work(void *argument)
{
    struct runner *r = argument;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        join_over(r);
        launcher_reap();
        start_waiting(r);
        if (!r->woken)
            wait_locked(r, LOOK_MS);
        r->woken = false;
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* What this node had in hand when it went. */
static enum err find_again(struct runner *r, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    enum err err = store_read(r->t->opts.store, &db, e);
    if (err)
        return err;
    err = db_query(db,
                   "select id from training_runs where status in ('preparing', 'running') and node "
                   "= $1 order by id",
                   BIND(bind_cstr(r->t->node)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        if (!start_job(r, rows_i64(rows, 0), true))
            err = err_set(e, ERR_INTERNAL, "too many runs are to be found again");
    rows_close(rows);
    return db_end(db, err, e);
}

static void end_jobs(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (r->jobs[i].used)
            pthread_join(r->jobs[i].thread, NULL);
}

enum err runner_open(struct training *t, struct runner **out, struct err_ctx *e)
{
    struct runner *r = xcalloc(1, sizeof *r);
    r->t = t;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    t->runner = *out = r;
    pthread_mutex_lock(&r->lock);
    enum err err = find_again(r, e);
    pthread_mutex_unlock(&r->lock);
    int failed = err ? 0 : pthread_create(&r->thread, NULL, look_for_work, r);
    if (failed)
        err = err_set_errno(e, failed, "starting a thread");
    if (err) {
        end_jobs(r);
        free(r);
        t->runner = *out = NULL;
    }
    return err;
}

void runner_close(struct runner *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    end_jobs(r);
    launcher_reap();
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
