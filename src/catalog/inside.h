/* catalog/inside.h
 *
 * What the files of this folder share, and nobody else sees. */
#ifndef CATALOG_INSIDE_H
#define CATALOG_INSIDE_H

#include <pthread.h>

#include "catalog/catalog.h"
#include "catalog/dataset.h"
#include "http/page.h"

struct dataset;

struct catalog {
    struct store *store;
    const struct clock *clock;
    struct id_source *ids;
    struct events *events;
    char *datasets_folder;
    char *modules_built_in, *modules_local, *modules_programs;
    struct module_folders modules;
    pthread_mutex_t files_lock; /* held while a file comes or goes together with its row */
};

/* ---- dataset_store.c ---- */

struct dataset_summary {
    int64_t id;
    struct str name, description, user;
    int64_t created_ms, versions;
};

/* ERR_NOT_FOUND with its sentence. */
WARN_UNUSED enum err dataset_select(struct db *db, struct str name, struct arena *a,
                                    struct dataset_summary *out, struct err_ctx *e);

/* Adds the page's datasets, newest first, and the one behind them. */
WARN_UNUSED enum err dataset_list(struct db *db, struct page *page, struct err_ctx *e);

/* Finds or makes the dataset, and gives the version its number; `made` is false when the same
 * bytes, read in the same way, are there already: `v` is then that version's id and number. */
WARN_UNUSED enum err dataset_insert(struct db *db, struct id_source *ids,
                                    const struct str *description, struct dataset_version *v,
                                    bool *made, struct err_ctx *e);

/* The JSON of all versions' summaries, newest first. */
WARN_UNUSED enum err dataset_select_versions(struct db *db, int64_t dataset_id, struct str name,
                                             json_t *to, struct err_ctx *e);

/* ERR_CONFLICT while a version is in use. */
WARN_UNUSED enum err dataset_remove_rows(struct db *db, const struct dataset_summary *d,
                                         struct err_ctx *e);
WARN_UNUSED enum err dataset_sha256_used(struct db *db, struct str sha256, bool *used,
                                         struct err_ctx *e);
WARN_UNUSED enum err dataset_select_sha256(struct db *db, int64_t dataset_id, struct arena *a,
                                           struct str *out, size_t max, size_t *count,
                                           struct err_ctx *e);

/* ---- dataset.c ---- */

const char *dataset_path(const struct catalog *c, struct arena *a, struct str sha256);

#endif
