#include "registry/signature.h"

/* ---- writing ---- */

static json_t *spec_to_json(const struct tensor_spec *spec)
{
    json_t *object = json_object(), *shape = json_array();
    json_set_cstr(object, "name", spec->name);
    json_set_cstr(object, "datatype", datatype_text(spec->datatype));
    for (unsigned i = 0; i < spec->rank; i++)
        json_push(shape, json_integer(spec->shape[i]));
    json_set(object, "shape", shape);
    if (!spec->shape_known)
        json_set_bool(object, "shape_known", false);
    if (spec->zipmap)
        json_set_bool(object, "zipmap", true);
    return object;
}

static json_t *specs_to_json(const struct tensor_spec *specs, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_push(list, spec_to_json(&specs[i]));
    return list;
}

static const char *feature_type(enum datatype d)
{
    if (d == DATATYPE_BYTES)
        return "text";
    if (d == DATATYPE_BOOL)
        return "boolean";
    return datatype_is_integer(d) ? "integer" : "number";
}

static json_t *features_to_json(const struct signature *sig)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < sig->feature_count; i++) {
        const struct feature *f = &sig->features[i];
        json_t *object = json_object();
        json_set_cstr(object, "name", f->name);
        json_set_cstr(object, "type", feature_type(sig->inputs[f->input].datatype));
        json_set_i64(object, "input", f->input);
        json_set_i64(object, "column", f->column);
        json_push(list, object);
    }
    return list;
}

static json_t *names_to_json(const char *const *names, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_push(list, json_text(str_of(names[i])));
    return list;
}

static json_t *numbers_to_json(const double *values, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_push(list, json_real(values[i]));
    return list;
}

static const char *const resize_names[] = {
    [IMAGE_STRETCH] = "stretch", [IMAGE_CROP] = "crop", [IMAGE_PAD] = "pad"};

static json_t *image_to_json(const struct image_spec *image)
{
    json_t *object = json_object();
    json_set_i64(object, "width", image->width);
    json_set_i64(object, "height", image->height);
    json_set_cstr(object, "resize", resize_names[image->resize]);
    json_set_cstr(object, "channels", image->order);
    json_set_cstr(object, "layout", image->channels_last ? "NHWC" : "NCHW");
    json_set_f64(object, "scale", image->scale);
    json_set(object, "mean", numbers_to_json(image->mean, 3));
    json_set(object, "std", numbers_to_json(image->std, 3));
    return object;
}

json_t *signature_to_json(const struct signature *sig)
{
    json_t *object = json_object();
    json_set_cstr(object, "task", task_text(sig->task));
    json_set(object, "inputs", specs_to_json(sig->inputs, sig->input_count));
    json_set(object, "outputs", specs_to_json(sig->outputs, sig->output_count));
    json_set(object, "features", features_to_json(sig));
    json_set(object, "classes",
             sig->class_count ? names_to_json(sig->classes, sig->class_count) : json_null());
    if (sig->class_count && sig->model_labels != sig->classes)
        json_set(object, "model_labels", names_to_json(sig->model_labels, sig->class_count));
    json_set_i64(object, "label_output", sig->label_output);
    json_set_i64(object, "scores_output", sig->scores_output);
    json_set_i64(object, "value_output", sig->value_output);
    json_set_i64(object, "batch_fixed", sig->batch_fixed);
    json_set(object, "image", sig->image ? image_to_json(sig->image) : json_null());
    return object;
}

/* ---- reading what was written ---- */

static enum err corrupt(struct err_ctx *e, const char *what)
{
    return err_set(e, ERR_CORRUPT, "a stored signature has unusable %s", what);
}

static enum err spec_from_json(json_t *json, struct arena *a, struct tensor_spec *spec,
                               struct err_ctx *e)
{
    json_t *shape = json_object_get(json, "shape");
    *spec = (struct tensor_spec){.shape_known = true};
    spec->name = arena_strdup(a, json_str(json_object_get(json, "name")));
    if (!datatype_parse(json_str(json_object_get(json, "datatype")), &spec->datatype) ||
        json_array_size(shape) > TENSOR_RANK_MAX)
        return corrupt(e, "tensors");
    spec->rank = (unsigned)json_array_size(shape);
    for (unsigned i = 0; i < spec->rank; i++)
        spec->shape[i] = json_integer_value(json_array_get(shape, i));
    spec->shape_known = !json_is_false(json_object_get(json, "shape_known"));
    spec->zipmap = json_is_true(json_object_get(json, "zipmap"));
    return ERR_OK;
}

