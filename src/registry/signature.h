/* registry/signature.h
 *
 * What a version takes and gives: its tensors as the model file declares them, the names by which
 * people know the columns, the classes, and which output says what. Made from the model file and
 * an optional signature file, stored as JSON with the version.
 *
 *     err = signature_from_onnx(&summary, task, arena, &sig, e);
 *     err = signature_override(sig, json, arena, e);
 *     json_t *stored = signature_to_json(sig);
 *     err = signature_from_json(stored, arena, &sig, e);
 *
 * A signature lives in the arena that it was made in and is not changed after that. */
#ifndef REGISTRY_SIGNATURE_H
#define REGISTRY_SIGNATURE_H

#include "base/json.h"
#include "registry/tensor.h"

enum task { TASK_OTHER, TASK_CLASSIFICATION, TASK_REGRESSION };

const char *task_text(enum task task);
WARN_UNUSED bool task_parse(struct str s, enum task *task);

enum { SIGNATURE_TENSORS_MAX = 64, SIGNATURE_FEATURES_MAX = 16384, SIGNATURE_CLASSES_MAX = 65000 };

struct tensor_spec {
    const char *name;
    enum datatype datatype;
    unsigned rank;
    int64_t shape[TENSOR_RANK_MAX]; /* -1: any size */
    bool shape_known;
    bool zipmap; /* an output that is a sequence of maps, served as FP32 [N, classes] */
};

/* One column of one input, under the name that people use. */
struct feature {
    const char *name;
    unsigned input;
    unsigned column;
};

enum image_resize { IMAGE_STRETCH, IMAGE_CROP, IMAGE_PAD };

/* How a picture becomes a tensor: value = (pixel * scale - mean) / std, by channel. */
struct image_spec {
    unsigned width, height, channels;
    enum image_resize resize;
    char order[4]; /* "RGB", "BGR" or "L" */
    bool channels_last;
    double scale, mean[3], std[3];
};

struct signature {
    enum task task;
    unsigned input_count, output_count;
    struct tensor_spec *inputs, *outputs;
    unsigned feature_count; /* 0: the inputs are no columns */
    struct feature *features;
    const unsigned *sorted; /* indices of the features by name; NULL: not sorted */
    unsigned class_count;
    const char **classes;      /* what people read */
    const char **model_labels; /* what the model's label output says, in the same order */
    int label_output;          /* index of the output with the predicted label, or -1 */
    int scores_output;         /* with one probability per class, or -1 */
    int value_output;          /* with the predicted number, or -1 */
    struct image_spec *image;  /* NULL: not for pictures */
    int64_t batch_fixed;       /* the only number of rows that it takes; 0: any; -1: rows have no
                                  meaning for it */
};

struct onnx_summary;

WARN_UNUSED enum err signature_from_onnx(const struct onnx_summary *onnx, enum task task,
                                         struct arena *a, struct signature **out,
                                         struct err_ctx *e);

/* What the outputs look like: labels and scores, one number per row, or something else. */
enum task signature_guess_task(const struct onnx_summary *onnx);

/* Applies a signature file: features, classes, image. 422 with a pointer for what does not fit. */
WARN_UNUSED enum err signature_override(struct signature *sig, json_t *file, struct arena *a,
                                        struct err_ctx *e);

json_t *signature_to_json(const struct signature *sig);
WARN_UNUSED enum err signature_from_json(json_t *json, struct arena *a, struct signature **out,
                                         struct err_ctx *e);

/* Makes looking up features quick; signature_from_json() does it. */
void signature_sort(struct signature *sig, struct arena *a);

/* Index of the feature, or -1. */
int signature_feature(const struct signature *sig, struct str name);

/* Index of the class by what people read, or -1. */
int signature_class(const struct signature *sig, struct str name);

/* True when a row is one value for each feature, in order: what native predict takes. */
bool signature_is_tabular(const struct signature *sig);

#endif
