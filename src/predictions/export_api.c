#include "predictions/predictions_api.h"

#include "base/num.h"
#include "http/page.h"
#include "http/spool.h"
#include "identity/role.h"

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    HTTP_ROUTE(method_, pattern_, role_, predictions_api_##handler_, __VA_ARGS__)
const struct http_route predictions_routes[] = {
#include "predictions/routes.def"
};
#undef ROUTE
const size_t predictions_route_count = ARRAY_LEN(predictions_routes);

enum form { FORM_JSON, FORM_NDJSON, FORM_CSV };

/* A version's signature names the columns and classes of its rows; unpacked when it is needed. */
struct known {
    const struct model_version *version;
    struct signature *signature;
    bool unpacked;
};

struct export
{
    struct predictions *log;
    struct arena *arena;
    struct buf *out;
    enum form form;
    struct http_spool *spool; /* NULL: a page of JSON, in the answer's body */
    struct known *known;      /* the newest first */
    unsigned known_count, last_known;
    struct page page;
    int64_t left; /* rows; -1: all */
    int64_t last_seq;
    uint32_t last_row;
    bool more, any;
    enum task task;
    struct err_ctx *e; /* of the spool */
    enum err failed;
    const struct signature *columns; /* of the CSV: the first row's */
};

/* Before the records are read, which holds a connection: all that can have answered them. */
static enum err list_versions(struct export *x, int64_t model_id, struct err_ctx *e)
{
    struct model_version *versions;
    unsigned count = 0;
    enum err err =
        registry_versions(predictions_registry(x->log), model_id, &versions, &count, x->arena, e);
    if (err)
        return err;
    x->known = arena_zalloc(x->arena, count * sizeof *x->known);
    x->known_count = count;
    for (unsigned i = 0; i < count; i++)
        x->known[i].version = &versions[i];
    return ERR_OK;
}

static void unpack(struct export *x, struct known *known)
{
    json_t *json = json_stored(known->version->signature);
    if (signature_from_json(json, x->arena, &known->signature, NULL))
        known->signature = NULL;
    json_decref(json);
    known->unpacked = true;
}

/* NULL when the version is gone: the row is then told without names. */
static const struct signature *signature_of(struct export *x, int64_t version)
{
    for (unsigned n = 0; n < x->known_count; n++) {
        unsigned i = (x->last_known + n) % x->known_count;
        struct known *known = &x->known[i];
        if (known->version->number != version)
            continue;
        x->last_known = i;
        if (!known->unpacked)
            unpack(x, known);
        return known->signature;
    }
    return NULL;
}

/* ---- one row ---- */

static void add_element(const struct tensor *t, size_t index, struct buf *out)
{
    if (t->datatype == DATATYPE_BYTES)
        buf_add_json(out, ((const struct str *)t->data)[index]);
    else if (t->datatype == DATATYPE_FP32)
        buf_add_f32(out, ((const float *)t->data)[index]);
    else if (t->datatype == DATATYPE_INT64)
        buf_add_i64(out, ((const int64_t *)t->data)[index]);
    else
        buf_add_f64(out, tensor_f64(t, index));
}

static bool locate(const struct record_view *view, const struct feature *f, uint32_t row,
                   const struct tensor **t, size_t *index)
{
    if (f->input >= view->input_count)
        return false;
    *t = &view->inputs[f->input];
    size_t width = view->rows ? (*t)->count / view->rows : 0;
    *index = row * width + f->column;
    return f->column < width && *index < (*t)->count;
}

static void add_features(const struct stored_row *row, const struct signature *sig, struct buf *out)
{
    const struct tensor *t;
    size_t index;
    if (!sig || !row->view->input_count || !sig->feature_count) {
        buf_add(out, STR("null"));
        return;
    }
    buf_add_c(out, '{');
    for (unsigned i = 0; i < sig->feature_count; i++) {
        if (i)
            buf_add_c(out, ',');
        buf_add_json(out, str_of(sig->features[i].name));
        buf_add_c(out, ':');
        if (locate(row->view, &sig->features[i], row->row, &t, &index))
            add_element(t, index, out);
        else
            buf_add(out, STR("null"));
    }
    buf_add_c(out, '}');
}

static void add_truth(const struct stored_row *row, struct buf *out)
{
    double number;
    if (!row->truth.p)
        buf_add(out, STR("null"));
    else if (row->view->scores.task == TASK_REGRESSION && num_parse_f64(row->truth, &number))
        buf_add_f64(out, number);
    else
        buf_add_json(out, row->truth);
}

static void add_score(int64_t version, const struct scores *s, const struct signature *sig,
                      uint32_t row, struct buf *out)
{
    static const struct signature nameless;
    buf_addf(out, "{\"version\":\"%lld\",", (long long)version);
    scores_row_to_json(s, sig ? sig : &nameless, row, out);
    buf_add_c(out, '}');
}

/* What all arms said, the served one first. */
static void add_scores(struct export *x, const struct stored_row *row, struct buf *out)
{
    buf_add_c(out, '[');
    add_score(row->version, &row->view->scores, signature_of(x, row->version), row->row, out);
    for (unsigned i = 0; i < row->other_count; i++) {
        buf_add_c(out, ',');
        add_score(row->other_versions[i], &row->others[i], signature_of(x, row->other_versions[i]),
                  row->row, out);
    }
    buf_add_c(out, ']');
}

static void add_json_row(struct export *x, const struct stored_row *row)
{
    static const struct signature nameless;
    const struct signature *sig = signature_of(x, row->version);
    char time[CLOCK_TEXT_BYTES];
    struct buf *out = x->out;
    buf_add(out, STR("{\"id\":"));
    buf_add_json(out, row->id);
    buf_addf(out, ",\"time\":\"%s\",\"version\":\"%lld\",", clock_format(row->time_ms, time),
             (long long)row->version);
    scores_row_to_json(&row->view->scores, sig ? sig : &nameless, row->row, out);
    buf_add(out, STR(",\"features\":"));
    add_features(row, sig, out);
    buf_add(out, STR(",\"truth\":"));
    add_truth(row, out);
    buf_add(out, STR(",\"scores\":"));
    add_scores(x, row, out);
    buf_add_c(out, '}');
}

/* ---- CSV: the scalar columns, the scores as JSON in a cell, then a column per feature ---- */

static void add_csv_text(struct str s, struct buf *out)
{
    bool plain = true;
    for (size_t i = 0; i < s.n && plain; i++)
        plain = !strchr(",\"\r\n", s.p[i]);
    if (plain) {
        buf_add(out, s);
        return;
    }
    buf_add_c(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_add_c(out, '"');
        buf_add_c(out, s.p[i]);
    }
    buf_add_c(out, '"');
}

static void add_csv_header(struct export *x, const struct signature *sig)
{
    buf_addf(x->out, "id,time,version,%s,probability,truth,scores",
             x->task == TASK_REGRESSION ? "value" : "label");
    for (unsigned i = 0; sig && i < sig->feature_count; i++) {
        buf_add_c(x->out, ',');
        add_csv_text(str_of(sig->features[i].name), x->out);
    }
    buf_add(x->out, STR("\r\n"));
}

static void add_csv_prediction(const struct stored_row *row, const struct signature *sig,
                               struct buf *out)
{
    static const struct signature nameless;
    const struct scores *s = &row->view->scores;
    if (s->task == TASK_REGRESSION) {
        buf_add_f64(out, s->values[row->row]);
        buf_add_c(out, ',');
        return;
    }
    if (s->task == TASK_CLASSIFICATION)
        add_csv_text(scores_label(s, sig ? sig : &nameless, row->row), out);
    buf_add_c(out, ',');
    uint16_t best = s->task == TASK_CLASSIFICATION ? s->classes[row->row] : SCORES_NO_CLASS;
    if (s->probabilities && best < s->class_count)
        buf_add_f32(out, s->probabilities[(size_t)row->row * s->class_count + best]);
}

static void add_csv_scores(struct export *x, const struct stored_row *row)
{
    struct buf json;
    buf_init(&json, x->out->max);
    add_scores(x, row, &json);
    add_csv_text(buf_str(&json), x->out);
    buf_release(&json);
}

static void add_csv_row(struct export *x, const struct stored_row *row)
{
    const struct signature *sig = signature_of(x, row->version);
    const struct tensor *t;
    size_t index;
    char time[CLOCK_TEXT_BYTES];
    if (!x->any) {
        x->columns = sig;
        add_csv_header(x, sig);
    }
    add_csv_text(row->id, x->out);
    buf_addf(x->out, ",%s,%lld,", clock_format(row->time_ms, time), (long long)row->version);
    add_csv_prediction(row, sig, x->out);
    buf_add_c(x->out, ',');
    if (row->truth.p)
        add_csv_text(row->truth, x->out);
    buf_add_c(x->out, ',');
    add_csv_scores(x, row);
    for (unsigned i = 0; x->columns && i < x->columns->feature_count; i++) {
        int at = sig ? signature_feature(sig, str_of(x->columns->features[i].name)) : -1;
        buf_add_c(x->out, ',');
        if (at < 0 || !locate(row->view, &sig->features[at], row->row, &t, &index))
            continue;
        if (t->datatype == DATATYPE_BYTES)
            add_csv_text(((const struct str *)t->data)[index], x->out);
        else
            add_element(t, index, x->out);
    }
    buf_add(x->out, STR("\r\n"));
}

/* ---- the calls ---- */

static bool take_row(void *context, const struct stored_row *row)
{
    struct export *x = context;
    if (x->left == 0) {
        x->more = true;
        return false;
    }
    if (x->form == FORM_CSV) {
        add_csv_row(x, row);
    } else {
        if (x->any && x->form == FORM_JSON)
            buf_add_c(x->out, ',');
        add_json_row(x, row);
        if (x->form == FORM_NDJSON)
            buf_add_c(x->out, '\n');
    }
    x->any = true;
    x->left -= x->left > 0;
    x->last_seq = row->seq;
    x->last_row = row->row;
    if (x->spool)
        x->failed = http_spool_flush(x->spool, x->e);
    return !x->failed;
}

static enum err read_version(struct http_request *rq, struct read_query *q, struct err_ctx *e)
{
    return http_query_i64(rq, "version", 1, INT64_MAX, &q->version, e);
}

/* "SEQ/ROW": the last row of the page before. */
static bool read_cursor(struct str text, struct read_query *q)
{
    struct str rest = text, part;
    uint64_t seq, row;
    if (!str_split(&rest, '/', &part) || !id_parse(part, &seq) || !str_split(&rest, '/', &part) ||
        rest.p || !num_parse_u64(part, UINT32_MAX - 1, &row) || seq >= INT64_MAX)
        return false;
    q->before_seq = (int64_t)seq + 1;
    q->first_row = (uint32_t)row + 1;
    return true;
}

static enum err read_query(struct http_request *rq, struct read_query *q, struct page *page,
                           struct err_ctx *e)
{
    struct str labelled;
    *q = (struct read_query){.to_ms = INT64_MAX, .labelled = -1};
    enum err err = http_query_time(rq, "from", &q->from_ms, e);
    if (!err)
        err = http_query_time(rq, "to", &q->to_ms, e);
    if (!err)
        err = read_version(rq, q, e);
    if (!err)
        err = page_read(rq, PAGE_BY_TEXT, 0, page, e);
    if (!err && http_query(rq, "labelled", &labelled)) {
        if (!str_is(labelled, "true") && !str_is(labelled, "false"))
            return err_set(e, ERR_INVALID, "the parameter \"labelled\" must be true or false");
        q->labelled = str_is(labelled, "true");
    }
    if (!err && page->text.n && !read_cursor(page->text, q))
        return page_refuse(e);
    return err;
}

static enum form form_of(const struct http_request *rq)
{
    if (http_accepts(rq, "text/csv"))
        return FORM_CSV;
    return http_accepts(rq, "application/x-ndjson") ? FORM_NDJSON : FORM_JSON;
}

static enum err finish(struct http_request *rq, struct export *x, struct err_ctx *e)
{
    if (x->form == FORM_CSV && !x->any)
        add_csv_header(x, x->known_count ? signature_of(x, x->known[0].version->number) : NULL);
    if (x->spool) {
        rq->answer.content_type =
            x->form == FORM_CSV ? "text/csv; charset=utf-8" : "application/x-ndjson";
        return http_spool_answer(x->spool, e);
    }
    char id[ID_TEXT_BYTES];
    x->page.more = x->more;
    x->page.text =
        str_of(arena_printf(x->arena, "%s/%u", id_format((uint64_t)x->last_seq, id), x->last_row));
    const char *next = page_next(&x->page);
    buf_add(x->out, STR("],\"next_cursor\":"));
    if (next)
        buf_addf(x->out, "\"%s\"}", next);
    else
        buf_add(x->out, STR("null}"));
    return ERR_OK;
}

static enum err begin(struct http_request *rq, struct export *x, struct err_ctx *e)
{
    if (x->form == FORM_JSON) {
        x->out = &rq->answer.body;
        buf_add(x->out, STR("{\"items\":["));
        return ERR_OK;
    }
    x->left = -1;
    enum err err = http_spool_open(rq, &x->spool, e);
    if (!err)
        x->out = http_spool_buf(x->spool);
    return err;
}

enum err predictions_api_predictions_get(struct http_request *rq, struct err_ctx *e)
{
    struct predictions *p = rq->context;
    struct read_query q;
    struct model model;
    struct export x = {.log = p, .arena = &rq->arena, .form = form_of(rq), .e = e};
    enum err err = registry_model(predictions_registry(p), rq->params[0], &model, &rq->arena, e);
    if (!err)
        err = read_query(rq, &q, &x.page, e);
    x.left = x.page.limit;
    if (!err)
        err = list_versions(&x, model.id, e);
    if (!err)
        err = begin(rq, &x, e);
    if (err)
        return err;
    x.task = model.task;
    q.model_id = model.id;
    q.oldest_first = x.form != FORM_JSON;
    err = predictions_read(p, &q, take_row, &x, e);
    if (!err)
        err = x.failed;
    return err ? err : finish(rq, &x, e);
}

enum err predictions_api_predictions_delete(struct http_request *rq, struct err_ctx *e)
{
    struct predictions *p = rq->context;
    struct model model;
    struct str unit;
    uint64_t erased = 0;
    enum err err = registry_model(predictions_registry(p), rq->params[0], &model, &rq->arena, e);
    if (!err && (!http_query(rq, "unit", &unit) || unit.n == 0))
        err = err_set(e, ERR_INVALID, "say whose predictions to forget: ?unit=");
    if (!err)
        err = predictions_erase(p, model.id, unit, &erased, e);
    if (err)
        return err;
    json_t *body = json_object();
    json_set_i64(body, "erased", (int64_t)erased);
    http_answer_json(rq, 200, body);
    return ERR_OK;
}
