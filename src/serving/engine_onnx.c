#include "serving/engine.h"

#include <onnxruntime_c_api.h>

#include "base/log.h"

enum { OUTPUT_BYTES_MAX = 1 << 30 };

struct runtime {
    const OrtApi *api;
    OrtEnv *env;
    OrtMemoryInfo *memory;
};

struct engine {
    struct runtime *runtime;
    OrtSession *session;
    const struct signature *signature;
    const char **input_names, **output_names;
    size_t *columns; /* by output; 0: not known beforehand */
};

/* ---- errors ---- */

static struct str after(struct str s, size_t at)
{
    return str_trim(str_from(s.p + at, s.n - at));
}

/* "Load model from /data/models/1f.onnx failed:": whoever sent the model knows no such file. */
static struct str without_path(struct str s)
{
    const struct str end = STR(" failed:");
    ptrdiff_t at = str_starts(s, STR("Load model from ")) ? str_find_str(s, end) : -1;
    return at < 0 ? s : after(s, (size_t)at + end.n);
}

/* "/src/core/graph/x.h:46 void ns::f(const std::string &, int) ": up to the parenthesis that closes
 * the first one. */
static struct str without_source(struct str s)
{
    int depth = 0;
    for (size_t i = 0; str_starts(s, STR("/")) && i < s.n; i++) {
        depth += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
        if (s.p[i] == ')' && depth == 0)
            return after(s, i + 1);
    }
    return s;
}

/* ONNX Runtime prefixes its sentences with codes and places of its own, which help nobody here. */
static struct str reason_of(const char *message)
{
    struct str s = str_of(message);
    while (str_starts(s, STR("["))) {
        ptrdiff_t end = str_find(s, ']');
        if (end < 0)
            break;
        s = after(s, (size_t)end + 1);
        if (str_starts(s, STR(":")))
            s = after(s, 1);
    }
    s = without_source(without_path(s));
    ptrdiff_t line = str_find(s, '\n');
    return line < 0 ? s : str_from(s.p, (size_t)line);
}

static enum err ort_fail(const OrtApi *api, OrtStatus *status, const char *doing, struct err_ctx *e)
{
    if (!status)
        return ERR_OK;
    OrtErrorCode code = api->GetErrorCode(status);
    enum err err = code == ORT_RUNTIME_EXCEPTION || code == ORT_EP_FAIL || code == ORT_ENGINE_ERROR
                       ? ERR_INTERNAL
                       : ERR_INVALID;
    struct str reason = reason_of(api->GetErrorMessage(status));
    err_set(e, err, "%s: " STR_FMT, doing, STR_ARG(reason));
    api->ReleaseStatus(status);
    return err;
}

static void drop(const OrtApi *api, OrtStatus *status)
{
    if (status)
        api->ReleaseStatus(status);
}

/* ---- the runtime ---- */

static void ORT_API_CALL on_log(void *argument, OrtLoggingLevel level, const char *category,
                                const char *id, const char *where, const char *message)
{
    if (level >= ORT_LOGGING_LEVEL_ERROR)
        log_warning("onnx", "%s", message);
    else
        log_debug("onnx", "%s", message);
}

const char *runtime_version(void)
{
    return OrtGetApiBase()->GetVersionString();
}

enum err runtime_open(struct runtime **out, struct err_ctx *e)
{
    const OrtApi *api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (!api)
        return err_set(e, ERR_INTERNAL, "ONNX Runtime %s is too old for this program",
                       runtime_version());
    struct runtime *r = xcalloc(1, sizeof *r);
    r->api = api;
    enum err err = ort_fail(
        api,
        api->CreateEnvWithCustomLogger(on_log, NULL, ORT_LOGGING_LEVEL_WARNING, "crisol", &r->env),
        "starting ONNX Runtime", e);
    if (!err)
        err = ort_fail(api,
                       api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &r->memory),
                       "starting ONNX Runtime", e);
    if (err) {
        runtime_close(r);
        return err;
    }
    drop(api, api->DisableTelemetryEvents(r->env));
    *out = r;
    return ERR_OK;
}

void runtime_close(struct runtime *r)
{
    if (!r)
        return;
    if (r->memory)
        r->api->ReleaseMemoryInfo(r->memory);
    if (r->env)
        r->api->ReleaseEnv(r->env);
    free(r);
}

/* ---- a session ---- */

/* Threads that spin while they wait would take the cores from the HTTP threads. A small model runs
 * on the caller's thread alone and needs no arena; see docs/decisions. */
