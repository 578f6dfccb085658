/* predictions/predictions.h
 *
 * The prediction log and the truth about it. Requests are appended by one writer with group
 * commit; feedback joins them by id, early, late, repeated or corrected.
 *
 *     struct predictions *log;
 *     err = predictions_open(&opts, &log, e);
 *     err = predictions_append(log, record, done, rq, e);          ERR_BUSY: queue full
 *     err = predictions_feedback(log, model_id, items, count, &result, e);
 *
 * Ids. Crisol's own are "cr-" and 13 characters that are the record's number, so they need no
 * index; ids that a client gave are indexed. A row of a request with several is "id/n". An id is
 * unique within its model.
 *
 * Any thread. */
#ifndef PREDICTIONS_PREDICTIONS_H
#define PREDICTIONS_PREDICTIONS_H

#include "base/clock.h"
#include "base/exposition.h"
#include "base/id.h"
#include "http/events.h"
#include "predictions/record.h"
#include "registry/registry.h"
#include "store/store.h"

struct predictions;

/* Truth that has found its prediction, for one arm that scored it. */
struct joined {
    int64_t model_id, seq, version, time_ms; /* time of the prediction */
    bool served;                             /* the client got this arm's answer */
    uint32_t row;                            /* its place in the scores */
    const struct scores *scores;
    struct str before, truth; /* `before` without a pointer: there was none */
    double weight_before, weight;
};

struct predictions_hooks {
    /* Counts joined truth, in the transaction that stores it: all that this transaction has stored
     * since the last call, of one model. */
    enum err (*joined)(void *context, struct db *db, const struct joined *items, size_t count,
                       struct err_ctx *e);
    /* After a commit: so many rows were logged, or labelled, for a model. */
    void (*progress)(void *context, int64_t model_id, uint64_t rows, uint64_t labelled);
    void *context;
};

struct predictions_opts {
    struct store *store;
    struct registry *registry;
    const struct clock *clock;
    struct id_source *ids;
    bool committed;       /* false: the answer does not wait for the disk */
    unsigned queue_max;   /* records and scores that wait for the writer */
    unsigned orphan_days; /* how long truth waits for its prediction */
    unsigned retain_days; /* 0: for ever */
    struct predictions_hooks hooks;
};

struct predictions_stats {
    uint64_t records, rows, scores, refused, failed, commits;
    unsigned queued, queue_max;
};

WARN_UNUSED enum err predictions_open(const struct predictions_opts *opts, struct predictions **out,
                                      struct err_ctx *e);

/* The hooks come later than the log itself: what counts is above it. Before any request. */
void predictions_set_hooks(struct predictions *p, const struct predictions_hooks *hooks);

/* Writes what is queued, then stops. */
void predictions_close(struct predictions *p);
void predictions_stats(struct predictions *p, struct predictions_stats *out);
void predictions_expose(struct predictions *p, struct exposition *x);

/* True when an answer has to wait for its record's commit: always with durability committed; with
 * async while the writer has fallen so far behind that requests would be refused soon. */
bool predictions_must_wait(const struct predictions *p);

/* ---- ids ---- */

enum { PREDICTION_ID_BYTES = 3 + ID_TEXT_BYTES, PREDICTION_ID_MAX = 256 };

/* A new record's number. */
int64_t predictions_next(struct predictions *p, int64_t *time_ms);

/* "cr-..." */
char *prediction_id(int64_t seq, char text[PREDICTION_ID_BYTES]);

/* True for a text that looks like one of Crisol's own ids. */
bool prediction_id_parse(struct str id, int64_t *seq);

/* True when a client may give it: 1 to PREDICTION_ID_MAX bytes of UTF-8 without control
 * characters, and not of the form of Crisol's own. */
bool prediction_id_ok(struct str id);

/* ---- appending ---- */

enum append_outcome {
    APPEND_DONE,     /* on disk */
    APPEND_ID_TAKEN, /* on disk, but without the request's id, which is another one's */
    APPEND_CONFLICT, /* nothing was written: a row's id is another one's */
    APPEND_FAILED    /* nothing was written: the store failed */
};

/* Called once, by the writer, when it is decided. */
typedef void (*append_done)(void *argument, enum append_outcome outcome);

/* Takes a reference of its own. `done` may be NULL: nobody waits. ERR_BUSY when the queue is full:
 * nothing happens then. */
WARN_UNUSED enum err predictions_append(struct predictions *p, struct record *r, append_done done,
                                        void *argument, struct err_ctx *e);

/* What another arm said about the record. False: the queue is full, and it is dropped. */
bool predictions_append_scores(struct predictions *p, struct record *r, int64_t version,
                               const struct scores *scores);

/* ---- looking up ---- */

/* Where a row id points. */
struct found_row {
    int64_t seq, version, time_ms;
    uint32_t row;
    const struct record_view *view;
};

