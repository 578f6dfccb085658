/* serving/scores.h
 *
 * What a model said, in the words of its task: a class for each row, perhaps with probabilities,
 * or a number. Made from a version's output tensors; everything that logs, compares or shows a
 * prediction uses this and nothing else, so that one rule holds everywhere:
 *
 * - the class is what the model's own label output says; without one it is the class with the
 *   largest score, the first of them on a tie;
 * - probabilities are the model's own, in the order of the signature's classes. */
#ifndef SERVING_SCORES_H
#define SERVING_SCORES_H

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

/* Fills `s` from the outputs; memory from the arena. For TASK_OTHER only rows is set. ERR_INTERNAL
 * when the outputs do not have the shapes that the signature promises. */
WARN_UNUSED enum err scores_from_outputs(struct scores *s, const struct signature *sig,
                                         const struct tensor *outputs, uint32_t rows,
                                         struct arena *a, struct err_ctx *e);

/* What people read for row `i` of a classification. */
struct str scores_label(const struct scores *s, const struct signature *sig, uint32_t i);

#endif
