#include "registry/datatype.h"

static const struct {
    const char *text;
    size_t bytes;
    int onnx;
} rows[DATATYPE_COUNT] = {
    [DATATYPE_NONE] = {"NONE", 0, 0},      [DATATYPE_BOOL] = {"BOOL", 1, 9},
    [DATATYPE_UINT8] = {"UINT8", 1, 2},    [DATATYPE_UINT16] = {"UINT16", 2, 4},
    [DATATYPE_UINT32] = {"UINT32", 4, 12}, [DATATYPE_UINT64] = {"UINT64", 8, 13},
    [DATATYPE_INT8] = {"INT8", 1, 3},      [DATATYPE_INT16] = {"INT16", 2, 5},
    [DATATYPE_INT32] = {"INT32", 4, 6},    [DATATYPE_INT64] = {"INT64", 8, 7},
    [DATATYPE_FP16] = {"FP16", 2, 10},     [DATATYPE_BF16] = {"BF16", 2, 16},
    [DATATYPE_FP32] = {"FP32", 4, 1},      [DATATYPE_FP64] = {"FP64", 8, 11},
    [DATATYPE_BYTES] = {"BYTES", 0, 8},
};

const char *datatype_text(enum datatype d)
{
    assert(d < DATATYPE_COUNT);
    return rows[d].text;
}

bool datatype_parse(struct str s, enum datatype *d)
{
    for (int i = DATATYPE_NONE + 1; i < DATATYPE_COUNT; i++) {
        if (str_is(s, rows[i].text)) {
            *d = (enum datatype)i;
            return true;
        }
    }
    return false;
}

size_t datatype_bytes(enum datatype d)
{
    assert(d < DATATYPE_COUNT);
    return rows[d].bytes;
}

bool datatype_is_real(enum datatype d)
{
    return d >= DATATYPE_FP16 && d <= DATATYPE_FP64;
}

bool datatype_is_integer(enum datatype d)
{
    return d >= DATATYPE_UINT8 && d <= DATATYPE_INT64;
}

int datatype_onnx(enum datatype d)
{
    assert(d < DATATYPE_COUNT);
    return rows[d].onnx;
}

enum datatype datatype_from_onnx(int number)
{
    for (int i = DATATYPE_NONE + 1; i < DATATYPE_COUNT; i++)
        if (rows[i].onnx == number)
            return (enum datatype)i;
    return DATATYPE_NONE;
}
