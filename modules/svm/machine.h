/* svm/machine.h
 *
 * A trained support vector machine as plain numbers, apart from the library that found them: what
 * the writers of ONNX and of LIBSVM's file format work from.
 *
 * A row x is scaled to z = (x - offset) × scale and compared with every support vector s by the
 * kernel. A classification has one decision value per pair of classes (i, j), i < j, in the order
 * (0,1), (0,2), ..., (1,2), ...; a value above 0 is a vote for i, otherwise for j. A regression has
 * one decision value, and it is the prediction.
 *
 * The struct owns its arrays: machine_release(). Reading is safe from any thread. */
#ifndef SVM_MACHINE_H
#define SVM_MACHINE_H

#include "svm/settings.h"

struct machine {
    enum kernel kernel;
    int degree;
    double gamma, coef0;
    bool classification;
    bool nu;

    size_t feature_count;
    size_t class_count; /* 0 for a regression */
    size_t pair_count;  /* 1 for a regression */
    size_t sv_count;

    double *offset, *scale;  /* feature_count each; float32 holds every one of them exactly */
    double *sv;              /* sv_count × feature_count, scaled, grouped by class */
    size_t *class_sv_count;  /* class_count */
    double *coef;            /* LIBSVM's sv_coef: max(class_count - 1, 1) × sv_count */
    double *rho;             /* pair_count */
    double *prob_a, *prob_b; /* pair_count each, or NULL without probabilities */
};

void machine_release(struct machine *m);

/* Scales a row: `z` has room for feature_count values. */
void machine_scale(const struct machine *m, const double *x, double *z);

/* The weight of each support vector in each decision: pair_count values per support vector, most
 * of them 0 when there are many classes. To be freed. */
double *machine_pair_weights(const struct machine *m);

#endif
