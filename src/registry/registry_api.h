/* registry/registry_api.h
 *
 * The folder's HTTP handlers, spread over several files. Inside this folder only. */
#ifndef REGISTRY_REGISTRY_API_H
#define REGISTRY_REGISTRY_API_H

#include "http/page.h"
#include "registry/registry.h"

#define ROUTE(method, pattern, role, handler, ...)                                                 \
    enum err registry_api_##handler(struct http_request *rq, struct err_ctx *e);
#include "registry/routes.def"
#undef ROUTE

/* "1" in a path or a body. ERR_NOT_FOUND for what is no number. */
WARN_UNUSED enum err registry_api_number(struct str text, int64_t *number, struct err_ctx *e);

json_t *registry_api_version(struct registry *r, struct str model, const struct model_version *v,
                             struct arena *a);

#endif
