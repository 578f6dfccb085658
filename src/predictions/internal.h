/* predictions/internal.h
 *
 * What the files of this folder share: the log itself and the statements that more than one of
 * them needs. Inside this folder only. */
#ifndef PREDICTIONS_INTERNAL_H
#define PREDICTIONS_INTERNAL_H

#include <pthread.h>

#include "base/buf.h"
#include "predictions/predictions.h"

enum { BATCH_MAX = 2048 }; /* items of one commit */

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
    unsigned urgent; /* of the queued ones, those whose request waits for the commit */
    bool closing;
    enum {
        WRITER_WORKS,
        WRITER_LINGERS,
        WRITER_SLEEPS
    } state; /* the latter two wait for `wanted` */
    uint64_t records, rows, scores, refused, failed, commits;
    _Atomic bool crowded; /* more than half of the queue is full */
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

/* With the lock held: what is queued is worth a commit by its number alone. */
static inline bool predictions_plenty(const struct predictions *p)
{
    return p->queued >= MIN((unsigned)BATCH_MAX, p->opts.queue_max / 2);
}

/* With the lock held, after `queued` has changed. */
static inline void predictions_note_crowd(struct predictions *p)
{
    atomic_store_explicit(&p->crowded, p->queued > p->opts.queue_max / 2, memory_order_relaxed);
}

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

/* ---- truths.c ---- */

/* Truth about a row of a record. */
struct truth {
    int64_t seq;
    uint32_t row; /* or ROW_UNSAID */
    struct str text;
    double weight;
    int64_t time_ms; /* 0: now */
    /* What became of it: */
    bool known;           /* there is such a row, and the truth is stored */
    bool repeated;        /* there was truth about it already */
    struct scores scores; /* what the version that answered said about the row */
};

/* Stores truths in the order in which they were told, and has what they join counted. */
WARN_UNUSED enum err truths_apply(struct predictions *p, struct db *db, int64_t model_id,
                                  struct truth *truths, size_t count, struct err_ctx *e);

/* A list of joined truth, of one model; what is added is copied but for the texts. */
struct joining {
    struct predictions *p;
    struct db *db;
    struct arena arena;
    struct joined *items;
    size_t count, room;
};

void joining_init(struct joining *j, struct predictions *p, struct db *db);
void joining_add(struct joining *j, const struct joined *item, const struct scores *s,
                 uint32_t row);
/* Has them counted unless `err` says that something went wrong, and releases the list. */
WARN_UNUSED enum err joining_end(struct joining *j, enum err err, struct err_ctx *e);

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

/* Many at once. */
struct place {
    bool known; /* the id has the form of one, or is in use */
    uint32_t row;
    int64_t seq;
};
WARN_UNUSED enum err predictions_resolve_all(struct db *db, int64_t model_id, const struct str *ids,
                                             size_t count, struct place *out, struct arena *a,
                                             struct err_ctx *e);

struct loaded {
    int64_t seq, version, time_ms;
    struct record_view view;
};

/* A record, unpacked into the arena. ERR_NOT_FOUND without a sentence. */
WARN_UNUSED enum err predictions_load(struct db *db, int64_t model_id, int64_t seq,
                                      struct loaded *out, struct arena *a, struct err_ctx *e);

#endif
