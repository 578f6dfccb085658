/* serving/ask.h
 *
 * One request for predictions on its way, whatever the protocol: who answers, running the model
 * here or in the pool, the record in the log, the shadows, then the protocol's own answer.
 *
 *     struct ask *ask = NULL;
 *     err = ask_new(serving, rq, model, version_text, &ask, e);     404 with a sentence
 *     ... fill ask->inputs (for ask->version->signature), ask->rows, ids, unit ...
 *     ask->answer = write_my_answer;
 *     return ask_run(ask, e);
 *
 * `answer` runs on an HTTP thread, after the log has the record where that is asked for. The ask
 * lives in the request's arena. */
#ifndef SERVING_ASK_H
#define SERVING_ASK_H

#include "serving/serving.h"

struct native;

struct ask {
    struct serving *serving;
    struct http_request *rq;
    struct deployment *deployment;
    struct version *version; /* the arm that answers */
    bool direct;             /* asked for by number: no shadows */
    struct tensor *inputs;   /* [signature->input_count] */
    uint32_t rows;
    struct str request_id; /* the client's id for the whole request, or without a pointer */
    struct str unit;       /* likewise */
    struct str *row_ids;   /* the client's id for each row, or NULL */
    uint64_t timeout_ns;   /* in the queue; 0: none */
    http_handler answer;   /* rq->work is the ask */
    /* Where set, runs first and in the pool, so it may block; it may leave no rows to score. Runs
     * again when an id was taken in the moment between its look and the log's. */
    enum err (*before)(struct ask *ask, struct err_ctx *e);
    struct native *native; /* predict_api.c's own */
    void *protocol;        /* another protocol's own */

    int64_t seq, time_ms; /* of the record */
    struct tensor *outputs;
    struct scores scores;
    enum append_outcome outcome;
    unsigned conflicts; /* how often another request took an id of this one in the same moment */
    struct err_ctx failure; /* of the work outside HTTP threads */
    uint64_t queued_ns, input_done_ns;
};

/* A unit is kept and searched for: 1 to 256 bytes of text without control characters, or none. */
WARN_UNUSED enum err ask_check_unit(struct str unit, const char *pointer, struct err_ctx *e);

/* Finds the version that is to answer: `version` is a number as text, or without a pointer for the
 * model's traffic. `unit` decides between split arms. */
WARN_UNUSED enum err ask_new(struct serving *s, struct http_request *rq, struct str model,
                             struct str version, struct str unit, struct ask **out,
                             struct err_ctx *e);
WARN_UNUSED enum err ask_run(struct ask *ask, struct err_ctx *e);

/* The id of row `i` as the client may use it for feedback. */
void ask_row_id(const struct ask *ask, uint32_t i, struct buf *out);

#endif
