#include "base/crypto.h"
#include "catalog/parameters.h"
#include "training/experiment.h"
#include "training/inside.h"
#include "training/split.h"

enum { TEXT_MAX = 200, FEATURES_MAX = 4096, TAGS_MAX = 64, CLASSES_MAX = 1000 };

/* What one request refers to, while it is checked. */
struct request {
    struct training *t;
    json_t *body, *dataset;
    struct arena *a;
    const struct module *module;
    const struct dataset_version *version;
    int target; /* column */
    struct run *run;
};

static void drop(void *json)
{
    json_decref(json);
}

static struct str kept_text(struct request *q, json_t *value)
{
    arena_on_release(q->a, drop, value);
    return json_dump(value, q->a);
}

/* The same sentence, with its place below another one. */
static enum err below(const char *prefix, enum err err, const struct err_ctx *why,
                      struct err_ctx *e)
{
    char pointer[ERR_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "%.40s%.80s", prefix,
             why->item_count ? why->items[0].pointer : "");
    return err_set_at(e, err, pointer, "%s", why->detail);
}

/* ---- module and dataset ---- */

static enum err find_module(struct request *q, struct err_ctx *e)
{
    struct str name = {NULL, 0};
    enum err err = json_need_text(q->body, "module", 1, 255, &name, e);
    if (err)
        return err;
    err = module_find(catalog_modules(q->t->opts.catalog), name, q->a, &q->module, NULL);
    if (err)
        return err_set_at(e, ERR_INVALID, "/module", "there is no module named \"" STR_FMT "\"",
                          STR_ARG(name));
    q->run->module = name;
    q->run->module_version = str_of(q->module->version ? q->module->version : "");
    return module_usable(q->module, e);
}

static enum err find_dataset(struct request *q, struct err_ctx *e)
{
    struct str name = {NULL, 0}, version = STR("");
    enum err err = json_want_object(q->body, "dataset", &q->dataset, e);
    if (!err && !q->dataset)
        err = err_set_at(e, ERR_INVALID, "/dataset", "\"dataset\" is missing");
    if (err)
        return err;
    struct err_ctx *why = arena_alloc(q->a, sizeof *why);
    err_ctx_init(why);
    err = json_need_text(q->dataset, "name", 1, DATASET_NAME_MAX, &name, why);
    if (!err)
        err = json_want_text(q->dataset, "version", 1, 20, &version, why);
    if (err)
        return below("/dataset", err, why, e);
    err = dataset_find(q->t->opts.catalog, name, version, q->a, &q->version, why);
    if (err == ERR_NOT_FOUND)
        return err_set_at(e, ERR_INVALID, version.n ? "/dataset/version" : "/dataset/name", "%s",
                          why->detail);
    if (err)
        return err_set(e, err, "%s", why->detail);
    q->run->dataset_name = q->version->dataset;
    q->run->dataset_number = q->version->number;
    q->run->dataset_version_id = q->version->id;
    q->run->dataset_sha256 = q->version->sha256;
    return ERR_OK;
}

/* ---- target, task, features, split ---- */

static enum err read_target(struct request *q, struct err_ctx *e)
{
    const struct schema *schema = &q->version->schema;
    struct str target = schema->columns[schema->count - 1].name;
    enum err err = json_want_text(q->dataset, "target", 1, CSV_NAME_BYTES_MAX, &target, e);
    if (err)
        return err_set_at(e, err, "/dataset/target", "the target must be a column's name");
    q->target = dataset_column(q->version, target);
    if (q->target < 0)
        return err_set_at(e, ERR_INVALID, "/dataset/target",
                          "the dataset \"" STR_FMT "\" has no column \"" STR_FMT "\"",
                          STR_ARG(q->version->dataset), STR_ARG(target));
    q->run->target = target;
    return ERR_OK;
}

static enum err check_classes(struct request *q, struct err_ctx *e)
{
    json_t *column = json_array_get(q->version->columns, (size_t)q->target);
    json_t *distinct = json_object_get(column, "distinct");
    if (!json_is_integer(distinct))
        return err_set_at(e, ERR_INVALID, "/dataset/target",
                          "the column \"" STR_FMT "\" has more than %d different values: too many "
                          "to be classes",
                          STR_ARG(q->run->target), CLASSES_MAX);
    if (json_integer_value(distinct) < 2)
        return err_set_at(e, ERR_INVALID, "/dataset/target",
                          "the column \"" STR_FMT "\" has only %lld value: there is nothing to "
                          "tell apart",
                          STR_ARG(q->run->target), (long long)json_integer_value(distinct));
    return ERR_OK;
}

