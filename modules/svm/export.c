#include "svm/export.h"

#include "onnx/graph.h"
#include "svm/coupling.h"
#include "svm/decision.h"

const char *const form_names[] = {
    [FORM_FUSED] = "fused",
    [FORM_DOUBLE] = "double",
    [FORM_LINEAR] = "linear",
};

/* When the last class has no vectors, SVMClassifier looks for them beyond the end, and ONNX Runtime
 * 1.15 dies of it. */
static bool has_class_without_vectors(const struct machine *m)
{
    for (size_t c = 0; c < m->class_count; c++)
        if (m->class_sv_count[c] == 0)
            return true;
    return false;
}

static bool float32_is_enough(const struct machine *m, const struct rounding *rounding)
{
    return (m->kernel == KERNEL_RADIAL || m->kernel == KERNEL_SIGMOID) &&
           rounding_is_small(rounding) && !rounding->coupling_is_risky &&
           !has_class_without_vectors(m);
}

struct export_plan export_plan(const struct machine *m, const struct rounding *rounding)
{
    struct export_plan plan = {FORM_DOUBLE, rounding->coupling_is_risky};
    if (m->kernel == KERNEL_LINEAR || m->sv_count == 0)
        plan.form = FORM_LINEAR;
    else if (float32_is_enough(m, rounding))
        plan.form = FORM_FUSED;
    return plan;
}

/* ---- labels and probabilities ---- */

/* A LinearClassifier answers the label of the largest score, the first one where two are equal:
 * LIBSVM's rule, in one operator, for texts and integers alike. The row of `coef` and the place in
 * `order` belong together. */
static struct onnx_node *choose(struct onnx_graph *g, const struct classes *classes,
                                const size_t *order, const char *input, const char *outputs,
                                const double *coef, size_t columns, const double *intercept)
{
    size_t count = classes->count;
    struct onnx_node *node = onnx_node_add(g, ONNX_ML, "LinearClassifier", input, outputs);
    onnx_node_floats(node, "coefficients", coef, count * columns);
    onnx_node_floats(node, "intercepts", intercept, count);
    const char **label = xcalloc(count, sizeof *label);
    int64_t *integer = xcalloc(count, sizeof *integer);
    for (size_t i = 0; i < count; i++) {
        label[i] = classes->label[order ? order[i] : i];
        integer[i] = classes->integer[order ? order[i] : i];
    }
    if (classes->integers)
        onnx_node_ints(node, "classlabels_ints", integer, count);
    else
        onnx_node_texts(node, "classlabels_strings", label, count);
    free(label);
    free(integer);
    return node;
}

/* What turns decision values into probabilities: the tensor, and the slopes and offsets that it
 * still lacks. */
struct scores {
    const char *name;
    const double *a, *b;
};

/* In the exact forms the slopes are applied in float64 too: with a slope of some thousands, float32
 * would lose the probability even from an exact decision value. */
static struct scores exact_scores(struct onnx_graph *g, const struct machine *m, double *ones,
                                  double *zeros)
{
    for (size_t i = 0; i < m->pair_count; i++) {
        ones[i] = 1;
        zeros[i] = 0;
    }
    onnx_graph_doubles(g, "slopes", m->prob_a, m->pair_count, 0);
    onnx_graph_doubles(g, "shifts", m->prob_b, m->pair_count, 0);
    onnx_node_add(g, ONNX_STANDARD, "Mul", "exact slopes", "sloped");
    onnx_node_add(g, ONNX_STANDARD, "Add", "sloped shifts", "shifted");
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Cast", "shifted", "scores"), "to", ONNX_FLOAT);
    return (struct scores){"scores", ones, zeros};
}

/* Two classes: 1 / (1 + exp(a d + b)) for the first. SVMClassifier is not used here, because it
 * couples even two classes by iteration and stops up to 5e-3 away from LIBSVM's answer. */
static void two_probabilities(struct onnx_graph *g, const struct classes *classes,
                              const struct scores *s)
{
    /* LIBSVM's own limits of a pair's probability. */
    static const double lowest = 1e-7, highest = 1 - 1e-7;
    double coef[2] = {-s->a[0], s->a[0]}, intercept[2] = {-s->b[0], s->b[0]};
    struct onnx_node *node =
        choose(g, classes, NULL, s->name, "label unlimited", coef, 1, intercept);
    onnx_node_text(node, "post_transform", "LOGISTIC");
    onnx_graph_floats(g, "lowest", &lowest, 0, 0);
    onnx_graph_floats(g, "highest", &highest, 0, 0);
    onnx_node_add(g, ONNX_STANDARD, "Clip", "unlimited lowest highest", "probabilities");
}

