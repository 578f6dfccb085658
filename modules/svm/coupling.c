#include "svm/coupling.h"

#include <math.h>

/* LIBSVM's limits: of a pair's probability, of the error, of the number of sweeps. */
static const double lowest = 1e-7, highest = 1 - 1e-7;
static const double error_limit = 0.005; /* to be divided by the number of classes */
enum { SWEEPS_MAX = 100 };

/* ---- float32, fused ---- */

/* SVMClassifier knows how to couple the pairs' probabilities, LIBSVM's algorithm
 * in float32. To be given scores instead of rows, it gets a linear kernel and one support vector
 * per pair, which picks that pair's score. */
void coupling_fused(struct onnx_graph *g, const struct machine *m, const char *scores,
                    const double *a, const double *b)
{
    size_t k = m->class_count, pairs = m->pair_count, pair = 0;
    double *vectors = xcalloc(pairs * pairs, sizeof *vectors);
    double *coef = xcalloc((k - 1) * pairs, sizeof *coef);
    double *rho = xcalloc(pairs, sizeof *rho);
    int64_t *vectors_per_class = xcalloc(k, sizeof *vectors_per_class);
    int64_t *place = xcalloc(k, sizeof *place);
    for (size_t i = 0; i < k; i++) {
        place[i] = (int64_t)i;
        vectors_per_class[i] = (int64_t)(k - 1 - i);
        for (size_t j = i + 1; j < k; j++, pair++) {
            vectors[pair * pairs + pair] = 1;
            coef[(j - 1) * pairs + pair] = 1;
        }
    }
    /* A pair's vector belongs to its first class, but for the last pair's: the last class has to
     * have one (see export_plan(); a class in the middle may do without). The last
     * pair's place in `coef` is the same for both of its classes. */
    vectors_per_class[k - 2] = 0;
    vectors_per_class[k - 1] = 1;
    static const double no_parameters[3] = {0, 0, 0};
    struct onnx_node *node =
        onnx_node_add(g, ONNX_ML, "SVMClassifier", scores, "unused_votes probabilities");
    onnx_node_text(node, "kernel_type", "LINEAR");
    onnx_node_floats(node, "kernel_params", no_parameters, 3);
    onnx_node_floats(node, "support_vectors", vectors, pairs * pairs);
    onnx_node_floats(node, "coefficients", coef, (k - 1) * pairs);
    onnx_node_floats(node, "rho", rho, pairs);
    onnx_node_ints(node, "vectors_per_class", vectors_per_class, k);
    onnx_node_ints(node, "classlabels_ints", place, k);
    onnx_node_floats(node, "prob_a", a, pairs);
    onnx_node_floats(node, "prob_b", b, pairs);
    free(vectors);
    free(coef);
    free(rho);
    free(vectors_per_class);
    free(place);
}

/* ---- float64, standard operators ---- */

/* Lays the pairs' probabilities r out over all (i, j), row by row: `whole` has r_ij at (i, j),
 * 1 - r_ij at (j, i) and 0 on the diagonal; `turned` is its transpose. */
static void add_whole(struct onnx_graph *g, size_t k, size_t pairs, bool turned)
{
    int64_t *place = xcalloc(k * k, sizeof *place); /* among "both": r, then 1 - r */
    size_t pair = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++, pair++) {
            place[turned ? j * k + i : i * k + j] = (int64_t)pair;
            place[turned ? i * k + j : j * k + i] = (int64_t)(pairs + pair);
        }
    onnx_graph_integers(g, turned ? "places_turned" : "places", place, k * k);
    struct onnx_node *node =
        onnx_node_add(g, ONNX_STANDARD, "Gather", turned ? "both places_turned" : "both places",
                      turned ? "turned_full" : "whole_full");
    onnx_node_int(node, "axis", 1);
    onnx_node_add(g, ONNX_STANDARD, "Mul",
                  turned ? "turned_full no_diagonal" : "whole_full no_diagonal",
                  turned ? "turned" : "whole");
    free(place);
}

static void add_layout(struct onnx_graph *g, size_t k, size_t pairs)
{
    double *no_diagonal = xcalloc(k * k, sizeof *no_diagonal);
    for (size_t i = 0; i < k * k; i++)
        no_diagonal[i] = i % (k + 1) != 0;
    onnx_graph_doubles(g, "no_diagonal", no_diagonal, k * k, 0);
    free(no_diagonal);
    onnx_node_add(g, ONNX_STANDARD, "Sub", "s0 pair", "complement");
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Concat", "pair complement", "both"), "axis", 1);
    add_whole(g, k, pairs, false);
    add_whole(g, k, pairs, true);
}

