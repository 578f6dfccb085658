/* identity/credentials.h
 *
 * From a secret (an API token, or a session's cookie) to who it belongs to, out of memory: a
 * request on the prediction path costs one SHA-256 and no SQL.
 *
 *     struct credentials *c = NULL;
 *     err = credentials_open(&(struct credentials_opts){.store = store, .clock = clock}, &c, e);
 *     enum credential_state state = credentials_look(c, CREDENTIAL_TOKEN, secret, &who);
 *     if (state == CREDENTIAL_UNKNOWN)
 *         err = credentials_load(c, CREDENTIAL_TOKEN, secret, &who, &state, e);
 *     ...
 *     credentials_forget(c);            after a change of users, tokens or sessions was committed
 *
 * What is remembered holds for five seconds, so that another node's changes arrive here; a change
 * on this node takes effect with credentials_forget(). Any thread. */
#ifndef IDENTITY_CREDENTIALS_H
#define IDENTITY_CREDENTIALS_H

#include "base/clock.h"
#include "base/crypto.h"
#include "identity/role.h"
#include "store/store.h"

enum { CREDENTIAL_NAME_MAX = 64 };

enum credential_kind { CREDENTIAL_TOKEN, CREDENTIAL_SESSION };

enum credential_state {
    CREDENTIAL_UNKNOWN, /* not in memory: ask credentials_load() */
    CREDENTIAL_WRONG,   /* belongs to nobody */
    CREDENTIAL_RIGHT
};

/* Whom a secret belongs to. */
struct credential {
    int64_t user_id;
    int64_t token_id; /* 0 for a session */
    enum role role;
    size_t name_bytes;
    char name[CREDENTIAL_NAME_MAX];
};

struct credentials_opts {
    struct store *store;
    const struct clock *clock;
    int64_t session_ms; /* how long a session lasts without being used */
};

struct credentials;

WARN_UNUSED enum err credentials_open(const struct credentials_opts *opts, struct credentials **out,
                                      struct err_ctx *e);
void credentials_close(struct credentials *c);

/* Never blocks. */
enum credential_state credentials_look(struct credentials *c, enum credential_kind kind,
                                       struct str secret, struct credential *who);

/* Asks the store. `*state` is RIGHT or WRONG. */
WARN_UNUSED enum err credentials_load(struct credentials *c, enum credential_kind kind,
                                      struct str secret, struct credential *who,
                                      enum credential_state *state, struct err_ctx *e);

/* Asks the store about a secret of which only the SHA-256 is left. It does not count as a use. */
WARN_UNUSED enum err credentials_ask(struct credentials *c, enum credential_kind kind,
                                     const struct digest *digest, struct credential *who,
                                     enum credential_state *state, struct err_ctx *e);

void credentials_forget(struct credentials *c);

/* Writes down who was seen when, and prolongs sessions that are in use. */
WARN_UNUSED enum err credentials_flush(struct credentials *c, struct err_ctx *e);

#endif
