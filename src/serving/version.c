#include "serving/version.h"

#include <sched.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

enum {
    SMALL_FILE_BYTES = 8 << 20, /* larger models may use all cores for one run */
    TRIAL_BYTES_MAX = 64 << 20,
    TRIAL_ROWS = 3
};

struct version *version_ref(struct version *v)
{
    atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
    return v;
}

void version_unref(struct version *v)
{
    if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) > 1)
        return;
    engine_close(v->engine);
    struct arena arena = v->arena;
    arena_release(&arena);
}

static unsigned threads_for(int64_t file_bytes)
{
    cpu_set_t cpus;
    if (file_bytes < SMALL_FILE_BYTES || sched_getaffinity(0, sizeof cpus, &cpus))
        return 1;
    return MAX(1u, (unsigned)CPU_COUNT(&cpus));
}

/* ---- trying out ---- */

/* Inputs of zeros with so many rows; false where a shape does not say how large it is. */
static bool make_zeros(const struct signature *sig, int64_t rows, struct tensor *inputs,
                       struct arena *a)
{
    for (unsigned i = 0; i < sig->input_count; i++) {
        const struct tensor_spec *spec = &sig->inputs[i];
        struct tensor *t = &inputs[i];
        *t = (struct tensor){.datatype = spec->datatype, .rank = spec->rank};
        for (unsigned d = 0; d < spec->rank; d++) {
            t->shape[d] = spec->shape[d] < 0 && d == 0 ? rows : spec->shape[d];
            if (t->shape[d] < 0)
                return false;
        }
        if (!spec->shape_known || tensor_alloc(t, a, TRIAL_BYTES_MAX, NULL))
            return false;
        size_t width =
            t->datatype == DATATYPE_BYTES ? sizeof(struct str) : datatype_bytes(t->datatype);
        memset(t->data, 0, t->count * width);
        for (size_t k = 0; t->datatype == DATATYPE_BYTES && k < t->count; k++)
            ((struct str *)t->data)[k] = STR("");
    }
    return true;
}

/* An output whose dimensions behind the first are fixed and whose first is the rows: a constant
 * with as many elements as the trial has rows is no such output. */
static void learn_widths(struct engine *engine, const struct signature *sig,
                         const struct tensor *outputs, int64_t rows)
{
    for (unsigned i = 0; i < sig->output_count; i++) {
        const struct tensor *t = &outputs[i];
        struct tensor_spec *spec = &sig->outputs[i];
        bool open = !spec->shape_known || spec->rank == 0 || spec->shape[0] < 0;
        if (t->rank == 0 || t->shape[0] != rows || rows == 0 || (!open && sig->batch_fixed != rows))
            continue;
        if (!spec->shape_known) {
            spec->shape_known = true;
            spec->rank = t->rank;
            for (unsigned d = 0; d < t->rank; d++)
                spec->shape[d] = d == 0 ? -1 : t->shape[d];
        }
        bool fixed = spec->rank == t->rank;
        for (unsigned d = 1; fixed && d < t->rank; d++)
            fixed = spec->shape[d] == t->shape[d];
        if (fixed)
            engine_expect_columns(engine, i, t->count / (size_t)rows);
    }
}

struct trial {
    uint64_t run_ns; /* of one row, warm */
};

/* Zeros may be no sensible input for a model that wants, say, known words: it is then registered
 * all the same, but nothing is learnt. */
static enum err try_out(struct engine *engine, const struct signature *sig, struct trial *trial,
                        struct err_ctx *e)
{
    struct arena a;
    struct tensor inputs[SIGNATURE_TENSORS_MAX], outputs[SIGNATURE_TENSORS_MAX];
    int64_t rows = sig->batch_fixed > 0 ? sig->batch_fixed : TRIAL_ROWS;
    struct err_ctx quiet;
    struct scores scores;
    enum err err = ERR_OK;
    arena_init(&a);
    err_ctx_init(&quiet);
    trial->run_ns = 0;
    if (!make_zeros(sig, rows, inputs, &a))
        goto out_arena;
    if (engine_run(engine, inputs, outputs, &a, &quiet)) {
        log_info("serving", "a model refuses zeros as input: %s", quiet.detail);
        goto out_arena;
    }
    if (sig->batch_fixed >= 0)
        err = outputs_read(&scores, sig, outputs, (uint32_t)rows, &a, e);
    if (err)
        goto out_arena;
    learn_widths(engine, sig, outputs, rows);
    uint64_t started_ns = clock_monotonic_ns();
    if (make_zeros(sig, sig->batch_fixed > 0 ? rows : 1, inputs, &a) &&
        engine_run(engine, inputs, outputs, &a, &quiet) == ERR_OK)
        trial->run_ns = clock_monotonic_ns() - started_ns;
out_arena:
    arena_release(&a);
    return err;
}