static enum err configure(const OrtApi *api, OrtSessionOptions *options, unsigned threads,
                          struct err_ctx *e)
{
    OrtStatus *status = api->SetIntraOpNumThreads(options, (int)threads);
    if (!status)
        status = api->SetInterOpNumThreads(options, 1);
    if (!status)
        status = api->SetSessionExecutionMode(options, ORT_SEQUENTIAL);
    if (!status)
        status = api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL);
    if (!status)
        status = api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0");
    if (!status)
        status = api->AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1");
    if (!status && threads == 1)
        status = api->DisableCpuMemArena(options);
    return ort_fail(api, status, "configuring a session", e);
}

static enum err create_session(struct engine *engine, const char *path, unsigned threads,
                               struct err_ctx *e)
{
    const OrtApi *api = engine->runtime->api;
    OrtSessionOptions *options = NULL;
    enum err err = ort_fail(api, api->CreateSessionOptions(&options), "configuring a session", e);
    if (err)
        return err;
    err = configure(api, options, threads, e);
    if (!err &&
        ort_fail(api, api->CreateSession(engine->runtime->env, path, options, &engine->session),
                 "ONNX Runtime cannot use the model", e))
        err = e ? e->code = ERR_INVALID : ERR_INVALID;
    api->ReleaseSessionOptions(options);
    return err;
}

static const char **spec_names(const struct tensor_spec *specs, unsigned count)
{
    const char **names = xcalloc(count, sizeof *names);
    for (unsigned i = 0; i < count; i++)
        names[i] = specs[i].name;
    return names;
}

enum err engine_open(struct runtime *r, const char *path, const struct signature *signature,
                     const struct engine_opts *opts, struct engine **out, struct err_ctx *e)
{
    assert(opts->threads > 0);
    struct engine *engine = xcalloc(1, sizeof *engine);
    engine->runtime = r;
    engine->signature = signature;
    engine->input_names = spec_names(signature->inputs, signature->input_count);
    engine->output_names = spec_names(signature->outputs, signature->output_count);
    engine->columns = xcalloc(signature->output_count, sizeof *engine->columns);
    enum err err = create_session(engine, path, opts->threads, e);
    if (err) {
        engine_close(engine);
        return err;
    }
    *out = engine;
    return ERR_OK;
}

void engine_close(struct engine *engine)
{
    if (!engine)
        return;
    if (engine->session)
        engine->runtime->api->ReleaseSession(engine->session);
    free(engine->input_names);
    free(engine->output_names);
    free(engine->columns);
    free(engine);
}

void engine_expect_columns(struct engine *engine, unsigned index, size_t columns)
{
    assert(index < engine->signature->output_count);
    engine->columns[index] = columns;
}

/* ---- inputs ---- */

static OrtStatus *wrap_texts(struct engine *engine, const struct tensor *t, OrtValue **value)
{
    const OrtApi *api = engine->runtime->api;
    OrtAllocator *allocator;
    OrtStatus *status = api->GetAllocatorWithDefaultOptions(&allocator);
    if (!status)
        status = api->CreateTensorAsOrtValue(allocator, t->shape, t->rank,
                                             ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, value);
    const struct str *texts = t->data;
    for (size_t i = 0; !status && i < t->count; i++) {
        char *room = NULL;
        status = api->GetResizedStringTensorElementBuffer(*value, i, texts[i].n, &room);
        if (!status && texts[i].n)
            memcpy(room, texts[i].p, texts[i].n);
    }
    return status;
}

static OrtStatus *wrap_input(struct engine *engine, const struct tensor *t, OrtValue **value)
{
    if (t->datatype == DATATYPE_BYTES)
        return wrap_texts(engine, t, value);
    return engine->runtime->api->CreateTensorWithDataAsOrtValue(
        engine->runtime->memory, t->data, tensor_bytes(t), t->shape, t->rank,
        (ONNXTensorElementDataType)datatype_onnx(t->datatype), value);
}

/* ---- outputs ---- */

/* Gives the runtime our memory for an output whose shape is known from the number of rows. */
static OrtStatus *prepare_output(struct engine *engine, unsigned i, int64_t rows, struct tensor *t,
                                 struct arena *a, OrtValue **value)
{
    const struct tensor_spec *spec = &engine->signature->outputs[i];
    size_t columns = engine->columns[i];
    if (!columns || rows < 0 || spec->zipmap || spec->datatype == DATATYPE_BYTES)
        return NULL;
    *t = (struct tensor){.datatype = spec->datatype, .rank = spec->rank};
    for (unsigned d = 0; d < spec->rank; d++)
        t->shape[d] = d == 0 ? rows : spec->shape[d];
    if (tensor_alloc(t, a, OUTPUT_BYTES_MAX, NULL))
        return NULL;
    return wrap_input(engine, t, value);
}

