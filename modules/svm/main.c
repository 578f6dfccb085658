/* The trainer of the module `svm`: reads a run folder, trains a support vector machine with LIBSVM
 * and leaves it there as an ONNX model. docs/modules/run-folder.md is the contract,
 * docs/modules/svm.md the user's side. */
#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "svm/crossval.h"
#include "svm/export.h"
#include "svm/libsvm_file.h"
#include "svm/rounding.h"

/* LIBSVM trains one machine for every two classes; beyond these numbers a target is a quantity or
 * a name and not a class. Coupling probabilities takes memory by the fourth power of the count. */
enum { CLASSES_MAX = 256, CLASSES_MAX_PROBABILITY = 64 };

/* ---- progress ---- */

struct progress {
    struct run *run;
    size_t done, total;
    uint64_t told_ns;
    enum err err; /* what went wrong in a callback, where nobody can be told at once */
    struct err_ctx *e;
};

static void step_finished(void *context)
{
    static const uint64_t pause_ns = 100 * 1000 * 1000;
    struct progress *p = context;
    uint64_t now_ns = clock_monotonic_ns();
    p->done++;
    if (p->err || now_ns - p->told_ns < pause_ns)
        return;
    char message[64];
    snprintf(message, sizeof message, "optimisation %zu of %zu", p->done, p->total);
    p->err = run_progress(p->run, 0.99 * (double)p->done / (double)p->total, message, p->e);
    p->told_ns = now_ns;
}

/* ---- the problem ---- */

struct trainer {
    struct run run;
    struct settings settings;
    struct table table;
    struct classes classes;
    double *y;
    double *label_weight;
    struct problem problem;
};

static enum err check_class_count(const struct trainer *t, struct err_ctx *e)
{
    size_t max = t->settings.probability ? CLASSES_MAX_PROBABILITY : CLASSES_MAX;
    if (t->classes.count == 1)
        return err_set(e, ERR_INVALID,
                       "the target \"%s\" has one class only in the training rows, \"%.60s\": a "
                       "classification needs two",
                       t->run.target, t->classes.label[0]);
    if (t->classes.count > max)
        return err_set(e, ERR_INVALID,
                       "the target \"%s\" has %zu classes and this module learns at most %zu%s: "
                       "is it a regression?",
                       t->run.target, t->classes.count, max,
                       t->settings.probability ? " with probabilities" : "");
    return ERR_OK;
}

static enum err prepare_target(struct trainer *t, struct err_ctx *e)
{
    size_t rows = t->table.row_count;
    if (!t->run.classification) {
        t->y = xcalloc(rows, sizeof *t->y);
        return table_target_numbers(&t->table, &t->run, t->y, e);
    }
    classes_init(&t->classes, t->table.target, rows);
    enum err err = check_class_count(t, e);
    if (!err && t->settings.weighting == WEIGHT_BY_LABEL) {
        t->label_weight = xcalloc(t->classes.count, sizeof *t->label_weight);
        err = settings_label_weights(&t->run, &t->classes, t->label_weight, e);
    }
    return err;
}

static enum err prepare(struct trainer *t, struct err_ctx *e)
{
    enum err err = settings_read(&t->settings, &t->run, e);
    if (!err)
        err = table_load(&t->table, &t->run, e);
    if (!err)
        err = table_check_complete(&t->table, &t->run, e);
    if (!err)
        err = prepare_target(t, e);
    t->problem = (struct problem){
        .settings = &t->settings,
        .table = &t->table,
        .classes = t->run.classification ? &t->classes : NULL,
        .y = t->y,
        .label_weight = t->label_weight,
        .seed = t->run.seed,
    };
    return err;
}

static void trainer_release(struct trainer *t)
{
    classes_release(&t->classes);
    table_release(&t->table);
    free(t->y);
    free(t->label_weight);
    run_close(&t->run);
}

static void print_problem(const struct trainer *t)
{
    printf("%s of \"%s\" from %zu features, %zu training rows, seed %lld\n",
           t->run.classification ? "classification" : "regression", t->run.target,
           t->table.feature_count, t->table.row_count, (long long)t->run.seed);
    for (size_t c = 0; c < t->classes.count; c++)
        printf("class \"%s\": %zu rows\n", t->classes.label[c], t->classes.row_count[c]);
}

