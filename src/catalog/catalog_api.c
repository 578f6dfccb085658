#include "catalog/catalog.h"
#include "catalog/handlers.h"
#include "identity/role.h"

const struct http_route catalog_routes[] = {
#define ROUTE(method_, pattern_, role_, handler_, run_, body_, creates_, summary_, takes_,         \
              answers_)                                                                            \
    {.method = method_,                                                                            \
     .pattern = pattern_,                                                                          \
     .role = role_,                                                                                \
     .run = run_,                                                                                  \
     .body = body_,                                                                                \
     .handle = handler_,                                                                           \
     .creates = creates_,                                                                          \
     .summary = summary_,                                                                          \
     .takes = takes_,                                                                              \
     .answers = answers_},
#include "catalog/routes.def"
#undef ROUTE
};

const size_t catalog_route_count = ARRAY_LEN(catalog_routes);
