#include "training/judge.h"

#include <math.h>

#include "stats/auc.h"
#include "stats/classify.h"

static uint32_t index_of(struct judge *j, struct str name)
{
    void *found = map_get(&j->index, name);
    if (found)
        return (uint32_t)(uintptr_t)found - 1;
    if (j->name_count == j->name_room) {
        j->name_room = j->name_room ? j->name_room * 2 : 16;
        j->names = xrealloc(j->names, j->name_room * sizeof *j->names);
    }
    j->names[j->name_count++] = arena_str(&j->arena, name);
    map_put(&j->index, name, (void *)(uintptr_t)j->name_count);
    confusion_grow(&j->confusion, (uint32_t)j->name_count);
    return (uint32_t)j->name_count - 1;
}

void judge_init(struct judge *j, const char *const *classes, size_t class_count, size_t exact_rows)
{
    *j = (struct judge){.classification = classes != NULL,
                        .exact_rows = exact_rows ? exact_rows : JUDGE_EXACT_ROWS,
                        .model_classes = class_count,
                        .probabilities = true};
    arena_init(&j->arena);
    map_init(&j->index);
    confusion_init(&j->confusion, 0);
    if (!classes)
        return;
    j->histograms = xcalloc(class_count, sizeof *j->histograms);
    j->row = xcalloc(class_count, sizeof *j->row);
    for (size_t i = 0; i < class_count; i++) {
        (void)index_of(j, str_of(classes[i]));
        scorehist_init(&j->histograms[i], SCOREHIST_BINS);
    }
}

void judge_release(struct judge *j)
{
    for (size_t i = 0; j->histograms && i < j->model_classes; i++)
        scorehist_release(&j->histograms[i]);
    free(j->histograms);
    free(j->row);
    free(j->scores);
    free(j->truth);
    confusion_release(&j->confusion);
    map_release(&j->index);
    free(j->names);
    arena_release(&j->arena);
}

void judge_skip(struct judge *j)
{
    j->rows++;
}

static void keep_exact(struct judge *j, uint32_t truth)
{
    if (j->kept == j->exact_rows)
        return;
    if (j->kept == j->room) {
        j->room = MIN(j->exact_rows, MAX((size_t)256, j->room * 2));
        j->truth = xrealloc(j->truth, j->room * sizeof *j->truth);
        j->scores = xrealloc(j->scores, j->room * j->model_classes * sizeof *j->scores);
    }
    j->truth[j->kept] = truth;
    memcpy(j->scores + j->kept * j->model_classes, j->row, j->model_classes * sizeof *j->row);
    j->kept++;
}

/* A float32 such as 1.0000001 is a rounding, not a mistake of the model. */
static double tidy(float probability)
{
    if (probability < 0 && probability > -1e-5f)
        return 0;
    return probability > 1 && probability < 1 + 1e-5f ? 1 : (double)probability;
}

static void add_probabilities(struct judge *j, uint32_t truth, const float *probabilities)
{
    for (size_t i = 0; i < j->model_classes; i++)
        j->row[i] = tidy(probabilities[i]);
    if (!proper_add(&j->proper, j->row, j->model_classes, truth, 1)) {
        j->improper = true;
        return;
    }
    for (size_t i = 0; i < j->model_classes; i++)
        if (!scorehist_add(&j->histograms[i], j->row[i], truth == i, 1))
            j->improper = true;
    keep_exact(j, truth);
}

void judge_add_class(struct judge *j, struct str truth, struct str label,
                     const float *probabilities)
{
    uint32_t is = index_of(j, truth), said = index_of(j, label);
    assert(j->classification);
    j->rows++;
    j->labelled++;
    confusion_add(&j->confusion, is, said, 1);
    if (probabilities)
        add_probabilities(j, is, probabilities);
    else
        j->probabilities = false;
}

void judge_add_value(struct judge *j, double truth, double value)
{
    assert(!j->classification);
    j->rows++;
    j->labelled += regression_add(&j->regression, truth, value, 1);
}

/* ---- as JSON ---- */

struct figures {
    json_t *to, *reasons;
};

static void set_figure(struct figures *f, json_t *to, const char *path, const char *key,
                       struct stat_value value)
{
    json_set_f64(to, key, value.reason ? NAN : value.value);
    if (value.reason)
        json_set_cstr(f->reasons, path, stat_reason_text(value.reason));
}

static void set_missing(struct figures *f, const char *key, const char *sentence)
{
    json_set_null(f->to, key);
    json_set_cstr(f->reasons, key, sentence);
}

/* {"macro","weighted","per_class":{}} of values that `pick` finds. */
static void set_averaged(struct figures *f, const struct judge *j, const char *key,
                         struct stat_value macro, struct stat_value weighted,
                         const struct stat_value *per_class, size_t count)
{
    struct arena a;
    json_t *to = json_object(), *classes = json_object();
    arena_init(&a);
    set_figure(f, to, arena_printf(&a, "%s.macro", key), "macro", macro);
    set_figure(f, to, arena_printf(&a, "%s.weighted", key), "weighted", weighted);
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_strdup(&a, j->names[i]);
        set_figure(f, classes, arena_printf(&a, "%s.per_class.%s", key, name), name, per_class[i]);
    }
    json_set(to, "per_class", classes);
    json_set(f->to, key, to);
    arena_release(&a);
}

