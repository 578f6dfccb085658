/* protocol/oip/inside.h
 *
 * What the files of this folder share. Inside this folder only. */
#ifndef PROTOCOL_OIP_INSIDE_H
#define PROTOCOL_OIP_INSIDE_H

#include "protocol/oip/oip.h"
#include "serving/ask.h"

struct oip {
    struct oip_opts opts;
};

#define ROUTE(method, pattern, role, handler, ...)                                                 \
    WARN_UNUSED enum err oip_api_##handler(struct http_request *rq, struct err_ctx *e);
#include "protocol/oip/routes.def"
#undef ROUTE

/* A reference to the model's deployment that goes with the request. ERR_NOT_FOUND with Triton's
 * sentence. */
WARN_UNUSED enum err oip_find(struct http_request *rq, struct deployment **out, struct err_ctx *e);

/* The same, and the version of the path, or the champion where the path names none; the deployment
 * holds it. */
WARN_UNUSED enum err oip_find_version(struct http_request *rq, struct deployment **out,
                                      struct version **version, struct err_ctx *e);

/* One tensor that a client asked for. */
struct oip_wanted {
    unsigned output; /* index into the signature */
    bool binary;
    uint32_t top; /* classification: the largest so many; 0: the tensor itself */
};

struct oip_call {
    struct ask *ask;
    struct str id; /* as given, or without a pointer */
    struct oip_wanted wanted[SIGNATURE_TENSORS_MAX];
    unsigned wanted_count;
    size_t header_bytes; /* of the JSON before the binary tensors; the whole body without them */
};

/* Reads the body into the ask's inputs and the call's wishes. */
WARN_UNUSED enum err oip_decode(struct http_request *rq, struct oip_call **out, struct err_ctx *e);

/* Writes the answer; rq->work is the ask, whose `protocol` is the call. */
WARN_UNUSED enum err oip_encode(struct http_request *rq, struct err_ctx *e);

/* The classification extension: BYTES [rows, top] of "value:index[:label]", the largest first. */
WARN_UNUSED enum err oip_classify(const struct signature *sig, const struct tensor *t, uint32_t top,
                                  struct tensor *out, struct arena *a, struct err_ctx *e);

#endif
