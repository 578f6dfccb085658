/* registry/registry_store.h
 *
 * The folder's SQL. Inside this folder only: everything here runs in the caller's transaction. */
#ifndef REGISTRY_REGISTRY_STORE_H
#define REGISTRY_REGISTRY_STORE_H

#include "registry/registry.h"

WARN_UNUSED enum err registry_store_model_insert(struct db *db, const struct model *m,
                                                 struct err_ctx *e);
WARN_UNUSED enum err registry_store_model_find(struct db *db, struct str name, struct model *m,
                                               struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err registry_store_model_find_id(struct db *db, int64_t id, struct model *m,
                                                  struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err registry_store_model_list(struct db *db, struct str after, unsigned limit,
                                               struct model *out, unsigned *count, struct arena *a,
                                               struct err_ctx *e);
WARN_UNUSED enum err registry_store_model_describe(struct db *db, struct str name,
                                                   struct str description, struct err_ctx *e);
WARN_UNUSED enum err registry_store_model_remove(struct db *db, int64_t id, struct err_ctx *e);

WARN_UNUSED enum err registry_store_version_insert(struct db *db, struct model_version *v,
                                                   struct err_ctx *e);
WARN_UNUSED enum err registry_store_version_find(struct db *db, int64_t model_id, int64_t number,
                                                 struct model_version *v, struct arena *a,
                                                 struct err_ctx *e);
WARN_UNUSED enum err registry_store_version_loaded(struct db *db, int64_t model_id, bool loaded,
                                                   struct err_ctx *e);
/* Adds {"model","version"} of each version that the run has become. */
WARN_UNUSED enum err registry_store_versions_of_run(struct db *db, int64_t run_id, json_t *to,
                                                    struct err_ctx *e);
/* Whether any version of any model has this file. */
WARN_UNUSED enum err registry_store_sha256_used(struct db *db, struct str sha256, bool *used,
                                                struct err_ctx *e);
WARN_UNUSED enum err registry_store_version_list(struct db *db, int64_t model_id,
                                                 struct model_version **out, unsigned *count,
                                                 struct arena *a, struct err_ctx *e);

WARN_UNUSED enum err registry_store_arms_list(struct db *db, int64_t model_id, struct arm *arms,
                                              unsigned *count, struct err_ctx *e);
WARN_UNUSED enum err registry_store_arms_replace(struct db *db, int64_t model_id,
                                                 const struct arm *arms, unsigned count,
                                                 struct err_ctx *e);

WARN_UNUSED enum err registry_store_decision_insert(struct db *db, int64_t model_id,
                                                    const struct decision *d, struct err_ctx *e);
WARN_UNUSED enum err registry_store_decision_list(struct db *db, int64_t model_id, int64_t before,
                                                  unsigned limit, struct decision *out,
                                                  unsigned *count, struct arena *a,
                                                  struct err_ctx *e);
/* The champion that `champion` replaced when it was last promoted; 0: there is none. Rollbacks do
 * not count: one after the other leads further back. */
WARN_UNUSED enum err registry_store_champion_before(struct db *db, int64_t model_id,
                                                    int64_t champion, int64_t *number,
                                                    struct err_ctx *e);

/* Counts a change of models, versions or arms, whoever made it. */
WARN_UNUSED enum err registry_store_change(struct db *db, struct err_ctx *e);
WARN_UNUSED enum err registry_store_change_count(struct db *db, int64_t *count, struct err_ctx *e);

#endif
