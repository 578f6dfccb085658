#include "training/inside.h"

static void set_id(json_t *to, const char *key, int64_t id)
{
    char text[ID_TEXT_BYTES];
    json_set_cstr(to, key, id ? id_format((uint64_t)id, text) : NULL);
}

static json_t *text_or_null(struct str text)
{
    return text.p ? json_text(text) : json_null();
}

json_t *run_dataset_json(const struct run *run)
{
    json_t *to = json_object();
    json_set_text(to, "name", run->dataset_name);
    json_set_digits(to, "version", run->dataset_number);
    json_set_text(to, "target", run->target);
    json_set_text(to, "task", run->task);
    json_set(to, "features", json_stored(run->features));
    json_set(to, "split", json_stored(run->split));
    return to;
}

static json_t *experiment_json(const struct run *run)
{
    if (!run->experiment_id)
        return json_null();
    json_t *to = json_object();
    set_id(to, "id", run->experiment_id);
    json_set_text(to, "name", run->experiment_name);
    return to;
}

static json_t *progress_json(const struct run *run)
{
    if (!run->progress_message.p)
        return json_null();
    json_t *to = json_object();
    json_set_f64(to, "fraction", run->progress_fraction);
    json_set_text(to, "message", run->progress_message);
    return to;
}

static json_t *metrics_json(const struct run *run, json_t *reported)
{
    json_t *to = json_object();
    json_set(to, "holdout", run->holdout.p ? json_stored(run->holdout) : json_null());
    json_set(to, "training", run->training.p ? json_stored(run->training) : json_null());
    json_set(to, "reported", reported);
    return to;
}

enum err run_json(struct db *db, const struct run *run, json_t **out, struct err_ctx *e)
{
    json_t *reported = NULL, *to;
    enum err err = run_select_reported(db, run->id, &reported, e);
    if (err) {
        json_decref(reported);
        return err;
    }
    *out = to = json_object();
    set_id(to, "id", run->id);
    json_set(to, "name", text_or_null(run->name));
    json_set_cstr(to, "status", run_status_text(run->status));
    json_set(to, "error", text_or_null(run->error));
    json_set_text(to, "module", run->module);
    json_set_text(to, "module_version", run->module_version);
    json_set(to, "parameters", json_stored(run->parameters));
    json_set_i64(to, "seed", run->seed);
    json_t *dataset = run_dataset_json(run);
    json_set_text(dataset, "sha256", run->dataset_sha256);
    json_set(to, "dataset", dataset);
    json_set(to, "experiment", experiment_json(run));
    json_set(to, "tags", json_stored(run->tags));
    json_set_text(to, "launcher", run->launcher);
    json_set(to, "resources", json_stored(run->resources));
    json_set(to, "progress", progress_json(run));
    json_set(to, "metrics", metrics_json(run, reported));
    json_set(to, "digest", text_or_null(run->digest));
    json_set_time(to, "created", run->created_ms);
    json_set_time(to, "started", run->started_ms);
    json_set_time(to, "ended", run->ended_ms);
    json_set_text(to, "user", run->user);
    set_id(to, "resubmitted_from", run->resubmitted_from);
    json_set(to, "versions", json_array());
    return ERR_OK;
}

enum err run_add_versions(struct training *t, json_t *run, struct err_ctx *e)
{
    uint64_t id;
    json_t *versions = NULL;
    if (!t->opts.registry || !id_parse(json_str(json_object_get(run, "id")), &id))
        return ERR_OK;
    enum err err = registry_versions_of_run(t->opts.registry, (int64_t)id, &versions, e);
    if (!err && versions)
        json_set(run, "versions", versions);
    return err;
}
