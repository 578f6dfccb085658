/* protocol/oip/oip.h
 *
 * The Open Inference Protocol v2 over REST, with Triton's extensions: binary tensors, model
 * repository, model configuration, statistics, classification, schedule policy. Its errors are
 * {"error": "sentence"}. A view of serving/ and registry/: it keeps nothing of its own but the
 * changes that a load asked for.
 *
 *     struct oip *oip;
 *     err = oip_open(&opts, &oip, e);
 *     http_server_mount(server, &(struct http_mount){oip_routes, oip_route_count, oip,
 *                                                    oip_write_error}); */
#ifndef PROTOCOL_OIP_OIP_H
#define PROTOCOL_OIP_OIP_H

#include "serving/serving.h"

struct oip;

struct oip_opts {
    struct serving *serving;
    struct registry *registry;
    const char *server_name;
    const char *version;
};

WARN_UNUSED enum err oip_open(const struct oip_opts *opts, struct oip **out, struct err_ctx *e);
void oip_close(struct oip *o);

/* {"error": "sentence"}; what is 422 elsewhere is 400 here. */
void oip_write_error(struct http_request *rq, const struct err_ctx *e);

extern const struct http_route oip_routes[];
extern const size_t oip_route_count;

#endif
