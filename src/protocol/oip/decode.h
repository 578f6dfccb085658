/* protocol/oip/decode.h
 *
 * A request for inference on its way from the body to tensors, in three steps: what the JSON tells
 * (told.c), the tensors themselves (tensors.c), and the order of both with what is wanted
 * (decode.c). The model is known only after the first: a parameter may choose the arm.
 *
 *     err = decode_told(d);
 *     ...
 *     err = decode_tensors(d);
 *
 * Inside this folder only. A decoder lives in its request's arena and belongs to its thread. */
#ifndef PROTOCOL_OIP_DECODE_H
#define PROTOCOL_OIP_DECODE_H

#include "protocol/oip/inside.h"
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
    struct http_request *rq;
    struct oip_call *call;
    struct err_ctx *e;
    struct jsonpull j;
    unsigned input_count, output_count;
    struct str binary;  /* what is left of the bytes behind the JSON */
    bool binary_output; /* for every output that does not say itself */
    bool has_outputs;
    struct str unit;
    uint64_t timeout_us;
    struct str refused; /* a parameter that asks for what we cannot do; without a pointer: none */
    /* As many as were counted; the rest is never touched, for a small request's sake. */
    struct told inputs[SIGNATURE_TENSORS_MAX];
    struct {
        struct str name;
        int binary; /* -1: not said */
        uint32_t top;
    } outputs[SIGNATURE_TENSORS_MAX];
};

/* Reads the JSON part: inputs, outputs, id and parameters. The data of an input is only looked
 * past. */
WARN_UNUSED enum err decode_told(struct decoder *d);

/* Makes the tensors of the ask's version out of what was told, and checks them against it. */
WARN_UNUSED enum err decode_tensors(struct decoder *d);

#endif
