/* serving/serving.h
 *
 * Loads what the registry says and answers predictions with it.
 *
 *     struct serving *serving;
 *     err = serving_open(&opts, &serving, e);          loads every model
 *     struct deployment *d = serving_find(serving, name);
 *     ...
 *     deployment_unref(d);
 *     serving_close(serving);
 *
 * A change in the registry takes effect by serving_reload(), at once on this node and within a
 * tenth of a second on others and when the command line made it. Any thread. */
#ifndef SERVING_SERVING_H
#define SERVING_SERVING_H

#include "predictions/predictions.h"
#include "serving/deployment.h"

struct serving;
struct shadows;
struct pool;

struct serving_opts {
    struct store *store;
    const struct clock *clock;
    struct registry *registry;
    struct predictions *predictions;
    unsigned threads;          /* for models that are too slow for an HTTP thread */
    unsigned queue_max;        /* requests that wait for them */
    unsigned shadow_queue_max; /* requests that wait for their shadows */
    uint64_t inline_max_ns;    /* what may run on an HTTP thread */
    uint32_t batch_rows_max;
    size_t inputs_bytes_max; /* of a row in the log; larger inputs are not kept */
    size_t tensor_bytes_max; /* of all inputs of one request */
};

struct serving_stats {
    uint64_t shadow_scored, shadow_dropped, refused;
    unsigned queued, queue_max, shadow_queued, models, versions;
};

WARN_UNUSED enum err serving_open(const struct serving_opts *opts, struct serving **out,
                                  struct err_ctx *e);

/* No more changes and no more work; before the predictions' log closes. */
void serving_close(struct serving *s);
void serving_stats(struct serving *s, struct serving_stats *out);
void serving_expose(struct serving *serving, struct exposition *x);
const struct serving_opts *serving_opts(const struct serving *s);
struct pool *serving_pool(struct serving *s);
struct runtime *serving_runtime(struct serving *s);
struct shadows *serving_shadows(struct serving *s);

/* A reference, or NULL. */
struct deployment *serving_find(struct serving *s, struct str model);

/* Every deployment, as references in the arena. */
struct deployment **serving_all(struct serving *s, unsigned *count, struct arena *a);

/* Makes the model as the registry has it now. A version that cannot be loaded is noted with its
 * reason; if it is the champion, the old one goes on serving. What is loaded already is in force
 * at once, whatever else is still being loaded; with `wait` everything is when it returns. */
WARN_UNUSED enum err serving_reload(struct serving *s, struct str model, bool wait,
                                    struct err_ctx *e);

/* The registry's hooks: see registry.h. `serving` is the context. */
enum err serving_check_hook(void *serving, const char *path, const struct signature *signature,
                            struct err_ctx *e);
void serving_changed_hook(void *serving, struct str model, bool loads);
const char *serving_state_hook(void *serving, struct str model, int64_t number, const char **reason,
                               struct arena *a);

extern const struct http_route serving_routes[];
extern const size_t serving_route_count;

#endif
