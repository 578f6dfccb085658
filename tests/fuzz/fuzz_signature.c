/* A signature file beside an uploaded model: it is applied, or refused, and what comes of it can be
 * stored and read again. */
#include "registry/signature.h"

#include <assert.h>

static const char stored[] =
    "{\"task\":\"classification\","
    "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3,8,8]}],"
    "\"outputs\":[{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[-1,2]}],"
    "\"features\":[],\"classes\":[\"no\",\"yes\"],"
    "\"label_output\":-1,\"scores_output\":0,\"value_output\":-1,\"batch_fixed\":0}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct signature *read_again(json_t *json, struct arena *arena)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct signature *signature = NULL;
    enum err err = signature_from_json(json, arena, &signature, &e);
    assert(err == ERR_OK);
    json_decref(json);
    return signature;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct err_ctx e;
    err_ctx_init(&e);
    json_t *file = NULL;
    if (json_read(str_from((const char *)data, size), &file, &e) == ERR_OK) {
        json_t *base = json_loads(stored, 0, NULL);
        struct signature *signature = read_again(base, &arena);
        if (signature_override(signature, file, &arena, &e) == ERR_OK)
            read_again(signature_to_json(signature), &arena);
    }
    json_decref(file);
    arena_release(&arena);
    return 0;
}
