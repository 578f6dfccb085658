#include "catalog/catalog.h"
#include "catalog/handlers.h"
#include "identity/role.h"

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route catalog_routes[] = {
#include "catalog/routes.def"
};
#undef ROUTE
const size_t catalog_route_count = ARRAY_LEN(catalog_routes);
