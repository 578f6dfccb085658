#include "svm/fit.h"

#include <libsvm/svm.h>
#include <math.h>

#include "svm/seed.h"

/* ---- what LIBSVM tells while it works ---- */

/* LIBSVM's reports carry no context, so there is one watcher for the process. */
static struct {
    void (*finished)(void *context);
    void *context;
} watcher;

static void listen(const char *text)
{
    if (strstr(text, "optimization finished") && watcher.finished)
        watcher.finished(watcher.context);
    if (strstr(text, "WARNING") || strstr(text, "fails") || strstr(text, "Reaching maximal"))
        printf("LIBSVM: %s%s", text, strchr(text, '\n') ? "" : "\n");
}

void fit_watch(void (*finished)(void *context), void *context)
{
    watcher.finished = finished;
    watcher.context = context;
}

size_t fit_step_count(const struct problem *problem)
{
    enum { INNER_FOLDS = 5 }; /* LIBSVM's own, behind each pair's probabilities */
    if (!problem->classes)
        return 1;
    size_t pairs = problem->classes->count * (problem->classes->count - 1) / 2;
    return problem->settings->probability ? pairs * (INNER_FOLDS + 1) : pairs;
}

/* ---- rows ---- */

static const double *row_of(const struct problem *problem, size_t row)
{
    return problem->table->x + row * problem->table->feature_count;
}

/* The standardisation is rounded to float32 before it is used, so that the served model scales by
 * the very numbers that the training saw. A column that never varies says nothing about the target
 * and is taken out by a scale of 0. */
static void standardise_column(const struct problem *problem, const size_t *rows, size_t row_count,
                               size_t column, double *offset, double *scale)
{
    double sum = 0, squares = 0;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < row_count; i++) {
        double x = row_of(problem, rows[i])[column];
        sum += x;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    double mean = sum / (double)row_count;
    for (size_t i = 0; i < row_count; i++) {
        double d = row_of(problem, rows[i])[column] - mean;
        squares += d * d;
    }
    double factor = (double)(float)(1 / sqrt(squares / (double)row_count));
    *offset = (double)(float)mean;
    *scale = low == high || !isfinite(factor) ? 0 : factor;
}

static void standardise(struct fit *fit, const struct problem *problem, const size_t *rows,
                        size_t row_count)
{
    fit->feature_count = problem->table->feature_count;
    fit->offset = xcalloc(fit->feature_count, sizeof *fit->offset);
    fit->scale = xcalloc(fit->feature_count, sizeof *fit->scale);
    for (size_t i = 0; i < fit->feature_count; i++) {
        fit->scale[i] = 1;
        if (problem->settings->scale)
            standardise_column(problem, rows, row_count, i, &fit->offset[i], &fit->scale[i]);
    }
}

/* LIBSVM's rows are sparse: indices from 1, zeros left out, -1 at the end. */
static struct svm_node *fill_nodes(const struct fit *fit, const double *x, struct svm_node *node)
{
    for (size_t i = 0; i < fit->feature_count; i++) {
        double z = (x[i] - fit->offset[i]) * fit->scale[i];
        if (z != 0)
            *node++ = (struct svm_node){.index = (int)i + 1, .value = z};
    }
    *node++ = (struct svm_node){.index = -1};
    return node;
}

/* LIBSVM numbers its classes as they come along, and the order of the pairs follows from that.
 * Rows grouped by class make it the order of the labels, whatever the order of the dataset. */
static size_t *group_rows(const struct problem *problem, const size_t *rows, size_t row_count)
{
    size_t *grouped = xcalloc(row_count, sizeof *grouped), put = 0;
    if (!problem->classes) {
        memcpy(grouped, rows, row_count * sizeof *grouped);
        return grouped;
    }
    for (size_t c = 0; c < problem->classes->count; c++)
        for (size_t i = 0; i < row_count; i++)
            if (problem->classes->of_row[rows[i]] == (int)c)
                grouped[put++] = rows[i];
    assert(put == row_count);
    return grouped;
}

