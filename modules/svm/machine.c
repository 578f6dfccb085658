#include "svm/machine.h"

void machine_release(struct machine *m)
{
    free(m->offset);
    free(m->scale);
    free(m->sv);
    free(m->class_sv_count);
    free(m->coef);
    free(m->rho);
    free(m->prob_a);
    free(m->prob_b);
    *m = (struct machine){0};
}

void machine_scale(const struct machine *m, const double *x, double *z)
{
    for (size_t i = 0; i < m->feature_count; i++)
        z[i] = (x[i] - m->offset[i]) * m->scale[i];
}

/* The pair (i, j) finds the coefficients of class i's support vectors in row j - 1 of `coef`, and
 * those of class j's in row i. */
static void weigh_class(const struct machine *m, size_t row, size_t first_sv, size_t sv_count,
                        size_t pair, double *weights)
{
    const double *coef = m->coef + row * m->sv_count;
    for (size_t s = first_sv; s < first_sv + sv_count; s++)
        weights[s * m->pair_count + pair] = coef[s];
}

double *machine_pair_weights(const struct machine *m)
{
    double *weights = xcalloc(m->sv_count * m->pair_count, sizeof *weights);
    if (!m->classification) {
        memcpy(weights, m->coef, m->sv_count * sizeof *weights);
        return weights;
    }
    size_t pair = 0, first_i = 0;
    for (size_t i = 0; i < m->class_count; first_i += m->class_sv_count[i], i++) {
        size_t first_j = first_i + m->class_sv_count[i];
        for (size_t j = i + 1; j < m->class_count; first_j += m->class_sv_count[j], j++, pair++) {
            weigh_class(m, j - 1, first_i, m->class_sv_count[i], pair, weights);
            weigh_class(m, i, first_j, m->class_sv_count[j], pair, weights);
        }
    }
    assert(pair == m->pair_count);
    return weights;
}
