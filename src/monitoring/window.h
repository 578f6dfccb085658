/* monitoring/window.h
 *
 * What is asked of whom: a version, where its rows come from, and the span of prediction time.
 *
 *     err = window_read(monitoring, rq, &w, e);         ?version=&source=&from=&to=&window=
 *     err = window_read_bucket(rq, &w, e);              &bucket=
 *
 * No window and no from means everything; a window ends now. Inside this folder only. */
#ifndef MONITORING_WINDOW_H
#define MONITORING_WINDOW_H

#include "monitoring/inside.h"

enum source { SOURCE_LIVE, SOURCE_HOLDOUT, SOURCE_TRAINING };

struct window {
    struct model model;
    const struct known *version;
    enum source source;
    int64_t from_ms, to_ms; /* half-open; 0 and INT64_MAX: open */
    int64_t now_ms;
    int64_t bucket_ms; /* 0: no buckets */
};

WARN_UNUSED enum err window_read(struct monitoring *m, struct http_request *rq, struct window *w,
                                 struct err_ctx *e);
WARN_UNUSED enum err window_read_bucket(struct http_request *rq, struct window *w,
                                        struct err_ctx *e);

/* Sets "model", "version", "source" and "window". */
void window_to_json(const struct window *w, json_t *to);

#endif