enum err version_check(struct runtime *runtime, const char *path, const struct signature *signature,
                       struct err_ctx *e)
{
    struct engine *engine = NULL;
    struct trial trial;
    enum err err =
        engine_open(runtime, path, signature, &(struct engine_opts){.threads = 1}, &engine, e);
    if (!err) {
        err = try_out(engine, signature, &trial, e);
        if (err && e)
            e->code = ERR_INVALID;
        err = err ? ERR_INVALID : ERR_OK;
    }
    engine_close(engine);
    return err;
}

/* ---- loading ---- */

static enum err read_signature(struct version *v, struct str stored, struct err_ctx *e)
{
    json_t *json = json_stored(stored);
    enum err err = signature_from_json(json, &v->arena, &v->signature, e);
    json_decref(json);
    return err;
}

static struct version *make_version(const struct version_source *source)
{
    struct arena arena;
    arena_init(&arena);
    struct version *v = arena_zalloc(&arena, sizeof *v);
    atomic_init(&v->refs, 1);
    v->model = arena_strdup(&arena, source->model);
    v->number = source->number;
    v->number_text = arena_printf(&arena, "%lld", (long long)source->number);
    v->sha256 = arena_strdup(&arena, source->sha256);
    v->file_bytes = file_bytes(source->path);
    v->rows_max = INT64_MAX;
    v->arena = arena;
    return v;
}

enum err version_open(struct runtime *runtime, const struct version_source *source,
                      struct version **out, struct err_ctx *e)
{
    struct version *v = make_version(source);
    struct engine_opts opts = {.threads = threads_for(v->file_bytes)};
    struct trial trial = {0};
    enum err err = read_signature(v, source->signature, e);
    if (!err)
        err = engine_open(runtime, source->path, v->signature, &opts, &v->engine, e);
    if (!err)
        err = try_out(v->engine, v->signature, &trial, e);
    if (err) {
        version_unref(v);
        return err;
    }
    atomic_init(&v->run_ns, (uint32_t)MIN(trial.run_ns, (uint64_t)UINT32_MAX));
    atomic_init(&v->row_ns, (uint32_t)MIN(trial.run_ns / 4, (uint64_t)UINT32_MAX));
    *out = v;
    return ERR_OK;
}

/* ---- running ---- */

uint64_t version_estimate_ns(const struct version *v, uint32_t rows)
{
    return atomic_load_explicit(&v->run_ns, memory_order_relaxed) +
           (uint64_t)atomic_load_explicit(&v->row_ns, memory_order_relaxed) * rows;
}

/* A moving average over the last dozen runs; single rows and batches teach different figures. A run
 * during which the thread had to give its core away tells nothing about the model: one of them must
 * not send the next dozen requests to the pool, so the figure rises by an eighth at the most. */
static void learn(struct version *v, uint32_t rows, uint64_t took_ns)
{
    enum { RISE_LEAST_NS = 1000 };
    _Atomic uint32_t *figure = rows <= 1 ? &v->run_ns : &v->row_ns;
    int64_t seen = (int64_t)MIN(rows <= 1 ? took_ns : took_ns / rows, (uint64_t)UINT32_MAX);
    int64_t old = atomic_load_explicit(figure, memory_order_relaxed);
    int64_t change = MIN((seen - old) / 8, old / 8 + RISE_LEAST_NS);
    atomic_store_explicit(figure, (uint32_t)(old + change), memory_order_relaxed);
}

enum err version_run(struct version *v, const struct tensor *inputs, uint32_t rows,
                     struct tensor *outputs, struct scores *scores, struct arena *a,
                     struct err_ctx *e)
{
    uint64_t started_ns = clock_monotonic_ns();
    enum err err = engine_run(v->engine, inputs, outputs, a, e);
    uint64_t took_ns = clock_monotonic_ns() - started_ns;
    if (!err && v->signature->batch_fixed >= 0)
        err = outputs_read(scores, v->signature, outputs, rows, a, e);
    else
        *scores = (struct scores){.task = TASK_OTHER, .rows = rows};
    if (err)
        return err;
    learn(v, rows, took_ns);
    atomic_fetch_add_explicit(&v->stats.infer_ns, took_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&v->stats.runs, 1, memory_order_relaxed);
    return ERR_OK;
}
