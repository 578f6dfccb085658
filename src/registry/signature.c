#include "registry/signature.h"

#include "base/map.h"
#include "registry/onnx_file.h"

static const char *const task_names[] = {
    [TASK_OTHER] = "other",
    [TASK_CLASSIFICATION] = "classification",
    [TASK_REGRESSION] = "regression",
};

const char *task_text(enum task task)
{
    assert((unsigned)task < ARRAY_LEN(task_names));
    return task_names[task];
}

bool task_parse(struct str s, enum task *task)
{
    for (size_t i = 0; i < ARRAY_LEN(task_names); i++) {
        if (str_is(s, task_names[i])) {
            *task = (enum task)i;
            return true;
        }
    }
    return false;
}

/* ---- from the model file ---- */

static int64_t batch_of(const struct signature *sig)
{
    int64_t batch = -2;
    for (unsigned i = 0; i < sig->input_count; i++) {
        const struct tensor_spec *in = &sig->inputs[i];
        if (!in->shape_known || in->rank == 0)
            return -1;
        int64_t first = in->shape[0] < 0 ? 0 : in->shape[0];
        if (batch != -2 && batch != first)
            return -1;
        batch = first;
    }
    return batch == -2 ? -1 : batch;
}

/* How many columns an input has: 0 when it has no rows of columns, -1 when it does not say. */
static int64_t columns_of(const struct tensor_spec *in)
{
    if (!in->shape_known || in->rank == 0 || in->rank > 2)
        return 0;
    return in->rank == 1 ? 1 : in->shape[1];
}

static int64_t column_total(const struct signature *sig)
{
    int64_t total = 0;
    for (unsigned i = 0; i < sig->input_count; i++) {
        int64_t columns = columns_of(&sig->inputs[i]);
        if (columns == 0 || (columns < 0 && sig->input_count > 1))
            return 0;
        if (columns < 0)
            return -1;
        total += columns;
        if (total > SIGNATURE_FEATURES_MAX)
            return 0;
    }
    return total;
}

static void name_columns(struct signature *sig, struct arena *a)
{
    int64_t total = column_total(sig);
    if (total <= 0)
        return;
    sig->features = arena_alloc(a, (size_t)total * sizeof *sig->features);
    for (unsigned i = 0; i < sig->input_count; i++) {
        int64_t columns = columns_of(&sig->inputs[i]);
        for (int64_t c = 0; c < columns; c++) {
            const char *name = columns == 1
                                   ? sig->inputs[i].name
                                   : arena_printf(a, "%s_%lld", sig->inputs[i].name, (long long)c);
            sig->features[sig->feature_count++] = (struct feature){name, i, (unsigned)c};
        }
    }
}

/* One value per row: [N] or [N,1]. */
static bool is_single(const struct tensor_spec *out)
{
    return out->shape_known && !out->zipmap &&
           (out->rank == 1 || (out->rank == 2 && out->shape[1] == 1));
}

static int find_label(const struct signature *sig)
{
    for (unsigned i = 0; i < sig->output_count; i++) {
        const struct tensor_spec *out = &sig->outputs[i];
        bool labels = out->datatype == DATATYPE_BYTES || datatype_is_integer(out->datatype) ||
                      out->datatype == DATATYPE_BOOL;
        if (labels && !out->zipmap && (is_single(out) || !out->shape_known))
            return (int)i;
    }
    return -1;
}

static bool named_like(const char *name, const char *part)
{
    struct str s = str_of(name);
    for (size_t i = 0; i + strlen(part) <= s.n; i++)
        if (str_is_nocase(str_from(s.p + i, strlen(part)), part))
            return true;
    return false;
}

/* Probabilities are [N, classes] (or that with ones behind, as image networks write it). */
static bool is_per_class(const struct tensor_spec *out)
{
    if (out->zipmap)
        return true;
    if (!out->shape_known || out->rank < 2 || !datatype_is_real(out->datatype))
        return false;
    for (unsigned d = 2; d < out->rank; d++)
        if (out->shape[d] != 1)
            return false;
    return out->shape[1] != 1;
}

static int find_scores(const struct signature *sig)
{
    int best = -1;
    for (unsigned i = 0; i < sig->output_count; i++) {
        const struct tensor_spec *out = &sig->outputs[i];
        if (!is_per_class(out))
            continue;
        if (named_like(out->name, "prob") || out->zipmap)
            return (int)i;
        bool margin = named_like(out->name, "decision") || named_like(out->name, "margin");
        if (best < 0 && !margin)
            best = (int)i;
    }
    return best;
}