static enum err specs_from_json(json_t *list, struct arena *a, struct tensor_spec **specs,
                                unsigned *count, struct err_ctx *e)
{
    size_t n = json_array_size(list);
    if (n == 0 || n > SIGNATURE_TENSORS_MAX)
        return corrupt(e, "tensors");
    *specs = arena_alloc(a, n * sizeof **specs);
    *count = (unsigned)n;
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < n; i++)
        err = spec_from_json(json_array_get(list, i), a, &(*specs)[i], e);
    return err;
}

static enum err features_from_json(struct signature *sig, json_t *list, struct arena *a,
                                   struct err_ctx *e)
{
    size_t n = json_array_size(list);
    if (n > SIGNATURE_FEATURES_MAX)
        return corrupt(e, "features");
    sig->features = arena_alloc(a, n * sizeof *sig->features);
    sig->feature_count = (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(list, i);
        struct feature *f = &sig->features[i];
        f->name = arena_strdup(a, json_str(json_object_get(item, "name")));
        f->input = (unsigned)json_integer_value(json_object_get(item, "input"));
        f->column = (unsigned)json_integer_value(json_object_get(item, "column"));
        if (f->input >= sig->input_count)
            return corrupt(e, "features");
    }
    return ERR_OK;
}

static const char **names_from_json(json_t *list, unsigned count, struct arena *a)
{
    const char **names = arena_alloc(a, count * sizeof *names);
    for (unsigned i = 0; i < count; i++)
        names[i] = arena_strdup(a, json_str(json_array_get(list, i)));
    return names;
}

static void classes_from_json(struct signature *sig, json_t *json, struct arena *a)
{
    json_t *classes = json_object_get(json, "classes");
    json_t *labels = json_object_get(json, "model_labels");
    sig->class_count = (unsigned)MIN(json_array_size(classes), (size_t)SIGNATURE_CLASSES_MAX);
    if (!sig->class_count)
        return;
    sig->classes = names_from_json(classes, sig->class_count, a);
    sig->model_labels = json_array_size(labels) == sig->class_count
                            ? names_from_json(labels, sig->class_count, a)
                            : sig->classes;
}

static enum err output_from_json(json_t *json, const char *key, const struct signature *sig,
                                 int *out, struct err_ctx *e)
{
    json_int_t index = json_integer_value(json_object_get(json, key));
    if (index < -1 || index >= (json_int_t)sig->output_count)
        return corrupt(e, "outputs");
    *out = (int)index;
    return ERR_OK;
}

enum err signature_from_json(json_t *json, struct arena *a, struct signature **out,
                             struct err_ctx *e)
{
    struct signature *sig = arena_zalloc(a, sizeof *sig);
    json_t *image = json_object_get(json, "image");
    if (!task_parse(json_str(json_object_get(json, "task")), &sig->task))
        return corrupt(e, "task");
    enum err err =
        specs_from_json(json_object_get(json, "inputs"), a, &sig->inputs, &sig->input_count, e);
    if (!err)
        err = specs_from_json(json_object_get(json, "outputs"), a, &sig->outputs,
                              &sig->output_count, e);
    if (!err)
        err = features_from_json(sig, json_object_get(json, "features"), a, e);
    classes_from_json(sig, json, a);
    if (!err)
        signature_sort(sig, a);
    if (!err)
        err = output_from_json(json, "label_output", sig, &sig->label_output, e);
    if (!err)
        err = output_from_json(json, "scores_output", sig, &sig->scores_output, e);
    if (!err)
        err = output_from_json(json, "value_output", sig, &sig->value_output, e);
    sig->batch_fixed = json_integer_value(json_object_get(json, "batch_fixed"));
    if (!err && json_is_object(image)) {
        json_t *wrapped = json_pack("{s:O}", "image", image);
        err = signature_override(sig, wrapped, a, e);
        json_decref(wrapped);
    }
    *out = sig;
    return err;
}
