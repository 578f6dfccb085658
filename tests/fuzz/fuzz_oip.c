/* A request of the Open Inference Protocol with binary tensors: its tensors are what their shapes
 * say, or it is refused. */
#include <math.h>

#include "protocol/oip/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tensor_spec specs[] = {
    {.name = "x", .datatype = DATATYPE_FP32, .shape_known = true, .rank = 2, .shape = {-1, 2}},
    {.name = "n", .datatype = DATATYPE_INT64, .shape_known = true, .rank = 1, .shape = {-1}},
    {.name = "s", .datatype = DATATYPE_BYTES, .shape_known = true, .rank = 2, .shape = {-1, 1}},
    {.name = "t", .datatype = DATATYPE_BOOL, .shape_known = false}};

static void check(const struct decoder *d, struct str body)
{
    for (unsigned i = 0; i < d->signature->input_count; i++) {
        const struct tensor *t = &d->tensors[i];
        size_t count;
        bool counted = tensor_count(t->shape, t->rank, &count);
        assert(counted && count == t->count);
        for (size_t k = 0; k < t->count; k++) {
            if (t->datatype == DATATYPE_BYTES)
                assert(((const struct str *)t->data)[k].n <= body.n);
            else
                assert(isfinite(tensor_f64(t, k)));
        }
    }
}

/* The first byte tells how many inputs the model has and whether the second is the length of the
 * JSON part; a part of no bytes is a raw request. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err_ctx e;
    char length[8];
    if (size < 2)
        return 0;
    struct signature sig = {.inputs = specs, .input_count = 1 + data[0] % ARRAY_LEN(specs)};
    struct str body = str_from((const char *)data + 2, size - 2), header = {NULL, 0};
    snprintf(length, sizeof length, "%d", data[1]);
    if (data[0] & 0x80)
        header = str_of(length);
    arena_init(&arena);
    err_ctx_init(&e);
    struct decoder *d = decoder_new(&arena, &e);
    d->model = "m";
    d->signature = &sig;
    d->tensor_bytes_max = 1 << 20;
    enum err err = decode_split(d, header, body);
    if (!err)
        err = d->header_bytes ? decode_told(d) : decode_raw(d);
    if (!err)
        err = decode_tensors(d);
    assert((err != ERR_OK) == (e.detail[0] != '\0'));
    if (!err)
        check(d, body);
    arena_release(&arena);
    return 0;
}