static int find_value(const struct signature *sig)
{
    for (unsigned i = 0; i < sig->output_count; i++) {
        const struct tensor_spec *out = &sig->outputs[i];
        bool number = datatype_is_real(out->datatype) || datatype_is_integer(out->datatype);
        if (number && is_single(out))
            return (int)i;
    }
    return -1;
}

static void name_classes(struct signature *sig, const struct onnx_summary *onnx, struct arena *a)
{
    int64_t width = sig->scores_output >= 0 ? sig->outputs[sig->scores_output].shape[1] : -1;
    if (onnx->label_count) {
        sig->class_count = onnx->label_count;
        sig->classes = onnx->labels;
    } else if (width > 1 && width <= SIGNATURE_CLASSES_MAX) {
        sig->class_count = (unsigned)width;
        sig->classes = arena_alloc(a, (size_t)width * sizeof *sig->classes);
        for (int64_t i = 0; i < width; i++)
            sig->classes[i] = arena_printf(a, "%lld", (long long)i);
    }
    sig->model_labels = sig->classes;
    if (!sig->class_count)
        return;
    for (unsigned i = 0; i < sig->output_count; i++)
        if (sig->outputs[i].zipmap || ((int)i == sig->scores_output && width < 0))
            sig->outputs[i].shape[1] = sig->class_count;
}

static bool has_zipmap(const struct signature *sig)
{
    for (unsigned i = 0; i < sig->output_count; i++)
        if (sig->outputs[i].zipmap)
            return true;
    return false;
}

static void find_outputs(struct signature *sig, const struct onnx_summary *onnx, struct arena *a)
{
    sig->label_output = sig->scores_output = sig->value_output = -1;
    if (sig->task == TASK_REGRESSION)
        sig->value_output = find_value(sig);
    if (sig->task == TASK_CLASSIFICATION) {
        sig->label_output = find_label(sig);
        sig->scores_output = onnx->svm_without_probabilities ? -1 : find_scores(sig);
    }
    if (sig->task == TASK_CLASSIFICATION || has_zipmap(sig))
        name_classes(sig, onnx, a);
}

static enum err check_task(const struct signature *sig, struct err_ctx *e)
{
    if (has_zipmap(sig) && !sig->class_count)
        return err_set(e, ERR_INVALID,
                       "an output is a sequence of maps, but no classifier names their keys");
    if (sig->task == TASK_REGRESSION && sig->value_output < 0)
        return err_set(e, ERR_INVALID,
                       "a regression model needs an output with one number per row ([N] or [N,1]); "
                       "this one has none. Use the task \"other\" to serve it without a score");
    if (sig->task == TASK_CLASSIFICATION && sig->label_output < 0 && sig->scores_output < 0)
        return err_set(e, ERR_INVALID,
                       "a classification model needs an output with a label per row or with one "
                       "number per class; this one has none. Use the task \"other\" to serve it "
                       "without a score");
    return ERR_OK;
}

static struct tensor_spec *copy_specs(const struct tensor_spec *specs, unsigned count,
                                      struct arena *a)
{
    struct tensor_spec *copy = arena_alloc(a, count * sizeof *copy);
    memcpy(copy, specs, count * sizeof *copy);
    return copy;
}

enum err signature_from_onnx(const struct onnx_summary *onnx, enum task task, struct arena *a,
                             struct signature **out, struct err_ctx *e)
{
    struct signature *sig = arena_zalloc(a, sizeof *sig);
    sig->task = task;
    sig->input_count = onnx->input_count;
    sig->inputs = copy_specs(onnx->inputs, onnx->input_count, a);
    sig->output_count = onnx->output_count;
    sig->outputs = copy_specs(onnx->outputs, onnx->output_count, a);
    sig->batch_fixed = batch_of(sig);
    name_columns(sig, a);
    find_outputs(sig, onnx, a);
    *out = sig;
    return check_task(sig, e);
}

enum task signature_guess_task(const struct onnx_summary *onnx)
{
    struct signature sig = {.output_count = onnx->output_count,
                            .outputs = (struct tensor_spec *)(uintptr_t)onnx->outputs};
    if (onnx->label_count || (find_label(&sig) >= 0 && find_scores(&sig) >= 0))
        return TASK_CLASSIFICATION;
    return sig.output_count == 1 && find_value(&sig) >= 0 &&
                   datatype_is_real(sig.outputs[0].datatype)
               ? TASK_REGRESSION
               : TASK_OTHER;
}