/* For flat k × k matrices: sum_rows adds up the rows, over_rows spreads k values over the rows, and
 * to_diagonal puts them on the diagonal. */
static void add_folding(struct onnx_graph *g, size_t k)
{
    double *sum_rows = xcalloc(k * k * k, sizeof *sum_rows);
    double *over_rows = xcalloc(k * k * k, sizeof *over_rows);
    double *to_diagonal = xcalloc(k * k * k, sizeof *to_diagonal);
    for (size_t i = 0; i < k; i++) {
        to_diagonal[i * k * k + i * k + i] = 1;
        for (size_t j = 0; j < k; j++) {
            sum_rows[(i * k + j) * k + j] = 1;
            over_rows[i * k * k + i * k + j] = 1;
        }
    }
    onnx_graph_doubles(g, "sum_rows", sum_rows, k * k, k);
    onnx_graph_doubles(g, "over_rows", over_rows, k, k * k);
    onnx_graph_doubles(g, "to_diagonal", to_diagonal, k, k * k);
    free(sum_rows);
    free(over_rows);
    free(to_diagonal);
}

/* Names "prefix0 prefix1 ...", to be freed. */
static char *numbered(const char *prefix, size_t count)
{
    size_t size = count * (strlen(prefix) + 8) + 1, used = 0;
    char *names = xcalloc(size, 1);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(names + used, size - used, "%s%s%zu", i ? " " : "", prefix, i);
    return names;
}

static void add_split(struct onnx_graph *g, const char *input, const char *prefix, size_t count)
{
    char *names = numbered(prefix, count);
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Split", input, names), "axis", 1);
    free(names);
}

/* The matrix Q of the method: Q_tt = sum of r_jt², Q_tj = -r_jt r_tj; whole, row by row (Qrow0,
 * ...) and its diagonal value by value (Qdiag0, ...). */
static void add_matrix(struct onnx_graph *g, size_t k)
{
    add_folding(g, k);
    onnx_node_add(g, ONNX_STANDARD, "Mul", "whole whole", "squares");
    onnx_node_add(g, ONNX_STANDARD, "MatMul", "squares sum_rows", "diagonal");
    onnx_node_add(g, ONNX_STANDARD, "MatMul", "diagonal to_diagonal", "on_diagonal");
    onnx_node_add(g, ONNX_STANDARD, "Mul", "whole turned", "off_diagonal");
    onnx_node_add(g, ONNX_STANDARD, "Sub", "on_diagonal off_diagonal", "flat");
    add_split(g, "flat", "Qrow", k);
    add_split(g, "diagonal", "Qdiag", k);
}

/* Before each sweep: Qp (Q is symmetric), pQp, and which rows are still too far off. */
static void add_check(struct onnx_graph *g)
{
    onnx_node_add(g, ONNX_STANDARD, "MatMul", "p over_rows", "p_over_rows");
    onnx_node_add(g, ONNX_STANDARD, "Mul", "p_over_rows flat", "Qp_parts");
    onnx_node_add(g, ONNX_STANDARD, "MatMul", "Qp_parts sum_rows", "v0");
    onnx_node_add(g, ONNX_STANDARD, "Mul", "p v0", "p_times_Qp");
    onnx_node_add(g, ONNX_STANDARD, "ReduceSum", "p_times_Qp axis_1", "w0");
    onnx_node_add(g, ONNX_STANDARD, "Sub", "v0 w0", "error");
    onnx_node_add(g, ONNX_STANDARD, "Abs", "error", "absolute_error");
    static const int64_t axis = 1;
    struct onnx_node *node =
        onnx_node_add(g, ONNX_STANDARD, "ReduceMax", "absolute_error", "largest_error");
    onnx_node_ints(node, "axes", &axis, 1);
    onnx_node_add(g, ONNX_STANDARD, "GreaterOrEqual", "largest_error error_limit", "active");
    node = onnx_node_add(g, ONNX_STANDARD, "Cast", "active", "active_number");
    onnx_node_int(node, "to", ONNX_FLOAT);
    node = onnx_node_add(g, ONNX_STANDARD, "ReduceSum", "active_number", "active_count");
    onnx_node_int(node, "keepdims", 0);
    onnx_node_add(g, ONNX_STANDARD, "Greater", "active_count nothing", "go_on_out");
}

