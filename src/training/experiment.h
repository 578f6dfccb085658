/* training/experiment.h
 *
 * A named group of runs.
 *
 *     struct experiment x;
 *     err = experiment_select(db, id, arena, &x, e);
 *     json_t *answer = experiment_json(&x);
 *
 * Texts live in the arena. */
#ifndef TRAINING_EXPERIMENT_H
#define TRAINING_EXPERIMENT_H

#include "http/page.h"
#include "store/store.h"

struct experiment {
    int64_t id;
    struct str name, description;
    struct str tags;   /* JSON */
    struct str status; /* "active" or "archived" */
    struct str user;
    int64_t created_ms, runs;
};

/* ERR_NOT_FOUND with its sentence. `id` is text as the outside knows it. */
WARN_UNUSED enum err experiment_select(struct db *db, struct str id, struct arena *a,
                                       struct experiment *out, struct err_ctx *e);
/* The member "experiment" of a body, an id or a name; 0 for null, `*id` stays as it is where there
 * is none. ERR_INVALID where there is no such experiment. */
WARN_UNUSED enum err experiment_want(struct db *db, json_t *body, int64_t *id, struct err_ctx *e);
/* ERR_EXISTS where the name is taken. */
WARN_UNUSED enum err experiment_insert(struct db *db, const struct experiment *x,
                                       struct err_ctx *e);
WARN_UNUSED enum err experiment_update(struct db *db, const struct experiment *x,
                                       struct err_ctx *e);
/* Its runs stay. */
WARN_UNUSED enum err experiment_remove(struct db *db, int64_t id, struct err_ctx *e);
/* Adds the page's experiments, newest first, and the one behind them. */
WARN_UNUSED enum err experiment_list(struct db *db, struct page *page, struct err_ctx *e);

json_t *experiment_json(const struct experiment *x);

#endif
