#include "http/page.h"
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

static enum err read_page(struct http_request *rq, const struct order *order, struct page *page,
                          struct err_ctx *e)
{
    if (order->key.p)
        return page_read(rq, PAGE_BY_COUNT, 0, page, e);
    return page_read(rq, PAGE_BY_ID, order->descending ? INT64_MAX : 0, page, e);
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

static enum err query(struct http_request *rq, struct db *db, const struct order *order,
                      const struct page *page, struct rows **rows, struct err_ctx *e)
{
    int64_t experiment = 0;
    enum err err = read_experiment(rq, &experiment, e);
    if (err)
        return err;
    struct bind status = bind_text(query_or_empty(rq, "status"));
    struct bind module = bind_text(query_or_empty(rq, "module"));
    struct bind words = bind_text(pattern_of(rq, query_or_empty(rq, "q")));
    struct bind at = bind_i64(page->number), limit = bind_i64(page->limit + 1);
    if (order->key.p)
        return db_query(
            db, sql_of(rq, order),
            BIND(status, module, bind_i64(experiment), words, bind_text(order->key), limit, at),
            rows, e);
    return db_query(db, sql_of(rq, order),
                    BIND(status, module, bind_i64(experiment), words, at, limit), rows, e);
}

static enum err collect(struct http_request *rq, struct db *db, const struct order *order,
                        struct page *page, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct run *runs = arena_alloc(&rq->arena, (size_t)(page->limit + 1) * sizeof *runs);
    int64_t n = 0, before = page->number;
    enum err err = query(rq, db, order, page, &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        run_read(rows, &rq->arena, &runs[n++]);
    rows_close(rows);
    for (int64_t i = 0; i < n && !err; i++) {
        json_t *one = NULL;
        err = run_json(db, &runs[i], &one, e);
        if (!err)
            page_add(page, one, order->key.p ? before + i + 1 : runs[i].id);
    }
    return err;
}

enum err run_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct order order;
    struct page page;
    struct db *db = NULL;
    size_t i;
    json_t *run;
    enum err err = read_order(rq, &order, e);
    if (!err)
        err = read_page(rq, &order, &page, e);
    if (!err)
        err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, collect(rq, db, &order, &page, e), e);
    json_array_foreach(page.items, i, run)
    {
        if (!err)
            err = run_add_versions(t, run, e);
    }
    if (!err)
        page_answer(rq, &page);
    return err;
}
