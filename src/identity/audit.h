/* identity/audit.h
 *
 * Who did what: one row per change that somebody asked for, written in the transaction of the
 * change itself, so that neither exists without the other.
 *
 *     err = audit_add(db, rq, "model.promote", "iris", "1 -> 2: better on Monday's rows", e); */
#ifndef IDENTITY_AUDIT_H
#define IDENTITY_AUDIT_H

#include "http/http.h"
#include "store/store.h"

/* `rq` is NULL for what the program does by itself or on the command line ("system"). `detail`
 * may be NULL. Never put a secret into it. */
WARN_UNUSED enum err audit_add(struct db *db, struct http_request *rq, const char *action,
                               struct str object, const char *detail, struct err_ctx *e);

#endif