static json_t *confusion_json(const struct judge *j)
{
    json_t *table = json_array();
    for (size_t truth = 0; truth < j->name_count; truth++) {
        json_t *row = json_array();
        for (size_t said = 0; said < j->name_count; said++)
            json_push(row, json_integer((json_int_t)confusion_cell(&j->confusion, (uint32_t)truth,
                                                                   (uint32_t)said)
                                            .rows));
        json_push(table, row);
    }
    return table;
}

static void set_labels(struct figures *f, const struct judge *j)
{
    struct classify_report report;
    size_t n = j->name_count;
    struct stat_value *values = xcalloc(n, sizeof *values);
    classify_init(&report, &j->confusion);
    set_figure(f, f->to, "accuracy", "accuracy", report.accuracy);
    for (size_t i = 0; i < n; i++)
        values[i] = report.classes[i].scores.precision;
    set_averaged(f, j, "precision", report.macro.precision, report.weighted.precision, values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = report.classes[i].scores.recall;
    set_averaged(f, j, "recall", report.macro.recall, report.weighted.recall, values, n);
    for (size_t i = 0; i < n; i++)
        values[i] = report.classes[i].scores.f1;
    set_averaged(f, j, "f1", report.macro.f1, report.weighted.f1, values, n);
    set_figure(f, f->to, "mcc", "mcc", report.mcc);
    set_figure(f, f->to, "kappa", "kappa", report.kappa);
    classify_release(&report);
    free(values);
}

/* The weight of each of the model's classes in the truth. */
static double *class_weights(const struct judge *j)
{
    double *weights = xcalloc(j->model_classes, sizeof *weights);
    for (size_t i = 0; i < j->model_classes; i++)
        for (size_t k = 0; k < j->name_count; k++)
            weights[i] += confusion_cell(&j->confusion, (uint32_t)i, (uint32_t)k).weight;
    return weights;
}

static double auc_from_histograms(const struct judge *j, struct auc_report *report)
{
    double *weights = class_weights(j), error = 0;
    bool two = j->model_classes == 2;
    for (size_t i = 0; i < j->model_classes; i++) {
        struct scorehist_auc auc = scorehist_auc(&j->histograms[two ? 1 : i]);
        report->per_class[i] = auc.auc;
        error = fmax(error, auc.error_max);
    }
    auc_average(report, weights, j->model_classes);
    free(weights);
    return error;
}

static void set_auc(struct figures *f, const struct judge *j)
{
    size_t n = j->model_classes;
    struct stat_value *values = xcalloc(n, sizeof *values);
    struct auc_report report = {.per_class = values};
    bool exact = j->kept == j->labelled;
    double error = 0;
    if (exact)
        auc_one_vs_rest(&report, j->scores, n, j->truth, NULL, j->kept);
    else
        error = auc_from_histograms(j, &report);
    set_averaged(f, j, "auc", report.macro, report.weighted, values, n);
    if (!exact)
        json_set_f64(f->to, "auc_error", error);
    for (size_t i = 0; i < n; i++)
        values[i] = auc_gini(values[i]);
    set_averaged(f, j, "gini", auc_gini(report.macro), auc_gini(report.weighted), values, n);
    free(values);
}

static void set_probabilities(struct figures *f, const struct judge *j)
{
    static const char *const keys[] = {"auc", "gini", "log_loss", "brier"};
    if (j->probabilities && !j->improper && j->model_classes > 1) {
        set_auc(f, j);
        set_figure(f, f->to, "log_loss", "log_loss", proper_log_loss(&j->proper));
        set_figure(f, f->to, "brier", "brier", proper_brier(&j->proper));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        set_missing(f, keys[i],
                    j->improper ? "the model's scores are no probabilities"
                                : "the model gives no probabilities");
}

static void set_classes(struct figures *f, const struct judge *j)
{
    json_t *names = json_array();
    for (size_t i = 0; i < j->name_count; i++)
        json_push(names, json_text(j->names[i]));
    json_set(f->to, "classes", names);
    if (j->name_count <= JUDGE_CONFUSION_MAX)
        json_set(f->to, "confusion", confusion_json(j));
    else
        set_missing(f, "confusion", "there are too many classes to show");
    set_labels(f, j);
    set_probabilities(f, j);
}

static void set_numbers(struct figures *f, const struct judge *j)
{
    static const struct {
        const char *key;
        struct stat_value (*of)(const struct regression *);
    } figures[] = {{"r2", regression_r2},     {"r2_pearson", regression_r2_pearson},
                   {"rmse", regression_rmse}, {"mse", regression_mse},
                   {"mae", regression_mae},   {"mape", regression_mape},
                   {"me", regression_me}};
    for (size_t i = 0; i < ARRAY_LEN(figures); i++)
        set_figure(f, f->to, figures[i].key, figures[i].key, figures[i].of(&j->regression));
}

json_t *judge_metrics(const struct judge *j)
{
    struct figures f = {json_object(), json_object()};
    json_set_cstr(f.to, "task", j->classification ? "classification" : "regression");
    json_set_i64(f.to, "rows", (int64_t)j->rows);
    json_set_i64(f.to, "labelled", (int64_t)j->labelled);
    json_set_f64(f.to, "coverage", j->rows ? (double)j->labelled / (double)j->rows : NAN);
    if (j->classification)
        set_classes(&f, j);
    else
        set_numbers(&f, j);
    json_set(f.to, "reasons", f.reasons);
    return f.to;
}
