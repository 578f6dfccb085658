#include "svm/decision.h"

#include <math.h>

/* ---- float32, fused ---- */

static const char *const kernel_types[] = {
    [KERNEL_LINEAR] = "LINEAR",
    [KERNEL_POLYNOMIAL] = "POLY",
    [KERNEL_RADIAL] = "RBF",
    [KERNEL_SIGMOID] = "SIGMOID",
};

static void add_scaler(struct onnx_graph *g, const struct machine *m)
{
    struct onnx_node *node = onnx_node_add(g, ONNX_ML, "Scaler", "input", "scaled");
    onnx_node_floats(node, "offset", m->offset, m->feature_count);
    onnx_node_floats(node, "scale", m->scale, m->feature_count);
}

/* Several classes. The operator's own label is not used: the label is chosen in one way for all
 * forms. */
static struct onnx_node *add_classifier(struct onnx_graph *g, const struct machine *m,
                                        const char *outputs)
{
    struct onnx_node *node = onnx_node_add(g, ONNX_ML, "SVMClassifier", "scaled", outputs);
    int64_t *count = xcalloc(m->class_count, sizeof *count);
    int64_t *place = xcalloc(m->class_count, sizeof *place);
    for (size_t c = 0; c < m->class_count; c++) {
        count[c] = (int64_t)m->class_sv_count[c];
        place[c] = (int64_t)c;
    }
    onnx_node_ints(node, "vectors_per_class", count, m->class_count);
    onnx_node_ints(node, "classlabels_ints", place, m->class_count);
    free(count);
    free(place);
    return node;
}

/* One decision value: a regression, or two classes, for which SVMClassifier would give two columns
 * with their signs turned round. */
static struct onnx_node *add_regressor(struct onnx_graph *g, const struct machine *m,
                                       const char *result)
{
    struct onnx_node *node = onnx_node_add(g, ONNX_ML, "SVMRegressor", "scaled", result);
    onnx_node_int(node, "n_supports", (int64_t)m->sv_count);
    return node;
}

void decision_fused(struct onnx_graph *g, const struct machine *m, const char *result)
{
    add_scaler(g, m);
    char outputs[64];
    snprintf(outputs, sizeof outputs, "unused_label %s", result);
    bool several = m->class_count > 2;
    struct onnx_node *node = several ? add_classifier(g, m, outputs) : add_regressor(g, m, result);

    size_t coef_rows = several ? m->class_count - 1 : 1;
    double parameters[3] = {m->gamma, m->coef0, m->degree};
    double *rho = xcalloc(m->pair_count, sizeof *rho);
    for (size_t i = 0; i < m->pair_count; i++)
        rho[i] = -m->rho[i];
    onnx_node_text(node, "kernel_type", kernel_types[m->kernel]);
    onnx_node_floats(node, "kernel_params", parameters, 3);
    onnx_node_floats(node, "support_vectors", m->sv, m->sv_count * m->feature_count);
    onnx_node_floats(node, "coefficients", m->coef, coef_rows * m->sv_count);
    onnx_node_floats(node, "rho", rho, m->pair_count);
    free(rho);
}

/* ---- float64, standard operators ---- */

static void add_gemm(struct onnx_graph *g, const char *inputs, const char *output, double alpha)
{
    struct onnx_node *node = onnx_node_add(g, ONNX_STANDARD, "Gemm", inputs, output);
    if (alpha != 1)
        onnx_node_float(node, "alpha", alpha);
}

/* `columns` vectors over the scaled features, each as weights over the features as they come in:
 * v · (x - offset) × scale + c  =  weights · x + constant. */
static void unscale(const struct machine *m, double *weights, double *constant, size_t columns)
{
    for (size_t i = 0; i < m->feature_count; i++)
        for (size_t k = 0; k < columns; k++) {
            weights[i * columns + k] *= m->scale[i];
            constant[k] -= m->offset[i] * weights[i * columns + k];
        }
}

/* decision = weights · x + constant, for each pair. */
static void add_linear(struct onnx_graph *g, const struct machine *m, const char *exact)
{
    size_t pairs = m->pair_count, features = m->feature_count;
    double *pair_weights = machine_pair_weights(m);
    double *weights = xcalloc(features * pairs, sizeof *weights);
    double *constant = xcalloc(pairs, sizeof *constant);
    for (size_t k = 0; k < pairs; k++)
        constant[k] = -m->rho[k];
    for (size_t s = 0; s < m->sv_count; s++)
        for (size_t i = 0; i < features; i++)
            for (size_t k = 0; k < pairs; k++)
                weights[i * pairs + k] += m->sv[s * features + i] * pair_weights[s * pairs + k];
    unscale(m, weights, constant, pairs);
    onnx_graph_doubles(g, "weights", weights, features, pairs);
    onnx_graph_doubles(g, "constants", constant, pairs, 0);
    add_gemm(g, "wide weights constants", exact, 1);
    free(pair_weights);
    free(weights);
    free(constant);
}