static OrtStatus *read_shape(const OrtApi *api, const OrtValue *value, struct tensor *t)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    size_t rank = 0;
    OrtStatus *status = api->GetTensorTypeAndShape(value, &info);
    if (!status)
        status = api->GetTensorElementType(info, &type);
    if (!status)
        status = api->GetDimensionsCount(info, &rank);
    if (!status && rank > TENSOR_RANK_MAX)
        status = api->CreateStatus(ORT_INVALID_ARGUMENT, "an output has too many dimensions");
    if (!status)
        status = api->GetDimensions(info, t->shape, rank);
    t->rank = (unsigned)rank;
    t->datatype = datatype_from_onnx((int)type);
    if (info)
        api->ReleaseTensorTypeAndShapeInfo(info);
    return status;
}

static OrtStatus *copy_texts(const OrtApi *api, const OrtValue *value, struct tensor *t,
                             struct arena *a)
{
    size_t bytes = 0;
    OrtStatus *status = api->GetStringTensorDataLength(value, &bytes);
    if (status)
        return status;
    char *text = arena_alloc(a, bytes + 1);
    size_t *offsets = arena_alloc(a, (t->count + 1) * sizeof *offsets);
    status = api->GetStringTensorContent(value, text, bytes, offsets, t->count);
    if (status)
        return status;
    offsets[t->count] = bytes;
    struct str *texts = t->data;
    for (size_t i = 0; i < t->count; i++)
        texts[i] = str_from(text + offsets[i], offsets[i + 1] - offsets[i]);
    return NULL;
}

static enum err copy_tensor(struct engine *engine, OrtValue *value, struct tensor *t,
                            struct arena *a, struct err_ctx *e)
{
    const OrtApi *api = engine->runtime->api;
    enum err err = ort_fail(api, read_shape(api, value, t), "reading an output", e);
    if (!err)
        err = tensor_alloc(t, a, OUTPUT_BYTES_MAX, e);
    if (err)
        return err;
    if (t->datatype == DATATYPE_BYTES)
        return ort_fail(api, copy_texts(api, value, t, a), "reading an output", e);
    void *data = NULL;
    err = ort_fail(api, api->GetTensorMutableData(value, &data), "reading an output", e);
    if (!err && t->count)
        memcpy(t->data, data, tensor_bytes(t));
    return err;
}

/* ---- ZipMap: one map per row, from label to probability ---- */

static unsigned class_of_key(const struct engine *engine, const struct tensor *keys, size_t i)
{
    const struct signature *sig = engine->signature;
    char number[24];
    struct str key;
    if (keys->datatype == DATATYPE_BYTES) {
        key = ((const struct str *)keys->data)[i];
    } else {
        snprintf(number, sizeof number, "%lld", (long long)((const int64_t *)keys->data)[i]);
        key = str_of(number);
    }
    for (unsigned c = 0; c < sig->class_count; c++)
        if (str_is(key, sig->model_labels[c]))
            return c;
    return (unsigned)i;
}

/* Every row's map has the same keys in the same order, so the first one tells where each goes. */
static enum err read_map(struct engine *engine, OrtValue *map, unsigned **order, float *row,
                         size_t columns, struct arena *a, struct err_ctx *e)
{
    const OrtApi *api = engine->runtime->api;
    OrtAllocator *allocator;
    OrtValue *keys = NULL, *values = NULL;
    struct tensor k, v;
    enum err err = ort_fail(api, api->GetAllocatorWithDefaultOptions(&allocator), "memory", e);
    if (!err && !*order)
        err = ort_fail(api, api->GetValue(map, 0, allocator, &keys), "reading a map", e);
    if (!err)
        err = ort_fail(api, api->GetValue(map, 1, allocator, &values), "reading a map", e);
    if (!err && keys)
        err = copy_tensor(engine, keys, &k, a, e);
    if (!err)
        err = copy_tensor(engine, values, &v, a, e);
    if (!err && (v.count != columns || v.datatype != DATATYPE_FP32))
        err = err_set(e, ERR_INTERNAL, "a map of probabilities has %zu entries instead of %zu",
                      v.count, columns);
    if (!err && keys) {
        *order = arena_alloc(a, columns * sizeof **order);
        for (size_t i = 0; i < columns; i++)
            (*order)[i] = MIN(class_of_key(engine, &k, i), (unsigned)columns - 1);
    }
    for (size_t i = 0; !err && i < columns; i++)
        row[(*order)[i]] = ((const float *)v.data)[i];
    if (keys)
        api->ReleaseValue(keys);
    if (values)
        api->ReleaseValue(values);
    return err;
}

