/* registry/registry.h
 *
 * Models, their numbered immutable versions, and the arms: which version takes part in serving a
 * model and how. The record, not the running: serving/ looks here for what it should load.
 *
 *     struct registry *registry;
 *     err = registry_open(&opts, &registry, e);
 *     err = registry_version_add(registry, &order, &version, arena, e);
 *     err = registry_arms(registry, model.id, arms, &count, e);
 *
 * A version's file lies under opts.folder by its SHA-256, so the same file is kept once. It is
 * there before its row is, and never changed. All calls block; any thread. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "base/clock.h"
#include "base/id.h"
#include "http/events.h"
#include "registry/signature.h"
#include "store/store.h"

struct registry;

/* The model that a run has left behind. */
struct run_artifact {
    int64_t run_id;
    const char *path;  /* of the ONNX file */
    json_t *signature; /* beside it, or NULL; the caller's reference */
    enum task task;
};

struct registry_hooks {
    /* Loads the file once and runs it, so that what cannot be served is never registered. */
    enum err (*check)(void *context, const char *path, const struct signature *signature,
                      struct err_ctx *e);
    /* A model's versions or arms have changed: serve what is written now. Called after the
     * commit, on the thread that made the change; when it returns the change is in force here.
     * `loads`: also what has to be loaded for it first, however long that takes. */
    void (*changed)(void *context, struct str model, bool loads);
    /* "READY" and the like, with a reason. */
    const char *(*state)(void *context, struct str model, int64_t number, const char **reason,
                         struct arena *a);
    /* Where the run's artifact is. ERR_NOT_FOUND or ERR_CONFLICT with a sentence. */
    enum err (*artifact)(void *context, struct str run, struct str artifact,
                         struct run_artifact *out, struct arena *a, struct err_ctx *e);
    void *context;
};

struct registry_opts {
    struct store *store;
    const struct clock *clock;
    struct id_source *ids;
    struct events *events;
    const char *folder;
    struct registry_hooks hooks; /* each may be NULL */
};

WARN_UNUSED enum err registry_open(const struct registry_opts *opts, struct registry **out,
                                   struct err_ctx *e);
void registry_close(struct registry *r);

/* What is above comes later than the registry itself: before any request. */
void registry_set_hooks(struct registry *r, const struct registry_hooks *hooks);
const struct registry_hooks *registry_hooks(const struct registry *r);

struct model {
    int64_t id;
    struct str name;
    enum task task;
    struct str description;
    int64_t created_ms;
    struct str created_by;
};

struct model_version {
    int64_t id, model_id, number, created_ms, run_id, bytes;
    struct str created_by, source, sha256, signature, note; /* signature: JSON */
    bool loaded;                                            /* false: unloaded by request */
};

enum arm_mode { ARM_CHAMPION, ARM_SHADOW, ARM_SPLIT, ARM_BANDIT };

const char *arm_mode_text(enum arm_mode mode);
WARN_UNUSED bool arm_mode_parse(struct str s, enum arm_mode *mode);

enum { REGISTRY_ARMS_MAX = 16, MODEL_NAME_MAX = 128 };

struct arm {
    int64_t number; /* of the version */
    enum arm_mode mode;
    double weight; /* split: its share of the traffic */
    double sample; /* shadow: the share of predictions that it scores too */
    int64_t since_ms;
};

struct decision {
    int64_t id, time_ms, from_version, to_version; /* 0: none */
    struct str verdict, reason, actor, evidence;
};

/* 1 to MODEL_NAME_MAX of letters, digits, ".", "_" and "-", the first a letter or digit, and not
 * "stats", which stands beside the models in the Open Inference Protocol. ERR_INVALID at /name. */
WARN_UNUSED enum err model_name_check(struct str name, struct err_ctx *e);

/* ---- models ---- */

WARN_UNUSED enum err registry_model_add(struct registry *r, struct http_request *rq,
                                        struct str name, enum task task, struct str description,
                                        struct model *out, struct arena *a, struct err_ctx *e);