static enum err read_task(struct request *q, struct err_ctx *e)
{
    enum cell_type type = q->version->schema.columns[q->target].type;
    bool numeric = type == CELL_INTEGER || type == CELL_NUMBER;
    struct str task = numeric ? STR("regression") : STR("classification");
    enum err err = json_want_text(q->dataset, "task", 1, 32, &task, NULL);
    if (err || (!str_is(task, "classification") && !str_is(task, "regression")))
        return err_set_at(e, ERR_INVALID, "/dataset/task",
                          "\"task\" must be \"classification\" or \"regression\"");
    q->run->task = task;
    if (str_is(task, "regression") && !numeric)
        return err_set_at(e, ERR_INVALID, "/dataset/task",
                          "the target \"" STR_FMT "\" is %s: a regression needs numbers",
                          STR_ARG(q->run->target), cell_type_text(type));
    if (!module_has_task(q->module, arena_strdup(q->a, task)))
        return err_set_at(e, ERR_INVALID, "/dataset/task", "the module \"%s\" cannot do a " STR_FMT,
                          q->module->name, STR_ARG(task));
    return str_is(task, "classification") ? check_classes(q, e) : ERR_OK;
}

static bool is_split_column(const json_t *split, struct str name)
{
    return str_eq(json_str(json_object_get(split, "column")), name);
}

static json_t *all_features(const struct request *q, const json_t *split)
{
    json_t *features = json_array();
    for (unsigned i = 0; i < q->version->schema.count; i++) {
        const struct schema_column *c = &q->version->schema.columns[i];
        if ((int)i != q->target && module_reads(q->module, c->type) &&
            !is_split_column(split, c->name))
            json_push(features, json_text(c->name));
    }
    return features;
}

static enum err check_feature(struct request *q, const json_t *features, size_t i,
                              struct err_ctx *e)
{
    const json_t *one = json_array_get(features, i);
    struct str name = json_is_string(one) ? json_str(one) : STR("");
    const struct schema_column *column = schema_find(&q->version->schema, name);
    const char *pointer = arena_printf(q->a, "/dataset/features/%zu", i);
    if (!column)
        return err_set_at(e, ERR_INVALID, pointer, "the dataset has no column \"" STR_FMT "\"",
                          (int)MIN(name.n, (size_t)TEXT_MAX), name.p);
    if (str_eq(name, q->run->target))
        return err_set_at(e, ERR_INVALID, pointer, "the target cannot be a feature");
    if (!module_reads(q->module, column->type))
        return err_set_at(e, ERR_INVALID, pointer,
                          "the column \"" STR_FMT "\" is %s, which the module \"%s\" does not read",
                          STR_ARG(name), cell_type_text(column->type), q->module->name);
    for (size_t k = 0; k < i; k++)
        if (str_eq(name, json_str(json_array_get(features, k))))
            return err_set_at(e, ERR_INVALID, pointer, "the feature is named twice");
    return ERR_OK;
}

static enum err read_features(struct request *q, const json_t *split, struct err_ctx *e)
{
    json_t *features = NULL;
    if (json_want_array(q->dataset, "features", FEATURES_MAX, &features, NULL))
        return err_set_at(e, ERR_INVALID, "/dataset/features",
                          "\"features\" must be a list of at most %d names", FEATURES_MAX);
    enum err err = ERR_OK;
    for (size_t i = 0; i < json_array_size(features) && !err; i++)
        err = check_feature(q, features, i, e);
    if (err)
        return err;
    features = features ? json_incref(features) : all_features(q, split);
    q->run->features = kept_text(q, features);
    if (json_array_size(features) == 0)
        return err_set_at(e, ERR_INVALID, "/dataset/features",
                          "there is no column to learn from that the module \"%s\" reads",
                          q->module->name);
    return ERR_OK;
}

static enum err read_split(struct request *q, struct err_ctx *e)
{
    json_t *given = NULL, *split = NULL;
    if (json_want_object(q->dataset, "split", &given, NULL))
        return err_set_at(e, ERR_INVALID, "/dataset/split", "\"split\" must be an object");
    enum err err =
        split_check(given, q->version, str_is(q->run->task, "classification"), &split, e);
    if (err)
        return err;
    q->run->split = kept_text(q, split);
    return read_features(q, split, e);
}

/* ---- the rest ---- */

static enum err read_parameters(struct request *q, struct err_ctx *e)
{
    json_t *given = NULL, *complete = NULL;
    enum err err = json_want_object(q->body, "parameters", &given, e);
    if (!err)
        err = parameters_complete(q->module->parameters, given, &complete, e);
    if (!err)
        q->run->parameters = kept_text(q, complete);
    return err;
}

static enum err read_seed(struct request *q, struct err_ctx *e)
{
    uint32_t chance;
    crypto_random(&chance, sizeof chance);
    q->run->seed = chance >> 1;
    return json_want_i64(q->body, "seed", 0, INT64_C(1) << 53, &q->run->seed, e);
}

static enum err check_resource(json_t *resources, const char *key, int64_t min, int64_t max,
                               struct err_ctx *e)
{
    int64_t value = 0;
    struct err_ctx *why = xmalloc(sizeof *why);
    err_ctx_init(why);
    enum err err = json_want_i64(resources, key, min, max, &value, why);
    if (err)
        err = below("/resources", err, why, e);
    free(why);
    return err;
}

static const struct {
    const char *key;
    int64_t min, max;
} limits[] = {
    {"cpu", 1, 1024}, {"memory_mb", 16, 16 << 20}, {"gpu", 0, 64}, {"timeout_s", 1, 366 * 86400}};