/* Calls `found` for each of the ids that is in use. What it gets lives until it returns. */
WARN_UNUSED enum err
predictions_find(struct predictions *p, int64_t model_id, const struct str *ids, uint32_t count,
                 enum err (*found)(void *context, uint32_t index, const struct found_row *row,
                                   struct err_ctx *e),
                 void *context, struct err_ctx *e);

/* ---- truth ---- */

struct feedback_item {
    struct str id, truth;
    double weight;
    int64_t time_ms; /* 0: now */
};

struct feedback_result {
    uint64_t stored; /* so many items from the first on; the others are untouched */
    uint64_t joined, updated, queued;
};

/* In portions of one transaction each, so that the log can be written in between. When the store
 * fails, `*out` tells what was stored before; the same items may be sent again. The items are
 * checked: their truth has a form that the model's task can use. */
WARN_UNUSED enum err predictions_feedback(struct predictions *p, int64_t model_id,
                                          const struct feedback_item *items, size_t count,
                                          struct feedback_result *out, struct err_ctx *e);

/* Drops what has passed its time, joins orphans that were missed. Called now and then, by one
 * thread. */
WARN_UNUSED enum err predictions_sweep(struct predictions *p, struct err_ctx *e);

/* Forgets all predictions of a unit. Counters stay as they are. */
WARN_UNUSED enum err predictions_erase(struct predictions *p, int64_t model_id, struct str unit,
                                       uint64_t *erased, struct err_ctx *e);

/* ---- reading ---- */

struct stored_row {
    int64_t seq, version, time_ms;
    uint32_t row;
    struct str id;    /* as the client knows it */
    struct str truth; /* without a pointer: none yet */
    double weight;
    const struct record_view *view;
    unsigned other_count; /* the shadows' scores of the same record */
    const int64_t *other_versions;
    const struct scores *others;
};

struct read_query {
    int64_t model_id, from_ms, to_ms; /* half-open; 0 and INT64_MAX: all */
    int64_t version;                  /* the served one; 0: any */
    int64_t scored_by;                /* served or shadow; 0: any */
    int labelled;                     /* -1: both, 0: without, 1: with truth */
    int64_t before_seq;               /* newest first from here; 0: from the newest */
    uint32_t first_row;               /* of the record just below before_seq */
    bool oldest_first;
};

/* Calls `row` for each until it returns false or an error is set. What it gets lives until it
 * returns. */
WARN_UNUSED enum err predictions_read(struct predictions *p, const struct read_query *query,
                                      bool (*row)(void *context, const struct stored_row *row),
                                      void *context, struct err_ctx *e);

/* The same inside a transaction of the caller's, which sees what it has not committed yet. */
WARN_UNUSED enum err predictions_read_in(struct db *db, const struct read_query *query,
                                         bool (*row)(void *context, const struct stored_row *row),
                                         void *context, struct err_ctx *e);

/* What a version said about the row's record, or NULL. */
const struct scores *stored_row_scores(const struct stored_row *row, int64_t version);

/* ---- counting ----
 *
 * What happened is counted by the minute of prediction time; the sweep adds the minutes of an hour
 * up into the hour when it ended more than MINUTES_KEPT_MS ago. */

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, MINUTES_KEPT_MS = 48 * HOUR_MS };

static inline int64_t span_floor(int64_t time_ms, int64_t span_ms)
{
    return time_ms - ((time_ms % span_ms) + span_ms) % span_ms;
}

/* The hour that ended last of those whose minutes need not be kept. */
static inline int64_t minutes_horizon(int64_t now_ms)
{
    return span_floor(now_ms - MINUTES_KEPT_MS, HOUR_MS);
}

/* How many rows a version scored in one span of prediction time. */
struct row_count {
    int64_t from_ms, span_ms;
    uint64_t rows;
    uint64_t served; /* of them, those that the client got */
};

/* The minutes and hours that touch the span and have rows, in order, in the arena. An hour may be
 * followed by minutes of its own, which came when it was folded already. */
WARN_UNUSED enum err predictions_counts(struct db *db, int64_t model_id, int64_t version,
                                        int64_t from_ms, int64_t to_ms, struct row_count **out,
                                        size_t *count, struct arena *a, struct err_ctx *e);

/* The same from the rows themselves, for parts of an hour whose minutes are not kept: by steps of
 * any length, counted from 1970; the first and the last may be cut by the span. A step may come
 * twice. */
WARN_UNUSED enum err predictions_count_rows(struct db *db, int64_t model_id, int64_t version,
                                            int64_t from_ms, int64_t to_ms, int64_t step_ms,
                                            struct row_count **out, size_t *count, struct arena *a,
                                            struct err_ctx *e);

/* How many of the rows have truth. */
WARN_UNUSED enum err predictions_count_labelled(struct db *db, int64_t model_id, int64_t version,
                                                int64_t from_ms, int64_t to_ms, uint64_t *out,
                                                struct err_ctx *e);

extern const struct http_route predictions_routes[];
extern const size_t predictions_route_count;

#endif
