/* serving/tensor_json.h
 *
 * Tensor data as JSON, straight into the tensor: nested or flat lists in, flat lists out. */
#ifndef SERVING_TENSOR_JSON_H
#define SERVING_TENSOR_JSON_H

#include "base/buf.h"
#include "registry/tensor.h"
#include "serving/jsonpull.h"

/* Reads exactly t->count elements of t->datatype into t->data. `name` stands in the errors:
 * ERR_SYNTAX for broken JSON, ERR_INVALID for too few or too many elements, or one that does not
 * fit into the datatype, with its index. */
WARN_UNUSED enum err tensor_json_read(struct jsonpull *j, struct tensor *t, struct str name,
                                      struct err_ctx *e);

/* "[1,2,3]". Bytes that are no UTF-8 are replaced: JSON cannot carry them. */
void tensor_json_write(const struct tensor *t, struct buf *out);

#endif
