#include "identity/shown.h"

#include "identity/inside.h"
#include "identity/sessions.h"

struct shown shown_by(const struct http_request *rq)
{
    struct str header = http_header(rq, "Authorization");
    if (header.n > 7 && str_is_nocase(str_from(header.p, 7), "Bearer "))
        return (struct shown){CREDENTIAL_TOKEN, str_trim(str_from(header.p + 7, header.n - 7))};
    return (struct shown){CREDENTIAL_SESSION, session_secret(rq)};
}

enum err shown_recognise(struct identity *identity, const struct shown *shown, bool may_block,
                         struct credential *who, enum credential_state *state, struct err_ctx *e)
{
    *state = credentials_look(identity->credentials, shown->kind, shown->secret, who);
    if (*state != CREDENTIAL_UNKNOWN || !may_block)
        return ERR_OK;
    return credentials_load(identity->credentials, shown->kind, shown->secret, who, state, e);
}

/* ---- badges ---- */

struct badge {
    struct digest digest;
    enum credential_kind kind;
    enum role needed;
    bool somebody; /* else the route was open to nobody in particular */
};

static_assert(sizeof(struct badge) <= sizeof(struct http_badge), "room for a badge");

void shown_badge(void *identity, const struct http_request *rq, struct http_badge *out)
{
    struct shown shown = shown_by(rq);
    struct badge badge = {.kind = shown.kind,
                          .needed = role_of_route(rq->route->role),
                          .somebody = rq->caller != NULL};
    if (badge.somebody)
        crypto_sha256(shown.secret, &badge.digest);
    memcpy(out->bytes, &badge, sizeof badge);
}

/* A store that cannot be read takes no rights away. */
bool shown_still_allowed(void *context, const struct http_badge *in)
{
    struct identity *identity = context;
    struct badge badge;
    struct credential who;
    enum credential_state state;
    memcpy(&badge, in->bytes, sizeof badge);
    if (!badge.somebody ||
        credentials_ask(identity->credentials, badge.kind, &badge.digest, &who, &state, NULL))
        return true;
    return state == CREDENTIAL_RIGHT && who.role >= badge.needed;
}
