/* svm/rounding.h
 *
 * How far the float32 arithmetic of ONNX Runtime's fused operators strays from LIBSVM's doubles,
 * measured on the training rows: the same sums are made here in both precisions and compared.
 * The fused operators are the fastest form of a machine, and with small coefficients they are as
 * good as exact; a large C, wide decision values or steep probabilities make their rounding
 * visible, and then the export takes another form.
 *
 *     struct rounding r = rounding_measure(&machine, &table);
 *     if (!rounding_is_small(&r)) ...
 *
 * Pure. */
#ifndef SVM_ROUNDING_H
#define SVM_ROUNDING_H

#include "common/table.h"
#include "svm/machine.h"

struct rounding {
    double decision;    /* largest difference of a decision value, apart from what float32 cannot
                           hold of the value itself */
    double probability; /* largest difference of a pair's probability */
    bool coupling_is_risky; /* of several classes, for at least one row (svm/coupling.h) */
};

struct rounding rounding_measure(const struct machine *m, const struct table *table);

/* The promise is 1e-4. The sums here are not made in the runtime's order and the rows to come are
 * others, so that much less is demanded: 2e-5 for decisions, 1e-5 for probabilities, which the
 * coupling of several classes may still widen. */
bool rounding_is_small(const struct rounding *r);

#endif