/* The names of what a step makes: its kind and its number. */
struct name {
    char text[24];
};

static struct name at(const char *kind, size_t number)
{
    struct name name;
    snprintf(name.text, sizeof name.text, "%s%zu", kind, number);
    return name;
}

static struct onnx_node *combine(struct onnx_graph *g, const char *operator_name, struct name left,
                                 struct name right, struct name result)
{
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s %s", left.text, right.text);
    return onnx_node_add(g, ONNX_STANDARD, operator_name, inputs, result.text);
}

/* One class of a sweep. LIBSVM normalises p, Qp and pQp after each; here p is left to grow to a sum
 * of s, v = Qp × s and w = pQp × s² grow with it, and one division at the sweep's end is enough:
 *
 *     d = (w / s - v_t) / Q_tt,  w += d (v_t + w / s),  s += d,  v += d Q_t,  p_t += d */
static void add_step(struct onnx_graph *g, size_t t)
{
    struct onnx_node *node = combine(g, "Gather", at("v", t), at("place", t), at("own", t));
    onnx_node_int(node, "axis", 1);
    combine(g, "Div", at("w", t), at("s", t), at("mean", t));
    combine(g, "Sub", at("mean", t), at("own", t), at("gap", t));
    combine(g, "Div", at("gap", t), at("Qdiag", t), at("d", t));
    combine(g, "Add", at("mean", t), at("own", t), at("pulled", t));
    combine(g, "Mul", at("d", t), at("pulled", t), at("w_more", t));
    combine(g, "Add", at("w", t), at("w_more", t), at("w", t + 1));
    combine(g, "Add", at("s", t), at("d", t), at("s", t + 1));
    combine(g, "Mul", at("d", t), at("Qrow", t), at("v_more", t));
    combine(g, "Add", at("v", t), at("v_more", t), at("v", t + 1));
}

/* The body of the Loop: a check and a sweep, which counts for the rows that still need it. Those
 * that do not keep their p, and so their small error, to the end. */
static void add_body(struct onnx_node *loop, size_t k)
{
    struct onnx_graph *g = onnx_node_body(loop, "sweep");
    onnx_graph_input(g, "sweep_number", ONNX_INT64, ONNX_SCALAR);
    onnx_graph_input(g, "go_on", ONNX_BOOL, ONNX_SCALAR);
    onnx_graph_input(g, "p", ONNX_DOUBLE, k);
    onnx_graph_output(g, "go_on_out", ONNX_BOOL, ONNX_SCALAR);
    onnx_graph_output(g, "p_out", ONNX_DOUBLE, k);
    add_check(g);
    for (size_t t = 0; t < k; t++)
        add_step(g, t);
    char *steps = numbered("d", k);
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Concat", steps, "steps"), "axis", 1);
    free(steps);
    onnx_node_add(g, ONNX_STANDARD, "Add", "p steps", "p_grown");
    combine(g, "Div", (struct name){"p_grown"}, at("s", k), (struct name){"p_swept"});
    onnx_node_add(g, ONNX_STANDARD, "Where", "active p_swept p", "p_out");
}

static void add_pair_probabilities(struct onnx_graph *g, const struct machine *m)
{
    double *slopes = xcalloc(m->pair_count, sizeof *slopes);
    double *shifts = xcalloc(m->pair_count, sizeof *shifts);
    for (size_t i = 0; i < m->pair_count; i++) {
        slopes[i] = -m->prob_a[i];
        shifts[i] = -m->prob_b[i];
    }
    onnx_graph_doubles(g, "slopes", slopes, m->pair_count, 0);
    onnx_graph_doubles(g, "shifts", shifts, m->pair_count, 0);
    onnx_graph_doubles(g, "lowest", &lowest, 0, 0);
    onnx_graph_doubles(g, "highest", &highest, 0, 0);
    free(slopes);
    free(shifts);
}

