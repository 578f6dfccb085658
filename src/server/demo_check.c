#include "server/demo.h"

#include <math.h>
#include <unistd.h>

enum { ROUNDS = 3, SEED = 1936, CLASSES = 3, WAIT_S = 20, POLL_US = 50000 };

/* Scores are 32-bit numbers on their way from the model to the answer and to the log. */
static const double tolerance = 1e-6;

/* How a version did, as GET metrics says it. */
struct score {
    int64_t rows, labelled;
    int64_t confusion[CLASSES][CLASSES]; /* row = truth */
    double accuracy, f1, auc, log_loss;
};

/* What the answers and the truth about them imply for the champion. */
struct implied {
    struct str classes[CLASSES];
    int64_t rows;
    int64_t confusion[CLASSES][CLASSES];
    double log_loss_sum;
};

struct figures {
    struct score before, holdout, live;
};

/* ---- reading the score ---- */

static double macro(const json_t *metrics, const char *name)
{
    return json_number_value(json_object_get(json_object_get(metrics, name), "macro"));
}

static void read_confusion(const json_t *metrics, struct score *s)
{
    const json_t *rows = json_object_get(metrics, "confusion");
    for (size_t truth = 0; truth < CLASSES; truth++)
        for (size_t said = 0; said < CLASSES; said++)
            s->confusion[truth][said] =
                (int64_t)json_number_value(json_array_get(json_array_get(rows, truth), said));
}

static enum err read_score(struct demo *d, unsigned version, const char *source, struct score *s,
                           struct implied *names, struct err_ctx *e)
{
    json_t *m = NULL;
    const char *path =
        arena_printf(&d->arena, "/models/" DEMO_MODEL "/metrics?version=%s&source=%s",
                     demo_versions[version].number, source);
    enum err err = demo_http_json(d->http, "GET", path, NULL, &m, e);
    if (err)
        return err;
    *s = (struct score){
        .rows = json_integer_value(json_object_get(m, "rows")),
        .labelled = json_integer_value(json_object_get(m, "labelled")),
        .accuracy = json_number_value(json_object_get(m, "accuracy")),
        .f1 = macro(m, "f1"),
        .auc = macro(m, "auc"),
        .log_loss = json_number_value(json_object_get(m, "log_loss")),
    };
    read_confusion(m, s);
    const json_t *classes = json_object_get(m, "classes");
    if (json_array_size(classes) != CLASSES)
        err = err_set(e, ERR_INTERNAL, "version %s knows %zu classes instead of %d",
                      demo_versions[version].number, json_array_size(classes), CLASSES);
    for (size_t i = 0; names && !err && i < CLASSES; i++)
        names->classes[i] = arena_str(&d->arena, json_str(json_array_get(classes, i)));
    json_decref(m);
    return err;
}

/* The shadow scores behind the answers: its figures come a moment later. */
static enum err await_score(struct demo *d, unsigned version, int64_t labelled, struct score *s,
                            struct err_ctx *e)
{
    uint64_t until_ns = clock_monotonic_ns() + WAIT_S * UINT64_C(1000000000);
    enum err err = read_score(d, version, "live", s, NULL, e);
    while (!err && s->labelled < labelled && clock_monotonic_ns() < until_ns) {
        usleep(POLL_US);
        err = read_score(d, version, "live", s, NULL, e);
    }
    return err;
}

/* ---- replaying ---- */

static int class_of(const struct implied *i, struct str label)
{
    for (int at = 0; at < CLASSES; at++)
        if (str_eq(i->classes[at], label))
            return at;
    return -1;
}

static enum err count_answer(const struct demo *d, unsigned index, const json_t *prediction,
                             struct implied *to, struct err_ctx *e)
{
    struct str label = json_str(json_object_get(prediction, "label"));
    struct str version = json_str(json_object_get(prediction, "version"));
    int truth = class_of(to, d->rows[index].truth), said = class_of(to, label);
    if (!str_is(version, demo_versions[0].number))
        return err_set(e, ERR_INTERNAL, "version \"" STR_FMT "\" answered instead of the champion",
                       STR_ARG(version));
    if (truth < 0 || said < 0)
        return err_set(e, ERR_INTERNAL, "\"" STR_FMT "\" is no class of the model",
                       STR_ARG(said < 0 ? label : d->rows[index].truth));
    double sum = 0, of_truth = 0;
    const char *key;
    json_t *p;
    json_object_foreach(json_object_get(prediction, "probabilities"), key, p)
    {
        sum += json_number_value(p);
        if (str_is(d->rows[index].truth, key))
            of_truth = json_number_value(p);
    }
    to->rows++;
    to->confusion[truth][said]++;
    to->log_loss_sum -= log(of_truth / sum);
    return ERR_OK;
}

static enum err replay_row(struct demo *d, unsigned index, struct implied *to, struct err_ctx *e)
{
    json_t *prediction = NULL;
    enum err err = demo_replay_ask(d, index, &prediction, e);
    if (err)
        return err;
    const char *id = json_string_value(json_object_get(prediction, "id"));
    err = count_answer(d, index, prediction, to, e);
    if (!err && !id)
        err = err_set(e, ERR_INTERNAL, "a prediction has no id");
    if (!err)
        err = demo_replay_tell(d, id, index, e);
    json_decref(prediction);
    return err;
}

static enum err replay(struct demo *d, struct implied *to, struct err_ctx *e)
{
    unsigned order[DEMO_ROWS_MAX];
    enum err err = ERR_OK;
    for (unsigned round = 0; !err && round < ROUNDS; round++) {
        demo_replay_shuffle(d, SEED, round, order);
        for (unsigned i = 0; !err && i < d->row_count; i++)
            err = replay_row(d, order[i], to, e);
    }
    return err;
}