/* A misspelt limit would be none. */
static enum err refuse_unknown_limit(json_t *given, struct err_ctx *e)
{
    const char *key;
    json_t *value;
    json_object_foreach(given, key, value)
    {
        size_t i = 0;
        while (i < ARRAY_LEN(limits) && strcmp(key, limits[i].key) != 0)
            i++;
        if (i == ARRAY_LEN(limits))
            return err_set_at(e, ERR_INVALID, "/resources",
                              "there is no limit named \"%.100s\": there are cpu, memory_mb, gpu "
                              "and timeout_s",
                              key);
    }
    return ERR_OK;
}

static enum err read_resources(struct request *q, struct err_ctx *e)
{
    json_t *given = NULL, *value;
    const char *key;
    enum err err = json_want_object(q->body, "resources", &given, e);
    for (size_t i = 0; i < ARRAY_LEN(limits) && !err; i++)
        err = check_resource(given, limits[i].key, limits[i].min, limits[i].max, e);
    if (!err)
        err = refuse_unknown_limit(given, e);
    if (err)
        return err;
    json_t *all = q->module->resources ? json_deep_copy(q->module->resources) : json_object();
    json_object_foreach(given, key, value)
    {
        json_set(all, key, json_incref(value));
    }
    q->run->resources = kept_text(q, all);
    return ERR_OK;
}

enum err run_want_tags(json_t *body, struct str *out, struct arena *a, struct err_ctx *e)
{
    const char *key;
    json_t *value, *tags = json_object_get(body, "tags");
    if (!tags || json_is_null(tags))
        return ERR_OK;
    if (!json_is_object(tags) || json_object_size(tags) > TAGS_MAX)
        return err_set_at(e, ERR_INVALID, "/tags", "\"tags\" must be an object of at most %d texts",
                          TAGS_MAX);
    json_object_foreach(tags, key, value)
    {
        if (!json_is_string(value) || json_string_length(value) > TEXT_MAX ||
            strlen(key) > TEXT_MAX || !*key)
            return err_set_at(e, ERR_INVALID, "/tags",
                              "a tag has a name and a text of at most %d bytes", TEXT_MAX);
    }
    *out = json_dump(tags, a);
    return ERR_OK;
}

static enum err read_labels(struct request *q, struct err_ctx *e)
{
    struct str launcher = STR("local");
    enum err err = json_want_text(q->body, "name", 0, TEXT_MAX, &q->run->name, e);
    if (!err)
        err = json_want_text(q->body, "launcher", 1, 32, &launcher, e);
    if (!err && !str_is(launcher, "local"))
        err = err_set_at(e, ERR_INVALID, "/launcher", "the only launcher here is \"local\"");
    q->run->launcher = launcher;
    q->run->tags = STR("{}");
    return err ? err : run_want_tags(q->body, &q->run->tags, q->a, e);
}

static enum err find_experiment(struct request *q, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(q->t->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, experiment_want(db, q->body, &q->run->experiment_id, e), e);
}

static enum err refuse_unknown(const struct request *q, struct err_ctx *e)
{
    static const char *const members[] = {"module", "dataset",    "parameters",
                                          "seed",   "experiment", "name",
                                          "tags",   "launcher",   "resources"};
    const char *key;
    json_t *value;
    json_object_foreach(q->body, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            known |= strcmp(key, members[i]) == 0;
        if (!known)
            return err_set_at(e, ERR_INVALID, arena_printf(q->a, "/%.64s", key),
                              "a run has no \"%.64s\"", key);
    }
    return ERR_OK;
}

enum err run_request(struct training *t, json_t *body, struct arena *a, struct run *run,
                     struct err_ctx *e)
{
    static enum err (*const steps[])(struct request *, struct err_ctx *) = {
        find_module,     find_dataset, read_target, read_task,      read_split,
        read_parameters, read_seed,    read_labels, read_resources, find_experiment,
    };
    struct request q = {.t = t, .body = body, .a = a, .run = run, .target = -1};
    *run = (struct run){.created_ms = clock_now_ms(t->opts.clock)};
    if (!json_is_object(body))
        return err_set_at(e, ERR_INVALID, "", "a run must be a JSON object");
    enum err err = refuse_unknown(&q, e);
    for (size_t i = 0; i < ARRAY_LEN(steps) && !err; i++)
        err = steps[i](&q, e);
    return err;
}

json_t *run_as_request(const struct run *run)
{
    char experiment[ID_TEXT_BYTES];
    json_t *body = json_object();
    json_set_text(body, "module", run->module);
    json_set(body, "dataset", run_dataset_json(run));
    json_set(body, "parameters", json_stored(run->parameters));
    json_set_i64(body, "seed", run->seed);
    json_set(body, "tags", json_stored(run->tags));
    json_set(body, "resources", json_stored(run->resources));
    if (run->name.p)
        json_set_text(body, "name", run->name);
    if (run->experiment_id)
        json_set_cstr(body, "experiment", id_format((uint64_t)run->experiment_id, experiment));
    return body;
}
