/* svm/coupling.h
 *
 * From the probabilities of pairs to those of several classes (Wu, Lin, Weng 2004, the second
 * method). LIBSVM finds them by sweeps over the classes and stops as soon as the largest error is
 * below 0.005 / classes, which is early: one sweep more or less moves a probability by up to about
 * 1e-3. To agree with LIBSVM means to stop where it stops, and float32 may see a row whose error
 * comes very near the limit on the other side of it. So there are two ways:
 *
 *   coupling_fused()   SVMClassifier's own coupling, in float32: a few microseconds.
 *   coupling_exact()   the same sweeps in float64 by standard operators in a Loop: always LIBSVM's
 *                      answer, and some 100 microseconds for a single row.
 *
 * coupling_is_risky() says of one row whether the first way might go wrong. */
#ifndef SVM_COUPLING_H
#define SVM_COUPLING_H

#include "onnx/graph.h"
#include "svm/machine.h"

/* From `scores`, FLOAT [N, pairs], to "probabilities". A pair's probability is
 * 1 / (1 + exp(a × score + b)). */
void coupling_fused(struct onnx_graph *g, const struct machine *m, const char *scores,
                    const double *a, const double *b);

/* From "exact", the decision values in DOUBLE [N, pairs], to "probabilities". */
void coupling_exact(struct onnx_graph *g, const struct machine *m);

/* True when a row with these decision values comes within `distance` of the limit at which LIBSVM
 * stops, after any of its sweeps. */
bool coupling_is_risky(const struct machine *m, const double *decision, double distance);

#endif