/* The label is the class of the largest probability. */
static void largest_probability(struct onnx_graph *g, const struct classes *classes)
{
    size_t k = classes->count;
    double *identity = xcalloc(k * k, sizeof *identity), *zeros = xcalloc(k, sizeof *zeros);
    for (size_t i = 0; i < k; i++)
        identity[i * k + i] = 1;
    choose(g, classes, NULL, "probabilities", "label unused_scores", identity, k, zeros);
    free(identity);
    free(zeros);
}

static void add_probabilities(struct onnx_graph *g, const struct machine *m,
                              const struct classes *classes, struct export_plan plan)
{
    if (m->class_count > 2 && plan.exact_coupling) {
        coupling_exact(g, m);
        largest_probability(g, classes);
        return;
    }
    double *ones = xcalloc(m->pair_count, sizeof *ones);
    double *zeros = xcalloc(m->pair_count, sizeof *zeros);
    struct scores s = {"decision", m->prob_a, m->prob_b};
    if (plan.form != FORM_FUSED)
        s = exact_scores(g, m, ones, zeros);
    if (m->class_count == 2) {
        two_probabilities(g, classes, &s);
    } else {
        coupling_fused(g, m, s.name, s.a, s.b);
        largest_probability(g, classes);
    }
    free(ones);
    free(zeros);
}

/* Two classes without probabilities: the first where the decision value is above 0. The second
 * class stands first so that it gets a decision value of exactly 0, as with LIBSVM. */
static void two_votes(struct onnx_graph *g, const struct classes *classes)
{
    static const double coef[2] = {-1, 1}, intercept[2] = {0, 0};
    static const size_t order[2] = {1, 0};
    choose(g, classes, order, "decision", "label unused_scores", coef, 1, intercept);
}

/* Counts the votes: +1 for i where pair (i, j) is won and +1 for j where it is not. */
static void several_votes(struct onnx_graph *g, const struct machine *m,
                          const struct classes *classes)
{
    static const double zero = 0;
    size_t k = m->class_count, pair = 0;
    double *coef = xcalloc(k * m->pair_count, sizeof *coef);
    double *intercept = xcalloc(k, sizeof *intercept);
    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++, pair++) {
            coef[i * m->pair_count + pair] = 1;
            coef[j * m->pair_count + pair] = -1;
            intercept[j] += 1;
        }
    onnx_graph_floats(g, "zero", &zero, 0, 0);
    onnx_node_add(g, ONNX_STANDARD, "Greater", "decision zero", "won");
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Cast", "won", "wins"), "to", ONNX_FLOAT);
    choose(g, classes, NULL, "wins", "label unused_scores", coef, m->pair_count, intercept);
    free(coef);
    free(intercept);
}

/* ---- the whole model ---- */

static void add_outputs(struct onnx_graph *g, const struct machine *m,
                        const struct classes *classes)
{
    if (!m->classification) {
        onnx_graph_output(g, "value", ONNX_FLOAT, 1);
        return;
    }
    onnx_graph_output(g, "label", classes->integers ? ONNX_INT64 : ONNX_STRING, 0);
    if (m->prob_a)
        onnx_graph_output(g, "probabilities", ONNX_FLOAT, m->class_count);
    onnx_graph_output(g, "decision", ONNX_FLOAT, m->pair_count);
}

enum err export_onnx(const struct machine *m, const struct classes *classes,
                     struct export_plan plan, const char *path, struct err_ctx *e)
{
    assert(m->classification == (classes != NULL));
    assert(!classes || classes->count == m->class_count);
    struct onnx_graph *g = onnx_graph_new("support_vector_machine");
    onnx_graph_note(g, "crisol.module", "svm");
    onnx_graph_note(g, "crisol.form", form_names[plan.form]);
    if (plan.exact_coupling)
        onnx_graph_note(g, "crisol.coupling", "exact");
    onnx_graph_input(g, "input", ONNX_FLOAT, m->feature_count);
    add_outputs(g, m, classes);

    const char *result = m->classification ? "decision" : "value";
    if (plan.form == FORM_FUSED)
        decision_fused(g, m, result);
    else
        decision_exact(g, m, plan.form == FORM_LINEAR, "exact", result);
    if (m->classification && m->prob_a)
        add_probabilities(g, m, classes, plan);
    else if (m->classification && m->class_count == 2)
        two_votes(g, classes);
    else if (m->classification)
        several_votes(g, m, classes);

    enum err err = onnx_graph_write(g, "crisol-svm", CRISOL_VERSION, path, e);
    onnx_graph_free(g);
    return err;
}
