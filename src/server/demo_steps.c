#include "server/demo.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "catalog/csv.h"

enum { RUN_SEED = 1, RUN_WAIT_S = 120, RUN_POLL_US = 20000 };

const struct demo_version demo_versions[DEMO_VERSIONS] = {
    {"1", "radial kernel", "radial", "champion"},
    {"2", "polynomial kernel", "polynomial", "shadow"},
};

/* ---- the data ---- */

static enum err upload(struct demo *d, struct err_ctx *e)
{
    json_t *answer = NULL;
    int64_t rows = 0;
    enum err err = demo_http_upload(d->http, "/datasets", d->csv, DEMO_MODEL, &answer, e);
    if (!err)
        err = json_want_i64(answer, "rows", 0, DEMO_ROWS_MAX, &rows, e);
    json_decref(answer);
    if (!err)
        printf("  dataset    %s: %lld flowers, 3 species\n", DEMO_MODEL, (long long)rows);
    return err;
}

/* The rows of split.csv come in the order of the dataset; a row is there when it has a part. */
static enum err read_parts(struct str split, bool held_out[DEMO_ROWS_MAX], struct err_ctx *e)
{
    struct str line, number;
    while (str_split(&split, '\n', &line)) {
        uint64_t row = 0;
        if (!str_split(&line, ',', &number) || !num_parse_u64(number, DEMO_ROWS_MAX - 1, &row))
            continue;
        held_out[row] = str_is(str_trim(line), "holdout");
    }
    return ERR_OK;
}

static enum err keep_row(struct demo *d, const struct csv_reader *r, struct err_ctx *e)
{
    struct demo_row *row = &d->rows[d->row_count++];
    row->features = json_object();
    for (unsigned i = 0; i < r->columns; i++) {
        const char *name = arena_strdup(&d->arena, r->names[i]);
        double value;
        if (strcmp(name, DEMO_TARGET) == 0)
            row->truth = arena_str(&d->arena, r->fields[i]);
        else if (num_parse_f64(r->fields[i], &value))
            json_set_f64(row->features, name, value);
        else
            return err_set(e, ERR_CORRUPT, "%s, line %llu: \"" STR_FMT "\" is no number", d->csv,
                           (unsigned long long)r->record_line, STR_ARG(r->fields[i]));
    }
    return ERR_OK;
}

static enum err read_rows(struct demo *d, const bool held_out[DEMO_ROWS_MAX], struct err_ctx *e)
{
    struct mapping file;
    struct csv_reader r;
    enum err err = mapping_open(d->csv, &file, e);
    if (err)
        return err;
    err =
        csv_open(file.text, &(struct csv_opts){.separator = ',', .header = CSV_HEADER_YES}, &r, e);
    if (!err) {
        for (unsigned i = 0; !err && i < DEMO_ROWS_MAX; i++) {
            err = csv_next(&r, e);
            if (err || !csv_have(&r))
                break;
            if (held_out[i])
                err = keep_row(d, &r, e);
        }
        csv_close(&r);
    }
    mapping_close(&file);
    return err;
}

/* ---- training ---- */

static json_t *order_of(const struct demo_version *v)
{
    char name[64];
    snprintf(name, sizeof name, "Iris, %s", v->title);
    json_t *order = json_object(), *dataset = json_object(), *parameters = json_object();
    json_set_cstr(dataset, "name", DEMO_MODEL);
    json_set_cstr(dataset, "target", DEMO_TARGET);
    json_set_cstr(parameters, "kernel", v->kernel);
    json_set_cstr(order, "name", name);
    json_set_cstr(order, "module", "svm");
    json_set(order, "dataset", dataset);
    json_set(order, "parameters", parameters);
    json_set_i64(order, "seed", RUN_SEED);
    return order;
}

static bool has_ended(struct str status)
{
    return str_is(status, "done") || str_is(status, "failed") || str_is(status, "cancelled");
}

static enum err check_run(const json_t *run, struct str status, struct err_ctx *e)
{
    const char *cause = json_string_value(json_object_get(run, "error"));
    if (str_is(status, "done"))
        return ERR_OK;
    return err_set(e, ERR_INTERNAL, "the run ended " STR_FMT ": %s", STR_ARG(status),
                   cause ? cause : "no cause is given");
}

static enum err wait_for_run(struct demo *d, const char *path, struct err_ctx *e)
{
    uint64_t until_ns = clock_monotonic_ns() + RUN_WAIT_S * UINT64_C(1000000000);
    while (clock_monotonic_ns() < until_ns) {
        json_t *run = NULL;
        struct str status = STR("");
        enum err err = demo_http_json(d->http, "GET", path, NULL, &run, e);
        if (!err)
            err = json_need_text(run, "status", 1, 32, &status, e);
        bool ended = !err && has_ended(status);
        if (ended)
            err = check_run(run, status, e);
        json_decref(run);
        if (err || ended)
            return err;
        usleep(RUN_POLL_US);
    }
    return err_set(e, ERR_TIMEOUT, "the run did not end within %d seconds", RUN_WAIT_S);
}

static enum err train(struct demo *d, const struct demo_version *v, struct str *run,
                      struct err_ctx *e)
{
    json_t *answer = NULL;
    enum err err = demo_http_json(d->http, "POST", "/runs", order_of(v), &answer, e);
    if (!err)
        err = json_need_text(answer, "id", 1, 64, run, e);
    if (!err)
        *run = arena_str(&d->arena, *run);
    json_decref(answer);
    return err ? err : wait_for_run(d, arena_printf(&d->arena, "/runs/" STR_FMT, STR_ARG(*run)), e);
}

