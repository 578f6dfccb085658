/* The rows of a native prediction, by the names of features of four types. */
#include "serving/predict_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char stored[] =
    "{\"task\":\"other\",\"inputs\":["
    "{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]},"
    "{\"name\":\"n\",\"datatype\":\"INT64\",\"shape\":[-1]},"
    "{\"name\":\"s\",\"datatype\":\"BYTES\",\"shape\":[-1,1]},"
    "{\"name\":\"t\",\"datatype\":\"BOOL\",\"shape\":[-1]}],"
    "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1]}],"
    "\"features\":[{\"name\":\"a\",\"input\":0,\"column\":0},{\"name\":\"b\",\"input\":0,"
    "\"column\":1},{\"name\":\"n\",\"input\":1,\"column\":0},{\"name\":\"s\",\"input\":2,"
    "\"column\":0},{\"name\":\"t\",\"input\":3,\"column\":0}],"
    "\"classes\":null,\"label_output\":-1,\"scores_output\":-1,\"value_output\":-1,"
    "\"batch_fixed\":0}";

static uint32_t count_rows(struct jsonpull j)
{
    uint32_t n = 0;
    if (jsonpull_array(&j))
        while (jsonpull_element(&j) && jsonpull_skip(&j))
            n++;
    return j.error ? 0 : n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err_ctx e;
    struct jsonpull j;
    struct signature *sig = NULL;
    struct tensor *inputs;
    arena_init(&arena);
    err_ctx_init(&e);
    json_t *json = json_loads(stored, 0, NULL);
    enum err err = signature_from_json(json, &arena, &sig, &e);
    assert(err == ERR_OK);
    json_decref(json);
    jsonpull_init(&j, str_from((const char *)data, size), &arena);
    uint32_t rows = count_rows(j);
    if (rows && rows < 1000) {
        err = predict_rows_alloc(sig, rows, 1 << 20, &inputs, &arena, &e);
        if (!err)
            err = predict_rows_read(&j, sig, rows, inputs, &arena, &e);
        assert((err != ERR_OK) == (e.detail[0] != '\0'));
    }
    arena_release(&arena);
    return 0;
}
