/* predictions/internal.h
 *
 * What the files of this folder share: the log itself and the statements that more than one of
 * them needs. Inside this folder only. */
#ifndef PREDICTIONS_INTERNAL_H
#define PREDICTIONS_INTERNAL_H

#include <pthread.h>

#include "base/buf.h"
#include "predictions/predictions.h"

/* One thing for the writer to do. */
struct item {
    struct item *next;
    struct record *record;
    int64_t version;   /* 0: the record itself; else the arm whose scores these are */
    struct str scores; /* packed; behind the item */
    append_done done;
    void *argument;
    enum append_outcome outcome;
};

struct predictions {
    struct predictions_opts opts;
    pthread_t writer;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wanted;
    struct item *first, **last;
    unsigned queued;
    bool closing;
    bool sleeping; /* the writer waits for `wanted` */
    uint64_t records, rows, scores, refused, failed, commits;
    /* About how many orphans there are. Where this and `feedback_running` are 0 there are none of
     * this node's, and the writer need not look for them. */
    _Atomic int64_t orphans;
    _Atomic unsigned feedback_running;
    int64_t folded_ms;     /* the sweep's: minutes before are folded */
    int64_t retried_model; /* and how far it has come with offering orphans again */
    struct buf retried_id;
};

/* ---- writer.c ---- */

void *predictions_writer(void *log);

/* ---- feedback.c ---- */

/* Joins the truth that waits for the ids of a record that has just been inserted. */
WARN_UNUSED enum err feedback_join_orphans(struct predictions *p, struct db *db,
                                           const struct record *r, struct err_ctx *e);

/* Counts truth that came before an arm's scores did. */
WARN_UNUSED enum err feedback_join_scores(struct predictions *p, struct db *db,
                                          const struct record *r, int64_t version,
                                          struct str packed, struct err_ctx *e);

/* Truth and what it is about may be written by several threads and nodes at once: who holds this,
 * from before its first look, sees all that the others have written. */
WARN_UNUSED enum err feedback_lock(struct db *db, int64_t model_id, struct err_ctx *e);

/* Truth about one record's row: stores it and lists what it joins. */
struct truth {
    int64_t model_id, seq;
    uint32_t row;
    struct str text;
    double weight;
    int64_t time_ms;
};

/* ---- counts.c ---- */

/* Adds minutes that are old enough up into their hours. */
WARN_UNUSED enum err counts_fold(struct predictions *p, int64_t now_ms, struct err_ctx *e);

/* ---- ids.c ---- */

/* An id that names a request and no row of it: good where there is one row only. */
#define ROW_UNSAID UINT32_MAX
bool predictions_has_row(uint32_t *row, uint64_t rows);

/* Resolves an id as a client says it. ERR_NOT_FOUND without a sentence. */
WARN_UNUSED enum err predictions_resolve(struct db *db, int64_t model_id, struct str id,
                                         int64_t *seq, uint32_t *row, struct err_ctx *e);

struct loaded {
    int64_t seq, version, time_ms;
    struct record_view view;
};

/* A record, unpacked into the arena. ERR_NOT_FOUND without a sentence. */
WARN_UNUSED enum err predictions_load(struct db *db, int64_t model_id, int64_t seq,
                                      struct loaded *out, struct arena *a, struct err_ctx *e);

#endif
