/* serving/predict_rows.h
 *
 * Rows as people write them, {"petal length": 1.4, ...}, into the tensors of a signature. Every
 * feature must be there once; a name that is no feature is an error with its place. */
#ifndef SERVING_PREDICT_ROWS_H
#define SERVING_PREDICT_ROWS_H

#include "registry/signature.h"
#include "serving/jsonpull.h"

/* Tensors of `rows` rows for every input, in the arena. */
WARN_UNUSED enum err predict_rows_alloc(const struct signature *sig, uint32_t rows,
                                        size_t bytes_max, struct tensor **inputs, struct arena *a,
                                        struct err_ctx *e);

/* Reads the list that `j` stands before: exactly `rows` objects. ERR_INVALID with a pointer like
 * /rows/3/petal length. */
WARN_UNUSED enum err predict_rows_read(struct jsonpull *j, const struct signature *sig,
                                       uint32_t rows, struct tensor *inputs, struct arena *a,
                                       struct err_ctx *e);

/* Copies row `from` of one set of inputs to row `to` of another. */
void predict_rows_copy(const struct signature *sig, const struct tensor *source, uint32_t from,
                       struct tensor *target, uint32_t to);

#endif
