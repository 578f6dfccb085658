/* svm/export.h
 *
 * Writes a machine as an ONNX model with the outputs
 *
 *     classification   label          INT64 or STRING [N]
 *                      probabilities  FLOAT [N, classes]    when the machine has them
 *                      decision       FLOAT [N, pairs]      LIBSVM's decision values
 *     regression       value          FLOAT [N, 1]
 *
 * from one input, FLOAT [N, features]. The label is the class of the highest probability (the first
 * of equals), as in LIBSVM's svm_predict_probability(); without probabilities it is the class with
 * the most votes (the first of equals), as in svm_predict().
 *
 * A machine has three forms in ONNX. docs/modules/svm.md says what was measured about them. */
#ifndef SVM_EXPORT_H
#define SVM_EXPORT_H

#include "svm/rounding.h"

enum form {
    FORM_FUSED,  /* SVMClassifier or SVMRegressor: one operator in float32, the fastest */
    FORM_DOUBLE, /* standard operators in float64: as exact as LIBSVM */
    FORM_LINEAR, /* the support vectors of a linear machine added up to one vector per pair */
};

extern const char *const form_names[];

struct export_plan {
    enum form form;
    bool exact_coupling; /* probabilities of several classes by coupling_exact() */
};

/* Chooses what the measured rounding allows. A linear machine, and one without support vectors, is
 * FORM_LINEAR. The others are FORM_FUSED where float32 is enough for the rows that were measured
 * and for all others too: a radial or sigmoid kernel is never larger than 1, while a polynomial one
 * grows without limit outside the range of the training rows. */
struct export_plan export_plan(const struct machine *m, const struct rounding *rounding);

/* `classes` is NULL for a regression. */
WARN_UNUSED enum err export_onnx(const struct machine *m, const struct classes *classes,
                                 struct export_plan plan, const char *path, struct err_ctx *e);

#endif
