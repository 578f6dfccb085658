#include "predictions/report.h"

#include <math.h>

#include "stats/auc.h"
#include "stats/classify.h"

/* What a report has counted and kept, as the figures of the contract. */

/* A confusion matrix wider than this says more to nobody, and fills megabytes. */
enum { CONFUSION_SHOWN_MAX = 500 };

/* ---- figures and why they are missing ---- */

/* Where figures go, and how they are named in "reasons". `reasons` may be NULL. */
struct sheet {
    json_t *to, *reasons;
    struct arena *arena;
    const char *path;
};

static void set_reason(struct sheet *sheet, const char *key, const char *text)
{
    if (sheet->reasons)
        json_set_cstr(sheet->reasons, arena_printf(sheet->arena, "%s%s", sheet->path, key), text);
}

static struct sheet inside(const struct sheet *sheet, const char *path)
{
    return (struct sheet){json_object(), sheet->reasons, sheet->arena, path};
}

static void set_missing(struct sheet *sheet, const char *key, const char *text)
{
    json_set_null(sheet->to, key);
    set_reason(sheet, key, text);
}

static void set_value(struct sheet *sheet, const char *key, struct stat_value v)
{
    if (v.reason)
        set_missing(sheet, key, stat_reason_text(v.reason));
    else
        json_set_f64(sheet->to, key, v.value);
}

/* ---- classification ---- */

/* Classes as they are listed: the model's in their order, then other labels by name. */
struct listing {
    size_t count;
    uint32_t all;
    uint32_t *numbers;
    json_t **names; /* by number; well-formed text */
};

static int by_name(const void *a, const void *b, void *names)
{
    json_t *const *texts = names;
    return strcmp(json_string_value(texts[*(const uint32_t *)a]),
                  json_string_value(texts[*(const uint32_t *)b]));
}

static void listing_init(struct listing *l, const struct report *r,
                         const struct classify_report *figures)
{
    uint32_t known = r->signature->class_count;
    uint32_t all = r->counters.confusion.class_count;
    l->numbers = xmalloc((all + 1) * sizeof *l->numbers);
    l->names = xmalloc((all + 1) * sizeof *l->names);
    l->count = 0;
    l->all = all;
    for (uint32_t k = 0; k < all; k++) {
        const struct classify_class *class = &figures->classes[k];
        l->names[k] =
            json_text(k < known ? str_of(r->signature->classes[k]) : r->counters.labels[k - known]);
        if (k < known || class->truth.rows || class->predicted.rows)
            l->numbers[l->count++] = k;
    }
    qsort_r(l->numbers + known, l->count - known, sizeof *l->numbers, by_name, l->names);
}

static void listing_release(struct listing *l)
{
    for (uint32_t k = 0; k < l->all; k++)
        json_decref(l->names[k]);
    free(l->numbers);
    free(l->names);
}

static json_t *weight_json(double weight)
{
    bool whole = weight == floor(weight) && weight < 0x1p53;
    return whole ? json_integer((json_int_t)weight) : json_real(weight);
}

static void set_confusion(struct sheet *sheet, const struct confusion *c, const struct listing *l)
{
    if (l->count > CONFUSION_SHOWN_MAX) {
        set_missing(sheet, "confusion", "there are too many classes for a table");
        return;
    }
    json_t *table = json_array();
    for (size_t i = 0; i < l->count; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < l->count; k++)
            json_push(row, weight_json(confusion_cell(c, l->numbers[i], l->numbers[k]).weight));
        json_push(table, row);
    }
    json_set(sheet->to, "confusion", table);
}

static void set_classes(struct sheet *sheet, const struct listing *l)
{
    json_t *names = json_array();
    for (size_t i = 0; i < l->count; i++)
        json_push(names, json_incref(l->names[l->numbers[i]]));
    json_set(sheet->to, "classes", names);
}

/* One figure per class and two means: "f1": {"macro", "weighted", "per_class": {}}. */
struct averaged {
    const char *name;
    struct stat_value macro, weighted;
    const struct stat_value *per_class;
    const char *missing;         /* the reason for all of them, or NULL */
    uint32_t known;              /* classes from here on */
    const char *unknown_missing; /* have this reason, where it is not NULL */
};

