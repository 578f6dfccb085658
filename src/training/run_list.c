#include "training/inside.h"

/* What is not asked for lets every run through; "%%" is the pattern of no words. */
#define FILTERS                                                                                    \
    "where ($1 = '' or r.status = $1) and ($2 = '' or r.module = $2) "                             \
    "and (cast($3 as bigint) = 0 or r.experiment_id = $3) "                                        \
    "and ($4 = '%%' or lower(coalesce(r.name, '')) like $4 escape '!' "                            \
    "or lower(r.module) like $4 escape '!' or lower(r.dataset_name) like $4 escape '!' "           \
    "or lower(r.tags) like $4 escape '!') "

static const char *sql_by_figure(const struct run_list *list, struct arena *a)
{
    return arena_printf(a,
                        "%sleft join training_figures f on f.run_id = r.id and f.key = $5 %s"
                        "order by case when f.value is null then 1 else 0 end, f.value %s, "
                        "r.id desc limit $6 offset $7",
                        run_columns, FILTERS, list->descending ? "desc" : "");
}

static const char *sql_by_time(const struct run_list *list, struct arena *a)
{
    return arena_printf(a, "%s%sand r.id %s $5 order by r.id %s limit $6", run_columns, FILTERS,
                        list->descending ? "<" : ">", list->descending ? "desc" : "");
}

static enum err query(struct db *db, const struct run_list *list, struct arena *a,
                      struct rows **rows, struct err_ctx *e)
{
    struct bind status = bind_text(list->status), module = bind_text(list->module);
    struct bind experiment = bind_i64(list->experiment_id), words = bind_text(list->words);
    struct bind at = bind_i64(list->page.number), limit = bind_i64(list->page.limit + 1);
    if (list->figure.p)
        return db_query(db, sql_by_figure(list, a),
                        BIND(status, module, experiment, words, bind_text(list->figure), limit, at),
                        rows, e);
    return db_query(db, sql_by_time(list, a), BIND(status, module, experiment, words, at, limit),
                    rows, e);
}

enum err run_select_list(struct db *db, struct run_list *list, struct arena *a, struct err_ctx *e)
{
    struct rows *rows = NULL;
    struct run *runs = arena_alloc(a, (size_t)(list->page.limit + 1) * sizeof *runs);
    int64_t n = 0, before = list->page.number;
    enum err err = query(db, list, a, &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        run_read(rows, a, &runs[n++]);
    rows_close(rows);
    for (int64_t i = 0; i < n && !err; i++) {
        json_t *one = NULL;
        err = run_json(db, &runs[i], &one, e);
        if (!err)
            page_add(&list->page, one, list->figure.p ? before + i + 1 : runs[i].id);
    }
    return err;
}
