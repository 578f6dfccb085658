/* stats/drift.h
 *
 * Has a feature drifted from its reference? A dual gate on counts in frozen bins: an alarm needs
 * an effect that matters and evidence that it is not chance,
 *
 *     effect    debiased PSI over the cells that occur, half a row added to each
 *     evidence  two-sample chi-square of the same cells, those that expect fewer than 5 rows
 *               pooled; p-values adjusted over all features by Benjamini & Hochberg
 *
 * with fewer than n_min current rows the verdict is "insufficient", which is not "no drift". A
 * fixed threshold on a distance alone would fire on small samples, a p-value alone on large ones.
 *
 *     struct drift_feature f[100];
 *     for (...) f[i] = drift_measure(reference_counts, current_counts, cells);
 *     drift_judge(f, 100, &drift_defaults);
 *     if (drift_confirmed(last_three_verdicts, 3, DRIFT_WARNING)) alarm();
 *
 * Allocates while it works. */
#ifndef STATS_DRIFT_H
#define STATS_DRIFT_H

#include "stats/stat.h"

enum drift_verdict { DRIFT_INSUFFICIENT, DRIFT_NONE, DRIFT_WARNING, DRIFT_ALERT };

struct drift_options {
    double warning, alert; /* debiased PSI */
    double p_max;          /* adjusted */
    uint64_t rows_min;     /* of the current sample */
};

extern const struct drift_options drift_defaults; /* 0.1, 0.25, 0.01, 200 */

struct drift_feature {
    uint64_t reference_rows, rows;
    size_t cells; /* that occur on one side at least */
    double psi, psi_debiased;
    struct stat_test test; /* chi-square after pooling */
    double p_adjusted;
    enum drift_verdict verdict;
};

struct drift_feature drift_measure(const uint64_t *reference, const uint64_t *current,
                                   size_t cells);
void drift_judge(struct drift_feature *features, size_t count, const struct drift_options *options);

/* At least two of the verdicts reach `level`; the last three windows are given. */
bool drift_confirmed(const enum drift_verdict *verdicts, size_t count, enum drift_verdict level);

const char *drift_verdict_name(enum drift_verdict verdict); /* "ok", "warning", ... */

#endif
