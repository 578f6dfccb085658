#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "predictions/report.h"
#include "registry/onnx_file.h"
#include "serving/version.h"
#include "training/inside.h"
#include "training/split.h"

enum { BLOCK_ROWS = 512, SIGNATURE_BYTES_MAX = 16 << 20, WRITE_BYTES = 1 << 20, FIGURES_MAX = 64 };

/* A block of rows on its way through the model. */
struct block {
    uint32_t count;
    int64_t rows[BLOCK_ROWS];
    bool has_truth[BLOCK_ROWS];
    bool usable[BLOCK_ROWS]; /* false: a value is missing that the model cannot do without */
    struct str truth[BLOCK_ROWS];
    struct tensor inputs[SIGNATURE_TENSORS_MAX];
    struct arena arena;
};

struct scoring {
    struct training *t;
    const struct run *run;
    const atomic_bool *stop;
    const struct dataset_version *dataset;
    struct signature *signature;
    struct version *version;
    int *columns; /* of each feature, in the dataset */
    int target;
    struct split split;
    struct report training, holdout;
    struct buf out; /* scores.csv */
    int out_fd;
    struct block block;
};

/* ---- the model ---- */

static void drop(void *json)
{
    json_decref(json);
}

static enum err read_signature(struct scoring *s, const char *model, const char *beside,
                               struct arena *a, struct err_ctx *e)
{
    struct mapping file;
    struct onnx_summary *onnx = arena_alloc(a, sizeof *onnx);
    enum task task = TASK_OTHER;
    enum err err = mapping_open(model, &file, e);
    if (err)
        return err;
    err = onnx_read(file.text, a, onnx, e);
    if (!task_parse(s->run->task, &task))
        task = TASK_OTHER;
    if (!err)
        err = signature_from_onnx(onnx, task, a, &s->signature, e);
    mapping_close(&file);
    if (err || !file_exists(beside))
        return err;
    struct str text;
    json_t *json = NULL;
    err = file_read(a, beside, SIGNATURE_BYTES_MAX, &text, e);
    if (!err)
        err = json_read_object(text, &json, e);
    if (err)
        return e ? err_prefix(e, "signature.json") : err;
    arena_on_release(a, drop, json);
    return signature_override(s->signature, json, a, e);
}

static enum err open_model(struct scoring *s, const char *path, struct arena *a, struct err_ctx *e)
{
    enum err err = read_signature(
        s, path, run_file(s->t, s->run->id, "artifacts/model/signature.json", a), a, e);
    if (err)
        return err;
    json_t *json = signature_to_json(s->signature);
    arena_on_release(a, drop, json);
    struct version_source source = {.model = STR("run"),
                                    .sha256 = STR(""),
                                    .number = 1,
                                    .path = path,
                                    .signature = json_dump(json, a)};
    return version_open(s->t->opts.runtime, &source, &s->version, e);
}

static enum err find_columns(struct scoring *s, struct arena *a, struct err_ctx *e)
{
    const struct signature *sig = s->signature;
    if (!signature_is_tabular(sig))
        return err_set(e, ERR_INVALID, "its inputs are not the columns of a table");
    s->columns = arena_zalloc(a, sig->feature_count * sizeof *s->columns);
    for (unsigned i = 0; i < sig->feature_count; i++) {
        s->columns[i] = dataset_column(s->dataset, str_of(sig->features[i].name));
        if (s->columns[i] < 0)
            return err_set(e, ERR_INVALID, "its feature \"%s\" is no column of the dataset",
                           sig->features[i].name);
    }
    s->target = dataset_column(s->dataset, s->run->target);
    return ERR_OK;
}

/* ---- a block of rows ---- */

static uint32_t block_rows(const struct signature *sig)
{
    return sig->batch_fixed > 0 ? (uint32_t)MIN(sig->batch_fixed, (int64_t)BLOCK_ROWS)
                                : (uint32_t)BLOCK_ROWS;
}

static enum err begin_block(struct scoring *s, struct err_ctx *e)
{
    const struct signature *sig = s->signature;
    struct block *b = &s->block;
    enum err err = ERR_OK;
    arena_reset(&b->arena);
    b->count = 0;
    for (unsigned i = 0; i < sig->input_count && !err; i++) {
        const struct tensor_spec *spec = &sig->inputs[i];
        struct tensor *t = &b->inputs[i];
        *t = (struct tensor){.datatype = spec->datatype, .rank = spec->rank};
        for (unsigned d = 0; d < spec->rank; d++)
            t->shape[d] = d == 0 ? block_rows(sig) : spec->shape[d] < 0 ? 1 : spec->shape[d];
        err = tensor_alloc(t, &b->arena, 1u << 30, e);
        if (!err && t->datatype == DATATYPE_BYTES)
            for (size_t k = 0; k < t->count; k++)
                ((struct str *)t->data)[k] = STR("");
        else if (!err)
            memset(t->data, 0, tensor_bytes(t));
    }
    return err;
}