static void fill_problem(struct fit *fit, struct svm_problem *to, const struct problem *problem,
                         const size_t *rows, size_t row_count)
{
    size_t *grouped = group_rows(problem, rows, row_count);
    struct svm_node *node = xcalloc(row_count * (fit->feature_count + 1), sizeof *node);
    fit->nodes = node;
    to->l = (int)row_count;
    to->x = xcalloc(row_count, sizeof *to->x);
    to->y = xcalloc(row_count, sizeof *to->y);
    for (size_t i = 0; i < row_count; i++) {
        to->x[i] = node;
        to->y[i] = problem->classes ? problem->classes->of_row[grouped[i]] : problem->y[grouped[i]];
        node = fill_nodes(fit, row_of(problem, grouped[i]), node);
    }
    free(grouped);
}

/* ---- parameters ---- */

/* scikit-learn's "scale": 1 / (features × variance of all scaled values). */
static double gamma_by_scale(const struct svm_problem *rows, size_t feature_count)
{
    double sum = 0, squares = 0, count = (double)rows->l * (double)feature_count;
    for (int i = 0; i < rows->l; i++)
        for (const struct svm_node *n = rows->x[i]; n->index > 0; n++)
            sum += n->value;
    double mean = sum / count, zeros = count;
    for (int i = 0; i < rows->l; i++)
        for (const struct svm_node *n = rows->x[i]; n->index > 0; n++, zeros--)
            squares += (n->value - mean) * (n->value - mean);
    double variance = (squares + zeros * mean * mean) / count;
    return variance > 0 ? 1 / ((double)feature_count * variance) : 1;
}

static void fill_weights(struct svm_parameter *to, const struct problem *problem,
                         const size_t *rows, size_t row_count)
{
    if (problem->settings->weighting == WEIGHT_NONE)
        return;
    size_t class_count = problem->classes->count, present = 0;
    size_t *count = xcalloc(class_count, sizeof *count);
    for (size_t i = 0; i < row_count; i++)
        count[problem->classes->of_row[rows[i]]]++;
    for (size_t c = 0; c < class_count; c++)
        present += count[c] > 0;
    to->weight_label = xcalloc(class_count, sizeof *to->weight_label);
    to->weight = xcalloc(class_count, sizeof *to->weight);
    for (size_t c = 0; c < class_count; c++) {
        if (!count[c])
            continue;
        to->weight_label[to->nr_weight] = (int)c;
        to->weight[to->nr_weight++] = problem->settings->weighting == WEIGHT_BALANCED
                                          ? (double)row_count / ((double)present * (double)count[c])
                                          : problem->label_weight[c];
    }
    free(count);
}

static void fill_parameters(struct svm_parameter *to, const struct problem *problem,
                            const struct svm_problem *rows)
{
    const struct settings *s = problem->settings;
    *to = (struct svm_parameter){
        .svm_type =
            s->classification ? (s->nu > 0 ? NU_SVC : C_SVC) : (s->nu > 0 ? NU_SVR : EPSILON_SVR),
        .kernel_type = (int)s->kernel,
        .degree = (int)s->degree,
        .gamma = s->gamma > 0 ? s->gamma : gamma_by_scale(rows, problem->table->feature_count),
        .coef0 = s->coef0,
        .cache_size = 200, /* MB */
        .eps = 1e-3,
        .C = s->c,
        .nu = s->nu,
        .p = s->epsilon,
        .shrinking = 1,
        .probability = s->probability,
    };
}

/* ---- training ---- */

static enum err check_classes(const struct problem *problem, const size_t *rows, size_t row_count,
                              struct err_ctx *e)
{
    if (!problem->classes)
        return ERR_OK;
    int first = problem->classes->of_row[rows[0]];
    for (size_t i = 1; i < row_count; i++)
        if (problem->classes->of_row[rows[i]] != first)
            return ERR_OK;
    return err_set(e, ERR_INVALID,
                   "all %zu training rows are of one class, \"%.60s\": a classification needs two",
                   row_count, problem->classes->label[first]);
}

static enum err check_parameters(const struct svm_problem *rows, const struct svm_parameter *to,
                                 struct err_ctx *e)
{
    const char *fault = svm_check_parameter(rows, to);
    if (!fault)
        return ERR_OK;
    if (strstr(fault, "nu is infeasible"))
        return err_set(e, ERR_INVALID,
                       "the parameter nu is %g, which is too large for classes of so different "
                       "sizes: it may be at most 2 min(a, b) / (a + b) for every two classes of "
                       "a and b rows",
                       to->nu);
    return err_set(e, ERR_INVALID, "LIBSVM refuses the parameters: %s", fault);
}

