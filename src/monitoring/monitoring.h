/* monitoring/monitoring.h
 *
 * Keeps score: what each version predicted beside what was true in the end, live and on the rows
 * of its run.
 *
 *     err = monitoring_open(&opts, &monitoring, e);
 *     predictions_opts.hooks = monitoring_log_hooks(monitoring);
 *     err = predictions_open(&predictions_opts, &log, e);
 *     monitoring_set_log(monitoring, log);
 *     monitoring_set_hooks(monitoring, &hooks);
 *     ...
 *     predictions_close(log);                     writes what is queued, which is counted too
 *     monitoring_close(monitoring);
 *
 * Truth is counted in the transaction that stores it: one bucket per version and minute of
 * prediction time, per hour after two days (monitoring/bucket.h), so counters and rows cannot
 * disagree, and a span of any length is a sum of buckets. Where it cuts one, that part is counted
 * from the rows.
 *
 * Any thread. What the options point to must outlive it, but for the log. */
#ifndef MONITORING_MONITORING_H
#define MONITORING_MONITORING_H

#include "base/exposition.h"
#include "http/events.h"
#include "predictions/predictions.h"

struct monitoring;

/* One row of a run's dataset version, scored; a truth without a pointer is not known. */
typedef void (*monitoring_row)(void *row_context, const struct scores *scores, uint32_t row,
                               struct str truth);

/* What the layers above know; each may be NULL. */
struct monitoring_hooks {
    /* Hands over every row of a run that belongs to the training part, or to the hold-out, with the
     * scores of the run's own model in the signature's order of classes. ERR_NOT_FOUND when the
     * run has none. */
    enum err (*history)(void *context, int64_t run_id, bool training,
                        const struct signature *signature, monitoring_row row, void *row_context,
                        struct err_ctx *e);
    /* The metrics that were made of them when the run ended, a new reference; NULL: none. */
    enum err (*figures)(void *context, int64_t run_id, bool training, json_t **out,
                        struct err_ctx *e);
    /* Sets "runs", "datasets" and "health" of the overview. */
    enum err (*overview)(void *context, json_t *to, struct err_ctx *e);
    void *context;
};

struct monitoring_opts {
    struct store *store;
    const struct clock *clock;
    struct registry *registry;
    struct events *events; /* NULL: nobody listens */
    uint64_t exact_rows;   /* up to so many labelled rows AUC is exact */
};

WARN_UNUSED enum err monitoring_open(const struct monitoring_opts *opts, struct monitoring **out,
                                     struct err_ctx *e);
void monitoring_close(struct monitoring *m);

/* For predictions_opts: what counts joined truth and tells the news. */
struct predictions_hooks monitoring_log_hooks(struct monitoring *m);

/* Both before any request. */
void monitoring_set_log(struct monitoring *m, struct predictions *log);
void monitoring_set_hooks(struct monitoring *m, const struct monitoring_hooks *hooks);

/* Adds minutes that are old enough up into hours. Called now and then, by one thread. */
WARN_UNUSED enum err monitoring_sweep(struct monitoring *m, struct err_ctx *e);

/* Prometheus. */
void monitoring_expose(struct monitoring *m, struct exposition *x);

extern const struct http_route monitoring_routes[];
extern const size_t monitoring_route_count;

#endif
