/* catalog/handlers.h
 *
 * The handlers of routes.def, which dataset_api.c and module_api.c hold; inside this folder only.
 */
#ifndef CATALOG_HANDLERS_H
#define CATALOG_HANDLERS_H

#include "http/http.h"

struct dataset;
struct module;

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    WARN_UNUSED enum err handler_(struct http_request *rq, struct err_ctx *e);
#include "catalog/routes.def"
#undef ROUTE

#endif
