/* protocol/oip/decode.h
 *
 * A request for inference on its way from the body to tensors: what the JSON tells (told.c), then
 * the tensors themselves (tensors.c). The model is known only after the first, because a parameter
 * may choose the arm; whoever knows it fills in what the second needs.
 *
 *     struct decoder *d = decoder_new(&rq->arena, e);
 *     err = decode_split(d, header_length, body);
 *     err = decode_told(d);                    or decode_raw() where there is no JSON
 *     d->model = ...; d->signature = ...; d->tensor_bytes_max = ...;
 *     err = decode_tensors(d);                 d->tensors, one for each input of the signature
 *
 * Knows neither HTTP nor serving. Inside this folder only. A decoder lives in its arena and belongs
 * to its thread. */
#ifndef PROTOCOL_OIP_DECODE_H
#define PROTOCOL_OIP_DECODE_H

#include "registry/signature.h"
#include "registry/tensor.h"
#include "serving/jsonpull.h"

/* An input as the request tells it, before its data is read. */
struct told {
    struct str name;
    enum datatype datatype;
    bool has_datatype, has_shape, has_data, has_size;
    unsigned rank;
    int64_t shape[TENSOR_RANK_MAX];
    uint64_t binary_bytes;
    struct jsonpull data; /* stands before the list */
    size_t data_bytes;    /* of it */
};

struct decoder {
    struct arena *arena;
    struct err_ctx *e;
    struct jsonpull j;
    size_t header_bytes; /* of the JSON; 0: the body is one raw tensor */
    struct str id;       /* of the request, or without a pointer */
    unsigned input_count, output_count;
    struct str binary;  /* what is left of the bytes behind the JSON */
    bool binary_output; /* for every output that does not say itself */
    bool has_outputs;
    struct str unit;
    uint64_t timeout_us;
    struct str refused; /* a parameter that asks for what we cannot do; without a pointer: none */

    const char *model;
    const struct signature *signature;
    size_t tensor_bytes_max;
    struct tensor *tensors; /* [signature->input_count] */

    /* As many as were counted; the rest is never touched, for a small request's sake. */
    struct told inputs[SIGNATURE_TENSORS_MAX];
    struct {
        struct str name;
        int binary; /* -1: not said */
        uint32_t top;
    } outputs[SIGNATURE_TENSORS_MAX];
};

struct decoder *decoder_new(struct arena *a, struct err_ctx *e);

/* `header_length`, the header Inference-Header-Content-Length or a view without a pointer, says
 * where the JSON ends and the binary tensors begin. */
WARN_UNUSED enum err decode_split(struct decoder *d, struct str header_length, struct str body);

/* Reads the JSON part: inputs, outputs, id and parameters. The data of an input is only looked
 * past. */
WARN_UNUSED enum err decode_told(struct decoder *d);

/* With a JSON part of no bytes the body is the model's only input, and all outputs are binary. */
WARN_UNUSED enum err decode_raw(struct decoder *d);

/* Makes the tensors out of what was told, and checks them against the signature. */
WARN_UNUSED enum err decode_tensors(struct decoder *d);

#endif
