#include "identity/identity.h"

#include <errno.h>

#include "base/log.h"
#include "http/streams.h"
#include "identity/answers.h"
#include "identity/inside.h"
#include "identity/link.h"
#include "identity/sessions.h"
#include "identity/shown.h"

enum {
    FLUSH_S = 20,
    ATTEMPTS_MS = 15 * 60 * 1000,
    ADDRESS_FACTOR = 3 /* several people may share an address */
};

static_assert((int)IDENTITY_LINK_BYTES == (int)LINK_TEXT_BYTES, "room for a link's token");

#define ROUTE(...) HTTP_ROUTE(__VA_ARGS__)
const struct http_route identity_routes[] = {
#include "identity/routes.def"
};
#undef ROUTE
const size_t identity_route_count = ARRAY_LEN(identity_routes);

/* ---- letting requests through ---- */

static bool is_open(const struct identity *identity, int route_role)
{
    const struct identity_opts *opts = &identity->opts;
    return role_of_route(route_role) == ROLE_NONE ||
           ((route_role & OPEN_SERVING) && opts->open_serving) ||
           ((route_role & OPEN_METRICS) && opts->open_metrics) ||
           ((route_role & OPEN_REGISTRATION) && opts->open_registration);
}

static void note_caller(struct http_request *rq, const struct credential *who)
{
    struct principal *p = arena_alloc(&rq->arena, sizeof *p);
    *p = (struct principal){.user_id = who->user_id,
                            .name = arena_str(&rq->arena, str_from(who->name, who->name_bytes)),
                            .role = who->role,
                            .token_id = who->token_id};
    rq->caller = p;
}

/* Another site's page can make a browser send the cookie with a request, but not this header. */
static enum err check_csrf(const struct http_request *rq, const struct shown *shown,
                           struct err_ctx *e)
{
    char csrf[SESSION_CSRF_BYTES];
    if (shown->kind != CREDENTIAL_SESSION || rq->method == HTTP_GET)
        return ERR_OK;
    struct str sent = http_header(rq, "X-CSRF-Token");
    if (sent.p && crypto_equal(sent, str_of(session_csrf(shown->secret, csrf))))
        return ERR_OK;
    return err_set(e, ERR_FORBIDDEN,
                   "a request with a session's cookie needs the session's X-CSRF-Token too");
}

static enum err check_role(const struct http_request *rq, const struct credential *who,
                           struct err_ctx *e)
{
    enum role needed = role_of_route(rq->route->role);
    if (who->role >= needed)
        return ERR_OK;
    return err_set(e, ERR_FORBIDDEN, "this needs the role %s; \"%.*s\" has the role %s here",
                   role_text(needed), (int)who->name_bytes, who->name, role_text(who->role));
}

static enum http_pass authorise(void *context, struct http_request *rq, bool may_block,
                                struct err_ctx *e)
{
    struct identity *identity = context;
    int route_role = rq->route->role;
    if (role_of_route(route_role) == ROLE_NONE)
        return HTTP_PASS;
    struct shown shown = shown_by(rq);
    bool open = is_open(identity, route_role);
    if (!shown.secret.p && open)
        return HTTP_PASS;
    struct credential who;
    enum credential_state state = CREDENTIAL_WRONG;
    enum err err = ERR_OK;
    if (shown.secret.p)
        err = shown_recognise(identity, &shown, may_block, &who, &state, e);
    if (err)
        return HTTP_PASS_REFUSED;
    if (state == CREDENTIAL_UNKNOWN)
        return HTTP_PASS_LATER;
    /* A browser may still send the cookie of a session that is over; a token is meant. */
    if (state == CREDENTIAL_WRONG && open && shown.kind == CREDENTIAL_SESSION)
        return HTTP_PASS;
    if (state == CREDENTIAL_WRONG) {
        err_set(e, ERR_UNAUTHORIZED,
                shown.secret.p ? "the token or the session is not valid, or not any more"
                               : "this needs an API token (Authorization: Bearer) or a session");
        return HTTP_PASS_REFUSED;
    }
    if (check_csrf(rq, &shown, e) || (!open && check_role(rq, &who, e)))
        return HTTP_PASS_REFUSED;
    note_caller(rq, &who);
    return HTTP_PASS;
}

/* ---- doing things once ---- */

static enum err replay(void *context, struct http_request *rq, bool *done, struct err_ctx *e)
{
    struct identity *identity = context;
    struct str key;
    int64_t user_id = principal_of(rq)->user_id;
    enum err err = answers_key(rq, &key, e);
    if (err || !key.p || !user_id)
        return err;
    return answers_claim(identity->opts.store, rq, key, user_id, inside_now_ms(identity), done, e);
}

