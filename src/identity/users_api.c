#include "identity/users.h"

#include "identity/audit.h"
#include "identity/inside.h"
#include "identity/sessions.h"

enum { TEXT_BYTES_MAX = 4096 };

static json_t *json_of_user(const struct user *u)
{
    json_t *json = json_object();
    json_set_text(json, "name", u->name);
    json_set_cstr(json, "role", role_text(u->role));
    json_set_time(json, "created", u->created_ms);
    json_set_time(json, "last_seen", u->seen_ms);
    return json;
}

static enum err find(struct identity *identity, struct http_request *rq, struct str name,
                     struct user *user, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    return db_end(db, user_find(db, &rq->arena, name, user, e), e);
}

/* ---- /users ---- */

enum err users_get(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct page page;
    struct db *db = NULL;
    size_t count = 0;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = credentials_flush(identity->credentials, e);
    if (!err)
        err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    size_t wanted = (size_t)page.limit + 1;
    struct user *users = arena_alloc(&rq->arena, wanted * sizeof *users);
    err = db_end(db, users_list(db, &rq->arena, page.number, wanted, users, &count, e), e);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        page_add(&page, json_of_user(&users[i]), users[i].id);
    page_answer(rq, &page);
    return ERR_OK;
}

enum err user_get(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct user user;
    enum err err = credentials_flush(identity->credentials, e);
    if (!err)
        err = find(identity, rq, rq->params[0], &user, e);
    if (!err)
        http_answer_json(rq, 200, json_of_user(&user));
    return err;
}

/* Whoever registers becomes a viewer, whatever the body says. */
static enum err read_draft(struct http_request *rq, struct user_draft *draft, struct err_ctx *e)
{
    json_t *body = NULL;
    struct str role = STR("viewer");
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_need_text(body, "name", 1, TEXT_BYTES_MAX, &draft->name, e);
    if (!err)
        err = json_need_text(body, "password", 1, TEXT_BYTES_MAX, &draft->password, e);
    if (!err)
        err = json_want_text(body, "role", 1, TEXT_BYTES_MAX, &role, e);
    if (!err)
        err = user_parse_role(role, &draft->role, e);
    if (!err)
        err = user_check(draft, e);
    if (principal_of(rq)->role < ROLE_ADMIN)
        draft->role = ROLE_VIEWER;
    return err;
}

static enum err limit_registration(struct identity *identity, struct http_request *rq,
                                   struct err_ctx *e)
{
    if (principal_of(rq)->role == ROLE_ADMIN)
        return ERR_OK;
    unsigned wait_s =
        limiter_take(&identity->by_address, str_of(http_peer(rq)), inside_now_ms(identity));
    if (!wait_s)
        return ERR_OK;
    e->retry_after_s = wait_s;
    return err_set(e, ERR_TOO_MANY, "too many registrations; try again in %u seconds", wait_s);
}

static enum err add(struct identity *identity, struct http_request *rq,
                    const struct user_draft *draft, struct user *user, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    struct str actor = principal_of(rq)->user_id ? principal_of(rq)->name : draft->name;
    err = user_add(db, draft, inside_next_id(identity), inside_now_ms(identity), e);
    if (!err)
        err = audit_add_as(db, rq, actor, "user.add", draft->name, role_text(draft->role), e);
    if (!err)
        err = user_find(db, &rq->arena, draft->name, user, e);
    return db_end(db, err, e);
}

enum err users_post(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct user_draft draft = {.role = ROLE_VIEWER};
    struct user user;
    enum err err = read_draft(rq, &draft, e);
    if (!err)
        err = limit_registration(identity, rq, e);
    if (!err)
        err = user_hash(&draft, e);
    if (!err)
        err = add(identity, rq, &draft, &user, e);
    if (err)
        return err;
    http_answer_json(rq, 201, json_of_user(&user));
    http_answer_header(rq, "Location",
                       arena_printf(&rq->arena, "/api/v1/users/" STR_FMT, STR_ARG(user.name)));
    return ERR_OK;
}

/* ---- changing ---- */

static enum err read_password(json_t *body, const char *key, struct user_draft *draft,
                              struct err_ctx *e)
{
    enum err err = json_want_text(body, key, 1, TEXT_BYTES_MAX, &draft->password, e);
    if (!err && draft->password.p)
        err = user_check_password(draft->password, e);
    return err;
}

/* Hashes the new password, if there is one, before the transaction begins. */
static enum err hash_password(struct user_draft *draft, struct user_change *change,
                              struct err_ctx *e)
{
    if (!draft->password.p)
        return ERR_OK;
    enum err err = user_hash(draft, e);
    if (!err)
        change->password_hash = draft->hash;
    return err;
}

static const char *what_changed(const struct user_change *change)
{
    if (change->role != ROLE_NONE && change->password_hash)
        return "role and password";
    if (change->password_hash)
        return "password";
    return change->role != ROLE_NONE ? role_text(change->role) : NULL;
}