/* ---- from a signature file ---- */

static enum err take_name(json_t *item, const char *list, size_t i, struct map *seen,
                          struct arena *a, const char **name, struct err_ctx *e)
{
    static char yes;
    char pointer[64];
    snprintf(pointer, sizeof pointer, "%s/%zu", list, i);
    if (json_is_integer(item))
        *name = arena_printf(a, "%lld", (long long)json_integer_value(item));
    else if (json_is_string(item) && json_string_length(item) > 0)
        *name = arena_strdup(a, json_str(item));
    else
        return err_set_at(e, ERR_INVALID, pointer, "%s[%zu] must be a text", list + 1, i);
    if (map_put(seen, str_of(*name), &yes))
        return err_set_at(e, ERR_INVALID, pointer, "%s names \"%.80s\" twice", list + 1, *name);
    return ERR_OK;
}

static enum err names_of(json_t *list, const char *pointer, size_t max, struct arena *a,
                         const char ***names, unsigned *count, struct err_ctx *e)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n == 0 || n > max)
        return err_set_at(e, ERR_INVALID, pointer, "%s must be a list of 1 to %zu names",
                          pointer + 1, max);
    *names = arena_alloc(a, n * sizeof **names);
    *count = (unsigned)n;
    struct map seen;
    enum err err = ERR_OK;
    map_init(&seen);
    for (size_t i = 0; !err && i < n; i++)
        err = take_name(json_array_get(list, i), pointer, i, &seen, a, &(*names)[i], e);
    map_release(&seen);
    return err;
}

static enum err override_features(struct signature *sig, json_t *list, struct arena *a,
                                  struct err_ctx *e)
{
    const char **names;
    unsigned count;
    enum err err = names_of(list, "/features", SIGNATURE_FEATURES_MAX, a, &names, &count, e);
    if (err)
        return err;
    int64_t total = column_total(sig);
    if (total == -1 && sig->input_count == 1) {
        sig->inputs[0].shape[1] = count;
        name_columns(sig, a);
    } else if (total != count) {
        return err_set_at(e, ERR_INVALID, "/features",
                          "the signature names %u features, but the model's inputs have %lld "
                          "columns",
                          count, (long long)total);
    }
    for (unsigned i = 0; i < count; i++)
        sig->features[i].name = names[i];
    return ERR_OK;
}

static enum err override_classes(struct signature *sig, json_t *list, struct arena *a,
                                 struct err_ctx *e)
{
    const char **names;
    unsigned count;
    enum err err = names_of(list, "/classes", SIGNATURE_CLASSES_MAX, a, &names, &count, e);
    if (err)
        return err;
    if (sig->class_count && sig->class_count != count)
        return err_set_at(e, ERR_INVALID, "/classes",
                          "the signature names %u classes, but the model has %u", count,
                          sig->class_count);
    if (!sig->class_count)
        sig->model_labels = names;
    sig->classes = names;
    sig->class_count = count;
    return ERR_OK;
}

static enum err read_channels(json_t *image, const char *key, double *values, struct err_ctx *e)
{
    json_t *list = json_object_get(image, key);
    if (!list)
        return ERR_OK;
    size_t n = json_array_size(list);
    if (!json_is_array(list) || (n != 1 && n != 3))
        return err_set_at(e, ERR_INVALID, "/image", "image.%s must be a list of 1 or 3 numbers",
                          key);
    for (size_t i = 0; i < 3; i++) {
        json_t *item = json_array_get(list, n == 1 ? 0 : i);
        if (!json_is_number(item))
            return err_set_at(e, ERR_INVALID, "/image", "image.%s must hold numbers", key);
        values[i] = json_number_value(item);
    }
    return ERR_OK;
}

static enum err choice(json_t *object, const char *key, const char *const *texts, unsigned count,
                       int *index, struct err_ctx *e)
{
    struct str text = {NULL, 0};
    enum err err = json_want_text(object, key, 1, 16, &text, e);
    if (err || !text.p)
        return err;
    for (unsigned i = 0; i < count; i++) {
        if (str_is(text, texts[i])) {
            *index = (int)i;
            return ERR_OK;
        }
    }
    return err_set_at(e, ERR_INVALID, "/image", "image.%s cannot be \"" STR_FMT "\"", key,
                      STR_ARG(text));
}