/* gamma × (s · z) + coef0 for every support vector, then the power or tanh. */
static void add_product_kernel(struct onnx_graph *g, const struct machine *m)
{
    size_t count = m->sv_count, features = m->feature_count;
    double degree = m->degree;
    double *weights = xcalloc(features * count, sizeof *weights);
    double *constant = xcalloc(count, sizeof *constant);
    for (size_t s = 0; s < count; s++) {
        constant[s] = m->coef0;
        for (size_t i = 0; i < features; i++)
            weights[i * count + s] = m->gamma * m->sv[s * features + i];
    }
    unscale(m, weights, constant, count);
    onnx_graph_doubles(g, "vectors", weights, features, count);
    onnx_graph_doubles(g, "vector_constants", constant, count, 0);
    /* Not in one Gemm with its constant: older runtimes fuse that with Tanh and then find no such
     * operator for doubles. */
    add_gemm(g, "wide vectors", "plain_products", 1);
    onnx_node_add(g, ONNX_STANDARD, "Add", "plain_products vector_constants", "products");
    if (m->kernel == KERNEL_POLYNOMIAL) {
        onnx_graph_doubles(g, "degree", &degree, 0, 0);
        onnx_node_add(g, ONNX_STANDARD, "Pow", "products degree", "kernels");
    } else {
        onnx_node_add(g, ONNX_STANDARD, "Tanh", "products", "kernels");
    }
    free(weights);
    free(constant);
}

/* The middle of the support vectors. */
static double centre_of(const struct machine *m, size_t feature)
{
    double sum = 0;
    for (size_t s = 0; s < m->sv_count; s++)
        sum += m->sv[s * m->feature_count + feature];
    return sum / (double)m->sv_count;
}

/* exp(-gamma |z - s|²) with |z - s|² written as |z|² + |s|² - 2 z · s, so that one matrix product
 * does most of the work. That form loses digits far away from 0; everything is therefore moved to
 * the middle of the support vectors first, which changes no distance. The root of gamma goes into
 * the scale. */
static void add_radial_kernel(struct onnx_graph *g, const struct machine *m)
{
    size_t count = m->sv_count, features = m->feature_count;
    double root = sqrt(m->gamma);
    double *offset = xcalloc(features, sizeof *offset), *scale = xcalloc(features, sizeof *scale);
    double *vectors = xcalloc(features * count, sizeof *vectors);
    double *squares = xcalloc(count, sizeof *squares);
    for (size_t i = 0; i < features; i++) {
        double centre = centre_of(m, i);
        offset[i] = m->scale[i] != 0 ? m->offset[i] + centre / m->scale[i] : m->offset[i];
        scale[i] = m->scale[i] * root;
        for (size_t s = 0; s < count; s++) {
            double v = (m->sv[s * features + i] - centre) * root;
            vectors[i * count + s] = v;
            squares[s] -= v * v;
        }
    }
    onnx_graph_doubles(g, "offsets", offset, features, 0);
    onnx_graph_doubles(g, "scales", scale, features, 0);
    onnx_graph_doubles(g, "vectors", vectors, features, count);
    onnx_graph_doubles(g, "vector_squares", squares, count, 0);
    onnx_node_add(g, ONNX_STANDARD, "Sub", "wide offsets", "centred");
    onnx_node_add(g, ONNX_STANDARD, "Mul", "centred scales", "scaled");
    static const int64_t axis = 1;
    onnx_node_ints(onnx_node_add(g, ONNX_STANDARD, "ReduceSumSquare", "scaled", "square"), "axes",
                   &axis, 1);
    add_gemm(g, "scaled vectors vector_squares", "products", 2);
    onnx_node_add(g, ONNX_STANDARD, "Sub", "products square", "exponents");
    onnx_node_add(g, ONNX_STANDARD, "Exp", "exponents", "kernels");
    free(offset);
    free(scale);
    free(vectors);
    free(squares);
}

static void add_kernels(struct onnx_graph *g, const struct machine *m, const char *exact)
{
    if (m->kernel == KERNEL_RADIAL)
        add_radial_kernel(g, m);
    else
        add_product_kernel(g, m);
    double *weights = machine_pair_weights(m);
    double *constant = xcalloc(m->pair_count, sizeof *constant);
    for (size_t k = 0; k < m->pair_count; k++)
        constant[k] = -m->rho[k];
    onnx_graph_doubles(g, "weights", weights, m->sv_count, m->pair_count);
    onnx_graph_doubles(g, "constants", constant, m->pair_count, 0);
    add_gemm(g, "kernels weights constants", exact, 1);
    free(weights);
    free(constant);
}

void decision_exact(struct onnx_graph *g, const struct machine *m, bool linear, const char *exact,
                    const char *result)
{
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Cast", "input", "wide"), "to", ONNX_DOUBLE);
    if (linear)
        add_linear(g, m, exact);
    else
        add_kernels(g, m, exact);
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Cast", exact, result), "to", ONNX_FLOAT);
}
