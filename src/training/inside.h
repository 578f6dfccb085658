/* training/inside.h
 *
 * What the files of this folder share, and nobody else sees. */
#ifndef TRAINING_INSIDE_H
#define TRAINING_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalog/dataset.h"
#include "training/run.h"
#include "training/training.h"

struct run;
struct runner;
struct log_follow;

struct training {
    struct training_opts opts; /* its texts are copies */
    char *runs_folder, *supervisor;
    char *node; /* this server among those on the same database: its runs folder */
    struct runner *runner;
    struct log_follow *log_follow;
};

/* The folder of a run, and a file in it. */
char *run_folder(const struct training *t, int64_t id, struct arena *a);
char *run_file(const struct training *t, int64_t id, const char *name, struct arena *a);

/* ---- run_request.c ---- */

/* Checks what POST /runs says against module and dataset and fills `run`, all but its id. */
WARN_UNUSED enum err run_request(struct training *t, json_t *body, struct arena *a, struct run *run,
                                 struct err_ctx *e);

/* What POST /runs would have said to get this run. */
json_t *run_as_request(const struct run *run);

/* The runs that a batch stands for, as bodies of POST /runs; the caller owns the list. */
enum { RUN_BATCH_MAX = 500 };
WARN_UNUSED enum err run_batch_expand(json_t *body, json_t **out, struct err_ctx *e);

/* The member "tags", an object of at most 64 short texts, as JSON in the arena; `tags` stays as it
 * is where the body has none. */
WARN_UNUSED enum err run_want_tags(json_t *body, struct str *tags, struct arena *a,
                                   struct err_ctx *e);

/* ---- run_store.c ---- */

/* Name, tags and experiment. */
WARN_UNUSED enum err run_update(struct db *db, const struct run *run, struct err_ctx *e);

WARN_UNUSED enum err run_insert(struct db *db, const struct run *run, const char *node,
                                struct err_ctx *e);

/* ERR_NOT_FOUND with its sentence. `id` is text as the outside knows it. */
WARN_UNUSED enum err run_select(struct db *db, struct str id, struct arena *a, struct run *out,
                                struct err_ctx *e);
WARN_UNUSED enum err run_select_id(struct db *db, int64_t id, struct arena *a, struct run *out,
                                   struct err_ctx *e);

/* Fills runs[] from a result whose columns are RUN_COLUMNS. */
extern const char run_columns[];
void run_read(struct rows *rows, struct arena *a, struct run *out);

/* Changes the status where it is `from`; `*changed` says whether it was. */
WARN_UNUSED enum err run_move(struct db *db, int64_t id, enum run_status from, enum run_status to,
                              const char *node, int64_t time_ms, bool *changed, struct err_ctx *e);

struct run_end {
    enum run_status status;
    const char *error;            /* NULL: none */
    struct str holdout, training; /* JSON, or without a pointer */
    const char *digest;           /* NULL: none */
    int64_t ended_ms;
    const struct run_figure *figures; /* of hold-out and training, to sort by */
    size_t figure_count;
};

struct run_figure {
    char key[64];
    double value;
};

/* The last step of a run that has not ended: also lets go of its dataset. */
WARN_UNUSED enum err run_finish(struct db *db, int64_t id, const struct run_end *end, bool *changed,
                                struct err_ctx *e);

WARN_UNUSED enum err run_request_cancel(struct db *db, int64_t id, struct err_ctx *e);
WARN_UNUSED enum err run_set_progress(struct db *db, int64_t id, double fraction,
                                      struct str message, struct err_ctx *e);

struct metric_line {
    int64_t seq;
    struct str key;
    double value; /* NaN: null */
    bool has_step;
    int64_t step, time_ms;
};
WARN_UNUSED enum err run_add_metrics(struct db *db, int64_t id, const struct metric_line *lines,
                                     size_t count, struct err_ctx *e);

/* All figures of a run as an object: those that the program reported. */
WARN_UNUSED enum err run_select_reported(struct db *db, int64_t id, json_t **out,
                                         struct err_ctx *e);

/* ---- run_json.c ---- */

/* What the run learns from, as POST /runs says it. */
json_t *run_dataset_json(const struct run *run);

/* The run as GET /runs shows it, its versions missing. The caller owns it. */
WARN_UNUSED enum err run_json(struct db *db, const struct run *run, json_t **out,
                              struct err_ctx *e);

/* Adds the versions. Not within a transaction: it opens one of its own. */
WARN_UNUSED enum err run_add_versions(struct training *t, json_t *run, struct err_ctx *e);

/* ---- runner.c ---- */

WARN_UNUSED enum err runner_open(struct training *t, struct runner **out, struct err_ctx *e);
void runner_close(struct runner *r);

/* Something new waits in the database: a run, or the wish to cancel one. */
void runner_wake(struct runner *r);

void run_publish(struct training *t, int64_t id, enum run_status status, double fraction,
                 struct str message);

/* ---- prepare.c ---- */

WARN_UNUSED enum err run_find_dataset(struct training *t, const struct run *run, struct arena *a,
                                      const struct dataset_version **out, struct err_ctx *e);

/* Fills the folder: data, split, run.json, launch.json. */
WARN_UNUSED enum err run_prepare(struct training *t, const struct run *run, struct arena *a,
                                 struct err_ctx *e);

/* ---- score.c ---- */

/* Lets the produced model predict every row; fills metrics and digest of `end` (memory from the
 * arena) and writes artifacts/scores.csv. `*stop` ends it early with ERR_BUSY. */
WARN_UNUSED enum err run_score(struct training *t, const struct run *run, const atomic_bool *stop,
                               struct arena *a, struct run_end *end, struct err_ctx *e);

/* ---- artifacts.c ---- */

/* [{"path","bytes","sha256"}] of what is there now, in the order of the paths; the caller's. A file
 * of a run that goes on has no digest yet. */
WARN_UNUSED enum err run_artifacts(const struct training *t, const struct run *run, struct arena *a,
                                   json_t **out, struct err_ctx *e);

/* The path of one of them; ERR_NOT_FOUND for what is no file there, or leads out of the folder. */
WARN_UNUSED enum err run_artifact_path(const struct training *t, int64_t id, struct str relative,
                                       struct arena *a, const char **out, struct err_ctx *e);

/* ---- log_follow.c ---- */

WARN_UNUSED enum err log_follow_open(struct training *t, struct log_follow **out,
                                     struct err_ctx *e);
void log_follow_close(struct log_follow *f);

/* Turns the request into a stream of the run's log. */
WARN_UNUSED enum err log_follow_add(struct log_follow *f, struct http_request *rq, int64_t run_id,
                                    struct err_ctx *e);

#endif
