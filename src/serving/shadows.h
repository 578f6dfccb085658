/* serving/shadows.h
 *
 * Scores what was served once more, with the versions that shadow it, and appends what they say to
 * the log. Behind the answer: one thread with a queue of its own, which never makes a client wait.
 * Requests that wait together are scored together, as rows of one run, where the model takes any
 * number of rows.
 *
 *     struct shadows *shadows;
 *     err = shadows_open(&opts, &shadows, e);
 *     shadows_score(shadows, deployment, served, logged, full);
 *     ...
 *     shadows_close(shadows);                    what still waits is dropped, and counted
 *
 * What finds the queue full is dropped with the whole request, so that the versions that are
 * compared have seen the same rows. Any thread; the references that a job needs are its own. */
#ifndef SERVING_SHADOWS_H
#define SERVING_SHADOWS_H

#include "predictions/predictions.h"
#include "serving/deployment.h"

struct shadows;

struct shadows_opts {
    struct predictions *predictions;
    unsigned queue_max; /* requests that wait */
};

struct shadows_stats {
    uint64_t scored, dropped; /* rows, once for each version that scores them */
    unsigned queued;          /* requests */
};

WARN_UNUSED enum err shadows_open(const struct shadows_opts *opts, struct shadows **out,
                                  struct err_ctx *e);
void shadows_close(struct shadows *s); /* NULL is fine */
void shadows_stats(struct shadows *s, struct shadows_stats *out);

/* Gives the record to the shadows of the deployment, whenever they have time. `full` keeps the
 * inputs even where `logged` does not. */
void shadows_score(struct shadows *s, struct deployment *d, struct version *served,
                   struct record *logged, struct record *full);

#endif
