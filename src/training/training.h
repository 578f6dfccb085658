/* training/training.h
 *
 * Experiments and runs: what is asked for is checked at once, waits in the database, is trained by
 * a program in a folder of its own, judged by Crisol itself, and kept for ever.
 *
 *     struct training *training = NULL;
 *     err = training_open(&opts, &training, e);      finds again what ran when the server went
 *     http_server_mount(server, &(struct http_mount){.routes = training_routes,
 *                       .count = training_route_count, .context = training});
 *     ...
 *     training_close(training);                      programs that run are left running
 *
 * A run's folder is DATA/runs/ID: docs/modules/run-folder.md. Its program is started by a
 * supervisor (training/supervise.c) that needs no server, so a server that crashes or is started
 * anew neither loses nor kills it.
 *
 * Any thread. What the options point to must outlive it. */
#ifndef TRAINING_TRAINING_H
#define TRAINING_TRAINING_H

#include "catalog/catalog.h"
#include "registry/registry.h"
#include "serving/engine.h"

struct streams;
struct training;

struct training_opts {
    struct store *store;
    const struct clock *clock;
    struct id_source *ids;
    struct streams *streams; /* of logs that are followed */
    struct events *events;   /* NULL: nobody listens */
    struct catalog *catalog;
    struct runtime *runtime;   /* judges ONNX models; NULL: nothing is judged */
    const char *runs_folder;   /* made when it is missing */
    const char *supervisor;    /* the program crisol-supervise; NULL: beside this program */
    unsigned slots;            /* programs at once, at least 1 */
    unsigned stop_grace_s;     /* between asking a program to stop and killing it: 10 */
    unsigned memory_mb;        /* where neither run nor module say it; 0: no limit */
    unsigned file_mb;          /* the largest file that a program may write; 0: no limit */
    unsigned timeout_s;        /* likewise; 0: no limit */
    unsigned poll_ms;          /* how often a running program is looked at; 0: 100 */
    size_t metric_lines_max;   /* kept of one run; 0: 1 000 000 */
    struct registry *registry; /* tells the versions made from a run; NULL: none */
};

WARN_UNUSED enum err training_open(const struct training_opts *opts, struct training **out,
                                   struct err_ctx *e);

void training_close(struct training *t);

struct training_stats {
    uint64_t queued, running, done, failed, cancelled;
};
WARN_UNUSED enum err training_stats(struct training *t, struct training_stats *out,
                                    struct err_ctx *e);

/* {"queued", "running", "done_24h", "failed_24h", "recent": [runs]} for the overview. */
WARN_UNUSED enum err training_overview(struct training *t, json_t **out, struct err_ctx *e);

/* What a run that is done has left: fits registry_hooks.artifact, with the training as context.
 * `artifact` is a path below the run's artifacts; "" is model/model.onnx. */
WARN_UNUSED enum err training_artifact(void *training, struct str run, struct str artifact,
                                       struct run_artifact *out, struct arena *a,
                                       struct err_ctx *e);

/* The judgement of a run on its own data, by the id that its versions carry: the metrics as GET
 * /runs shows them ("holdout" and "training"; the caller's references, NULL where there are none)
 * and the path of scores.csv: row,part,truth,prediction and p:CLASS for each class. */
struct training_judgement {
    json_t *holdout, *training;
    const char *scores_path; /* NULL: none */
};
WARN_UNUSED enum err training_judgement(struct training *t, int64_t run_id, struct arena *a,
                                        struct training_judgement *out, struct err_ctx *e);

extern const struct http_route training_routes[];
extern const size_t training_route_count;

#endif
