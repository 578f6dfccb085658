/* svm/fit.h
 *
 * Trains one machine on some rows: standardises them, asks LIBSVM, and predicts with what came out.
 * This file is the only one that knows LIBSVM.
 *
 *     struct fit fit;
 *     err = fit_train(&fit, &problem, rows, row_count, e);
 *     double predicted = fit_predict(&fit, table->x + row * table->feature_count);
 *     fit_machine(&fit, &machine);
 *     fit_release(&fit);
 *
 * Not thread-safe: LIBSVM reports through one function for the whole process. */
#ifndef SVM_FIT_H
#define SVM_FIT_H

#include "common/table.h"
#include "svm/machine.h"

/* What is to be learned; everything is the caller's. */
struct problem {
    const struct settings *settings;
    const struct table *table;
    const struct classes *classes; /* NULL for a regression */
    const double *y;               /* per row, for a regression */
    const double *label_weight;    /* per class, for WEIGHT_BY_LABEL */
    int64_t seed;
};

struct fit {
    void *model; /* LIBSVM's */
    void *nodes; /* the rows in LIBSVM's form: its support vectors point into them */
    size_t feature_count;
    double *offset, *scale;
};

/* `rows` are places in the table. ERR_INVALID when the parameters do not suit these rows. */
WARN_UNUSED enum err fit_train(struct fit *fit, const struct problem *problem, const size_t *rows,
                               size_t row_count, struct err_ctx *e);
void fit_release(struct fit *fit);

/* The value, or the class as its place among the problem's classes: the most probable one where
 * the machine has probabilities, otherwise the one with most votes. */
double fit_predict(const struct fit *fit, const double *x);

/* A copy as plain numbers. The fit has to know every class of its problem. */
void fit_machine(const struct fit *fit, struct machine *m);

/* `finished` is called after each optimisation inside fit_train(). How many these are for one
 * training: fit_step_count(). */
void fit_watch(void (*finished)(void *context), void *context);
size_t fit_step_count(const struct problem *problem);

#endif
