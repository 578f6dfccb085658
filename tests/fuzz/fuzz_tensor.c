/* Tensor data in a request: read into a tensor of any type and written again, or refused. */
#include "serving/tensor_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_write(struct jsonpull *j, struct tensor *t, struct arena *arena)
{
    struct err_ctx e;
    struct buf out;
    err_ctx_init(&e);
    buf_init(&out, 1 << 22);
    enum err err = tensor_json_read(j, t, STR("x"), &e);
    assert((err != ERR_OK) == (e.detail[0] != '\0'));
    if (!err) {
        tensor_json_write(t, &out);
        struct tensor again = *t;
        struct jsonpull back;
        jsonpull_init(&back, buf_str(&out), arena);
        bool same = !tensor_alloc(&again, arena, 1 << 22, &e) &&
                    !tensor_json_read(&back, &again, STR("x"), &e) && jsonpull_end(&back);
        assert(same);
        assert(t->datatype == DATATYPE_BYTES || memcmp(t->data, again.data, tensor_bytes(t)) == 0);
    }
    buf_release(&out);
}

/* The first byte chooses the type, the second how many elements there are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct jsonpull j;
    if (size < 2)
        return 0;
    arena_init(&arena);
    struct tensor t = {.datatype = (enum datatype)(data[0] % (DATATYPE_COUNT - 1) + 1),
                       .rank = 1,
                       .shape = {data[1]}};
    if (tensor_alloc(&t, &arena, 1 << 20, NULL) == ERR_OK) {
        jsonpull_init(&j, str_from((const char *)data + 2, size - 2), &arena);
        read_and_write(&j, &t, &arena);
    }
    arena_release(&arena);
    return 0;
}
