/* svm/decision.h
 *
 * The first part of an exported machine: from the input to the decision values, in float32 by one
 * fused operator, or in float64 by standard ones. Internal to export.c. */
#ifndef SVM_DECISION_H
#define SVM_DECISION_H

#include "onnx/graph.h"
#include "svm/machine.h"

/* From "input" to the tensor `result`, FLOAT [N, pairs]. */
void decision_fused(struct onnx_graph *g, const struct machine *m, const char *result);

/* From "input" to `exact`, DOUBLE [N, pairs], and to `result`, the same rounded to FLOAT. `linear`
 * wants one weight per feature and pair instead of support vectors: for a linear kernel, or when
 * there are none. */
void decision_exact(struct onnx_graph *g, const struct machine *m, bool linear, const char *exact,
                    const char *result);

#endif
