#include "base/num.h"
#include "training/handlers.h"

enum { TEXT_BYTES_MAX = 200 };

/* How the list is ordered: by time, or by a figure. */
struct order {
    bool descending;
    struct str key; /* without a pointer: by time */
};

/* A bare name of a metric is that of the hold-out. */
static struct str figure_key(struct http_request *rq, struct str key)
{
    static const char *const known[] = {
        "accuracy", "precision", "recall", "f1",  "auc", "gini", "mcc", "kappa",     "brier",
        "log_loss", "r2",        "rmse",   "mse", "mae", "mape", "me",  "r2_pearson"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(key, known[i]))
            return str_of(arena_printf(&rq->arena, "holdout.%s", known[i]));
    return key;
}

static enum err read_order(struct http_request *rq, struct order *order, struct err_ctx *e)
{
    struct str text = STR("-created");
    (void)http_query(rq, "order", &text);
    *order = (struct order){.descending = text.n && text.p[0] == '-'};
    struct str word = str_from(text.p + order->descending, text.n - order->descending);
    if (str_is(word, "created"))
        return ERR_OK;
    if (!str_starts(word, STR("metric.")) || word.n > TEXT_BYTES_MAX)
        return err_set_at(e, ERR_INVALID, "order",
                          "\"order\" must be created, -created, metric.KEY or -metric.KEY");
    order->key = figure_key(rq, str_from(word.p + 7, word.n - 7));
    return ERR_OK;
}

/* By time the cursor is the last run's id, by a figure the number of runs before. */
static enum err read_cursor(struct http_request *rq, const struct order *order, int64_t *at,
                            struct err_ctx *e)
{
    struct str cursor;
    uint64_t id;
    *at = order->key.p || !order->descending ? 0 : INT64_MAX;
    if (!http_query(rq, "cursor", &cursor))
        return ERR_OK;
    if (order->key.p ? num_parse_i64(cursor, 0, INT64_MAX, at) : id_parse(cursor, &id)) {
        *at = order->key.p ? *at : (int64_t)id;
        return ERR_OK;
    }
    return err_set_at(e, ERR_INVALID, "cursor", "this cursor is not one of this list");
}

/* A LIKE pattern that finds the text anywhere. */
static struct str pattern_of(struct http_request *rq, struct str text)
{
    struct buf b;
    buf_init(&b, 4 * TEXT_BYTES_MAX);
    buf_add_c(&b, '%');
    for (size_t i = 0; i < MIN(text.n, (size_t)TEXT_BYTES_MAX); i++) {
        char c = text.p[i];
        if (c == '%' || c == '_' || c == '!')
            buf_add_c(&b, '!');
        buf_add_c(&b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    buf_add_c(&b, '%');
    struct str pattern = arena_str(&rq->arena, buf_str(&b));
    buf_release(&b);
    return pattern;
}

static struct str query_or_empty(struct http_request *rq, const char *name)
{
    struct str text = STR("");
    (void)http_query(rq, name, &text);
    return text.n <= TEXT_BYTES_MAX ? text : str_from(text.p, TEXT_BYTES_MAX);
}

static enum err read_experiment(struct http_request *rq, int64_t *id, struct err_ctx *e)
{
    struct str text = query_or_empty(rq, "experiment");
    uint64_t number = 0;
    if (text.n && !id_parse(text, &number))
        return err_set_at(e, ERR_INVALID, "experiment", "\"experiment\" must be an id");
    *id = (int64_t)number;
    return ERR_OK;
}

#define FILTERS                                                                                    \
    "where ($1 = '' or r.status = $1) and ($2 = '' or r.module = $2) and (cast($3 as bigint) = 0 " \
    "or "                                                                                          \
    "r.experiment_id = $3) and ($4 = '%%' or lower(coalesce(r.name, '')) like $4 escape '!' or "   \
    "lower(r.module) like $4 escape '!' or lower(r.dataset_name) like $4 escape '!' or "           \
    "lower(r.tags) like $4 escape '!') "

static const char *sql_of(struct http_request *rq, const struct order *order)
{
    const char *direction = order->descending ? "desc" : "";
    if (order->key.p)
        return arena_printf(&rq->arena,
                            "%sleft join training_figures f on f.run_id = r.id and f.key = $5 %s"
                            "order by case when f.value is null then 1 else 0 end, f.value %s, "
                            "r.id desc limit $6 offset $7",
                            run_columns, FILTERS, direction);
    return arena_printf(&rq->arena, "%s%sand r.id %s $5 order by r.id %s limit $6", run_columns,
                        FILTERS, order->descending ? "<" : ">", direction);
}

static enum err query(struct http_request *rq, struct db *db, const struct order *order, int64_t at,
                      int64_t limit, struct rows **rows, struct err_ctx *e)
{
    int64_t experiment = 0;
    enum err err = read_experiment(rq, &experiment, e);
    if (err)
        return err;
    struct bind status = bind_text(query_or_empty(rq, "status"));
    struct bind module = bind_text(query_or_empty(rq, "module"));
    struct bind words = bind_text(pattern_of(rq, query_or_empty(rq, "q")));
    if (order->key.p)
        return db_query(db, sql_of(rq, order),
                        BIND(status, module, bind_i64(experiment), words, bind_text(order->key),
                             bind_i64(limit), bind_i64(at)),
                        rows, e);
    return db_query(
        db, sql_of(rq, order),
        BIND(status, module, bind_i64(experiment), words, bind_i64(at), bind_i64(limit)), rows, e);
}

static enum err collect(struct http_request *rq, struct db *db, const struct order *order,
                        int64_t at, int64_t limit, json_t *items, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct run *runs = arena_alloc(&rq->arena, (size_t)limit * sizeof *runs);
    size_t n = 0;
    enum err err = query(rq, db, order, at, limit, &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        run_read(rows, &rq->arena, &runs[n++]);
    rows_close(rows);
    for (size_t i = 0; i < n && !err; i++) {
        json_t *one = NULL;
        err = run_json(db, &runs[i], &one, e);
        if (!err)
            json_push(items, one);
    }
    return err;
}

static json_t *next_cursor(struct http_request *rq, const struct order *order, int64_t at,
                           int64_t limit, json_t *items)
{
    size_t n = json_array_size(items);
    if ((int64_t)n < limit)
        return json_null();
    if (order->key.p)
        return json_text(str_of(arena_printf(&rq->arena, "%lld", (long long)(at + limit))));
    return json_incref(json_object_get(json_array_get(items, n - 1), "id"));
}

enum err run_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct order order;
    int64_t limit = 50, at = 0;
    struct db *db = NULL;
    size_t i;
    json_t *run;
    enum err err = http_query_i64(rq, "limit", 1, 500, &limit, e);
    if (!err)
        err = read_order(rq, &order, e);
    if (!err)
        err = read_cursor(rq, &order, &at, e);
    if (!err)
        err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    json_t *items = json_array(), *answer = json_object();
    json_set(answer, "items", items);
    err = db_end(db, collect(rq, db, &order, at, limit, items, e), e);
    json_array_foreach(items, i, run)
    {
        if (!err)
            err = run_add_versions(t, run, &rq->arena, e);
    }
    json_set(answer, "next_cursor", next_cursor(rq, &order, at, limit, items));
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 200, answer);
    return err;
}
