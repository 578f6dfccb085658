/* identity/inside.h
 *
 * What the files of this folder share: the feature's object and its handlers. Nothing outside
 * src/identity/ includes this. */
#ifndef IDENTITY_INSIDE_H
#define IDENTITY_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/page.h"
#include "identity/credentials.h"
#include "identity/identity.h"
#include "identity/limiter.h"
#include "identity/principal.h"
#include "identity/users.h"

struct identity {
    struct identity_opts opts;
    struct credentials *credentials;
    struct limiter by_name, by_address;
    _Atomic bool have_admin; /* once true it stays so */
    pthread_t keeper;        /* writes down who was seen, forgets what has expired */
    pthread_mutex_t lock;    /* guards `closing` */
    pthread_cond_t wake;
    bool closing;
};

static inline int64_t inside_now_ms(const struct identity *identity)
{
    return clock_now_ms(identity->opts.clock);
}

static inline uint64_t inside_next_id(const struct identity *identity)
{
    return id_next(identity->opts.ids, inside_now_ms(identity));
}

/* Whether somebody can administer the server already. */
WARN_UNUSED enum err identity_have_admin(struct identity *identity, bool *have, struct err_ctx *e);

/* The user of name and password; 401, or 429 when too many tries came before. */
WARN_UNUSED enum err login_check(struct identity *identity, struct http_request *rq,
                                 struct str name, struct str password, struct user *out,
                                 struct err_ctx *e);

/* Opens a session within the transaction and makes the answer of a login. */
WARN_UNUSED enum err login_enter(struct identity *identity, struct db *db, struct http_request *rq,
                                 int64_t user_id, struct str name, enum role role, int status,
                                 struct err_ctx *e);

/* ---- handlers, named in routes.def ---- */

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    WARN_UNUSED enum err handler_(struct http_request *rq, struct err_ctx *e);
#include "identity/routes.def"
#undef ROUTE

#endif