static enum err read_image_choices(json_t *file, struct image_spec *image, struct err_ctx *e)
{
    static const char *const resizes[] = {"stretch", "crop", "pad"};
    static const char *const orders[] = {"RGB", "BGR", "L"};
    static const char *const layouts[] = {"NCHW", "NHWC"};
    int resize = IMAGE_STRETCH, order = 0, layout = 0;
    enum err err = choice(file, "resize", resizes, ARRAY_LEN(resizes), &resize, e);
    if (!err)
        err = choice(file, "channels", orders, ARRAY_LEN(orders), &order, e);
    if (!err)
        err = choice(file, "layout", layouts, ARRAY_LEN(layouts), &layout, e);
    image->resize = (enum image_resize)resize;
    image->channels_last = layout == 1;
    image->channels = order == 2 ? 1 : 3;
    snprintf(image->order, sizeof image->order, "%s", orders[order]);
    return err;
}

static enum err override_image(struct signature *sig, json_t *file, struct arena *a,
                               struct err_ctx *e)
{
    struct image_spec *image = arena_zalloc(a, sizeof *image);
    int64_t width = 0, height = 0;
    image->scale = 1;
    for (size_t i = 0; i < 3; i++)
        image->std[i] = 1;
    enum err err = read_image_choices(file, image, e);
    if (!err)
        err = json_want_i64(file, "width", 1, 16384, &width, e);
    if (!err)
        err = json_want_i64(file, "height", 1, 16384, &height, e);
    if (!err)
        err = json_want_f64(file, "scale", -1e6, 1e6, &image->scale, e);
    if (!err)
        err = read_channels(file, "mean", image->mean, e);
    if (!err)
        err = read_channels(file, "std", image->std, e);
    if (err)
        return err;
    if (!width || !height)
        return err_set_at(e, ERR_INVALID, "/image", "image needs a width and a height");
    for (size_t i = 0; i < 3; i++)
        if (image->std[i] == 0)
            return err_set_at(e, ERR_INVALID, "/image", "image.std must not be 0");
    image->width = (unsigned)width;
    image->height = (unsigned)height;
    sig->image = image;
    return ERR_OK;
}

enum err signature_override(struct signature *sig, json_t *file, struct arena *a, struct err_ctx *e)
{
    json_t *features = json_object_get(file, "features");
    json_t *classes = json_object_get(file, "classes");
    json_t *image = NULL;
    enum err err = json_want_object(file, "image", &image, e);
    if (!err && features && !json_is_null(features))
        err = override_features(sig, features, a, e);
    if (!err && classes && !json_is_null(classes) && sig->task == TASK_CLASSIFICATION)
        err = override_classes(sig, classes, a, e);
    if (!err && image)
        err = override_image(sig, image, a, e);
    return err;
}

/* ---- look-ups ---- */

static int by_name(const void *x, const void *y, void *signature)
{
    const struct signature *sig = signature;
    return str_cmp(str_of(sig->features[*(const unsigned *)x].name),
                   str_of(sig->features[*(const unsigned *)y].name));
}

void signature_sort(struct signature *sig, struct arena *a)
{
    unsigned *sorted = arena_alloc(a, sig->feature_count * sizeof *sorted);
    for (unsigned i = 0; i < sig->feature_count; i++)
        sorted[i] = i;
    qsort_r(sorted, sig->feature_count, sizeof *sorted, by_name, sig);
    sig->sorted = sorted;
}

static int find_sorted(const struct signature *sig, struct str name)
{
    unsigned low = 0, high = sig->feature_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = str_cmp(name, str_of(sig->features[sig->sorted[middle]].name));
        if (order == 0)
            return (int)sig->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

int signature_feature(const struct signature *sig, struct str name)
{
    if (sig->sorted)
        return find_sorted(sig, name);
    for (unsigned i = 0; i < sig->feature_count; i++)
        if (str_is(name, sig->features[i].name))
            return (int)i;
    return -1;
}

int signature_class(const struct signature *sig, struct str name)
{
    for (unsigned i = 0; i < sig->class_count; i++)
        if (str_is(name, sig->classes[i]))
            return (int)i;
    return -1;
}

bool signature_is_tabular(const struct signature *sig)
{
    return sig->feature_count > 0 && sig->batch_fixed >= 0;
}
