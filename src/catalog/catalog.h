/* catalog/catalog.h
 *
 * What there is to train: modules (module.h) and datasets (dataset.h), and their part of the HTTP
 * interface.
 *
 *     struct catalog *catalog = NULL;
 *     err = catalog_open(&opts, &catalog, e);
 *     http_server_mount(server, &(struct http_mount){.routes = catalog_routes,
 *                       .count = catalog_route_count, .context = catalog});
 *     ...
 *     catalog_close(catalog);
 *
 * Any thread. What the options point to must outlive the catalog. */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "base/clock.h"
#include "base/id.h"
#include "catalog/module.h"
#include "http/events.h"
#include "store/store.h"

struct catalog;

struct catalog_opts {
    struct store *store;
    const struct clock *clock;
    struct id_source *ids;
    struct events *events;         /* NULL: nobody listens */
    const char *datasets_folder;   /* made when it is missing */
    struct module_folders modules; /* may be missing */
};

/* Files of datasets that no version needs, left by a crash, are removed. */
WARN_UNUSED enum err catalog_open(const struct catalog_opts *opts, struct catalog **out,
                                  struct err_ctx *e);
void catalog_close(struct catalog *c);

const struct module_folders *catalog_modules(const struct catalog *c);

extern const struct http_route catalog_routes[];
extern const size_t catalog_route_count;

#endif
