#include "identity/users.h"

/* ---- rules ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("._@-", c));
}

enum err user_check_name(struct str name, struct err_ctx *e)
{
    bool good = name.n >= 1 && name.n <= USER_NAME_MAX;
    for (size_t i = 0; i < name.n && good; i++)
        good = is_name_char(name.p[i]);
    if (good)
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "/name",
                      "a user's name has 1 to %d characters out of letters, digits and . _ @ -",
                      USER_NAME_MAX);
}

enum err user_check_password(struct str password, struct err_ctx *e)
{
    if (password.n < PASSWORD_BYTES_MIN || password.n > PASSWORD_BYTES_MAX)
        return err_set_at(e, ERR_INVALID, "/password", "a password has %d to %d bytes",
                          PASSWORD_BYTES_MIN, PASSWORD_BYTES_MAX);
    /* On the command line anything can be typed; in JSON nobody could ever say it again. */
    if (!str_is_utf8(password) || memchr(password.p, '\0', password.n))
        return err_set_at(e, ERR_INVALID, "/password",
                          "a password is UTF-8 text; this one could not be sent to log in");
    return ERR_OK;
}

enum err user_check(const struct user_draft *draft, struct err_ctx *e)
{
    enum err err = user_check_name(draft->name, e);
    return err ? err : user_check_password(draft->password, e);
}

enum err user_parse_role(struct str text, enum role *role, struct err_ctx *e)
{
    if (role_parse(text, role) && *role >= ROLE_VIEWER)
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "/role", "a user's role is viewer, developer or admin");
}

enum err user_hash(struct user_draft *draft, struct err_ctx *e)
{
    return passwords_hash(draft->password, draft->hash, e);
}

/* ---- SQL ---- */

#define COLUMNS "id, name, password_hash, role, language, theme, created_ms, seen_ms"

static enum err read_user(struct rows *rows, struct arena *a, struct user *u, struct err_ctx *e)
{
    *u = (struct user){.id = rows_i64(rows, 0),
                       .name = arena_str(a, rows_text(rows, 1)),
                       .password_hash = arena_str(a, rows_text(rows, 2)),
                       .created_ms = rows_i64(rows, 6),
                       .seen_ms = rows_i64(rows, 7)};
    if (!rows_is_null(rows, 4))
        u->language = arena_str(a, rows_text(rows, 4));
    if (!rows_is_null(rows, 5))
        u->theme = arena_str(a, rows_text(rows, 5));
    if (role_parse(rows_text(rows, 3), &u->role))
        return ERR_OK;
    return err_set(e, ERR_CORRUPT, "the user \"" STR_FMT "\" is stored with an unknown role",
                   STR_ARG(u->name));
}

enum err user_find(struct db *db, struct arena *a, struct str name, struct user *out,
                   struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query_one(db, "select " COLUMNS " from identity_users where name = $1",
                                BIND(bind_text(name)), &rows, e);
    if (!err)
        err = read_user(rows, a, out, e);
    else if (err == ERR_NOT_FOUND)
        err = err_set(e, err, "there is no user named \"" STR_FMT "\"", STR_ARG(name));
    rows_close(rows);
    return err;
}

enum err users_list(struct db *db, struct arena *a, int64_t before_id, size_t limit,
                    struct user *out, size_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    *count = 0;
    enum err err = db_query(
        db, "select " COLUMNS " from identity_users where id < $1 order by id desc limit $2",
        BIND(bind_i64(before_id), bind_i64((int64_t)limit)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        err = read_user(rows, a, &out[(*count)++], e);
    rows_close(rows);
    return err;
}

enum err user_add(struct db *db, const struct user_draft *draft, uint64_t id, int64_t now_ms,
                  struct err_ctx *e)
{
    assert(draft->hash[0] && draft->role >= ROLE_VIEWER);
    enum err err =
        db_exec(db,
                "insert into identity_users (id, name, password_hash, role, created_ms) "
                "values ($1, $2, $3, $4, $5)",
                BIND(bind_i64((int64_t)id), bind_text(draft->name), bind_cstr(draft->hash),
                     bind_cstr(role_text(draft->role)), bind_i64(now_ms)),
                NULL, e);
    if (err == ERR_EXISTS)
        return err_set_at(e, err, "/name", "there is already a user named \"" STR_FMT "\"",
                          STR_ARG(draft->name));
    return err;
}

enum err users_lock(struct db *db, struct err_ctx *e)
{
    return db_lock(db, STR("identity_users"), e);
}

static enum err count_admins(struct db *db, int64_t but_id, int64_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query_one(db,
                                "select count(*) from identity_users where role = 'admin' and "
                                "id <> $1",
                                BIND(bind_i64(but_id)), &rows, e);
    if (!err)
        *count = rows_i64(rows, 0);
    rows_close(rows);
    return err;
}

enum err users_have_admin(struct db *db, bool *have, struct err_ctx *e)
{
    int64_t count = 0;
    enum err err = count_admins(db, 0, &count, e);
    *have = count > 0;
    return err;
}

static enum err check_last_admin(struct db *db, const struct user *user, struct err_ctx *e)
{
    int64_t others = 0;
    if (user->role != ROLE_ADMIN)
        return ERR_OK;
    enum err err = count_admins(db, user->id, &others, e);
    if (!err && others == 0)
        err = err_set(e, ERR_CONFLICT,
                      "\"" STR_FMT "\" is the last administrator; make somebody else one first",
                      STR_ARG(user->name));
    return err;
}

static enum err change_role(struct db *db, const struct user *user, enum role role,
                            struct err_ctx *e)
{
    enum err err = role < ROLE_ADMIN ? check_last_admin(db, user, e) : ERR_OK;
    if (!err)
        err = db_exec(db, "update identity_users set role = $1 where id = $2",
                      BIND(bind_cstr(role_text(role)), bind_i64(user->id)), NULL, e);
    return err;
}

static enum err change_password(struct db *db, const struct user *user, const char *hash,
                                struct str keep_session, struct err_ctx *e)
{
    struct str keep = keep_session.p ? keep_session : STR("");
    enum err err = db_exec(db, "update identity_users set password_hash = $1 where id = $2",
                           BIND(bind_cstr(hash), bind_i64(user->id)), NULL, e);
    if (!err)
        err = db_exec(db, "delete from identity_sessions where user_id = $1 and digest <> $2",
                      BIND(bind_i64(user->id), bind_blob(keep)), NULL, e);
    return err;
}

enum err user_change(struct db *db, const struct user *user, const struct user_change *change,
                     struct str keep_session, struct err_ctx *e)
{
    enum err err = ERR_OK;
    if (change->role != ROLE_NONE && change->role != user->role)
        err = change_role(db, user, change->role, e);
    if (!err && change->password_hash)
        err = change_password(db, user, change->password_hash, keep_session, e);
    if (!err && change->language.p)
        err = db_exec(db, "update identity_users set language = $1 where id = $2",
                      BIND(bind_text(change->language), bind_i64(user->id)), NULL, e);
    if (!err && change->theme.p)
        err = db_exec(db, "update identity_users set theme = $1 where id = $2",
                      BIND(bind_text(change->theme), bind_i64(user->id)), NULL, e);
    return err;
}

enum err user_remove(struct db *db, const struct user *user, struct err_ctx *e)
{
    enum err err = check_last_admin(db, user, e);
    if (!err)
        err = db_exec(db, "delete from identity_users where id = $1", BIND(bind_i64(user->id)),
                      NULL, e);
    return err;
}
