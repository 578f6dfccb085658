/* identity/audit.h
 *
 * Who did what: one row per change that somebody asked for, written in the transaction of the
 * change itself, so that neither exists without the other.
 *
 *     err = audit_add(db, rq, "model.promote", "iris", "1 -> 2: better on Monday's rows", e);
 *
 * audit_init() once at the start, before any thread; everything else from any thread. */
#ifndef IDENTITY_AUDIT_H
#define IDENTITY_AUDIT_H

#include "base/clock.h"
#include "base/id.h"
#include "http/http.h"
#include "store/store.h"

struct audit_entry {
    int64_t id, time_ms;
    struct str actor, action, object, detail, address; /* the last two may have no pointer */
};

/* The process's clock and ids, so that not every caller has to carry them. */
void audit_init(const struct clock *clock, struct id_source *ids);

/* `rq` is NULL for what the program does by itself or on the command line ("system"). `detail`
 * may be NULL. Never put a secret into it. */
WARN_UNUSED enum err audit_add(struct db *db, struct http_request *rq, const char *action,
                               struct str object, const char *detail, struct err_ctx *e);

/* The same under another name: somebody who is just logging in. */
WARN_UNUSED enum err audit_add_as(struct db *db, struct http_request *rq, struct str actor,
                                  const char *action, struct str object, const char *detail,
                                  struct err_ctx *e);

/* Newest first. The texts are in the arena. */
WARN_UNUSED enum err audit_list(struct db *db, struct arena *a, int64_t before_id, size_t limit,
                                struct audit_entry *out, size_t *count, struct err_ctx *e);

#endif
