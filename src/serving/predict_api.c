#include "serving/ask.h"

#include "base/map.h"
#include "base/num.h"
#include "http/multipart.h"
#include "identity/role.h"
#include "serving/predict_rows.h"
#include "serving/tensor_json.h"

#define ROUTE(method, pattern, role, handler, ...)                                                 \
    static enum err handler(struct http_request *rq, struct err_ctx *e);
#include "serving/routes.def"
#undef ROUTE

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route serving_routes[] = {
#include "serving/routes.def"
};
#undef ROUTE
const size_t serving_route_count = ARRAY_LEN(serving_routes);

/* A row whose id was used before: its first answer is given again. */
struct earlier {
    int64_t version;                   /* that answered then */
    const struct signature *signature; /* its */
    struct scores scores;              /* of this row alone */
};

/* The request as a whole; the ask holds only the rows that are new. */
struct native {
    struct ask *ask;
    uint32_t rows;
    struct str *ids; /* [rows], or NULL */
    struct tensor *inputs;
    struct earlier **earlier; /* [rows]: NULL for a new row; itself NULL without ids */
    uint32_t *place;          /* [rows]: where a new row stands in the ask */
};

/* ---- the answer ---- */

static void add_row(const struct native *n, uint32_t i, struct buf *out)
{
    const struct ask *ask = n->ask;
    struct buf id;
    buf_init(&id, 1024);
    if (n->ids)
        buf_add(&id, n->ids[i]);
    else
        ask_row_id(ask, i, &id);
    buf_add(out, STR("{\"id\":"));
    buf_add_json(out, buf_str(&id));
    buf_release(&id);
    const struct earlier *earlier = n->earlier ? n->earlier[i] : NULL;
    int64_t version = earlier ? earlier->version : ask->version->number;
    buf_addf(out, ",\"version\":\"%lld\",", (long long)version);
    if (earlier)
        scores_row_to_json(&earlier->scores, earlier->signature, 0, out);
    else
        scores_row_to_json(&ask->scores, ask->version->signature, n->place ? n->place[i] : i, out);
    buf_add_c(out, '}');
}

/* What a model without a task says: its outputs as they are. */
static void add_outputs(const struct ask *ask, struct buf *out)
{
    const struct signature *sig = ask->version->signature;
    buf_add(out, STR(",\"outputs\":{"));
    for (unsigned i = 0; i < sig->output_count; i++) {
        if (i)
            buf_add_c(out, ',');
        buf_add_json(out, str_of(sig->outputs[i].name));
        buf_add_c(out, ':');
        tensor_json_write(&ask->outputs[i], out);
    }
    buf_add_c(out, '}');
}

static enum err write_answer(struct http_request *rq, struct err_ctx *e)
{
    struct ask *ask = rq->work;
    const struct native *n = ask->native;
    struct buf *out = &rq->answer.body;
    buf_add(out, STR("{\"model\":"));
    buf_add_json(out, str_of(ask->deployment->model));
    buf_add(out, STR(",\"predictions\":["));
    for (uint32_t i = 0; i < n->rows; i++) {
        if (i)
            buf_add_c(out, ',');
        add_row(n, i, out);
    }
    buf_add_c(out, ']');
    if (ask->deployment->task == TASK_OTHER && ask->rows)
        add_outputs(ask, out);
    buf_add_c(out, '}');
    return ERR_OK;
}

/* ---- ids that were used before ---- */

static enum err conflict(struct str id, struct err_ctx *e)
{
    return err_set(e, ERR_CONFLICT,
                   "the id \"" STR_FMT "\" belongs to a prediction of another row; give this row "
                   "an id of its own",
                   STR_ARG(id));
}

/* The names of what was answered then: the version may be loaded no more. */
static const struct signature *signature_of(const struct ask *ask, int64_t version)
{
    const struct entry *entry = deployment_entry(ask->deployment, version);
    struct arena *a = &ask->rq->arena;
    struct model_version v;
    struct signature *sig = NULL;
    if (entry && entry->version)
        return entry->version->signature;
    if (registry_version(serving_opts(ask->serving)->registry, ask->deployment->model_id, version,
                         &v, a, NULL))
        return NULL;
    json_t *json = json_stored(v.signature);
    if (signature_from_json(json, a, &sig, NULL))
        sig = NULL;
    json_decref(json);
    return sig;
}

