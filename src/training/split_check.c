#include "training/split.h"

static const char *const kinds[] = {"random", "stratified", "time", "group", "column"};

static bool is_kind(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_is(word, kinds[i]))
            return true;
    return false;
}

/* The error's place lies in the dataset of the request. */
static enum err at_split(enum err err, const struct err_ctx *why, struct err_ctx *e)
{
    char pointer[ERR_POINTER_MAX];
    if (!err)
        return err;
    snprintf(pointer, sizeof pointer, "/dataset/split%.100s",
             why->item_count ? why->items[0].pointer : "");
    return err_set_at(e, err, pointer, "%s", why->detail);
}

static enum err read_fraction(json_t *given, json_t *to, struct err_ctx *e)
{
    double holdout = 0.25;
    enum err err = json_want_f64(given, "holdout", 0.01, 0.99, &holdout, e);
    json_set_f64(to, "holdout", holdout);
    return err;
}

static enum err read_seed(json_t *given, json_t *to, struct err_ctx *e)
{
    int64_t seed = 0;
    enum err err = json_want_i64(given, "seed", 0, INT64_C(1) << 53, &seed, e);
    json_set_i64(to, "seed", seed);
    return err;
}

static enum err read_column(json_t *given, const struct dataset_version *v, bool needed, json_t *to,
                            struct err_ctx *e)
{
    struct str column = {NULL, 0};
    enum err err = needed ? json_need_text(given, "column", 1, CSV_NAME_BYTES_MAX, &column, e)
                          : json_want_text(given, "column", 1, CSV_NAME_BYTES_MAX, &column, e);
    if (err || !column.p)
        return err;
    if (dataset_column(v, column) < 0)
        return err_set_at(e, ERR_INVALID, "/column", "the dataset has no column \"" STR_FMT "\"",
                          STR_ARG(column));
    json_set_text(to, "column", column);
    return ERR_OK;
}

static enum err read_values(json_t *given, json_t *to, struct err_ctx *e)
{
    json_t *values = NULL, *one;
    size_t i;
    enum err err = json_want_array(given, "values", 100, &values, e);
    if (err)
        return err;
    json_array_foreach(values, i, one)
    {
        if (!json_is_string(one))
            return err_set_at(e, ERR_INVALID, "/values", "\"values\" must be a list of texts");
    }
    json_set(to, "values",
             values ? json_deep_copy(values)
                    : json_pack("[sssss]", "holdout", "test", "validation", "true", "1"));
    return ERR_OK;
}

static enum err read_time_column(const struct dataset_version *v, json_t *to, struct err_ctx *e)
{
    struct str name = json_str(json_object_get(to, "column"));
    int column = name.p ? dataset_column(v, name) : -1;
    if (column >= 0 && (v->schema.columns[column].type == CELL_TEXT ||
                        v->schema.columns[column].type == CELL_BOOLEAN))
        return err_set_at(e, ERR_INVALID, "/column",
                          "the column \"" STR_FMT "\" holds neither dates nor numbers",
                          STR_ARG(name));
    return ERR_OK;
}

static enum err read_split(json_t *given, const struct dataset_version *v, bool classification,
                           json_t *to, struct err_ctx *e)
{
    struct str kind = classification ? STR("stratified") : STR("random");
    enum err err = json_want_text(given, "kind", 1, 32, &kind, e);
    if (err)
        return err;
    if (!is_kind(kind) || (!classification && str_is(kind, "stratified")))
        return err_set_at(e, ERR_INVALID, "/kind",
                          "\"kind\" must be \"random\", \"time\", \"group\", \"column\"%s",
                          classification ? " or \"stratified\"" : " (there are no classes here)");
    json_set_text(to, "kind", kind);
    bool by_column = str_is(kind, "column");
    err = by_column ? read_values(given, to, e) : read_fraction(given, to, e);
    if (!err && !by_column && !str_is(kind, "time"))
        err = read_seed(given, to, e);
    if (!err && !str_is(kind, "random") && !str_is(kind, "stratified"))
        err = read_column(given, v, !str_is(kind, "time"), to, e);
    if (!err && str_is(kind, "time"))
        err = read_time_column(v, to, e);
    return err;
}

static enum err refuse_unknown(json_t *given, struct err_ctx *e)
{
    static const char *const members[] = {"kind", "holdout", "seed", "column", "values", "path"};
    const char *key;
    json_t *value;
    json_object_foreach(given, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            known |= strcmp(members[i], key) == 0;
        if (!known)
            return err_set_at(e, ERR_INVALID, "", "a split has no \"%.64s\"", key);
    }
    return ERR_OK;
}

enum err split_check(json_t *given, const struct dataset_version *v, bool classification,
                     json_t **out, struct err_ctx *e)
{
    struct err_ctx *why = xmalloc(sizeof *why);
    json_t *to = json_object();
    err_ctx_init(why);
    enum err err = refuse_unknown(given, why);
    if (!err)
        err = read_split(given, v, classification, to, why);
    err = at_split(err, why, e);
    free(why);
    if (err)
        json_decref(to);
    else
        *out = to;
    return err;
}
