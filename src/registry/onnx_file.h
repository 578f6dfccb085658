/* registry/onnx_file.h
 *
 * Reads from an ONNX file what a signature needs, without running it: inputs and outputs, operator
 * sets, the labels of classifiers, and whether it wants data from elsewhere. Works on a view of the
 * file, follows nothing deeper than a fixed level, and believes no length that the file states.
 *
 *     struct onnx_summary onnx;
 *     err = onnx_read(mapping.text, arena, &onnx, e);
 *
 * The summary's texts live in the arena. */
#ifndef REGISTRY_ONNX_FILE_H
#define REGISTRY_ONNX_FILE_H

#include "registry/signature.h"

enum { ONNX_OPSETS_MAX = 16 };

struct onnx_opset {
    const char *domain; /* "" for the standard operators */
    int64_t version;
};

struct onnx_summary {
    int64_t ir_version;
    const char *producer;
    unsigned opset_count;
    struct onnx_opset opsets[ONNX_OPSETS_MAX];
    unsigned input_count, output_count;
    struct tensor_spec inputs[SIGNATURE_TENSORS_MAX]; /* without those that have a default */
    struct tensor_spec outputs[SIGNATURE_TENSORS_MAX];
    unsigned label_count; /* of the last classifier or ZipMap; 0 where there is none */
    const char **labels;
    bool labels_are_text;
    bool svm_without_probabilities; /* its scores are votes' margins, not probabilities */
};

/* ERR_INVALID with the reason when the file is no ONNX model, or one that cannot be served: no
 * graph, an input that is no tensor, a tensor type that cannot be carried, external data. */
WARN_UNUSED enum err onnx_read(struct str file, struct arena *a, struct onnx_summary *out,
                               struct err_ctx *e);

#endif