static enum err enter(struct demo *d, const struct demo_version *v, struct str run,
                      struct err_ctx *e)
{
    json_t *body = json_object(), *answer = NULL;
    struct str number = STR("");
    json_set_text(body, "run", run);
    enum err err =
        demo_http_json(d->http, "POST", "/models/" DEMO_MODEL "/versions", body, &answer, e);
    if (!err)
        err = json_need_text(answer, "version", 1, 20, &number, e);
    if (!err && !str_is(number, v->number))
        err = err_set(e, ERR_CONFLICT, "the run became version " STR_FMT " instead of %s",
                      STR_ARG(number), v->number);
    json_decref(answer);
    return err;
}

/* What an earlier start has made is used again. */
static enum err find_version(struct demo *d, const struct demo_version *v, struct str *run,
                             struct err_ctx *e)
{
    json_t *answer = NULL;
    const char *path = arena_printf(&d->arena, "/models/" DEMO_MODEL "/versions/%s", v->number);
    enum err err = demo_http_json(d->http, "GET", path, NULL, &answer, e);
    if (!err)
        err = json_want_text(answer, "run", 1, 64, run, e);
    if (!err && !run->p)
        err = err_set(e, ERR_CONFLICT,
                      "version %s of the model %s was not made by the demonstration; give it "
                      "another folder with --data",
                      v->number, DEMO_MODEL);
    if (!err)
        *run = arena_str(&d->arena, *run);
    json_decref(answer);
    return err;
}

static void tell_version(struct demo *d, const struct demo_version *v, struct str run, bool made)
{
    json_t *answer = NULL, *metrics = NULL, *holdout = NULL;
    double accuracy = NAN;
    const char *path = arena_printf(&d->arena, "/runs/" STR_FMT, STR_ARG(run));
    if (!demo_http_json(d->http, "GET", path, NULL, &answer, NULL) &&
        !json_want_object(answer, "metrics", &metrics, NULL) && metrics &&
        !json_want_object(metrics, "holdout", &holdout, NULL) && holdout)
        (void)!json_want_f64(holdout, "accuracy", 0, 1, &accuracy, NULL);
    printf("  version %s  support vector machine, %s: %s, accuracy on the hold-out %.3f\n",
           v->number, v->title, made ? "trained" : "there already", accuracy);
    json_decref(answer);
}

static enum err make_version(struct demo *d, const struct demo_version *v, struct str *run,
                             bool *made, struct err_ctx *e)
{
    struct err_ctx quiet;
    err_ctx_init(&quiet);
    *run = (struct str){NULL, 0};
    enum err err = find_version(d, v, run, &quiet);
    *made = err == ERR_NOT_FOUND;
    if (*made) {
        err = train(d, v, run, e);
        if (!err)
            err = enter(d, v, *run, e);
    } else if (err) {
        *e = quiet;
    }
    if (!err)
        tell_version(d, v, *run, *made);
    return err;
}

/* ---- the hold-out ---- */

static enum err read_hold_out(struct demo *d, const struct str runs[DEMO_VERSIONS],
                              struct err_ctx *e)
{
    struct str splits[DEMO_VERSIONS];
    bool held_out[DEMO_ROWS_MAX] = {false};
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < DEMO_VERSIONS; i++)
        err = demo_http_text(
            d->http,
            arena_printf(&d->arena, "/runs/" STR_FMT "/artifacts/split.csv", STR_ARG(runs[i])),
            &splits[i], &d->arena, e);
    if (!err && !str_eq(splits[0], splits[1]))
        err = err_set(e, ERR_CONFLICT, "the two runs were not judged by the same rows");
    if (!err)
        err = read_parts(splits[0], held_out, e);
    if (!err)
        err = read_rows(d, held_out, e);
    if (!err && d->row_count == 0)
        err = err_set(e, ERR_CONFLICT, "the runs have no hold-out");
    return err;
}

/* ---- traffic ---- */

static enum err set_arms(struct demo *d, struct err_ctx *e)
{
    json_t *body = json_object(), *arms = json_array();
    for (unsigned i = 0; i < DEMO_VERSIONS; i++) {
        json_t *arm = json_object();
        json_set_cstr(arm, "version", demo_versions[i].number);
        json_set_cstr(arm, "mode", demo_versions[i].mode);
        json_push(arms, arm);
    }
    json_set(body, "arms", arms);
    enum err err = demo_http_json(d->http, "PUT", "/models/" DEMO_MODEL "/arms", body, NULL, e);
    if (!err)
        printf("  traffic    version 1 serves as champion, version 2 shadows it\n");
    return err;
}

enum err demo_steps_run(struct demo *d, struct err_ctx *e)
{
    struct str runs[DEMO_VERSIONS];
    bool made = false, any = d->check;
    enum err err = upload(d, e);
    for (unsigned i = 0; !err && i < DEMO_VERSIONS; i++) {
        err = make_version(d, &demo_versions[i], &runs[i], &made, e);
        any = any || made;
    }
    if (!err)
        err = read_hold_out(d, runs, e);
    if (!err && any) /* else the traffic stays as somebody may have changed it */
        err = set_arms(d, e);
    return err;
}