/* ERR_NOT_FOUND with a sentence. */
WARN_UNUSED enum err registry_model(struct registry *r, struct str name, struct model *out,
                                    struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err registry_model_by_id(struct registry *r, int64_t id, struct model *out,
                                          struct arena *a, struct err_ctx *e);
WARN_UNUSED enum err registry_model_describe(struct registry *r, struct http_request *rq,
                                             struct str name, struct str description,
                                             struct err_ctx *e);
/* With its versions, arms and decisions; predictions stay until they expire. */
WARN_UNUSED enum err registry_model_remove(struct registry *r, struct http_request *rq,
                                           struct str name, struct err_ctx *e);

/* Models by name after `after`, at most `limit`. */
WARN_UNUSED enum err registry_models(struct registry *r, struct str after, unsigned limit,
                                     struct model **out, unsigned *count, struct arena *a,
                                     struct err_ctx *e);

/* ---- versions ---- */

/* What is to become a version: a file's content, whose words win over the file's own. */
struct version_order {
    struct http_request *rq; /* NULL: the program itself */
    struct str model;        /* made when it does not exist */
    bool task_given;
    enum task task;     /* of a model that has to be made; guessed when not given */
    struct str content; /* the ONNX file */
    json_t *signature;  /* a signature file, or NULL */
    const char *source; /* "upload" or "run" */
    int64_t run_id;
    struct str note;
};

WARN_UNUSED enum err registry_version_add(struct registry *r, const struct version_order *order,
                                          struct model_version *out, struct arena *a,
                                          struct err_ctx *e);
WARN_UNUSED enum err registry_version(struct registry *r, int64_t model_id, int64_t number,
                                      struct model_version *out, struct arena *a,
                                      struct err_ctx *e);
/* All versions of a model, the newest first. */
WARN_UNUSED enum err registry_versions(struct registry *r, int64_t model_id,
                                       struct model_version **out, unsigned *count, struct arena *a,
                                       struct err_ctx *e);
WARN_UNUSED enum err registry_version_loaded(struct registry *r, struct http_request *rq,
                                             struct str model, bool loaded, struct err_ctx *e);

/* Where the version's file is. */
const char *registry_path(struct registry *r, struct str sha256, struct arena *a);

/* The models that a run has become: [{"model","version"}]. */
WARN_UNUSED enum err registry_versions_of_run(struct registry *r, int64_t run_id, json_t **out,
                                              struct err_ctx *e);

/* ---- arms and decisions ---- */

WARN_UNUSED enum err registry_arms(struct registry *r, int64_t model_id,
                                   struct arm arms[REGISTRY_ARMS_MAX], unsigned *count,
                                   struct err_ctx *e);

/* Replaces all arms: exactly one champion, every version once. Kept with a decision. */
WARN_UNUSED enum err registry_arms_set(struct registry *r, struct http_request *rq,
                                       struct str model, const struct arm *arms, unsigned count,
                                       struct str reason, struct err_ctx *e);

/* Makes the version champion; the old champion becomes what the new one was, or leaves.
 * `verdict` is "promote" or "rollback"; `number` 0 with a rollback means: the champion before. */
WARN_UNUSED enum err registry_promote(struct registry *r, struct http_request *rq, struct str model,
                                      int64_t number, const char *verdict, struct str reason,
                                      struct decision *out, struct arena *a, struct err_ctx *e);

/* Arms in the words of the interface, for answers and for the evidence of decisions. */
json_t *arms_to_json(const struct arm *arms, unsigned count);

/* Decisions of a model whose id is below `before`, the newest first. */
WARN_UNUSED enum err registry_decisions(struct registry *r, int64_t model_id, int64_t before,
                                        unsigned limit, struct decision **out, unsigned *count,
                                        struct arena *a, struct err_ctx *e);

/* Grows with every change that any process makes. */
WARN_UNUSED enum err registry_change_count(struct registry *r, int64_t *count, struct err_ctx *e);

extern const struct http_route registry_routes[];
extern const size_t registry_route_count;

#endif
