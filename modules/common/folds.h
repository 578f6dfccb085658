/* common/folds.h
 *
 * Cuts rows into the folds of a cross-validation. The folds differ by one row at most, and so does
 * the share of each class in them. The same seed gives the same folds on every machine.
 *
 *     int *fold = xcalloc(n, sizeof *fold);
 *     folds_assign(fold, n, 5, classes.of_row, seed);      fold[row] is 0 ... 4
 *
 * Pure, any thread. */
#ifndef COMMON_FOLDS_H
#define COMMON_FOLDS_H

#include "base/compat.h"

/* `class_of_row` is NULL for a regression. */
void folds_assign(int *fold, size_t row_count, int fold_count, const int *class_of_row,
                  int64_t seed);

#endif
