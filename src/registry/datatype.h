/* registry/datatype.h
 *
 * The types of tensor elements, under the names of the Open Inference Protocol. */
#ifndef REGISTRY_DATATYPE_H
#define REGISTRY_DATATYPE_H

#include "base/str.h"

/* The stored signatures name them; the order is of no importance outside the program. */
enum datatype {
    DATATYPE_NONE,
    DATATYPE_BOOL,
    DATATYPE_UINT8,
    DATATYPE_UINT16,
    DATATYPE_UINT32,
    DATATYPE_UINT64,
    DATATYPE_INT8,
    DATATYPE_INT16,
    DATATYPE_INT32,
    DATATYPE_INT64,
    DATATYPE_FP16,
    DATATYPE_BF16,
    DATATYPE_FP32,
    DATATYPE_FP64,
    DATATYPE_BYTES, /* text or bytes of any length each */
    DATATYPE_COUNT
};

const char *datatype_text(enum datatype d); /* "FP32" */
WARN_UNUSED bool datatype_parse(struct str s, enum datatype *d);

/* Bytes of one element; 0 for DATATYPE_BYTES, whose elements have a length each. */
size_t datatype_bytes(enum datatype d);

bool datatype_is_real(enum datatype d);    /* FP16 to FP64 */
bool datatype_is_integer(enum datatype d); /* UINT8 to INT64 */

/* The element type's number in ONNX files (TensorProto.DataType), which ONNX Runtime shares. */
int datatype_onnx(enum datatype d);
enum datatype datatype_from_onnx(int number); /* DATATYPE_NONE for what we cannot carry */

#endif
