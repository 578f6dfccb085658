#include "training/handlers.h"

enum { TEXT_BYTES_MAX = 200 };

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

static enum err read_order(struct http_request *rq, struct run_list *list, struct err_ctx *e)
{
    struct str text = STR("-created");
    (void)http_query(rq, "order", &text);
    list->descending = text.n && text.p[0] == '-';
    struct str word = str_from(text.p + list->descending, text.n - list->descending);
    if (str_is(word, "created"))
        return ERR_OK;
    if (!str_starts(word, STR("metric.")) || word.n == 7 || word.n > TEXT_BYTES_MAX)
        return err_set_at(e, ERR_INVALID, "order",
                          "\"order\" must be created, -created, metric.KEY or -metric.KEY");
    list->figure = figure_key(rq, str_from(word.p + 7, word.n - 7));
    return ERR_OK;
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

/* A misspelt status must not look like a list without runs. */
static enum err check_status(struct str word, struct err_ctx *e)
{
    enum run_status ignored;
    if (word.n == 0 || run_status_parse(word, &ignored))
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "status",
                      "\"status\" must be queued, preparing, running, done, failed or cancelled");
}

static enum err read_list(struct http_request *rq, struct run_list *list, struct err_ctx *e)
{
    *list = (struct run_list){.status = query_or_empty(rq, "status"),
                              .module = query_or_empty(rq, "module"),
                              .words = pattern_of(rq, query_or_empty(rq, "q"))};
    enum err err = check_status(list->status, e);
    if (!err)
        err = read_experiment(rq, &list->experiment_id, e);
    if (!err)
        err = read_order(rq, list, e);
    if (err)
        return err;
    if (list->figure.p)
        return page_read(rq, PAGE_BY_COUNT, 0, &list->page, e);
    return page_read(rq, PAGE_BY_ID, list->descending ? INT64_MAX : 0, &list->page, e);
}

enum err run_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct training *t = rq->context;
    struct run_list list;
    struct db *db = NULL;
    size_t i;
    json_t *run;
    enum err err = read_list(rq, &list, e);
    if (!err)
        err = store_read(t->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, run_select_list(db, &list, &rq->arena, e), e);
    json_array_foreach(list.page.items, i, run)
    {
        if (!err)
            err = run_add_versions(t, run, e);
    }
    if (!err)
        page_answer(rq, &list.page);
    return err;
}
