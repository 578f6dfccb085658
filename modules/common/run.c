#include "common/run.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

char *run_path(const struct run *run, const char *relative)
{
    size_t size = strlen(run->dir) + strlen(relative) + 2;
    char *path = xmalloc(size);
    snprintf(path, size, "%s/%s", run->dir, relative);
    return path;
}

/* ---- run.json ---- */

static enum err lacks(struct err_ctx *e, const char *what)
{
    return err_set(e, ERR_INVALID, "run.json: %s", what);
}

static const char *text_in(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static enum err read_task(struct run *run, struct err_ctx *e)
{
    const char *task = text_in(run->document, "task");
    if (!task || (strcmp(task, "classification") != 0 && strcmp(task, "regression") != 0))
        return lacks(e, "\"task\" has to be \"classification\" or \"regression\"");
    run->classification = strcmp(task, "classification") == 0;
    return ERR_OK;
}

static enum err read_dataset(struct run *run, struct err_ctx *e)
{
    const json_t *dataset = json_object_get(run->document, "dataset");
    const char *path = text_in(dataset, "path");
    const char *split = text_in(json_object_get(run->document, "split"), "path");
    if (!path)
        return lacks(e, "\"dataset\" has no \"path\"");
    if (!split)
        return lacks(e, "\"split\" has no \"path\"");
    run->data_path = run_path(run, path);
    run->split_path = run_path(run, split);
    json_int_t rows = json_integer_value(json_object_get(dataset, "rows"));
    run->row_count = rows > 0 ? (size_t)rows : 0;

    const json_t *columns = json_object_get(dataset, "columns");
    run->columns = xcalloc(json_array_size(columns), sizeof *run->columns);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *column = json_array_get(columns, i);
        struct run_column *c = &run->columns[run->column_count++];
        *c = (struct run_column){text_in(column, "name"), text_in(column, "type")};
        if (!c->name || !c->type)
            return lacks(e, "a column of the dataset has no \"name\" or no \"type\"");
    }
    return ERR_OK;
}

static enum err read_features(struct run *run, struct err_ctx *e)
{
    run->target = text_in(run->document, "target");
    if (!run->target)
        return lacks(e, "there is no \"target\"");
    const json_t *features = json_object_get(run->document, "features");
    if (json_array_size(features) == 0)
        return lacks(e, "there are no \"features\" to learn from");
    run->features = xcalloc(json_array_size(features), sizeof *run->features);
    for (size_t i = 0; i < json_array_size(features); i++) {
        const char *name = json_string_value(json_array_get(features, i));
        if (!name)
            return lacks(e, "a feature is not a text");
        if (strcmp(name, run->target) == 0)
            return err_set(e, ERR_INVALID,
                           "the target \"%s\" is among the features: a model that is told the "
                           "answer learns nothing",
                           name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(name, run->features[j]) == 0)
                return err_set(e, ERR_INVALID, "the feature \"%s\" is named twice", name);
        run->features[run->feature_count++] = name;
    }
    return ERR_OK;
}

static enum err read_document(struct run *run, struct err_ctx *e)
{
    char *path = run_path(run, "run.json");
    struct mapping mapping;
    enum err err = mapping_open(path, &mapping, e);
    free(path);
    if (err)
        return err;
    json_t *document = NULL;
    err = json_read_object(mapping.text, &document, e);
    mapping_close(&mapping);
    if (err)
        return err_prefix(e, "run.json");
    run->document = document;
    run->id = text_in(run->document, "id");
    const json_t *seed = json_object_get(run->document, "seed");
    if (seed && !json_is_null(seed) && !json_is_integer(seed))
        return lacks(e, "\"seed\" is not an integer");
    run->seed = json_integer_value(seed);
    return ERR_OK;
}

static enum err open_log(const char *path, int *fd, struct err_ctx *e)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return *fd < 0 ? err_set_errno(e, errno, path) : ERR_OK;
}

enum err run_open(struct run *run, struct err_ctx *e)
{
    *run = (struct run){.metrics_fd = -1, .progress_fd = -1, .dir = getenv("CRISOL_RUN_DIR")};
    if (!run->dir || !*run->dir)
        return err_set(e, ERR_INVALID,
                       "CRISOL_RUN_DIR is not set: Crisol starts this program in a run folder");
    enum err err = read_document(run, e);
    if (!err)
        err = read_task(run, e);
    if (!err)
        err = read_dataset(run, e);
    if (!err)
        err = read_features(run, e);
    if (err)
        goto out_close;

    run->metrics_path = run_path(run, "metrics.ndjson");
    run->progress_path = run_path(run, "progress.ndjson");
    err = open_log(run->metrics_path, &run->metrics_fd, e);
    if (!err)
        err = open_log(run->progress_path, &run->progress_fd, e);
    if (!err)
        return ERR_OK;

out_close:
    run_close(run);
    return err;
}