static void set_per_class(struct sheet *sheet, const struct averaged *a, const struct listing *l)
{
    struct sheet inner = inside(sheet, arena_printf(sheet->arena, "%s.per_class.", a->name));
    for (size_t i = 0; i < l->count; i++) {
        uint32_t k = l->numbers[i];
        const char *key = json_string_value(l->names[k]);
        if (a->missing || (k >= a->known && a->unknown_missing))
            set_missing(&inner, key, a->missing ? a->missing : a->unknown_missing);
        else
            set_value(&inner, key, a->per_class[k]);
    }
    json_set(sheet->to, "per_class", inner.to);
}

static void set_averaged(struct sheet *sheet, const struct averaged *a, const struct listing *l)
{
    struct sheet inner = inside(sheet, arena_printf(sheet->arena, "%s.", a->name));
    if (a->missing) {
        set_missing(&inner, "macro", a->missing);
        set_missing(&inner, "weighted", a->missing);
    } else {
        set_value(&inner, "macro", a->macro);
        set_value(&inner, "weighted", a->weighted);
    }
    if (l)
        set_per_class(&inner, a, l);
    json_set(sheet->to, a->name, inner.to);
}

static void set_label_scores(struct sheet *sheet, const struct classify_report *f,
                             const struct listing *l)
{
    static const struct {
        const char *name;
        size_t at;
    } figures[] = {
        {"precision", offsetof(struct classify_scores, precision)},
        {"recall", offsetof(struct classify_scores, recall)},
        {"f1", offsetof(struct classify_scores, f1)},
    };
    struct stat_value *per_class = xmalloc((f->class_count + 1) * sizeof *per_class);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        for (uint32_t k = 0; k < f->class_count; k++)
            per_class[k] =
                *(const struct stat_value *)((const char *)&f->classes[k].scores + figures[i].at);
        struct averaged a = {
            .name = figures[i].name,
            .macro = *(const struct stat_value *)((const char *)&f->macro + figures[i].at),
            .weighted = *(const struct stat_value *)((const char *)&f->weighted + figures[i].at),
            .per_class = per_class,
            .known = f->class_count};
        set_averaged(sheet, &a, l);
    }
    free(per_class);
}

/* ---- what needs probabilities ---- */

/* From the histograms; returns the largest bound of an error. */
static double auc_estimated(const struct report *r, struct auc_report *report, double *weights)
{
    const struct counters *c = &r->counters;
    double error_max = 0;
    for (unsigned k = 0; k < r->signature->class_count; k++) {
        unsigned histogram = r->signature->class_count == 2 ? 0 : k;
        report->per_class[k] = stat_none(STAT_TOO_LARGE);
        if (histogram >= c->histogram_count)
            continue;
        struct scorehist_auc auc = scorehist_auc(&c->histograms[histogram]);
        report->per_class[k] = auc.auc;
        if (!auc.auc.reason)
            error_max = fmax(error_max, auc.error_max);
    }
    auc_average(report, weights, r->signature->class_count);
    return error_max;
}

static void set_auc(struct sheet *sheet, const struct report *r, const struct classify_report *f,
                    const struct listing *l)
{
    unsigned class_count = r->signature->class_count;
    struct stat_value *per_class = xcalloc(class_count + 1, sizeof *per_class);
    double *weights = xcalloc(class_count + 1, sizeof *weights), error_max = 0;
    struct auc_report report = {.per_class = per_class};
    struct averaged a = {.name = "auc",
                         .per_class = per_class,
                         .missing = report_scores_missing(r),
                         .known = class_count,
                         .unknown_missing = "the model does not know this class"};
    for (unsigned k = 0; k < class_count; k++)
        weights[k] = f->classes[k].truth.weight;
    if (!a.missing && report_exact(r))
        auc_one_vs_rest(&report, r->kept.scores, class_count, r->kept.classes, r->kept.weights,
                        r->kept.count);
    else if (!a.missing)
        error_max = auc_estimated(r, &report, weights);
    a.macro = report.macro;
    a.weighted = report.weighted;
    set_averaged(sheet, &a, l);
    a.name = "gini";
    a.macro = auc_gini(a.macro);
    a.weighted = auc_gini(a.weighted);
    for (unsigned k = 0; k < class_count; k++)
        per_class[k] = auc_gini(per_class[k]);
    set_averaged(sheet, &a, l);
    if (!a.missing && !report_exact(r) && !report.macro.reason)
        json_set_f64(sheet->to, "auc_error", error_max);
    free(weights);
    free(per_class);
}