static enum err copy_maps(struct engine *engine, OrtValue *sequence, struct tensor *t,
                          struct arena *a, struct err_ctx *e)
{
    const OrtApi *api = engine->runtime->api;
    OrtAllocator *allocator;
    size_t rows = 0, columns = engine->signature->class_count;
    unsigned *order = NULL;
    enum err err = ort_fail(api, api->GetValueCount(sequence, &rows), "reading a sequence", e);
    if (!err)
        err = ort_fail(api, api->GetAllocatorWithDefaultOptions(&allocator), "memory", e);
    *t = (struct tensor){
        .datatype = DATATYPE_FP32, .rank = 2, .shape = {(int64_t)rows, (int64_t)columns}};
    if (!err)
        err = tensor_alloc(t, a, OUTPUT_BYTES_MAX, e);
    for (size_t i = 0; !err && i < rows; i++) {
        OrtValue *map = NULL;
        err = ort_fail(api, api->GetValue(sequence, (int)i, allocator, &map), "reading a map", e);
        if (!err)
            err = read_map(engine, map, &order, (float *)t->data + i * columns, columns, a, e);
        if (map)
            api->ReleaseValue(map);
    }
    return err;
}

/* ---- a run ---- */

static enum err collect(struct engine *engine, OrtValue **values, const bool *prepared,
                        struct tensor *outputs, struct arena *a, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < engine->signature->output_count; i++) {
        if (prepared[i])
            continue;
        err = engine->signature->outputs[i].zipmap
                  ? copy_maps(engine, values[i], &outputs[i], a, e)
                  : copy_tensor(engine, values[i], &outputs[i], a, e);
    }
    return err;
}

/* With `prepare` the runtime writes into our memory where an output's size is known beforehand. */
static enum err run(struct engine *engine, const struct tensor *inputs, struct tensor *outputs,
                    bool prepare, struct arena *a, struct err_ctx *e)
{
    const OrtApi *api = engine->runtime->api;
    const struct signature *sig = engine->signature;
    OrtValue *in[SIGNATURE_TENSORS_MAX] = {NULL}, *out[SIGNATURE_TENSORS_MAX] = {NULL};
    bool prepared[SIGNATURE_TENSORS_MAX] = {false};
    int64_t rows = sig->batch_fixed >= 0 && inputs[0].rank ? inputs[0].shape[0] : -1;
    OrtStatus *status = NULL;
    for (unsigned i = 0; !status && i < sig->input_count; i++)
        status = wrap_input(engine, &inputs[i], &in[i]);
    for (unsigned i = 0; prepare && !status && i < sig->output_count; i++) {
        status = prepare_output(engine, i, rows, &outputs[i], a, &out[i]);
        prepared[i] = out[i] != NULL;
    }
    if (!status)
        status = api->Run(engine->session, NULL, engine->input_names, (const OrtValue *const *)in,
                          sig->input_count, engine->output_names, sig->output_count, out);
    enum err err = ort_fail(api, status, "the model cannot score this input", e);
    if (!err)
        err = collect(engine, out, prepared, outputs, a, e);
    for (unsigned i = 0; i < sig->input_count; i++)
        if (in[i])
            api->ReleaseValue(in[i]);
    for (unsigned i = 0; i < sig->output_count; i++)
        if (out[i])
            api->ReleaseValue(out[i]);
    return err;
}

/* An output may turn out to have another size than it had so far: once more, without our guess. A
 * model that fails for another reason says so again. */
enum err engine_run(struct engine *engine, const struct tensor *inputs, struct tensor *outputs,
                    struct arena *a, struct err_ctx *e)
{
    bool guessed = false;
    for (unsigned i = 0; i < engine->signature->output_count; i++)
        guessed = guessed || engine->columns[i];
    if (guessed && run(engine, inputs, outputs, true, a, NULL) == ERR_OK)
        return ERR_OK;
    return run(engine, inputs, outputs, false, a, e);
}
