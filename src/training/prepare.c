#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "training/inside.h"
#include "training/split.h"

char *run_folder(const struct training *t, int64_t id, struct arena *a)
{
    char text[ID_TEXT_BYTES];
    return arena_printf(a, "%s/%s", t->runs_folder, id_format((uint64_t)id, text));
}

char *run_file(const struct training *t, int64_t id, const char *name, struct arena *a)
{
    return arena_printf(a, "%s/%s", run_folder(t, id, a), name);
}

static enum err write_json(const char *path, json_t *value, struct err_ctx *e)
{
    struct buf out;
    buf_init(&out, 64 << 20);
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    buf_add(&out, str_of(text));
    buf_add_c(&out, '\n');
    enum err err = file_write(path, buf_str(&out), e);
    free(text);
    buf_release(&out);
    json_decref(value);
    return err;
}

static json_t *columns_json(const struct dataset_version *v)
{
    json_t *columns = json_array();
    for (unsigned i = 0; i < v->schema.count; i++) {
        json_t *one = json_object();
        json_set_text(one, "name", v->schema.columns[i].name);
        json_set_cstr(one, "type", cell_type_text(v->schema.columns[i].type));
        json_push(columns, one);
    }
    return columns;
}

static json_t *dataset_json(const struct dataset_version *v)
{
    json_t *dataset = json_object();
    json_set_text(dataset, "name", v->dataset);
    json_set_digits(dataset, "version", v->number);
    json_set_text(dataset, "sha256", v->sha256);
    json_set_cstr(dataset, "path", "data.csv");
    json_set_i64(dataset, "rows", (int64_t)v->schema.rows);
    json_set(dataset, "columns", columns_json(v));
    return dataset;
}

static enum err write_run_json(struct training *t, const struct run *run,
                               const struct dataset_version *v, struct arena *a, struct err_ctx *e)
{
    char id[ID_TEXT_BYTES];
    json_t *to = json_object(), *split = json_stored(run->split);
    json_set_cstr(to, "id", id_format((uint64_t)run->id, id));
    json_set_text(to, "module", run->module);
    json_set_text(to, "module_version", run->module_version);
    json_set_text(to, "task", run->task);
    json_set(to, "parameters", json_stored(run->parameters));
    json_set_i64(to, "seed", run->seed);
    json_set(to, "dataset", dataset_json(v));
    json_set_text(to, "target", run->target);
    json_set(to, "features", json_stored(run->features));
    json_set_cstr(split, "path", "artifacts/split.csv");
    json_set(to, "split", split);
    return write_json(run_file(t, run->id, "run.json", a), to, e);
}

static json_t *argv_json(const struct module *m)
{
    json_t *argv = json_array();
    for (unsigned i = 0; i < m->argc; i++)
        json_push(argv, json_text(str_of(m->argv[i])));
    return argv;
}

/* What the run says, else what the server's settings say. */
static int64_t limit_of(json_t *resources, const char *key, int64_t preset)
{
    json_t *value = json_object_get(resources, key);
    return json_is_integer(value) ? json_integer_value(value) : preset;
}

/* What the supervisor needs to know: it is not for the module. */
static enum err write_launch_json(struct training *t, const struct run *run, struct arena *a,
                                  struct err_ctx *e)
{
    const struct module *m = NULL;
    enum err err = module_find(catalog_modules(t->opts.catalog), run->module, a, &m, e);
    if (!err)
        err = module_usable(m, e);
    if (err)
        return err;
    json_t *to = json_object(), *resources = json_stored(run->resources);
    json_set(to, "argv", argv_json(m));
    json_set_cstr(to, "module_folder", m->folder);
    json_set_i64(to, "cpu", limit_of(resources, "cpu", 0));
    json_set_i64(to, "memory_mb", limit_of(resources, "memory_mb", t->opts.memory_mb));
    json_set_i64(to, "timeout_s", limit_of(resources, "timeout_s", t->opts.timeout_s));
    json_set_i64(to, "file_mb", t->opts.file_mb);
    json_set_i64(to, "stop_grace_s", t->opts.stop_grace_s);
    json_decref(resources);
    return write_json(run_file(t, run->id, "launch.json", a), to, e);
}

static enum err write_split(struct training *t, const struct run *run,
                            const struct dataset_version *v, struct arena *a, struct err_ctx *e)
{
    struct split split;
    json_t *how = json_stored(run->split);
    enum err err = split_make(v, run->target, how, &split, e);
    json_decref(how);
    if (err)
        return err;
    err = split_write(&split, run_file(t, run->id, "artifacts/split.csv", a), e);
    split_release(&split);
    return err;
}

static enum err make_empty(const char *path, struct err_ctx *e)
{
    enum err err = file_remove_tree(path, e);
    return err ? err : file_make_folders(path, e);
}

enum err run_find_dataset(struct training *t, const struct run *run, struct arena *a,
                          const struct dataset_version **out, struct err_ctx *e)
{
    struct str number = str_of(arena_printf(a, "%lld", (long long)run->dataset_number));
    return dataset_find(t->opts.catalog, run->dataset_name, number, a, out, e);
}

enum err run_prepare(struct training *t, const struct run *run, struct arena *a, struct err_ctx *e)
{
    const struct dataset_version *v = NULL;
    enum err err = run_find_dataset(t, run, a, &v, e);
    if (!err && !str_eq(v->sha256, run->dataset_sha256))
        err = err_set(e, ERR_CONFLICT, "the dataset \"" STR_FMT "\" is not the one of then",
                      STR_ARG(run->dataset_name));
    if (!err)
        err = make_empty(run_folder(t, run->id, a), e);
    if (!err)
        err = file_make_folders(run_file(t, run->id, "artifacts", a), e);
    if (!err)
        err = dataset_write_csv(v, run_file(t, run->id, "data.csv", a), e);
    if (!err)
        err = write_split(t, run, v, a, e);
    if (!err)
        err = write_run_json(t, run, v, a, e);
    if (!err)
        err = write_launch_json(t, run, a, e);
    return err;
}
