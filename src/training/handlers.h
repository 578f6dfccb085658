/* training/handlers.h
 *
 * The handlers of routes.def, which experiment_api.c and the run_*_api.c hold; inside this folder
 * only. */
#ifndef TRAINING_HANDLERS_H
#define TRAINING_HANDLERS_H

#include "training/inside.h"

struct experiment;
struct run;

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    WARN_UNUSED enum err handler_(struct http_request *rq, struct err_ctx *e);
#include "training/routes.def"
#undef ROUTE

#endif
