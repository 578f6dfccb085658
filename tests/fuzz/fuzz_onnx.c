/* A model file from outside: it is read and described in a form that can be stored,
 * or it is refused. */
#include "registry/onnx_file.h"
#include "registry/signature.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_and_read(const struct signature *signature, struct arena *arena)
{
    struct err_ctx e;
    err_ctx_init(&e);
    json_t *stored = signature_to_json(signature);
    struct signature *again = NULL;
    enum err err = signature_from_json(stored, arena, &again, &e);
    assert(err == ERR_OK);
    json_decref(stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct err_ctx e;
    err_ctx_init(&e);
    struct onnx_summary onnx;
    if (onnx_read(str_from((const char *)data, size), &arena, &onnx, &e) == ERR_OK) {
        struct signature *signature = NULL;
        enum task task = signature_guess_task(&onnx);
        if (signature_from_onnx(&onnx, task, &arena, &signature, &e) == ERR_OK)
            store_and_read(signature, &arena);
    }
    arena_release(&arena);
    return 0;
}