static void set_proper(struct sheet *sheet, const struct report *r)
{
    const char *missing = report_scores_missing(r);
    if (missing) {
        set_missing(sheet, "log_loss", missing);
        set_missing(sheet, "brier", missing);
        return;
    }
    set_value(sheet, "log_loss", proper_log_loss(&r->counters.proper));
    set_value(sheet, "brier", proper_brier(&r->counters.proper));
}

static void set_classification(struct sheet *sheet, const struct report *r, bool brief)
{
    struct classify_report figures;
    struct listing listing;
    classify_init(&figures, &r->counters.confusion);
    listing_init(&listing, r, &figures);
    set_value(sheet, "accuracy", figures.accuracy);
    if (!brief) {
        set_classes(sheet, &listing);
        set_confusion(sheet, &r->counters.confusion, &listing);
    }
    set_label_scores(sheet, &figures, brief ? NULL : &listing);
    set_auc(sheet, r, &figures, brief ? NULL : &listing);
    set_proper(sheet, r);
    set_value(sheet, "mcc", figures.mcc);
    set_value(sheet, "kappa", figures.kappa);
    listing_release(&listing);
    classify_release(&figures);
}

/* ---- regression ---- */

static void set_regression(struct sheet *sheet, const struct report *r)
{
    static const struct {
        const char *name;
        struct stat_value (*of)(const struct regression *s);
    } figures[] = {
        {"r2", regression_r2},     {"r2_pearson", regression_r2_pearson},
        {"rmse", regression_rmse}, {"mse", regression_mse},
        {"mae", regression_mae},   {"mape", regression_mape},
        {"me", regression_me},
    };
    const struct counters *c = &r->counters;
    bool none_usable = c->labelled && c->regression.rows == 0;
    const char *missing = c->faults[FAULT_TRUTH] ? "the truth is not a number in any row"
                                                 : "no prediction is a finite number";
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        if (none_usable)
            set_missing(sheet, figures[i].name, missing);
        else
            set_value(sheet, figures[i].name, figures[i].of(&c->regression));
    }
}

/* ---- the whole ---- */

static void set_faults(json_t *to, const struct counters *c)
{
    static const char *const names[FAULT_KINDS] = {"truth", "prediction", "probabilities",
                                                   "labels"};
    json_t *object = json_object();
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        if (c->faults[i])
            json_set_i64(object, names[i], (int64_t)c->faults[i]);
    if (json_object_size(object))
        json_set(to, "unusable", object);
    else
        json_decref(object);
}

static void set_counts(struct sheet *sheet, const struct report *r)
{
    uint64_t labelled = r->counters.labelled;
    json_set_i64(sheet->to, "rows", (int64_t)r->rows);
    json_set_i64(sheet->to, "labelled", (int64_t)labelled);
    if (r->rows)
        json_set_f64(sheet->to, "coverage", fmin(1, (double)labelled / (double)r->rows));
    else
        set_missing(sheet, "coverage", "there are no predictions");
}

static void set_figures(struct sheet *sheet, const struct report *r, bool brief)
{
    set_counts(sheet, r);
    if (r->signature->task == TASK_CLASSIFICATION)
        set_classification(sheet, r, brief);
    else if (r->signature->task == TASK_REGRESSION)
        set_regression(sheet, r);
}

void report_metrics(const struct report *r, json_t *to)
{
    struct arena arena;
    arena_init(&arena);
    struct sheet sheet = {to, json_object(), &arena, ""};
    json_set_cstr(to, "task", task_text(r->signature->task));
    set_figures(&sheet, r, false);
    set_faults(to, &r->counters);
    json_set(to, "reasons", sheet.reasons);
    arena_release(&arena);
}

void report_metrics_brief(const struct report *r, json_t *to)
{
    struct arena arena;
    arena_init(&arena);
    struct sheet sheet = {to, NULL, &arena, ""};
    set_figures(&sheet, r, true);
    arena_release(&arena);
}
