/* identity/shown.h
 *
 * What a request shows of who asks, and who that is. Inside this folder only.
 *
 *     struct shown shown = shown_by(rq);
 *     if (shown.secret.p)
 *         err = shown_recognise(identity, &shown, true, &who, &state, e);
 *
 * A badge is what is left of it when the request has been answered and a stream goes on: enough to
 * look the credential up again, and the role that the route needs. Any thread. */
#ifndef IDENTITY_SHOWN_H
#define IDENTITY_SHOWN_H

#include "identity/credentials.h"
#include "identity/identity.h"

struct shown {
    enum credential_kind kind;
    struct str secret; /* without a pointer: nothing; a view of the request's header */
};

struct shown shown_by(const struct http_request *rq);

/* Out of memory or, where it may block, out of the store; else the state may be UNKNOWN. */
WARN_UNUSED enum err shown_recognise(struct identity *identity, const struct shown *shown,
                                     bool may_block, struct credential *who,
                                     enum credential_state *state, struct err_ctx *e);

/* The hooks of http.h; `identity` is the context. */
void shown_badge(void *identity, const struct http_request *rq, struct http_badge *out);
bool shown_still_allowed(void *identity, const struct http_badge *badge);

#endif