/* ---- what must hold ---- */

static enum err expect_count(const char *what, int64_t found, int64_t wanted, struct err_ctx *e)
{
    return found == wanted ? ERR_OK
                           : err_set(e, ERR_INTERNAL, "%s: %lld instead of %lld", what,
                                     (long long)found, (long long)wanted);
}

static enum err expect_near(const char *what, double found, double wanted, struct err_ctx *e)
{
    return fabs(found - wanted) <= tolerance
               ? ERR_OK
               : err_set(e, ERR_INTERNAL, "%s: %.9g instead of %.9g", what, found, wanted);
}

/* The live confusion matrix has grown by `times` what stands in `by`. */
static enum err expect_growth(const char *what, const struct figures *f,
                              const int64_t by[CLASSES][CLASSES], int64_t times, struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (size_t truth = 0; truth < CLASSES; truth++)
        for (size_t said = 0; !err && said < CLASSES; said++)
            err = expect_count(what,
                               f->live.confusion[truth][said] - f->before.confusion[truth][said],
                               times * by[truth][said], e);
    return err;
}

/* scikit-learn's definition: over the classes that occur in truth or prediction. */
static double f1_of(const struct score *s)
{
    double sum = 0;
    int occurring = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        int64_t truth = 0, said = 0;
        for (size_t other = 0; other < CLASSES; other++) {
            truth += s->confusion[c][other];
            said += s->confusion[other][c];
        }
        occurring += truth + said > 0;
        if (truth + said)
            sum += 2.0 * (double)s->confusion[c][c] / (double)(truth + said);
    }
    return occurring ? sum / occurring : NAN;
}

static double accuracy_of(const struct score *s)
{
    int64_t right = 0;
    for (size_t c = 0; c < CLASSES; c++)
        right += s->confusion[c][c];
    return (double)right / (double)s->labelled;
}

static enum err verify_version(const struct figures *f, int64_t rows, struct err_ctx *e)
{
    enum err err = expect_count("rows", f->live.rows - f->before.rows, rows, e);
    if (!err)
        err = expect_count("rows with truth", f->live.labelled - f->before.labelled, rows, e);
    if (!err)
        err = expect_growth("confusion matrix beside the hold-out's", f, f->holdout.confusion,
                            ROUNDS, e);
    if (!err)
        err = expect_near("live accuracy", f->live.accuracy, accuracy_of(&f->live), e);
    if (!err)
        err = expect_near("live F1", f->live.f1, f1_of(&f->live), e);
    if (err || f->before.labelled) /* what was replayed before is mixed into the rest */
        return err;
    err = expect_near("live AUC beside the hold-out's", f->live.auc, f->holdout.auc, e);
    return err ? err
               : expect_near("live log loss beside the hold-out's", f->live.log_loss,
                             f->holdout.log_loss, e);
}

static enum err verify(const struct figures f[DEMO_VERSIONS], const struct implied *implied,
                       struct err_ctx *e)
{
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < DEMO_VERSIONS; i++) {
        err = verify_version(&f[i], implied->rows, e);
        if (err)
            err_prefix(e, "version %s", demo_versions[i].number);
    }
    if (!err)
        err = expect_growth("the champion's confusion matrix beside its answers", &f[0],
                            implied->confusion, 1, e);
    if (!err && !f[0].before.labelled)
        err = expect_near("the champion's log loss beside its answers", f[0].live.log_loss,
                          implied->log_loss_sum / (double)implied->rows, e);
    return err;
}

/* ---- the table ---- */

static void print_figure(const char *name, const struct figures f[DEMO_VERSIONS], size_t offset)
{
    printf("  %-12s", name);
    for (unsigned i = 0; i < DEMO_VERSIONS; i++) {
        const char *holdout = (const char *)&f[i].holdout, *live = (const char *)&f[i].live;
        printf("%15.4f%10.4f", *(const double *)(holdout + offset),
               *(const double *)(live + offset));
    }
    printf("\n");
}

static void print_table(const struct figures f[DEMO_VERSIONS])
{
    printf("\n  %-12s%25s%25s\n", "", "version 1, champion", "version 2, shadow");
    printf("  %-12s%15s%10s%15s%10s\n", "", "hold-out", "live", "hold-out", "live");
    printf("  %-12s%15lld%10lld%15lld%10lld\n", "rows", (long long)f[0].holdout.labelled,
           (long long)f[0].live.labelled, (long long)f[1].holdout.labelled,
           (long long)f[1].live.labelled);
    print_figure("accuracy", f, offsetof(struct score, accuracy));
    print_figure("F1 (macro)", f, offsetof(struct score, f1));
    print_figure("AUC (macro)", f, offsetof(struct score, auc));
    print_figure("log loss", f, offsetof(struct score, log_loss));
    printf("\n");
}

enum err demo_check_run(struct demo *d, struct err_ctx *e)
{
    struct figures f[DEMO_VERSIONS];
    struct implied implied = {0};
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < DEMO_VERSIONS; i++) {
        err = read_score(d, i, "live", &f[i].before, &implied, e);
        if (!err)
            err = read_score(d, i, "holdout", &f[i].holdout, NULL, e);
    }
    if (!err)
        err = replay(d, &implied, e);
    for (unsigned i = 0; !err && i < DEMO_VERSIONS; i++)
        err = await_score(d, i, f[i].before.labelled + implied.rows, &f[i].live, e);
    if (err)
        return err;
    print_table(f);
    err = verify(f, &implied, e);
    if (!err)
        printf("Every step held: %lld predictions, each with its truth.\n",
               (long long)implied.rows);
    return err;
}