/* The user is read again under the lock, so that the last administrator is counted right. */
static enum err begin(struct identity *identity, struct http_request *rq, struct str name,
                      struct db **db, struct user *user, struct err_ctx *e)
{
    enum err err = store_write(identity->opts.store, db, e);
    if (err)
        return err;
    err = users_lock(*db, e);
    if (!err)
        err = user_find(*db, &rq->arena, name, user, e);
    return err ? db_end(*db, err, e) : ERR_OK;
}

static enum err change(struct identity *identity, struct http_request *rq, struct str name,
                       const struct user_change *what, struct str keep_session, struct user *user,
                       struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = begin(identity, rq, name, &db, user, e);
    if (err)
        return err;
    err = user_change(db, user, what, keep_session, e);
    if (!err && what_changed(what))
        err = audit_add(db, rq, "user.change", name, what_changed(what), e);
    if (!err)
        err = user_find(db, &rq->arena, name, user, e);
    err = db_end(db, err, e);
    identity_changed(identity);
    return err;
}

enum err user_patch(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    json_t *body = NULL;
    struct str role = {NULL, 0};
    struct user_draft draft = {0};
    struct user_change what = {.role = ROLE_NONE};
    struct user user;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_text(body, "role", 1, TEXT_BYTES_MAX, &role, e);
    if (!err && role.p)
        err = user_parse_role(role, &what.role, e);
    if (!err)
        err = read_password(body, "password", &draft, e);
    if (!err)
        err = find(identity, rq, rq->params[0], &user, e);
    if (!err)
        err = hash_password(&draft, &what, e);
    if (!err)
        err = change(identity, rq, rq->params[0], &what, str_from(NULL, 0), &user, e);
    if (!err)
        http_answer_json(rq, 200, json_of_user(&user));
    return err;
}

enum err user_delete(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct user user;
    struct db *db = NULL;
    enum err err = begin(identity, rq, rq->params[0], &db, &user, e);
    if (err)
        return err;
    err = user_remove(db, &user, e);
    if (!err)
        err = audit_add(db, rq, "user.remove", rq->params[0], NULL, e);
    err = db_end(db, err, e);
    identity_changed(identity);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}

/* ---- /me ---- */

static void answer_me(struct http_request *rq, const struct user *u)
{
    json_t *json = json_object();
    json_set_text(json, "name", u->name);
    json_set_cstr(json, "role", role_text(principal_of(rq)->role));
    json_set(json, "language", u->language.p ? json_text(u->language) : json_null());
    json_set(json, "theme", u->theme.p ? json_text(u->theme) : json_null());
    json_set_time(json, "created", u->created_ms);
    http_answer_json(rq, 200, json);
}

enum err user_get_me(struct http_request *rq, struct err_ctx *e)
{
    struct user user;
    enum err err = find(rq->context, rq, principal_of(rq)->name, &user, e);
    if (!err)
        answer_me(rq, &user);
    return err;
}

static enum err want_choice(json_t *body, const char *key, const char *choices, struct str *out,
                            struct err_ctx *e)
{
    char pointer[ERR_POINTER_MAX];
    struct str rest = str_of(choices), one;
    enum err err = json_want_text(body, key, 1, TEXT_BYTES_MAX, out, e);
    if (err || !out->p)
        return err;
    while (str_split(&rest, '|', &one))
        if (str_eq(*out, one))
            return ERR_OK;
    snprintf(pointer, sizeof pointer, "/%s", key);
    return err_set_at(e, ERR_INVALID, pointer, "\"%s\" must be one of %s", key, choices);
}

/* A thief of an open session must not be able to lock the owner out. */
static enum err check_current(struct identity *identity, struct http_request *rq, json_t *body,
                              struct err_ctx *e)
{
    struct str current;
    struct user user;
    enum err err = json_need_text(body, "current_password", 1, TEXT_BYTES_MAX, &current, e);
    if (!err)
        err = login_check(identity, rq, principal_of(rq)->name, current, &user, e);
    if (err != ERR_UNAUTHORIZED)
        return err;
    err_ctx_init(e);
    return err_set_at(e, ERR_FORBIDDEN, "/current_password", "the current password is wrong");
}

enum err user_patch_me(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    json_t *body = NULL;
    struct user_draft draft = {0};
    struct user_change what = {.role = ROLE_NONE};
    struct user user;
    struct digest d;
    struct str own = session_secret(rq);
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = want_choice(body, "language", "en|es|pt", &what.language, e);
    if (!err)
        err = want_choice(body, "theme", "light|dark|auto", &what.theme, e);
    if (!err)
        err = read_password(body, "password", &draft, e);
    if (!err && draft.password.p)
        err = check_current(identity, rq, body, e);
    if (!err)
        err = hash_password(&draft, &what, e);
    if (!err)
        err = change(identity, rq, principal_of(rq)->name, &what,
                     own.p ? session_digest(own, &d) : own, &user, e);
    if (!err)
        answer_me(rq, &user);
    return err;
}
