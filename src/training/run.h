/* training/run.h
 *
 * One training as the database keeps it. JSON members are texts here and values in the answers.
 *
 *     struct run run;
 *     err = run_request(t, body, NULL, arena, &run, e);     what POST /runs says, checked
 *     err = run_insert(db, &run, e);
 *     json_t *answer = run_json(...);
 *
 * A run's texts live in the arena that it was read or made with. */
#ifndef TRAINING_RUN_H
#define TRAINING_RUN_H

#include "base/json.h"
#include "store/store.h"

/* queued → preparing → running → done | failed | cancelled; a queued one may be cancelled, a
 * preparing one fail or be cancelled. After a crash of the server a preparing run is queued
 * again. */
enum run_status {
    RUN_QUEUED,
    RUN_PREPARING,
    RUN_RUNNING,
    RUN_DONE,
    RUN_FAILED,
    RUN_CANCELLED,
    RUN_STATUS_COUNT
};

struct run {
    int64_t id;
    struct str name; /* without a pointer: none */
    enum run_status status;
    struct str error;
    struct str module, module_version;
    struct str parameters; /* JSON */
    int64_t seed;
    struct str dataset_name;
    int64_t dataset_number, dataset_version_id;
    struct str dataset_sha256;
    struct str target, task;
    struct str features, split; /* JSON */
    int64_t experiment_id;      /* 0: none */
    struct str experiment_name;
    struct str tags; /* JSON */
    struct str launcher;
    struct str resources; /* JSON */
    double progress_fraction;
    struct str progress_message;  /* without a pointer: no progress yet */
    struct str holdout, training; /* JSON metrics, without a pointer: none */
    struct str digest;
    struct str user;
    int64_t created_ms, started_ms, ended_ms; /* 0: not yet */
    int64_t resubmitted_from;                 /* 0: not */
    bool cancel_requested;
};

const char *run_status_text(enum run_status status);
WARN_UNUSED bool run_status_parse(struct str s, enum run_status *status);

static inline bool run_has_ended(const struct run *run)
{
    return run->status >= RUN_DONE;
}

#endif
