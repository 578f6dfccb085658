/* common/table.h
 *
 * The training rows of a run as numbers: the features as a matrix, the target as text, read from
 * data.csv where split.csv says `training`.
 *
 *     struct table table;
 *     err = table_load(&table, &run, e);
 *     ...
 *     double petal_length = table.x[row * table.feature_count + 2];
 *     table_release(&table);
 *
 * A feature's value is what the served model will be given: the nearest float32, kept in a double.
 * A missing value is NaN; a program that cannot live with them asks table_check_complete(). The
 * table owns everything. Once loaded it is not changed, and any thread may read it. */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include "common/csv.h"
#include "common/run.h"

struct table {
    size_t row_count; /* rows for training */
    size_t feature_count;
    double *x;           /* row_count * feature_count */
    const char **target; /* row_count; the field as it was written, "" where it is missing */
    size_t *origin;      /* row_count; the row's number in the dataset, counted from 0 */

    struct csv csv; /* the text lives here */
};

WARN_UNUSED enum err table_load(struct table *table, const struct run *run, struct err_ctx *e);
void table_release(struct table *table);

/* One sentence that names the columns with missing values, how many rows lack them and what to
 * do about it. */
WARN_UNUSED enum err table_check_complete(const struct table *table, const struct run *run,
                                          struct err_ctx *e);

/* The target as numbers, for a regression: `y` has room for row_count values. */
WARN_UNUSED enum err table_target_numbers(const struct table *table, const struct run *run,
                                          double *y, struct err_ctx *e);

#endif
