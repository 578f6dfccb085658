#include "server/demo.h"

#include "identity/audit.h"
#include "identity/users.h"

static enum err add_user(struct program *p, struct db *db, const struct user_draft *draft,
                         struct err_ctx *e)
{
    int64_t now_ms = clock_now_ms(&p->clock);
    enum err err = user_add(db, draft, id_next(&p->ids, now_ms), now_ms, e);
    return err ? err : audit_add(db, NULL, "user.add", draft->name, role_text(draft->role), e);
}

static enum err change_user(struct db *db, const struct user *user, const struct user_draft *draft,
                            struct err_ctx *e)
{
    struct user_change change = {.role = draft->role, .password_hash = draft->hash};
    enum err err = user_change(db, user, &change, (struct str){NULL, 0}, e);
    return err ? err : audit_add(db, NULL, "user.change", draft->name, "password", e);
}

static enum err put_user(struct program *p, struct db *db, const struct user_draft *draft,
                         struct err_ctx *e)
{
    struct arena a;
    struct user user;
    struct err_ctx quiet;
    arena_init(&a);
    err_ctx_init(&quiet);
    enum err err = user_find(db, &a, draft->name, &user, &quiet);
    if (err == ERR_NOT_FOUND)
        err = add_user(p, db, draft, e);
    else if (!err)
        err = change_user(db, &user, draft, e);
    else
        err = err_set(e, err, "%s", quiet.detail);
    arena_release(&a);
    return err;
}

enum err demo_login_make(struct program *p, char password[DEMO_PASSWORD_BYTES], struct err_ctx *e)
{
    struct db *db = NULL;
    crypto_random_text(password, DEMO_PASSWORD_BYTES - 1);
    struct user_draft draft = {
        .name = STR(DEMO_USER), .password = str_of(password), .role = ROLE_ADMIN};
    enum err err = user_hash(&draft, e);
    if (!err)
        err = store_write(p->store, &db, e);
    return err ? err : db_end(db, put_user(p, db, &draft, e), e);
}
