/* training/follow.h
 *
 * What a program says while it runs: the lines of progress.ndjson and metrics.ndjson, taken as they
 * are appended, stored and told to whoever listens.
 *
 *     struct follow f;
 *     follow_init(&f, training, run_id, arena);
 *     err = follow_read(&f, e);              again and again, and once after the end
 *     follow_release(&f);
 *
 * A line that cannot be used is passed over and counted; a line without its end is left for later.
 * Reading from the start again adds nothing: a metric is known by its line's number. Belongs to one
 * thread. */
#ifndef TRAINING_FOLLOW_H
#define TRAINING_FOLLOW_H

#include "training/inside.h"

struct follow_file {
    char *path;
    int64_t offset;
    int64_t lines;
};

struct follow {
    struct training *t;
    int64_t run_id;
    struct follow_file metrics, progress;
    bool ended;     /* nobody writes any more: what stands behind the last newline is a line too */
    size_t refused; /* lines that could not be used */
};

void follow_init(struct follow *f, struct training *t, int64_t run_id);
void follow_release(struct follow *f);
WARN_UNUSED enum err follow_read(struct follow *f, struct err_ctx *e);

#endif
