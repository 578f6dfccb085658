/* svm/settings.h
 *
 * The parameters of the module `svm`, read from a run and checked. module.yaml says the same to
 * people and to Crisol; a test holds the two together.
 *
 *     struct settings settings;
 *     err = settings_read(&settings, &run, e);
 *
 * A plain value: nothing to release, nothing shared. */
#ifndef SVM_SETTINGS_H
#define SVM_SETTINGS_H

#include "common/classes.h"
#include "common/run.h"

/* The numbers are LIBSVM's. */
enum kernel { KERNEL_LINEAR, KERNEL_POLYNOMIAL, KERNEL_RADIAL, KERNEL_SIGMOID };

enum weighting { WEIGHT_NONE, WEIGHT_BALANCED, WEIGHT_BY_LABEL };

struct settings {
    enum kernel kernel;
    double c;
    double gamma; /* 0: "scale", 1 / (features × variance) */
    double degree;
    double coef0;
    double epsilon;
    double nu; /* 0: C-SVC and epsilon-SVR; otherwise nu-SVC and nu-SVR */
    double folds;
    bool scale;
    bool probability; /* for a classification */
    enum weighting weighting;
    bool classification;
};

WARN_UNUSED enum err settings_read(struct settings *settings, const struct run *run,
                                   struct err_ctx *e);

/* The weight of each class where `weighting` is WEIGHT_BY_LABEL; classes that class_weight does
 * not name weigh 1. A label that no class has is an error. */
WARN_UNUSED enum err settings_label_weights(const struct run *run, const struct classes *classes,
                                            double *weight, struct err_ctx *e);

#endif
