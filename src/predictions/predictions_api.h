/* predictions/predictions_api.h
 *
 * The folder's HTTP handlers, one file for what comes in and one for what goes out. Inside this
 * folder only. */
#ifndef PREDICTIONS_PREDICTIONS_API_H
#define PREDICTIONS_PREDICTIONS_API_H

#include "predictions/predictions.h"

#define ROUTE(method, pattern, role, handler, ...)                                                 \
    WARN_UNUSED enum err predictions_api_##handler(struct http_request *rq, struct err_ctx *e);
#include "predictions/routes.def"
#undef ROUTE

struct registry *predictions_registry(const struct predictions *p);

#endif
