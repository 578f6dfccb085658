/* serving/version.h
 *
 * A version that is loaded: its engine, its signature and what it has done so far. Shared by
 * reference count; whoever holds a reference can run it, however long ago it was replaced.
 *
 *     err = version_open(runtime, &source, &version, e);
 *     err = version_run(version, inputs, rows, outputs, &scores, arena, e);
 *     version_unref(version);
 *
 * Running is for any thread. */
#ifndef SERVING_VERSION_H
#define SERVING_VERSION_H

#include <stdatomic.h>

#include "serving/engine.h"
#include "serving/outputs.h"

struct version_source {
    struct str model, sha256;
    int64_t number;
    const char *path;
    struct str signature; /* JSON, as the registry keeps it */
};

struct version_stats {
    _Atomic uint64_t success, success_ns, fail, fail_ns;
    _Atomic uint64_t queue_ns, input_ns, infer_ns, output_ns;
    _Atomic uint64_t rows, runs;
    _Atomic int64_t last_ms; /* when it was last asked */
};

struct version {
    _Atomic unsigned refs;
    struct arena arena; /* holds everything below */
    const char *model;
    int64_t number;
    const char *number_text;
    const char *sha256;
    int64_t file_bytes;
    struct signature *signature;
    struct engine *engine;
    _Atomic uint32_t row_ns; /* what a row costs, about: moves with what is measured */
    _Atomic uint32_t run_ns; /* what a run of one row costs */
    struct version_stats stats;
    _Atomic int64_t rows_max; /* of one request; a load may have lowered it */
};

/* Opens the engine, tries it out on zeros where the shapes allow it, and learns what a row costs
 * and which outputs have a width that is known beforehand. */
WARN_UNUSED enum err version_open(struct runtime *runtime, const struct version_source *source,
                                  struct version **out, struct err_ctx *e);
struct version *version_ref(struct version *v);
void version_unref(struct version *v); /* NULL is fine */

/* Runs the model and reads its scores. `rows` is the first dimension of the inputs. */
WARN_UNUSED enum err version_run(struct version *v, const struct tensor *inputs, uint32_t rows,
                                 struct tensor *outputs, struct scores *scores, struct arena *a,
                                 struct err_ctx *e);

/* How long a run of so many rows is likely to take. */
uint64_t version_estimate_ns(const struct version *v, uint32_t rows);

/* Checks a model file as version_open() would, and forgets it. For the registry. */
WARN_UNUSED enum err version_check(struct runtime *runtime, const char *path,
                                   const struct signature *signature, struct err_ctx *e);

#endif
