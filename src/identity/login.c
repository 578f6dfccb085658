#include "identity/inside.h"

#include "base/log.h"
#include "identity/audit.h"
#include "identity/sessions.h"

/* ---- guessing ---- */

/* Both keys pay for a try before it is made, so that tries at the same time count too. */
static enum err pay(struct identity *identity, struct str name, struct str address,
                    struct err_ctx *e)
{
    int64_t now_ms = inside_now_ms(identity);
    unsigned wait_s = limiter_take(&identity->by_address, address, now_ms);
    if (!wait_s) {
        wait_s = limiter_take(&identity->by_name, name, now_ms);
        if (wait_s)
            limiter_give_back(&identity->by_address, address);
    }
    if (!wait_s)
        return ERR_OK;
    if (e)
        e->retry_after_s = wait_s;
    return err_set(e, ERR_TOO_MANY, "too many wrong passwords; try again in %u seconds", wait_s);
}

/* ERR_OK and an id of 0 where there is no such user. */
static enum err find_user(struct identity *identity, struct arena *a, struct str name,
                          struct user *out, struct err_ctx *e)
{
    struct db *db = NULL;
    out->id = 0;
    if (user_check_name(name, NULL))
        return ERR_OK;
    enum err err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    err = user_find(db, a, name, out, e);
    if (err == ERR_NOT_FOUND) {
        err_ctx_init(e);
        err = ERR_OK;
    }
    return db_end(db, err, e);
}

enum err login_check(struct identity *identity, struct http_request *rq, struct str name,
                     struct str password, struct user *out, struct err_ctx *e)
{
    bool right = false;
    struct str address = str_of(http_peer(rq));
    enum err err = pay(identity, name, address, e);
    if (err)
        return err;
    err = find_user(identity, &rq->arena, name, out, e);
    if (!err)
        err = passwords_check(password, out->id ? out->password_hash.p : NULL, &right, e);
    if (err || right)
        limiter_give_back(&identity->by_address, address);
    if (err)
        return err;
    if (!right) {
        log_warning("identity", "a login as \"" STR_FMT "\" from " STR_FMT " was refused",
                    STR_ARG(str_from(name.p, MIN(name.n, (size_t)USER_NAME_MAX))),
                    STR_ARG(address));
        return err_set(e, ERR_UNAUTHORIZED, "the name or the password is wrong");
    }
    limiter_forgive(&identity->by_name, name);
    return ERR_OK;
}

enum err login_enter(struct identity *identity, struct db *db, struct http_request *rq,
                     int64_t user_id, struct str name, enum role role, int status,
                     struct err_ctx *e)
{
    struct session session;
    enum err err =
        session_add(db, user_id, inside_now_ms(identity), identity->opts.session_ms, &session, e);
    if (!err)
        err = audit_add_as(db, rq, name, "session.open", name, NULL, e);
    if (err)
        return err;
    json_t *answer = json_object();
    json_set_text(answer, "name", name);
    json_set_cstr(answer, "role", role_text(role));
    json_set_cstr(answer, "csrf", session.csrf);
    http_answer_json(rq, status, answer);
    session_set_cookie(rq, &session, identity->opts.session_ms);
    return ERR_OK;
}
