/* predictions/scores.h
 *
 * What a model said about the rows of one request, in the words of its task: a class for each row,
 * perhaps with probabilities, or a number. Everything that logs, compares or shows a prediction
 * uses this and nothing else. It owns nothing: its memory is an arena's. */
#ifndef PREDICTIONS_SCORES_H
#define PREDICTIONS_SCORES_H

#include "registry/signature.h"

enum { SCORES_NO_CLASS = UINT16_MAX };

struct scores {
    enum task task;
    uint32_t rows;
    uint32_t class_count;
    uint16_t *classes;    /* [rows], classification; SCORES_NO_CLASS: a label that is no class */
    struct str *others;   /* [rows], the labels that are no classes; NULL where there are none */
    float *probabilities; /* [rows][class_count], or NULL */
    double *values;       /* [rows], regression */
};

/* Some of the rows, in the same memory. */
struct scores scores_slice(const struct scores *s, uint32_t from, uint32_t rows);

/* What people read for row `i` of a classification. */
struct str scores_label(const struct scores *s, const struct signature *sig, uint32_t i);

/* The members "label" and "probabilities", or "value", of one row: without braces. */
void scores_row_to_json(const struct scores *s, const struct signature *sig, uint32_t i,
                        struct buf *out);

#endif