static enum err keep_earlier(void *context, uint32_t i, const struct found_row *row,
                             struct err_ctx *e)
{
    struct native *n = context;
    struct arena *a = &n->ask->rq->arena;
    struct record_view now = {.rows = n->rows,
                              .input_count = n->ask->version->signature->input_count,
                              .inputs = n->inputs};
    if (row->row >= row->view->rows ||
        (row->view->input_count && !record_same_row(&now, i, row->view, row->row)))
        return conflict(n->ids[i], e);
    struct earlier *earlier = arena_alloc(a, sizeof *earlier);
    *earlier = (struct earlier){.version = row->version,
                                .scores = scores_row(&row->view->scores, row->row, a)};
    n->earlier[i] = earlier;
    return ERR_OK;
}

/* After the search, which holds a connection of its own. */
static void name_earlier(struct native *n)
{
    static const struct signature nameless;
    const struct earlier *last = NULL;
    for (uint32_t i = 0; i < n->rows; i++) {
        struct earlier *earlier = n->earlier[i];
        if (!earlier)
            continue;
        earlier->signature = last && last->version == earlier->version
                                 ? last->signature
                                 : signature_of(n->ask, earlier->version);
        if (!earlier->signature)
            earlier->signature = &nameless;
        last = earlier;
    }
}

static enum err find_earlier(struct native *n, struct err_ctx *e)
{
    const struct ask *ask = n->ask;
    n->earlier = arena_zalloc(&ask->rq->arena, n->rows * sizeof *n->earlier);
    enum err err = predictions_find(serving_opts(ask->serving)->predictions,
                                    ask->deployment->model_id, n->ids, n->rows, keep_earlier, n, e);
    if (!err)
        name_earlier(n);
    return err;
}

/* On the pool: leaves in the ask only what has not been answered yet. */
static enum err keep_new_rows(struct ask *ask, struct err_ctx *e)
{
    struct native *n = ask->native;
    struct arena *a = &ask->rq->arena;
    const struct signature *sig = ask->version->signature;
    enum err err = find_earlier(n, e);
    if (err)
        return err;
    ask->rows = 0;
    for (uint32_t i = 0; i < n->rows; i++)
        ask->rows += n->earlier[i] == NULL;
    n->place = arena_alloc(a, n->rows * sizeof *n->place);
    ask->row_ids = arena_alloc(a, MAX(ask->rows, 1u) * sizeof *ask->row_ids);
    err = predict_rows_alloc(sig, ask->rows, serving_opts(ask->serving)->tensor_bytes_max,
                             &ask->inputs, a, e);
    uint32_t next = 0;
    for (uint32_t i = 0; !err && i < n->rows; i++) {
        if (n->earlier[i])
            continue;
        predict_rows_copy(sig, n->inputs, i, ask->inputs, next);
        ask->row_ids[next] = n->ids[i];
        n->place[i] = next++;
    }
    return err;
}

/* ---- the question ---- */

struct question {
    struct jsonpull rows; /* stands before the list */
    bool has_rows;
    uint32_t row_count;
    struct jsonpull ids;
    bool has_ids;
    struct str unit;
};

static uint32_t count_elements(struct jsonpull *j)
{
    uint32_t n = 0;
    if (jsonpull_array(j))
        while (jsonpull_element(j) && jsonpull_skip(j))
            n++;
    return n;
}

/* Where everything is; the rows are read when it is known who answers. */
static enum err scan(struct http_request *rq, struct question *q, struct err_ctx *e)
{
    struct jsonpull j;
    struct str key;
    jsonpull_init(&j, rq->body, &rq->arena);
    *q = (struct question){.has_rows = false};
    if (jsonpull_object(&j)) {
        while (jsonpull_key(&j, &key)) {
            if (str_is(key, "rows")) {
                q->rows = j;
                q->has_rows = true;
                q->row_count = count_elements(&j);
            } else if (str_is(key, "ids") && jsonpull_peek(&j) != 'n') {
                q->ids = j;
                q->has_ids = true;
                jsonpull_skip(&j);
            } else if (str_is(key, "unit") && jsonpull_peek(&j) != 'n') {
                jsonpull_text(&j, &q->unit);
            } else {
                jsonpull_skip(&j);
            }
        }
    }
    if (!jsonpull_end(&j))
        return jsonpull_fail(&j, e);
    if (!q->has_rows)
        return err_set_at(e, ERR_INVALID, "/rows", "\"rows\" is missing");
    if (q->row_count == 0)
        return err_set_at(e, ERR_INVALID, "/rows", "there is no row to predict");
    return ERR_OK;
}

