/* svm/crossval.h
 *
 * k-fold cross-validation: what the machine says about rows that it has not seen. Each fold is
 * trained exactly as the final machine will be, standardisation, "scale" and class weights
 * included, from the other folds' rows alone. */
#ifndef SVM_CROSSVAL_H
#define SVM_CROSSVAL_H

#include "svm/fit.h"

/* Reports the metric cv_accuracy or cv_rmse once per fold, then its mean and standard deviation
 * over the folds, named with _mean and _sd. */
WARN_UNUSED enum err crossval_run(struct run *run, const struct problem *problem, int fold_count,
                                  struct err_ctx *e);

#endif