static bool put_value(struct scoring *s, const struct dataset_reader *r, unsigned feature,
                      uint32_t at)
{
    const struct feature *f = &s->signature->features[feature];
    struct tensor *t = &s->block.inputs[f->input];
    size_t index = (size_t)at * (t->count / (size_t)t->shape[0]) + f->column;
    unsigned column = (unsigned)s->columns[feature];
    double value = NAN;
    char text[40];
    struct str field = STR("");
    if (t->datatype == DATATYPE_BYTES) {
        bool there = dataset_text(r, column, text, &field);
        ((struct str *)t->data)[index] = arena_str(&s->block.arena, there ? field : STR(""));
        return there;
    }
    bool there = dataset_number(r, column, &value);
    if (!there && !datatype_is_real(t->datatype))
        return false;
    return tensor_set_f64(t, index, value);
}

static void put_row(struct scoring *s, const struct dataset_reader *r)
{
    struct block *b = &s->block;
    uint32_t at = b->count++;
    char text[40];
    struct str truth = STR("");
    b->rows[at] = r->row;
    b->usable[at] = true;
    for (unsigned i = 0; i < s->signature->feature_count; i++)
        b->usable[at] &= put_value(s, r, i, at);
    b->has_truth[at] = dataset_text(r, (unsigned)s->target, text, &truth);
    b->truth[at] = arena_str(&b->arena, truth);
}

/* ---- what the model said ---- */

static void write_score(struct scoring *s, uint32_t i, const struct scores *scores)
{
    struct block *b = &s->block;
    enum split_part part = (enum split_part)s->split.parts[b->rows[i]];
    buf_add_i64(&s->out, b->rows[i]);
    buf_add_c(&s->out, ',');
    buf_add(&s->out, str_of(split_part_text(part)));
    buf_add_c(&s->out, ',');
    dataset_write_field(b->truth[i], &s->out);
    buf_add_c(&s->out, ',');
    if (b->usable[i] && scores->task == TASK_CLASSIFICATION)
        dataset_write_field(scores_label(scores, s->signature, i), &s->out);
    else if (b->usable[i])
        buf_add_f64(&s->out, scores->values[i]);
    for (uint32_t k = 0; scores->probabilities && k < scores->class_count; k++) {
        buf_add_c(&s->out, ',');
        if (b->usable[i])
            buf_add_f32(&s->out, scores->probabilities[i * scores->class_count + k]);
    }
    buf_add_c(&s->out, '\n');
}

/* Rows without a truth or that the model could not be asked about count as not labelled. */
static void report_row(struct scoring *s, uint32_t i, const struct scores *scores)
{
    struct block *b = &s->block;
    enum split_part part = (enum split_part)s->split.parts[b->rows[i]];
    struct report *report = part == SPLIT_HOLDOUT ? &s->holdout : &s->training;
    if (part == SPLIT_NEITHER)
        return;
    if (b->usable[i])
        report_add(report, scores, i, b->has_truth[i] ? b->truth[i] : (struct str){NULL, 0}, 1);
    else
        report->rows++;
}

static enum err flush(struct scoring *s, size_t above, struct err_ctx *e)
{
    if (s->out.n <= above)
        return ERR_OK;
    enum err err = file_write_all(s->out_fd, buf_str(&s->out), "scores.csv", e);
    buf_clear(&s->out);
    return err;
}

static enum err end_block(struct scoring *s, struct err_ctx *e)
{
    struct block *b = &s->block;
    struct tensor outputs[SIGNATURE_TENSORS_MAX];
    struct scores scores;
    uint32_t rows = block_rows(s->signature);
    if (b->count == 0)
        return ERR_OK;
    if (s->signature->batch_fixed <= 0) {
        for (unsigned i = 0; i < s->signature->input_count; i++) {
            struct tensor *t = &b->inputs[i];
            t->count = t->count / (size_t)t->shape[0] * b->count;
            t->shape[0] = b->count;
        }
        rows = b->count;
    }
    enum err err = version_run(s->version, b->inputs, rows, outputs, &scores, &b->arena, e);
    if (err)
        return err;
    if (scores.task == TASK_OTHER)
        return err_set(e, ERR_INVALID, "its outputs are neither classes nor numbers");
    for (uint32_t i = 0; i < b->count; i++) {
        write_score(s, i, &scores);
        report_row(s, i, &scores);
    }
    return flush(s, WRITE_BYTES, e);
}

static void write_header(struct scoring *s)
{
    buf_add(&s->out, STR("row,part,truth,prediction"));
    struct buf name;
    buf_init(&name, 1 << 20);
    for (unsigned i = 0; s->signature->scores_output >= 0 && i < s->signature->class_count; i++) {
        buf_clear(&name);
        buf_addf(&name, "p:%s", s->signature->classes[i]);
        buf_add_c(&s->out, ',');
        dataset_write_field(buf_str(&name), &s->out);
    }
    buf_release(&name);
    buf_add_c(&s->out, '\n');
}

