#include "svm/crossval.h"

#include <math.h>

#include "common/folds.h"

struct folds {
    int *of_row;
    size_t *rows; /* room for the rows of one training */
};

static size_t rows_outside(const struct folds *folds, size_t row_count, int fold)
{
    size_t count = 0;
    for (size_t row = 0; row < row_count; row++)
        if (folds->of_row[row] != fold)
            folds->rows[count++] = row;
    return count;
}

static double truth_of(const struct problem *problem, size_t row)
{
    return problem->classes ? problem->classes->of_row[row] : problem->y[row];
}

/* Accuracy or RMSE on the rows of the fold. */
static double score_fold(const struct fit *fit, const struct problem *problem,
                         const struct folds *folds, int fold)
{
    const struct table *table = problem->table;
    double sum = 0;
    size_t count = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        if (folds->of_row[row] != fold)
            continue;
        double error =
            fit_predict(fit, table->x + row * table->feature_count) - truth_of(problem, row);
        sum += problem->classes ? error == 0 : error * error;
        count++;
    }
    assert(count > 0);
    return problem->classes ? sum / (double)count : sqrt(sum / (double)count);
}

static enum err run_fold(const struct problem *problem, const struct folds *folds, int fold,
                         double *score, struct err_ctx *e)
{
    struct fit fit;
    size_t count = rows_outside(folds, problem->table->row_count, fold);
    enum err err = fit_train(&fit, problem, folds->rows, count, e);
    if (err)
        return err_prefix(e, "cross-validation, fold %d", fold + 1);
    *score = score_fold(&fit, problem, folds, fold);
    fit_release(&fit);
    return ERR_OK;
}

static enum err report(struct run *run, const char *key, const double *scores, int count,
                       struct err_ctx *e)
{
    char name[32];
    double mean = 0, squares = 0;
    for (int i = 0; i < count; i++)
        mean += scores[i] / count;
    for (int i = 0; i < count; i++)
        squares += (scores[i] - mean) * (scores[i] - mean);
    double sd = sqrt(squares / (count - 1));
    printf("cross-validation: %s %.6g, standard deviation %.2g over %d folds\n", key, mean, sd,
           count);
    snprintf(name, sizeof name, "%s_mean", key);
    enum err err = run_metric(run, name, mean, 0, e);
    snprintf(name, sizeof name, "%s_sd", key);
    return err ? err : run_metric(run, name, sd, 0, e);
}

enum err crossval_run(struct run *run, const struct problem *problem, int fold_count,
                      struct err_ctx *e)
{
    const struct table *table = problem->table;
    const char *key = problem->classes ? "cv_accuracy" : "cv_rmse";
    if (table->row_count < (size_t)fold_count)
        return err_set(e, ERR_INVALID, "%d folds cannot be made of %zu training rows", fold_count,
                       table->row_count);
    struct folds folds = {.of_row = xcalloc(table->row_count, sizeof *folds.of_row),
                          .rows = xcalloc(table->row_count, sizeof *folds.rows)};
    double *scores = xcalloc((size_t)fold_count, sizeof *scores);
    folds_assign(folds.of_row, table->row_count, fold_count,
                 problem->classes ? problem->classes->of_row : NULL, problem->seed);
    enum err err = ERR_OK;
    for (int fold = 0; !err && fold < fold_count; fold++) {
        err = run_fold(problem, &folds, fold, &scores[fold], e);
        if (err)
            break;
        printf("cross-validation: fold %d of %d, %s %.6g\n", fold + 1, fold_count, key,
               scores[fold]);
        err = run_metric(run, key, scores[fold], fold + 1, e);
    }
    if (!err)
        err = report(run, key, scores, fold_count, e);
    free(folds.of_row);
    free(folds.rows);
    free(scores);
    return err;
}
