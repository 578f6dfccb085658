/* identity/link.h
 *
 * The one-time link that makes the first administrator. Every start of a server without one makes
 * a link of its own; the first that is used ends them all.
 *
 *     char token[LINK_TEXT_BYTES];
 *     err = link_add(db, now_ms, token, e);
 *     ...
 *     err = link_check(db, token, e);                         403 when it is used up or made up
 *     err = link_remove_all(db, e);
 *
 * Steps of the caller's transaction. */
#ifndef IDENTITY_LINK_H
#define IDENTITY_LINK_H

#include "store/store.h"

enum { LINK_TEXT_BYTES = 41 };

WARN_UNUSED enum err link_add(struct db *db, int64_t now_ms, char token[LINK_TEXT_BYTES],
                              struct err_ctx *e);
WARN_UNUSED enum err link_check(struct db *db, struct str token, struct err_ctx *e);
WARN_UNUSED enum err link_remove_all(struct db *db, struct err_ctx *e);

#endif
