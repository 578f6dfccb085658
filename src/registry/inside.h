/* registry/inside.h
 *
 * What the files of the rules share: registry.c (models), versions.c, arms.c (arms and decisions).
 * Inside this folder only. */
#ifndef REGISTRY_INSIDE_H
#define REGISTRY_INSIDE_H

#include "identity/principal.h"
#include "registry/files.h"
#include "registry/registry_store.h"

struct registry {
    struct registry_opts opts;
    struct files *files;
};

static inline int64_t inside_now_ms(const struct registry *r)
{
    return clock_now_ms(r->opts.clock);
}

static inline int64_t inside_next_id(struct registry *r)
{
    return (int64_t)id_next(r->opts.ids, inside_now_ms(r));
}

/* Who makes a change; without a request it is the program itself. */
static inline struct str inside_actor(struct http_request *rq)
{
    return rq ? principal_of(rq)->name : STR("system");
}

/* Everybody who serves or shows the model learns of the change, after the commit. */
void inside_announce(struct registry *r, struct str model, bool loads);

/* Makes the model, inside a writing transaction. */
WARN_UNUSED enum err inside_make_model(struct registry *r, struct db *db, struct http_request *rq,
                                       struct str name, enum task task, struct str description,
                                       struct model *out, struct arena *a, struct err_ctx *e);

#endif
