#include "server/history.h"

#include "base/file.h"
#include "base/num.h"
#include "catalog/csv.h"
#include "training/training.h"

/* scores.csv of a run: row, part, truth, prediction, then p:CLASS for each class. Its rows become
 * the scores that monitoring knows, in blocks of one: a run has few rows beside what is live. */

enum { COLUMN_PART = 1, COLUMN_TRUTH = 2, COLUMN_PREDICTION = 3, COLUMN_FIRST_CLASS = 4 };

struct replay {
    const struct signature *signature;
    int *columns; /* of each class's probability, or NULL */
    struct arena arena;
    struct scores scores; /* one row */
    uint16_t class_of_row;
    struct str other;
    double value;
};

/* Where each class's probability stands; NULL unless all are there. */
static int *find_probabilities(const struct csv_reader *r, const struct signature *sig,
                               struct arena *a)
{
    int *columns = arena_alloc(a, MAX(sig->class_count, 1u) * sizeof *columns);
    for (unsigned c = 0; c < sig->class_count; c++) {
        columns[c] = -1;
        for (unsigned i = COLUMN_FIRST_CLASS; i < r->columns; i++)
            if (str_starts(r->names[i], STR("p:")) &&
                str_is(str_from(r->names[i].p + 2, r->names[i].n - 2), sig->classes[c]))
                columns[c] = (int)i;
        if (columns[c] < 0)
            return NULL;
    }
    return sig->class_count ? columns : NULL;
}

static void replay_init(struct replay *p, const struct csv_reader *r, const struct signature *sig)
{
    *p = (struct replay){.signature = sig};
    arena_init(&p->arena);
    p->columns = find_probabilities(r, sig, &p->arena);
    p->scores = (struct scores){.task = sig->task,
                                .rows = 1,
                                .class_count = sig->class_count,
                                .classes = &p->class_of_row,
                                .others = &p->other,
                                .values = &p->value};
    if (p->columns)
        p->scores.probabilities =
            arena_alloc(&p->arena, sig->class_count * sizeof *p->scores.probabilities);
}

/* False for a row that the model was not asked about. */
static bool replay_row(struct replay *p, const struct csv_reader *r)
{
    struct str said = r->fields[COLUMN_PREDICTION];
    double number;
    if (said.n == 0)
        return false;
    if (p->signature->task == TASK_REGRESSION)
        return num_parse_f64(said, &p->value);
    int index = signature_class(p->signature, said);
    p->class_of_row = index < 0 ? SCORES_NO_CLASS : (uint16_t)index;
    p->other = said;
    for (unsigned c = 0; p->columns && c < p->signature->class_count; c++) {
        if (!num_parse_f64(r->fields[p->columns[c]], &number))
            return false;
        p->scores.probabilities[c] = (float)number;
    }
    return true;
}

static enum err replay_file(const char *path, const char *part, const struct signature *sig,
                            monitoring_row row, void *row_context, struct err_ctx *e)
{
    struct mapping file;
    struct csv_reader r;
    struct replay p;
    enum err err = mapping_open(path, &file, e);
    if (err)
        return err;
    err =
        csv_open(file.text, &(struct csv_opts){.separator = ',', .header = CSV_HEADER_YES}, &r, e);
    if (err)
        goto out_file;
    replay_init(&p, &r, sig);
    while (!err && !(err = csv_next(&r, e)) && csv_have(&r)) {
        if (r.columns < COLUMN_FIRST_CLASS || !str_is(r.fields[COLUMN_PART], part) ||
            !replay_row(&p, &r))
            continue;
        struct str truth = r.fields[COLUMN_TRUTH];
        row(row_context, &p.scores, 0, truth.n ? truth : (struct str){NULL, 0});
    }
    arena_release(&p.arena);
    csv_close(&r);
out_file:
    mapping_close(&file);
    return err;
}

static enum err history(void *context, int64_t run_id, bool training, const struct signature *sig,
                        monitoring_row row, void *row_context, struct err_ctx *e)
{
    struct features *f = context;
    struct arena a;
    struct training_judgement judgement;
    arena_init(&a);
    enum err err = training_judgement(f->training, run_id, &a, &judgement, e);
    if (!err && !judgement.scores_path)
        err = err_set(e, ERR_NOT_FOUND, "the run has left no scores");
    if (!err)
        err = replay_file(judgement.scores_path, training ? "training" : "holdout", sig, row,
                          row_context, e);
    json_decref(judgement.holdout);
    json_decref(judgement.training);
    arena_release(&a);
    return err;
}

static enum err figures(void *context, int64_t run_id, bool training, json_t **out,
                        struct err_ctx *e)
{
    struct features *f = context;
    struct arena a;
    struct training_judgement judgement;
    arena_init(&a);
    enum err err = training_judgement(f->training, run_id, &a, &judgement, e);
    arena_release(&a);
    *out = NULL;
    if (err)
        return err;
    *out = json_incref(training ? judgement.training : judgement.holdout);
    json_decref(judgement.holdout);
    json_decref(judgement.training);
    return ERR_OK;
}

/* ---- the overview ---- */

static enum err count_datasets(struct features *f, int64_t *count, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    enum err err = store_read(f->parts->program->store, &db, e);
    if (err)
        return err;
    err = db_query_one(db, "select count(*) from catalog_datasets", BIND_NONE, &rows, e);
    if (!err)
        *count = rows_i64(rows, 0);
    rows_close(rows);
    return db_end(db, err, e);
}

static json_t *health(struct features *f)
{
    struct predictions_stats log;
    predictions_stats(f->predictions, &log);
    bool degraded = log.failed > 0 || log.queued > log.queue_max / 2;
    json_t *object = json_object();
    json_set_cstr(object, "status", degraded ? "degraded" : "ok");
    json_set_cstr(object, "store",
                  store_kind(f->parts->program->store) == STORE_SQLITE ? "sqlite" : "postgresql");
    json_set_i64(object, "log_queue", log.queued);
    json_set_i64(object, "uptime_s",
                 (int64_t)((clock_monotonic_ns() - f->opened_ns) / 1000000000u));
    return object;
}

static enum err overview(void *context, json_t *to, struct err_ctx *e)
{
    struct features *f = context;
    json_t *runs = NULL;
    int64_t datasets = 0;
    enum err err = training_overview(f->training, &runs, e);
    if (!err)
        err = count_datasets(f, &datasets, e);
    if (err) {
        json_decref(runs);
        return err;
    }
    json_set(to, "runs", runs);
    json_set_i64(to, "datasets", datasets);
    json_set(to, "health", health(f));
    return ERR_OK;
}

struct monitoring_hooks history_hooks(struct features *f)
{
    return (struct monitoring_hooks){
        .history = history, .figures = figures, .overview = overview, .context = f};
}