void run_close(struct run *run)
{
    if (run->metrics_fd >= 0)
        close(run->metrics_fd);
    if (run->progress_fd >= 0)
        close(run->progress_fd);
    free(run->metrics_path);
    free(run->progress_path);
    free(run->data_path);
    free(run->split_path);
    free(run->features);
    free(run->columns);
    json_decref(run->document);
    *run = (struct run){.metrics_fd = -1, .progress_fd = -1};
}

/* ---- parameters ---- */

static json_t *parameters(const struct run *run)
{
    return json_object_get(run->document, "parameters");
}

static json_t *parameter(const struct run *run, const char *name)
{
    return json_object_get(parameters(run), name);
}

enum run_kind run_parameter_kind(const struct run *run, const char *name)
{
    static const enum run_kind kinds[] = {
        [JSON_OBJECT] = RUN_OBJECT,  [JSON_ARRAY] = RUN_OTHER, [JSON_STRING] = RUN_TEXT,
        [JSON_INTEGER] = RUN_NUMBER, [JSON_REAL] = RUN_NUMBER, [JSON_TRUE] = RUN_BOOL,
        [JSON_FALSE] = RUN_BOOL,     [JSON_NULL] = RUN_NONE,
    };
    const json_t *value = parameter(run, name);
    return value ? kinds[json_typeof(value)] : RUN_NONE;
}

double run_parameter_number(const struct run *run, const char *name)
{
    assert(run_parameter_kind(run, name) == RUN_NUMBER);
    return json_number_value(parameter(run, name));
}

bool run_parameter_is_integer(const struct run *run, const char *name)
{
    return json_is_integer(parameter(run, name));
}

bool run_parameter_bool(const struct run *run, const char *name)
{
    assert(run_parameter_kind(run, name) == RUN_BOOL);
    return json_is_true(parameter(run, name));
}

const char *run_parameter_text(const struct run *run, const char *name)
{
    assert(run_parameter_kind(run, name) == RUN_TEXT);
    return json_string_value(parameter(run, name));
}

const char *run_parameter_next(const struct run *run, const char *after)
{
    json_t *all = parameters(run);
    void *iter =
        after ? json_object_iter_next(all, json_object_iter_at(all, after)) : json_object_iter(all);
    return json_object_iter_key(iter);
}

bool run_parameter_member(const struct run *run, const char *name, const char **key, double *value)
{
    json_t *object = parameter(run, name);
    assert(json_is_object(object));
    void *iter = *key ? json_object_iter_next(object, json_object_iter_at(object, *key))
                      : json_object_iter(object);
    if (!iter)
        return false;
    *key = json_object_iter_key(iter);
    const json_t *member = json_object_iter_value(iter);
    *value = json_is_number(member) ? json_number_value(member) : NAN;
    return true;
}

/* ---- what the trainer tells ---- */

/* Takes the reference to `line`. */
static enum err append_line(int fd, const char *path, json_t *line, struct err_ctx *e)
{
    assert(line);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    assert(text);
    size_t size = strlen(text);
    text[size] = '\n'; /* in the place of the NUL, so that the line is one write */
    enum err err = file_write_all(fd, str_from(text, size + 1), path, e);
    free(text);
    return err;
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

enum err run_metric(struct run *run, const char *key, double value, int64_t step, struct err_ctx *e)
{
    char now[CLOCK_TEXT_BYTES];
    struct clock clock;
    clock_init(&clock);
    clock_format(clock_now_ms(&clock), now);
    json_t *line = json_pack("{s:s, s:o, s:I, s:s}", "key", key, "value", real_or_null(value),
                             "step", (json_int_t)step, "time", now);
    return append_line(run->metrics_fd, run->metrics_path, line, e);
}

enum err run_progress(struct run *run, double fraction, const char *message, struct err_ctx *e)
{
    json_t *line =
        json_pack("{s:f, s:s}", "fraction", MIN(MAX(fraction, 0.0), 1.0), "message", message);
    return append_line(run->progress_fd, run->progress_path, line, e);
}

static json_t *text_array(const char *const *items, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(items[i]));
    return array;
}

static json_t *pair_array(const char *const *classes, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            json_array_append_new(array, json_pack("[s, s]", classes[i], classes[j]));
    return array;
}

enum err run_write_signature(const struct run *run, const char *const *classes, size_t class_count,
                             bool pairs, struct err_ctx *e)
{
    json_t *document =
        json_pack("{s:s, s:o}", "task", run->classification ? "classification" : "regression",
                  "features", text_array(run->features, run->feature_count));
    if (class_count > 0)
        json_object_set_new(document, "classes", text_array(classes, class_count));
    if (json_array_size(json_object_get(document, "classes")) != class_count) {
        json_decref(document);
        return err_set(e, ERR_INVALID, "a class in the target \"%s\" is not UTF-8", run->target);
    }
    if (pairs)
        json_object_set_new(document, "decision",
                            json_pack("{s:s, s:o}", "output", "decision", "pairs",
                                      pair_array(classes, class_count)));
    char *text = json_dumps(document, JSON_INDENT(2));
    json_decref(document);
    assert(text);
    char *path = run_path(run, "artifacts/model/signature.json");
    enum err err = file_write(path, str_of(text), e);
    free(path);
    free(text);
    return err;
}