/* ---- the result ---- */

static enum err write_machine(const struct trainer *t, const struct machine *m,
                              struct export_plan plan, struct err_ctx *e)
{
    const struct classes *classes = t->problem.classes;
    char *folder = run_path(&t->run, "artifacts/model");
    char *libsvm = run_path(&t->run, "artifacts/model/libsvm.model");
    char *scaling = run_path(&t->run, "artifacts/model/libsvm.scaling.csv");
    char *onnx = run_path(&t->run, "artifacts/model/model.onnx");
    enum err err = file_make_folders(folder, e);
    if (!err)
        err =
            run_write_signature(&t->run, t->classes.label, t->classes.count, m->classification, e);
    if (!err)
        err = libsvm_file_write(m, libsvm, e);
    if (!err)
        err = libsvm_file_write_scaling(m, t->run.features, scaling, e);
    /* The model comes last: where it is, the rest is. */
    if (!err)
        err = export_onnx(m, classes, plan, onnx, e);
    free(folder);
    free(libsvm);
    free(scaling);
    free(onnx);
    return err;
}

static enum err report_machine(struct trainer *t, const struct machine *m,
                               const struct rounding *rounding, struct export_plan plan,
                               struct err_ctx *e)
{
    printf("%zu support vectors, gamma %.6g\n", m->sv_count, m->gamma);
    printf(
        "exported in the form \"%s\"%s (float32 would be off by %.2g in decision values, %.2g in "
        "probabilities)\n",
        form_names[plan.form], plan.exact_coupling ? ", coupled exactly" : "", rounding->decision,
        rounding->probability);
    enum err err = run_metric(&t->run, "support_vectors", (double)m->sv_count, 0, e);
    return err ? err : run_metric(&t->run, "training_rows", (double)t->table.row_count, 0, e);
}

static enum err train_final(struct trainer *t, struct err_ctx *e)
{
    size_t *rows = xcalloc(t->table.row_count, sizeof *rows);
    for (size_t i = 0; i < t->table.row_count; i++)
        rows[i] = i;
    struct fit fit;
    enum err err = fit_train(&fit, &t->problem, rows, t->table.row_count, e);
    free(rows);
    if (err)
        return err;
    struct machine m;
    fit_machine(&fit, &m);
    struct rounding rounding = rounding_measure(&m, &t->table);
    struct export_plan plan = export_plan(&m, &rounding);
    err = report_machine(t, &m, &rounding, plan, e);
    if (!err)
        err = write_machine(t, &m, plan, e);
    machine_release(&m);
    fit_release(&fit);
    return err;
}

static enum err train(struct trainer *t, struct err_ctx *e)
{
    int folds = (int)t->settings.folds;
    struct progress progress = {
        .run = &t->run, .e = e, .total = fit_step_count(&t->problem) * ((size_t)folds + 1)};
    fit_watch(step_finished, &progress);
    enum err err = run_progress(&t->run, 0, "training", e);
    if (!err && folds > 0)
        err = crossval_run(&t->run, &t->problem, folds, e);
    if (!err && !progress.err)
        err = train_final(t, e);
    fit_watch(NULL, NULL);
    if (!err)
        err = progress.err;
    return err ? err : run_progress(&t->run, 1, "done", e);
}

int main(void)
{
    struct err_ctx e;
    struct trainer t = {0};
    err_ctx_init(&e);
    setvbuf(stdout, NULL, _IOLBF, 0); /* the log is read while it grows */
    enum err err = run_open(&t.run, &e);
    if (!err)
        err = prepare(&t, &e);
    if (!err) {
        print_problem(&t);
        err = train(&t, &e);
    }
    trainer_release(&t);
    if (!err && (fflush(stdout) != 0 || ferror(stdout)))
        err = err_set_errno(&e, errno, "the log");
    if (err)
        fprintf(stderr, "%s\n", e.detail);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
