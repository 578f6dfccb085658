/* serving/engine.h
 *
 * Whatever turns input tensors into output tensors. The engine for ONNX files is ONNX Runtime's;
 * its C API is known to engine_onnx.c alone.
 *
 *     struct runtime *runtime;
 *     err = runtime_open(&runtime, e);                       once per process
 *     struct engine *engine;
 *     err = engine_open(runtime, path, signature, &opts, &engine, e);
 *     err = engine_run(engine, inputs, outputs, arena, e);   from any thread
 *     engine_close(engine);
 *
 * One engine serves all threads. It keeps a pointer to the signature, which must outlive it. */
#ifndef SERVING_ENGINE_H
#define SERVING_ENGINE_H

#include "registry/signature.h"

struct runtime;
struct engine;

struct engine_opts {
    unsigned threads; /* inside one run; 1 for small models */
};

WARN_UNUSED enum err runtime_open(struct runtime **out, struct err_ctx *e);
void runtime_close(struct runtime *r);

/* "1.23.0" */
const char *runtime_version(void);

/* ERR_INVALID with the runtime's reason when the file cannot be used: an operator or operator set
 * that it does not know, a damaged graph. */
WARN_UNUSED enum err engine_open(struct runtime *r, const char *path,
                                 const struct signature *signature, const struct engine_opts *opts,
                                 struct engine **out, struct err_ctx *e);
void engine_close(struct engine *engine);

/* `inputs` has signature->input_count tensors with data, `outputs` room for output_count; their
 * data goes into the arena. ERR_INVALID when the model refuses the values or shapes. */
WARN_UNUSED enum err engine_run(struct engine *engine, const struct tensor *inputs,
                                struct tensor *outputs, struct arena *a, struct err_ctx *e);

/* Tells that output `index` has `columns` values for each row, so that its memory can be given to
 * the runtime beforehand. Before the engine is shared between threads only. */
void engine_expect_columns(struct engine *engine, unsigned index, size_t columns);

#endif
