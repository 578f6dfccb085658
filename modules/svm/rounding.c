#include "svm/rounding.h"

#include <math.h>

#include "svm/coupling.h"

/* Half a unit in the last place of a float32, relative to its value. */
static const double float32_half_ulp = 0x1p-24;

/* Work beyond this many multiplications is saved by looking at every n-th row only. */
static const double work_max = 3e8;

/* The machine in both precisions, and room for one row. */
struct probe {
    const struct machine *m;
    double *weights; /* sv_count × pair_count */
    float *weights32, *sv32;
    double *z, *decision;
    float *z32, *decision32;
    double coupling_distance;
};

static double kernel_end(const struct machine *m, double sum)
{
    switch (m->kernel) {
    case KERNEL_RADIAL:
        return exp(-m->gamma * sum);
    case KERNEL_POLYNOMIAL:
        return pow(m->gamma * sum + m->coef0, m->degree);
    case KERNEL_SIGMOID:
        return tanh(m->gamma * sum + m->coef0);
    case KERNEL_LINEAR:
        break;
    }
    return sum;
}

static float kernel_end32(const struct machine *m, float sum)
{
    float gamma = (float)m->gamma, coef0 = (float)m->coef0;
    switch (m->kernel) {
    case KERNEL_RADIAL:
        return expf(-gamma * sum);
    case KERNEL_POLYNOMIAL:
        return powf(gamma * sum + coef0, (float)m->degree);
    case KERNEL_SIGMOID:
        return tanhf(gamma * sum + coef0);
    case KERNEL_LINEAR:
        break;
    }
    return sum;
}

static double kernel_value(const struct machine *m, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < m->feature_count; i++)
        sum += m->kernel == KERNEL_RADIAL ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
    return kernel_end(m, sum);
}

static float kernel_value32(const struct machine *m, const float *a, const float *b)
{
    float sum = 0;
    for (size_t i = 0; i < m->feature_count; i++)
        sum += m->kernel == KERNEL_RADIAL ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
    return kernel_end32(m, sum);
}

static void decide(const struct probe *p)
{
    const struct machine *m = p->m;
    for (size_t k = 0; k < m->pair_count; k++)
        p->decision[k] = -m->rho[k];
    for (size_t s = 0; s < m->sv_count; s++) {
        double value = kernel_value(m, p->z, m->sv + s * m->feature_count);
        for (size_t k = 0; k < m->pair_count; k++)
            p->decision[k] += p->weights[s * m->pair_count + k] * value;
    }
}

/* In float32 all the way, as SVMRegressor adds up; SVMClassifier does a little better. */
static void decide32(const struct probe *p)
{
    const struct machine *m = p->m;
    for (size_t k = 0; k < m->pair_count; k++)
        p->decision32[k] = (float)-m->rho[k];
    for (size_t s = 0; s < m->sv_count; s++) {
        float value = kernel_value32(m, p->z32, p->sv32 + s * m->feature_count);
        for (size_t k = 0; k < m->pair_count; k++)
            p->decision32[k] += p->weights32[s * m->pair_count + k] * value;
    }
}

static double logistic(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static void compare(const struct probe *p, struct rounding *worst)
{
    const struct machine *m = p->m;
    for (size_t k = 0; k < m->pair_count; k++) {
        double exact = p->decision[k];
        double off = fabs((double)p->decision32[k] - exact) - float32_half_ulp * fabs(exact);
        /* Written so that a NaN counts as a failure. */
        if (!(off <= worst->decision))
            worst->decision = off;
        if (!m->prob_a)
            continue;
        float score = (float)m->prob_a[k] * p->decision32[k] + (float)m->prob_b[k];
        double gap = fabs(logistic((double)score) - logistic(m->prob_a[k] * exact + m->prob_b[k]));
        if (!(gap <= worst->probability))
            worst->probability = gap;
    }
}

/* How near the limit is too near. Float32 loses some 2e-7 in these sums, so that a row at twice
 * that distance is safe itself; but about one new row in ten thousand comes nearer, and a model
 * that has learned from many rows will be asked about many. For them the net is cast wider. */
static double coupling_distance(size_t row_count)
{
    return 4e-7 * MAX((double)row_count / 300, 1);
}

static void watch_coupling(const struct probe *p, struct rounding *worst)
{
    if (p->m->prob_a && p->m->class_count > 2 && !worst->coupling_is_risky)
        worst->coupling_is_risky = coupling_is_risky(p->m, p->decision, p->coupling_distance);
}

static void probe_row(const struct probe *p, const double *x, struct rounding *worst)
{
    const struct machine *m = p->m;
    machine_scale(m, x, p->z);
    for (size_t i = 0; i < m->feature_count; i++)
        p->z32[i] = ((float)x[i] - (float)m->offset[i]) * (float)m->scale[i];
    decide(p);
    decide32(p);
    compare(p, worst);
    watch_coupling(p, worst);
}

static float *to_float32(const double *from, size_t count)
{
    float *to = xcalloc(count, sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = (float)from[i];
    return to;
}

struct rounding rounding_measure(const struct machine *m, const struct table *table)
{
    struct probe p = {.m = m,
                      .weights = machine_pair_weights(m),
                      .coupling_distance = coupling_distance(table->row_count)};
    p.weights32 = to_float32(p.weights, m->sv_count * m->pair_count);
    p.sv32 = to_float32(m->sv, m->sv_count * m->feature_count);
    p.z = xcalloc(m->feature_count, sizeof *p.z);
    p.z32 = xcalloc(m->feature_count, sizeof *p.z32);
    p.decision = xcalloc(m->pair_count, sizeof *p.decision);
    p.decision32 = xcalloc(m->pair_count, sizeof *p.decision32);

    struct rounding worst = {0};
    double work =
        (double)table->row_count * (double)m->sv_count * (double)(m->feature_count + m->pair_count);
    size_t step = (size_t)ceil(MAX(work / work_max, 1));
    for (size_t row = 0; row < table->row_count; row += step)
        probe_row(&p, table->x + row * table->feature_count, &worst);

    free(p.weights);
    free(p.weights32);
    free(p.sv32);
    free(p.z);
    free(p.z32);
    free(p.decision);
    free(p.decision32);
    return worst;
}

bool rounding_is_small(const struct rounding *r)
{
    return r->decision <= 2e-5 && r->probability <= 1e-5;
}
