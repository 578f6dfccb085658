/* identity/principal.h
 *
 * Who asks: what the authoriser found out about a request before its handler runs. Lives in the
 * request's arena. */
#ifndef IDENTITY_PRINCIPAL_H
#define IDENTITY_PRINCIPAL_H

#include "http/http.h"
#include "identity/role.h"

struct principal {
    int64_t user_id; /* 0: nobody in particular */
    struct str name; /* "" for nobody */
    enum role role;
    int64_t token_id; /* 0: by session, or nobody */
};

/* Never NULL. */
static inline const struct principal *principal_of(const struct http_request *rq)
{
    static const struct principal nobody = {0, {"", 0}, ROLE_NONE, 0};
    return rq->caller ? rq->caller : &nobody;
}

#endif