static enum err check_id(struct native *n, uint32_t i, struct map *seen, struct err_ctx *e)
{
    char pointer[32];
    static char yes;
    snprintf(pointer, sizeof pointer, "/ids/%u", i);
    if (!prediction_id_ok(n->ids[i]))
        return err_set_at(e, ERR_INVALID, pointer,
                          "an id has 1 to %d bytes without control characters and is not of the "
                          "form of Crisol's own (cr-...)",
                          PREDICTION_ID_MAX);
    if (map_put(seen, n->ids[i], &yes))
        return err_set_at(e, ERR_INVALID, pointer, "the id \"" STR_FMT "\" stands there twice",
                          STR_ARG(n->ids[i]));
    return ERR_OK;
}

static enum err read_ids(struct native *n, struct question *q, struct err_ctx *e)
{
    struct jsonpull *j = &q->ids;
    struct map seen;
    uint32_t count = 0;
    enum err err = ERR_OK;
    map_init(&seen);
    n->ids = arena_alloc(j->arena, n->rows * sizeof *n->ids);
    if (jsonpull_array(j)) {
        while (!err && jsonpull_element(j)) {
            if (count == n->rows)
                err = err_set_at(e, ERR_INVALID, "/ids", "there are more ids than rows");
            else if (!jsonpull_text(j, &n->ids[count]))
                err = jsonpull_fail(j, e);
            else
                err = check_id(n, count++, &seen, e);
        }
    }
    map_release(&seen);
    if (!err && j->error)
        err = jsonpull_fail(j, e);
    if (!err && count < n->rows)
        err = err_set_at(e, ERR_INVALID, "/ids", "there are %u ids for %u rows", count, n->rows);
    return err;
}

static enum err check_model(const struct ask *ask, uint32_t rows, struct err_ctx *e)
{
    uint32_t max = serving_opts(ask->serving)->batch_rows_max;
    if (!signature_is_tabular(ask->version->signature))
        return err_set(e, ERR_INVALID,
                       "the inputs of \"%s\" are no rows of features; ask it by the Open Inference "
                       "Protocol at /v2/models/%s/infer",
                       ask->deployment->model, ask->deployment->model);
    if (rows > max)
        return err_set(e, ERR_TOO_LARGE, "a request may have at most %u rows, this one has %u", max,
                       rows);
    return ERR_OK;
}

static enum err predict_post(struct http_request *rq, struct err_ctx *e)
{
    struct serving *s = rq->context;
    struct question q;
    struct ask *ask = NULL;
    if (multipart_is(rq))
        return err_set(e, ERR_UNSUPPORTED, "the body must be JSON with \"rows\"");
    enum err err = scan(rq, &q, e);
    if (!err)
        err = ask_check_unit(q.unit, "/unit", e);
    if (!err)
        err = ask_new(s, rq, rq->params[0], (struct str){NULL, 0}, q.unit, &ask, e);
    if (!err)
        err = check_model(ask, q.row_count, e);
    if (err)
        return err;
    struct native *n = arena_zalloc(&rq->arena, sizeof *n);
    *n = (struct native){.ask = ask, .rows = q.row_count};
    const struct signature *sig = ask->version->signature;
    err = predict_rows_alloc(sig, n->rows, serving_opts(s)->tensor_bytes_max, &n->inputs,
                             &rq->arena, e);
    if (!err)
        err = predict_rows_read(&q.rows, sig, n->rows, n->inputs, &rq->arena, e);
    if (!err && q.has_ids)
        err = read_ids(n, &q, e);
    if (err)
        return err;
    ask->native = n;
    ask->inputs = n->inputs;
    ask->rows = n->rows;
    ask->before = q.has_ids ? keep_new_rows : NULL;
    ask->answer = write_answer;
    return ask_run(ask, e);
}
