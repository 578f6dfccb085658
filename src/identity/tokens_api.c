#include "identity/tokens.h"

#include "identity/audit.h"
#include "identity/inside.h"

static json_t *json_of_token(const struct token *t)
{
    char text[ID_TEXT_BYTES];
    json_t *json = json_object();
    json_set_cstr(json, "id", id_format((uint64_t)t->id, text));
    json_set_text(json, "label", t->label);
    json_set_cstr(json, "role", role_text(t->role));
    json_set_text(json, "user", t->user);
    json_set_time(json, "created", t->created_ms);
    json_set_time(json, "last_used", t->used_ms);
    return json;
}

/* The id of the user whose tokens are listed; 0 is everybody. */
static enum err read_user(struct identity *identity, struct http_request *rq, int64_t *user_id,
                          struct err_ctx *e)
{
    const struct principal *asks = principal_of(rq);
    struct str name;
    struct user user;
    struct db *db = NULL;
    *user_id = asks->user_id;
    if (!http_query(rq, "user", &name) || str_eq(name, asks->name))
        return ERR_OK;
    if (asks->role < ROLE_ADMIN)
        return err_set(e, ERR_FORBIDDEN, "only an administrator sees the tokens of others");
    if (str_is(name, "*")) {
        *user_id = 0;
        return ERR_OK;
    }
    enum err err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    err = db_end(db, user_find(db, &rq->arena, name, &user, e), e);
    if (!err)
        *user_id = user.id;
    return err;
}

enum err tokens_get(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    struct page page;
    struct db *db = NULL;
    size_t count = 0;
    int64_t user_id = 0;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = read_user(identity, rq, &user_id, e);
    if (!err)
        err = credentials_flush(identity->credentials, e);
    if (!err)
        err = store_read(identity->opts.store, &db, e);
    if (err)
        return err;
    size_t wanted = (size_t)page.limit + 1;
    struct token *tokens = arena_alloc(&rq->arena, wanted * sizeof *tokens);
    err =
        db_end(db, tokens_list(db, &rq->arena, user_id, page.number, wanted, tokens, &count, e), e);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        page_add(&page, json_of_token(&tokens[i]), tokens[i].id);
    page_answer(rq, &page);
    return ERR_OK;
}

static enum err add(struct identity *identity, struct http_request *rq,
                    const struct token_draft *draft, char secret[TOKEN_TEXT_BYTES],
                    struct err_ctx *e)
{
    char text[ID_TEXT_BYTES];
    struct db *db = NULL;
    enum err err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    err = token_add(db, draft, secret, e);
    if (!err)
        err = audit_add(db, rq, "token.add", str_of(id_format(draft->id, text)),
                        role_text(draft->role), e);
    return db_end(db, err, e);
}

enum err tokens_post(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    const struct principal *asks = principal_of(rq);
    struct token_draft draft = {.id = inside_next_id(identity),
                                .user_id = asks->user_id,
                                .label = STR(""),
                                .role = asks->role,
                                .now_ms = inside_now_ms(identity)};
    struct str role = str_of(role_text(asks->role));
    char secret[TOKEN_TEXT_BYTES];
    json_t *body = NULL;
    enum err err = http_json_object(rq, &body, e);
    if (!err)
        err = json_want_text(body, "label", 0, TOKEN_LABEL_MAX, &draft.label, e);
    if (!err)
        err = token_check_label(draft.label, e);
    if (!err)
        err = json_want_text(body, "role", 1, TOKEN_LABEL_MAX, &role, e);
    if (!err)
        err = token_parse_role(role, asks->role, &draft.role, e);
    if (!err)
        err = add(identity, rq, &draft, secret, e);
    if (err)
        return err;
    struct token made = {.id = (int64_t)draft.id,
                         .label = draft.label,
                         .user = asks->name,
                         .role = draft.role,
                         .created_ms = draft.now_ms};
    json_t *answer = json_of_token(&made);
    json_set_cstr(answer, "token", secret);
    http_answer_json(rq, 201, answer);
    http_answer_header(rq, "Cache-Control", "no-store");
    return ERR_OK;
}

enum err token_delete(struct http_request *rq, struct err_ctx *e)
{
    struct identity *identity = rq->context;
    const struct principal *asks = principal_of(rq);
    uint64_t id;
    struct db *db = NULL;
    if (!id_parse(rq->params[0], &id))
        return err_set(e, ERR_NOT_FOUND, "there is no token " STR_FMT, STR_ARG(rq->params[0]));
    enum err err = store_write(identity->opts.store, &db, e);
    if (err)
        return err;
    err = token_remove(db, id, asks->role == ROLE_ADMIN ? 0 : asks->user_id, e);
    if (!err)
        err = audit_add(db, rq, "token.revoke", rq->params[0], NULL, e);
    err = db_end(db, err, e);
    identity_changed(identity);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}
