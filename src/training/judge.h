/* training/judge.h
 *
 * Truth beside prediction, row by row, and the metrics that follow: the document that GET
 * /models/{m}/metrics and the `metrics` of a run show, without its window.
 *
 *     struct judge judge;
 *     judge_init(&judge, &signature_classes, exact_rows);
 *     judge_add_class(&judge, truth_text, label_text, probabilities);   or judge_add_value()
 *     json_t *metrics = judge_metrics(&judge);
 *     judge_release(&judge);
 *
 * Memory: for each row up to `exact_rows` 4 bytes and 8 for each class; nothing for rows beyond
 * them, when AUC comes from histograms and `auc_error` bounds what that costs. Not thread-safe. */
#ifndef TRAINING_JUDGE_H
#define TRAINING_JUDGE_H

#include "base/json.h"
#include "base/map.h"
#include "stats/confusion.h"
#include "stats/proper.h"
#include "stats/regression.h"
#include "stats/scorehist.h"

enum { JUDGE_EXACT_ROWS = 100000, JUDGE_CONFUSION_MAX = 256 };

struct judge {
    bool classification;
    uint64_t rows;     /* all of the part */
    uint64_t labelled; /* those that were judged */
    size_t exact_rows;
    /* classification */
    size_t model_classes; /* the first of `names` */
    struct arena arena;
    struct str *names; /* the model's classes, then others in the order of their appearance */
    size_t name_count, name_room;
    struct map index; /* name → index + 1 */
    struct confusion confusion;
    struct proper proper;
    bool probabilities; /* false once a row had none */
    bool improper;      /* a probability was none */
    uint32_t *truth;    /* [exact rows] */
    double *scores;     /* [exact rows][model_classes] */
    size_t kept, room;
    struct scorehist *histograms; /* [model_classes] */
    double *row;                  /* [model_classes], the row at hand */
    /* regression */
    struct regression regression;
};

/* `classes` NULL: a regression. */
void judge_init(struct judge *j, const char *const *classes, size_t class_count, size_t exact_rows);
void judge_release(struct judge *j);

/* A row of the part that could not be asked. */
void judge_skip(struct judge *j);

/* `probabilities`: one for each class of the model, or NULL. */
void judge_add_class(struct judge *j, struct str truth, struct str label,
                     const float *probabilities);
void judge_add_value(struct judge *j, double truth, double value);

/* The caller owns the answer. */
json_t *judge_metrics(const struct judge *j);

#endif