static void add_loop_constants(struct onnx_graph *g, size_t k)
{
    static const int64_t axis = 1;
    static const double zero = 0, one = 1;
    double uniform = 1 / (double)k, limit = error_limit / (double)k;
    int64_t sweeps = MAX((int64_t)SWEEPS_MAX, (int64_t)k);
    onnx_graph_integers(g, "axis_1", &axis, 1);
    onnx_graph_integers(g, "sweeps_max", &sweeps, 0);
    onnx_graph_floats(g, "nothing", &zero, 0, 0);
    onnx_graph_doubles(g, "zero", &zero, 0, 0);
    onnx_graph_doubles(g, "s0", &one, 0, 0);
    onnx_graph_doubles(g, "uniform", &uniform, 0, 0);
    onnx_graph_doubles(g, "error_limit", &limit, 0, 0);
    for (int64_t t = 0; t < (int64_t)k; t++)
        onnx_graph_integers(g, at("place", (size_t)t).text, &t, 1);
}

void coupling_exact(struct onnx_graph *g, const struct machine *m)
{
    size_t k = m->class_count;
    add_pair_probabilities(g, m);
    add_loop_constants(g, k);
    onnx_node_add(g, ONNX_STANDARD, "Mul", "exact slopes", "sloped");
    onnx_node_add(g, ONNX_STANDARD, "Add", "sloped shifts", "shifted");
    onnx_node_add(g, ONNX_STANDARD, "Sigmoid", "shifted", "unlimited");
    onnx_node_add(g, ONNX_STANDARD, "Clip", "unlimited lowest highest", "pair");
    add_layout(g, k, m->pair_count);
    add_matrix(g, k);
    onnx_node_add(g, ONNX_STANDARD, "Mul", "diagonal zero", "zeros");
    onnx_node_add(g, ONNX_STANDARD, "Add", "zeros uniform", "p_start");
    /* The second input, left out, would be a first condition. */
    add_body(onnx_node_add(g, ONNX_STANDARD, "Loop", "sweeps_max  p_start", "coupled"), k);
    onnx_node_int(onnx_node_add(g, ONNX_STANDARD, "Cast", "coupled", "probabilities"), "to",
                  ONNX_FLOAT);
}

/* ---- LIBSVM's sweeps, watched ---- */

static double pair_probability(double a, double b, double decision)
{
    return MIN(MAX(1 / (1 + exp(a * decision + b)), lowest), highest);
}

static void fill_matrix(const struct machine *m, const double *decision, double *q)
{
    size_t k = m->class_count, pair = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++, pair++) {
            double r = pair_probability(m->prob_a[pair], m->prob_b[pair], decision[pair]);
            q[j * k + j] += r * r;
            q[i * k + i] += (1 - r) * (1 - r);
            q[i * k + j] = q[j * k + i] = -r * (1 - r);
        }
}

/* v = Qp; returns the largest error, and pQp. */
static double check(const double *q, const double *p, double *v, size_t k, double *pqp)
{
    double largest = 0;
    *pqp = 0;
    for (size_t t = 0; t < k; t++) {
        v[t] = 0;
        for (size_t j = 0; j < k; j++)
            v[t] += q[t * k + j] * p[j];
        *pqp += p[t] * v[t];
    }
    for (size_t t = 0; t < k; t++)
        largest = fmax(largest, fabs(v[t] - *pqp));
    return largest;
}

static void sweep(const double *q, double *p, double *v, size_t k, double w)
{
    double s = 1;
    for (size_t t = 0; t < k; t++) {
        double mean = w / s, own = v[t];
        double d = (mean - own) / q[t * k + t];
        w += d * (own + mean);
        s += d;
        p[t] += d;
        for (size_t j = 0; j < k; j++)
            v[j] += d * q[t * k + j];
    }
    for (size_t t = 0; t < k; t++)
        p[t] /= s;
}

bool coupling_is_risky(const struct machine *m, const double *decision, double distance)
{
    size_t k = m->class_count;
    double *q = xcalloc(k * k + 2 * k, sizeof *q), *p = q + k * k, *v = p + k;
    double limit = error_limit / (double)k;
    fill_matrix(m, decision, q);
    for (size_t t = 0; t < k; t++)
        p[t] = 1 / (double)k;
    bool risky = false;
    for (size_t i = 0; i < MAX((size_t)SWEEPS_MAX, k) && !risky; i++) {
        double pqp, error = check(q, p, v, k, &pqp);
        risky = fabs(error - limit) < distance;
        if (error < limit)
            break;
        sweep(q, p, v, k, pqp);
    }
    free(q);
    return risky;
}