static enum err score_rows(struct scoring *s, struct err_ctx *e)
{
    struct dataset_reader r;
    enum err err = dataset_open(s->dataset, &r, e);
    if (err)
        return err;
    write_header(s);
    err = begin_block(s, e);
    while (!err && !(err = dataset_next(&r, e)) && dataset_have(&r)) {
        put_row(s, &r);
        if (s->block.count < block_rows(s->signature))
            continue;
        if (*s->stop)
            err = err_set(e, ERR_BUSY, "the server is stopping");
        if (!err)
            err = end_block(s, e);
        if (!err)
            err = begin_block(s, e);
    }
    if (!err)
        err = end_block(s, e);
    if (!err)
        err = flush(s, 0, e);
    dataset_close(&r);
    return err;
}

/* ---- the whole ---- */

static void collect(json_t *metrics, const char *prefix, struct run_end *end,
                    struct run_figure *figures)
{
    const char *key;
    json_t *value;
    json_object_foreach(metrics, key, value)
    {
        json_t *figure = json_is_object(value) ? json_object_get(value, "macro") : value;
        if (!json_is_real(figure) || end->figure_count == FIGURES_MAX)
            continue;
        struct run_figure *to = &figures[end->figure_count++];
        snprintf(to->key, sizeof to->key, "%s.%s", prefix, key);
        to->value = json_real_value(figure);
    }
}

static void tell_metrics(struct scoring *s, struct arena *a, struct run_end *end)
{
    struct run_figure *figures = arena_alloc(a, FIGURES_MAX * sizeof *figures);
    json_t *holdout = json_object(), *training = json_object();
    report_metrics(&s->holdout, holdout);
    report_metrics(&s->training, training);
    end->figures = figures;
    collect(holdout, "holdout", end, figures);
    collect(training, "training", end, figures);
    end->holdout = json_dump(holdout, a);
    end->training = json_dump(training, a);
    json_decref(holdout);
    json_decref(training);
}

static enum err find_data(struct scoring *s, struct arena *a, struct err_ctx *e)
{
    enum err err = run_find_dataset(s->t, s->run, a, &s->dataset, e);
    if (err)
        return err;
    json_t *how = json_stored(s->run->split);
    err = split_make(s->dataset, s->run->target, how, &s->split, e);
    json_decref(how);
    return err;
}

static enum err score_with(struct scoring *s, const char *scores_path, struct arena *a,
                           struct run_end *end, struct err_ctx *e)
{
    s->out_fd = open(scores_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->out_fd < 0)
        return err_set_errno(e, errno, scores_path);
    report_init(&s->training, s->signature, REPORT_KEEP);
    report_init(&s->holdout, s->signature, REPORT_KEEP);
    buf_init(&s->out, SIZE_MAX / 2);
    arena_init(&s->block.arena);
    enum err err = score_rows(s, e);
    if (!err)
        tell_metrics(s, a, end);
    arena_release(&s->block.arena);
    buf_release(&s->out);
    report_release(&s->holdout);
    report_release(&s->training);
    if (close(s->out_fd) && !err)
        err = err_set_errno(e, errno, scores_path);
    return err;
}

static enum err set_digest(const char *path, struct arena *a, struct run_end *end,
                           struct err_ctx *e)
{
    struct mapping file;
    struct digest digest;
    enum err err = mapping_open(path, &file, e);
    if (err)
        return err;
    crypto_sha256(file.text, &digest);
    mapping_close(&file);
    char *hex = arena_alloc(a, DIGEST_HEX_BYTES);
    end->digest = digest_hex(&digest, hex);
    return ERR_OK;
}

enum err run_score(struct training *t, const struct run *run, const atomic_bool *stop,
                   struct arena *a, struct run_end *end, struct err_ctx *e)
{
    const char *model = run_file(t, run->id, "artifacts/model/model.onnx", a);
    if (!file_exists(model))
        return file_folder_has_entries(run_file(t, run->id, "artifacts/model", a))
                   ? ERR_OK /* a model for another runtime */
                   : err_set(e, ERR_NOT_FOUND, "the module left no artifacts/model/model.onnx");
    struct scoring *s = xcalloc(1, sizeof *s);
    *s = (struct scoring){.t = t, .run = run, .stop = stop};
    enum err err = set_digest(model, a, end, e);
    if (!err && t->opts.runtime)
        err = find_data(s, a, e);
    if (!err && t->opts.runtime)
        err = open_model(s, model, a, e);
    if (!err && t->opts.runtime)
        err = find_columns(s, a, e);
    if (!err && t->opts.runtime)
        err = score_with(s, run_file(t, run->id, "artifacts/scores.csv", a), a, end, e);
    version_unref(s->version);
    split_release(&s->split);
    free(s);
    return err;
}