enum err fit_train(struct fit *fit, const struct problem *problem, const size_t *rows,
                   size_t row_count, struct err_ctx *e)
{
    assert(row_count > 0 && row_count <= INT32_MAX);
    *fit = (struct fit){0};
    enum err err = check_classes(problem, rows, row_count, e);
    if (err)
        return err;
    struct svm_problem svm_rows;
    struct svm_parameter parameters;
    standardise(fit, problem, rows, row_count);
    fill_problem(fit, &svm_rows, problem, rows, row_count);
    fill_parameters(&parameters, problem, &svm_rows);
    fill_weights(&parameters, problem, rows, row_count);
    err = check_parameters(&svm_rows, &parameters, e);
    if (!err) {
        svm_set_print_string_function(listen);
        seed_libsvm(problem->seed);
        fit->model = svm_train(&svm_rows, &parameters);
    }
    svm_destroy_param(&parameters);
    free(svm_rows.x);
    free(svm_rows.y);
    if (err)
        fit_release(fit);
    return err;
}

void fit_release(struct fit *fit)
{
    struct svm_model *model = fit->model;
    if (model)
        svm_free_and_destroy_model(&model);
    free(fit->nodes);
    free(fit->offset);
    free(fit->scale);
    *fit = (struct fit){0};
}

double fit_predict(const struct fit *fit, const double *x)
{
    struct svm_model *model = fit->model;
    struct svm_node *node = xcalloc(fit->feature_count + 1, sizeof *node);
    fill_nodes(fit, x, node);
    double predicted;
    if (model->nr_class > 1 && svm_check_probability_model(model) && model->label) {
        double *probability = xcalloc((size_t)model->nr_class, sizeof *probability);
        predicted = svm_predict_probability(model, node, probability);
        free(probability);
    } else {
        predicted = svm_predict(model, node);
    }
    free(node);
    return predicted;
}

/* ---- the result as plain numbers ---- */

static double *copy_numbers(const double *from, size_t count)
{
    double *to = xcalloc(count, sizeof *to);
    if (count)
        memcpy(to, from, count * sizeof *to);
    return to;
}

static void copy_vectors(const struct svm_model *model, struct machine *m)
{
    size_t rows = m->classification ? m->class_count - 1 : 1;
    m->sv = xcalloc(m->sv_count * m->feature_count, sizeof *m->sv);
    m->coef = xcalloc(rows * m->sv_count, sizeof *m->coef);
    for (size_t s = 0; s < m->sv_count; s++)
        for (const struct svm_node *n = model->SV[s]; n->index > 0; n++)
            m->sv[s * m->feature_count + (size_t)n->index - 1] = n->value;
    for (size_t r = 0; r < rows; r++)
        for (size_t s = 0; s < m->sv_count; s++)
            m->coef[r * m->sv_count + s] = model->sv_coef[r][s];
}

void fit_machine(const struct fit *fit, struct machine *m)
{
    const struct svm_model *model = fit->model;
    bool classification = model->label != NULL;
    size_t class_count = classification ? (size_t)model->nr_class : 0;
    *m = (struct machine){
        .kernel = (enum kernel)model->param.kernel_type,
        .degree = model->param.degree,
        .gamma = model->param.gamma,
        .coef0 = model->param.coef0,
        .classification = classification,
        .nu = model->param.svm_type == NU_SVC || model->param.svm_type == NU_SVR,
        .feature_count = fit->feature_count,
        .class_count = class_count,
        .pair_count = classification ? class_count * (class_count - 1) / 2 : 1,
        .sv_count = (size_t)model->l,
        .offset = copy_numbers(fit->offset, fit->feature_count),
        .scale = copy_numbers(fit->scale, fit->feature_count),
    };
    m->rho = copy_numbers(model->rho, m->pair_count);
    copy_vectors(model, m);
    if (classification && model->probA) {
        m->prob_a = copy_numbers(model->probA, m->pair_count);
        m->prob_b = copy_numbers(model->probB, m->pair_count);
    }
    m->class_sv_count = xcalloc(class_count, sizeof *m->class_sv_count);
    for (size_t c = 0; c < class_count; c++) {
        assert(model->label[c] == (int)c); /* the rows were grouped by class */
        m->class_sv_count[c] = (size_t)model->nSV[c];
    }
}
