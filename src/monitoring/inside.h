/* monitoring/inside.h
 *
 * What the files of this folder share. Inside this folder only. */
#ifndef MONITORING_INSIDE_H
#define MONITORING_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "monitoring/monitoring.h"
#include "monitoring/news.h"
#include "predictions/report.h"

struct monitoring {
    struct monitoring_opts opts;
    struct monitoring_hooks hooks;
    struct predictions *log;
    struct news *news;
    _Atomic uint64_t truths, buckets, made_anew; /* since the start */
    int64_t folded_ms;                           /* the sweep's: minutes before are folded */
    pthread_mutex_t lock;                        /* guards `versions` */
    struct map versions;                         /* struct known by (model_id, number) */
};

/* What never changes about a version; lives as long as the monitoring. */
struct known {
    int64_t model_id, number;
    int64_t run_id; /* 0: not from a run */
    struct arena arena;
    struct signature *signature;
};

/* ERR_NOT_FOUND with a sentence. */
WARN_UNUSED enum err monitoring_version(struct monitoring *m, int64_t model_id, int64_t number,
                                        const struct known **out, struct err_ctx *e);

#define ROUTE(method, pattern, role, handler, ...)                                                 \
    enum err monitoring_api_##handler(struct http_request *rq, struct err_ctx *e);
#include "monitoring/routes.def"
#undef ROUTE

#endif
