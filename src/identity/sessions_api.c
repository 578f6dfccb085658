#include "identity/sessions.h"

#include "identity/audit.h"
#include "identity/inside.h"
#include "identity/link.h"
#include "identity/shown.h"

enum { SECRET_BYTES_MAX = 4096 };

/* ---- who am I ---- */

/* This route is open, so nobody has looked at the credential yet. */
static enum err recognise(struct identity *identity, const struct http_request *rq,
                          struct credential *who, bool *known, struct err_ctx *e)
{
    struct shown shown = shown_by(rq);
    enum credential_state state = CREDENTIAL_WRONG;
    *known = false;
    if (!shown.secret.p)
        return ERR_OK;
    enum err err = shown_recognise(identity, &shown, true, who, &state, e);
    *known = !err && state == CREDENTIAL_RIGHT;
    return err;
}

static void tell_who(json_t *answer, const struct http_request *rq, const struct credential *who)
{
    char csrf[SESSION_CSRF_BYTES];
    json_set_text(answer, "name", str_from(who->name, who->name_bytes));
    json_set_cstr(answer, "role", role_text(who->role));
    json_set_cstr(answer, "csrf", who->token_id ? NULL : session_csrf(session_secret(rq), csrf));
}

enum err session_get(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct credential who;
    bool known = false, have_admin = false;
    enum err err = recognise(identity, rq, &who, &known, e);
    if (!err)
        err = identity_have_admin(identity, &have_admin, e);
    if (err)
        return err;
    json_t *answer = json_object();
    if (known) {
        tell_who(answer, rq, &who);
    } else {
        json_set_null(answer, "name");
        json_set_cstr(answer, "role", role_text(ROLE_NONE));
        json_set_null(answer, "csrf");
    }
    json_set_bool(answer, "setup_needed", !have_admin);
    json_set_bool(answer, "registration", identity->opts.open_registration);
    json_set_cstr(answer, "version", identity->opts.version);
    http_answer_json(rq, 200, answer);
    http_answer_header(rq, "Cache-Control", "no-store");
    return ERR_OK;
}

/* ---- in and out ---- */

enum err session_post(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    json_t *body = NULL;
    struct str name, password;
    struct user user;
    struct db *db = NULL;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_need_text(body, "name", 1, SECRET_BYTES_MAX, &name, e);
    if (!err)
        err = json_need_text(body, "password", 1, SECRET_BYTES_MAX, &password, e);
    if (!err)
        err = login_check(identity, rq, name, password, &user, e);
    if (!err)
        err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, login_enter(identity, db, rq, user.id, user.name, user.role, 200, e), e);
}

enum err session_delete(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct str secret = session_secret(rq);
    struct db *db = NULL;
    enum err err = ERR_OK;
    if (secret.p && principal_of(rq)->token_id == 0) {
        err = store_write(identity->opts.store, &db, e);
        if (err)
            return err;
        err = session_remove(db, secret, e);
        if (!err)
            err = audit_add(db, rq, "session.close", principal_of(rq)->name, NULL, e);
        err = db_end(db, err, e);
        identity_changed(identity);
    }
    if (err)
        return err;
    session_clear_cookie(rq);
    http_answer_empty(rq, 204);
    return ERR_OK;
}

/* ---- the first administrator ---- */

static enum err check_link(struct identity *identity, struct str token, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, link_check(db, token, e), e);
}

/* Checked again under the lock: of two people with the link one becomes the administrator. */
static enum err make_admin(struct identity *identity, struct db *db, struct http_request *rq,
                           struct str token, const struct user_draft *draft, struct err_ctx *e)
{
    uint64_t id = inside_next_id(identity);
    bool have = false;
    enum err err = users_lock(db, e);
    if (!err)
        err = link_check(db, token, e);
    if (!err)
        err = users_have_admin(db, &have, e);
    if (!err && have)
        err = err_set(e, ERR_FORBIDDEN, "there is an administrator already; log in");
    if (!err)
        err = user_add(db, draft, id, inside_now_ms(identity), e);
    if (!err)
        err = link_remove_all(db, e);
    if (!err)
        err = audit_add_as(db, rq, draft->name, "user.setup", draft->name, NULL, e);
    if (!err)
        err = login_enter(identity, db, rq, (int64_t)id, draft->name, draft->role, 201, e);
    return err;
}

enum err session_setup(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    json_t *body = NULL;
    struct str token;
    struct user_draft draft = {.role = ROLE_ADMIN};
    struct db *db = NULL;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_need_text(body, "token", 1, SECRET_BYTES_MAX, &token, e);
    if (!err)
        err = json_need_text(body, "name", 1, SECRET_BYTES_MAX, &draft.name, e);
    if (!err)
        err = json_need_text(body, "password", 1, SECRET_BYTES_MAX, &draft.password, e);
    if (!err)
        err = user_check(&draft, e);
    if (!err)
        err = check_link(identity, token, e);
    if (!err)
        err = user_hash(&draft, e);
    if (!err)
        err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, make_admin(identity, db, rq, token, &draft, e), e);
}
