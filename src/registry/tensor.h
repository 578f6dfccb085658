/* registry/tensor.h
 *
 * A block of numbers or texts with a type and a shape, row-major, little-endian.
 *
 *     struct tensor t = {.datatype = DATATYPE_FP32, .rank = 2, .shape = {rows, 4}};
 *     err = tensor_alloc(&t, arena, bytes_max, e);
 *     float *values = t.data;
 *
 * A tensor owns nothing: its data lives in an arena or in somebody's buffer. */
#ifndef REGISTRY_TENSOR_H
#define REGISTRY_TENSOR_H

#include "base/arena.h"
#include "base/err.h"
#include "registry/datatype.h"

enum { TENSOR_RANK_MAX = 8 };

struct tensor {
    enum datatype datatype;
    unsigned rank;
    int64_t shape[TENSOR_RANK_MAX];
    size_t count; /* elements: the product of the shape */
    void *data;   /* DATATYPE_BYTES: struct str [count]; else count elements */
};

/* The number of elements, or false when it does not fit or a dimension is negative. */
WARN_UNUSED bool tensor_count(const int64_t *shape, unsigned rank, size_t *count);

/* Counts the elements and gets aligned memory for them. ERR_TOO_LARGE past `bytes_max`. */
WARN_UNUSED enum err tensor_alloc(struct tensor *t, struct arena *a, size_t bytes_max,
                                  struct err_ctx *e);

/* Bytes of the elements as the binary protocol counts them (texts: 4 bytes of length each). */
size_t tensor_bytes(const struct tensor *t);

/* One element as a number; 0 for texts. */
double tensor_f64(const struct tensor *t, size_t index);

/* Writes one number into an element, rounded to its type. False when it is out of range or the
 * element is a text. */
WARN_UNUSED bool tensor_set_f64(struct tensor *t, size_t index, double value);

/* The same with a JSON number as it stands, so that whole numbers beyond a double's reach arrive
 * unchanged; "3.0" is a whole number too. */
WARN_UNUSED bool tensor_set_digits(struct tensor *t, size_t index, struct str digits);

float fp16_to_f32(uint16_t half);
uint16_t fp16_from_f32(float value); /* nearest, ties to even */

#endif
