/* identity/sessions.h
 *
 * Sessions of browsers: a random secret in a cookie that scripts cannot read, kept here as its
 * SHA-256, and a second secret made from the first that the pages send back in X-CSRF-Token with
 * everything that is not GET: another site's page can make a browser send the cookie, but not the
 * header.
 *
 *     struct session session;
 *     err = session_add(db, user_id, now_ms, lasts_ms, &session, e);
 *     session_set_cookie(rq, &session, lasts_ms);
 *
 * Functions with a `db` are steps of the caller's transaction. */
#ifndef IDENTITY_SESSIONS_H
#define IDENTITY_SESSIONS_H

#include "base/crypto.h"
#include "http/http.h"
#include "store/store.h"

enum { SESSION_SECRET_BYTES = 44, SESSION_CSRF_BYTES = 33 };

struct session {
    char secret[SESSION_SECRET_BYTES];
    char csrf[SESSION_CSRF_BYTES];
};

WARN_UNUSED enum err session_add(struct db *db, int64_t user_id, int64_t now_ms, int64_t lasts_ms,
                                 struct session *out, struct err_ctx *e);
WARN_UNUSED enum err session_remove(struct db *db, struct str secret, struct err_ctx *e);

/* Ends what nobody has used for too long. */
WARN_UNUSED enum err sessions_remove_expired(struct db *db, int64_t now_ms, struct err_ctx *e);

/* The secret that the request's cookie holds, or a view without a pointer. */
struct str session_secret(const struct http_request *rq);

/* Returns `csrf`. */
char *session_csrf(struct str secret, char csrf[SESSION_CSRF_BYTES]);
struct str session_digest(struct str secret, struct digest *d);

void session_set_cookie(struct http_request *rq, const struct session *s, int64_t lasts_ms);
void session_clear_cookie(struct http_request *rq);

#endif