static void remember(void *context, struct http_request *rq, enum err err)
{
    struct identity *identity = context;
    struct str key;
    int64_t user_id = principal_of(rq)->user_id;
    if (answers_key(rq, &key, NULL) || !key.p || !user_id)
        return;
    answers_keep(identity->opts.store, rq, key, user_id, err);
}

struct http_hooks identity_hooks(struct identity *identity)
{
    return (struct http_hooks){.authorise = authorise,
                               .replay = replay,
                               .remember = remember,
                               .badge = shown_badge,
                               .still_allowed = shown_still_allowed,
                               .context = identity};
}

/* ---- keeping house ---- */

static enum err forget_expired(struct identity *identity, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    err = sessions_remove_expired(db, inside_now_ms(identity), e);
    if (!err)
        err = answers_remove_old(db, inside_now_ms(identity), e);
    return db_end(db, err, e);
}

static void keep_house(struct identity *identity, unsigned round)
{
    struct err_ctx e;
    err_ctx_init(&e);
    enum err err = credentials_flush(identity->credentials, &e);
    if (!err && round % (3600 / FLUSH_S) == 0)
        err = forget_expired(identity, &e);
    if (err)
        log_warning("identity", "what was seen could not be written down: %s", e.detail);
}

static void *keep(void *argument)
{
    struct identity *identity = argument;
    bool closing = false;
    for (unsigned round = 0; !closing; round++) {
        struct timespec until = clock_deadline(FLUSH_S * 1000);
        pthread_mutex_lock(&identity->lock);
        while (!identity->closing && pthread_cond_clockwait(&identity->wake, &identity->lock,
                                                            CLOCK_MONOTONIC, &until) != ETIMEDOUT)
            ;
        closing = identity->closing;
        pthread_mutex_unlock(&identity->lock);
        keep_house(identity, closing ? 1 : round);
    }
    return NULL;
}

/* ---- life ---- */

enum err identity_open(const struct identity_opts *opts, struct identity **out, struct err_ctx *e)
{
    struct identity *identity = xcalloc(1, sizeof *identity);
    identity->opts = *opts;
    atomic_init(&identity->have_admin, false);
    struct credentials_opts about = {opts->store, opts->clock, opts->session_ms};
    enum err err = credentials_open(&about, &identity->credentials, e);
    if (err)
        goto out_memory;
    unsigned by_name = opts->login_attempts, by_address = by_name * ADDRESS_FACTOR;
    limiter_init(&identity->by_name, by_name, MAX(ATTEMPTS_MS / by_name, 1));
    limiter_init(&identity->by_address, by_address, MAX(ATTEMPTS_MS / by_address, 1));
    pthread_mutex_init(&identity->lock, NULL);
    pthread_cond_init(&identity->wake, NULL);
    int failed = pthread_create(&identity->keeper, NULL, keep, identity);
    if (failed) {
        err = err_set_errno(e, failed, "starting a thread");
        goto out_credentials;
    }
    pthread_setname_np(identity->keeper, "identity");
    *out = identity;
    return ERR_OK;

out_credentials:
    credentials_close(identity->credentials);
out_memory:
    free(identity);
    return err;
}

void identity_close(struct identity *identity)
{
    if (!identity)
        return;
    pthread_mutex_lock(&identity->lock);
    identity->closing = true;
    pthread_cond_signal(&identity->wake);
    pthread_mutex_unlock(&identity->lock);
    pthread_join(identity->keeper, NULL);
    pthread_cond_destroy(&identity->wake);
    pthread_mutex_destroy(&identity->lock);
    limiter_release(&identity->by_name);
    limiter_release(&identity->by_address);
    credentials_close(identity->credentials);
    free(identity);
}

void identity_changed(struct identity *identity)
{
    credentials_forget(identity->credentials);
    streams_recheck(identity->opts.streams);
}

/* ---- the first administrator ---- */

enum err identity_have_admin(struct identity *identity, bool *have, struct err_ctx *e)
{
    struct db *db = NULL;
    *have = atomic_load(&identity->have_admin);
    if (*have)
        return ERR_OK;
    enum err err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, users_have_admin(db, have, e), e);
    if (!err && *have)
        atomic_store(&identity->have_admin, true);
    return err;
}

enum err identity_make_link(struct identity *identity, bool *needed,
                            char token[IDENTITY_LINK_BYTES], struct err_ctx *e)
{
    bool have = false;
    struct db *db = NULL;
    *needed = false;
    enum err err = identity_have_admin(identity, &have, e);
    if (err || have)
        return err;
    err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, link_add(db, inside_now_ms(identity), token, e), e);
    *needed = !err;
    return err;
}
