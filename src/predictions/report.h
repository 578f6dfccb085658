/* predictions/report.h
 *
 * Scored rows with their truth become metrics and curves in the shape of the contract: of a run's
 * hold-out rows, of a day of live predictions, of anything that has scores and a truth.
 *
 *     struct report r;
 *     report_init(&r, signature, REPORT_KEEP);
 *     for (each batch)
 *         for (uint32_t i = 0; i < scores.rows; i++)
 *             report_add(&r, &scores, i, truth[i], 1);       truth without a pointer: none known
 *     report_metrics(&r, object);                            "rows", "labelled", "accuracy", ...
 *     err = report_curve(&r, CURVE_ROC, object, e);
 *     report_release(&r);
 *
 * Everything but rankings follows from counters, so report_merge() takes counters of rows that
 * nobody has to read again. AUC and curves need the rows: with REPORT_KEEP a report keeps the
 * scores (8 bytes per class and row, at most REPORT_CELLS_MAX of them); without, or with more, they
 * come from histograms, and "auc_error" bounds what that may be off.
 *
 * Not thread-safe. The signature must outlive it. */
#ifndef PREDICTIONS_REPORT_H
#define PREDICTIONS_REPORT_H

#include "predictions/counters.h"

enum report_rows {
    REPORT_COUNT, /* counters only */
    REPORT_KEEP   /* scores too */
};

enum { REPORT_CELLS_MAX = 1 << 22 };

/* Rows that are kept: for classification a row of scores and the class of the truth, for regression
 * the prediction and the truth. */
struct report_kept {
    bool wanted;
    bool overflowed; /* classification: too many, none are kept; regression: a part is */
    size_t count, room;
    uint64_t offered, stride; /* regression: every stride-th row is kept */
    double *scores;
    double *truths;    /* regression */
    uint32_t *classes; /* classification */
    double *weights;
};

struct report {
    const struct signature *signature;
    uint64_t rows; /* with or without truth */
    struct counters counters;
    struct report_kept kept;
};

void report_init(struct report *r, const struct signature *signature, enum report_rows rows);
void report_release(struct report *r);

/* One row of `s`; its weight is finite and not negative. */
void report_add(struct report *r, const struct scores *s, uint32_t row, struct str truth,
                double weight);

/* Rows that were counted elsewhere; r->rows is the caller's to raise. */
void report_merge(struct report *r, const struct counters *counters);

/* Keeps a row that report_merge() has counted. */
void report_keep(struct report *r, const struct scores *s, uint32_t row, struct str truth,
                 double weight);

/* From now on rankings come from the counters' histograms. */
void report_forget(struct report *r);

/* Sets "task", "rows", "labelled", "coverage", the metrics and "reasons" for those that are null;
 * "unusable" where rows had to be left out. */
void report_metrics(const struct report *r, json_t *to);

/* The same without classes, confusion and reasons: one bucket of many. */
void report_metrics_brief(const struct report *r, json_t *to);

enum curve_kind {
    CURVE_ROC,
    CURVE_PR,
    CURVE_CALIBRATION,
    CURVE_LIFT,
    CURVE_SCATTER,
    CURVE_RESIDUALS,
    CURVE_KINDS
};

const char *curve_kind_text(enum curve_kind kind);
WARN_UNUSED bool curve_kind_parse(struct str s, enum curve_kind *kind);

enum { REPORT_POINTS_MAX = 2000 };

/* Sets "kind", "rows", "labelled", "classes" or "points", and "reasons". ERR_INVALID for a kind
 * that the task does not have. How many rows become few points is told in report_curves.c. */
WARN_UNUSED enum err report_curve(const struct report *r, enum curve_kind kind, json_t *to,
                                  struct err_ctx *e);

/* ---- for report_figures.c and report_curves.c ---- */

/* True while all scores are kept, so that rankings need no histograms. */
bool report_exact(const struct report *r);

/* What is wrong with the probabilities of all rows, or NULL. */
const char *report_scores_missing(const struct report *r);

/* Which class's ranking, from kept rows or a histogram; the caller releases it. */
WARN_UNUSED enum stat_reason report_ranking(const struct report *r, unsigned k,
                                            struct ranking *out);

#endif
