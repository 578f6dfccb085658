#include "identity/tokens.h"

#include "base/crypto.h"
#include "base/id.h"

#define PREFIX "crs_"

enum err token_parse_role(struct str text, enum role highest, enum role *role, struct err_ctx *e)
{
    if (!role_parse(text, role) || *role == ROLE_NONE)
        return err_set_at(e, ERR_INVALID, "/role",
                          "a token's role is service, viewer, developer or admin");
    if (*role > highest)
        return err_set_at(e, ERR_INVALID, "/role",
                          "a token cannot do more than its user: at most %s", role_text(highest));
    return ERR_OK;
}

enum err token_check_label(struct str label, struct err_ctx *e)
{
    bool good = label.n <= TOKEN_LABEL_MAX && str_is_utf8(label);
    for (size_t i = 0; good && i < label.n; i++)
        good = (unsigned char)label.p[i] >= 0x20 && label.p[i] != 0x7f;
    return good ? ERR_OK
                : err_set_at(e, ERR_INVALID, "/label",
                             "a token's label has at most %d bytes and no control characters",
                             TOKEN_LABEL_MAX);
}

enum err token_add(struct db *db, const struct token_draft *draft, char secret[TOKEN_TEXT_BYTES],
                   struct err_ctx *e)
{
    struct digest d;
    memcpy(secret, PREFIX, sizeof PREFIX - 1);
    crypto_random_text(secret + sizeof PREFIX - 1, TOKEN_TEXT_LENGTH - (sizeof PREFIX - 1));
    crypto_sha256(str_of(secret), &d);
    return db_exec(db,
                   "insert into identity_tokens (id, digest, user_id, label, role, created_ms) "
                   "values ($1, $2, $3, $4, $5, $6)",
                   BIND(bind_i64((int64_t)draft->id),
                        bind_blob(str_from((const char *)d.bytes, sizeof d.bytes)),
                        bind_i64(draft->user_id), bind_text(draft->label),
                        bind_cstr(role_text(draft->role)), bind_i64(draft->now_ms)),
                   NULL, e);
}

static enum err read_token(struct rows *rows, struct arena *a, struct token *t, struct err_ctx *e)
{
    enum role of_user;
    *t = (struct token){.id = rows_i64(rows, 0),
                        .label = arena_str(a, rows_text(rows, 1)),
                        .user = arena_str(a, rows_text(rows, 2)),
                        .created_ms = rows_i64(rows, 5),
                        .used_ms = rows_i64(rows, 6)};
    if (!role_parse(rows_text(rows, 3), &t->role) || !role_parse(rows_text(rows, 4), &of_user))
        return err_set(e, ERR_CORRUPT, "a token of \"" STR_FMT "\" is stored with an unknown role",
                       STR_ARG(t->user));
    t->role = MIN(t->role, of_user);
    return ERR_OK;
}

enum err tokens_list(struct db *db, struct arena *a, int64_t user_id, int64_t before_id,
                     size_t limit, struct token *out, size_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    *count = 0;
    enum err err =
        db_query(db,
                 "select t.id, t.label, u.name, t.role, u.role, t.created_ms, t.used_ms "
                 "from identity_tokens t join identity_users u on u.id = t.user_id "
                 "where t.id < $1 and (t.user_id = $2 or $2 = 0) order by t.id desc limit $3",
                 BIND(bind_i64(before_id), bind_i64(user_id), bind_i64((int64_t)limit)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        err = read_token(rows, a, &out[(*count)++], e);
    rows_close(rows);
    return err;
}

enum err token_remove(struct db *db, uint64_t id, int64_t user_id, struct err_ctx *e)
{
    int64_t changed = 0;
    char text[ID_TEXT_BYTES];
    enum err err =
        db_exec(db, "delete from identity_tokens where id = $1 and (user_id = $2 or $2 = 0)",
                BIND(bind_i64((int64_t)id), bind_i64(user_id)), &changed, e);
    if (!err && changed == 0)
        err = err_set(e, ERR_NOT_FOUND, "there is no token %s", id_format(id, text));
    return err;
}
