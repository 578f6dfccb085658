/* identity/users.h
 *
 * The people (and the programs in their name) who may use the server: name, password, role. The
 * last administrator can neither be removed nor demoted, however many try at once.
 *
 *     struct user_draft draft = {.name = name, .password = password, .role = ROLE_VIEWER};
 *     err = user_check(&draft, e);                           422 at /name or /password
 *     err = user_hash(&draft, e);                            slow, so before the transaction
 *     err = store_write(store, &db, e);
 *     err = user_add(db, &draft, id, now_ms, e);             409 where the name is taken
 *
 * Functions with a `db` are steps of the caller's transaction and of its thread. What they change
 * takes effect on this node after identity_changed(). */
#ifndef IDENTITY_USERS_H
#define IDENTITY_USERS_H

#include "base/arena.h"
#include "identity/passwords.h"
#include "identity/role.h"
#include "store/store.h"

enum { USER_NAME_MAX = 64 };

struct user {
    int64_t id;
    struct str name;
    struct str password_hash;
    enum role role;
    struct str language, theme; /* without a pointer: never chosen */
    int64_t created_ms, seen_ms;
};

struct user_draft {
    struct str name, password;
    enum role role;
    char hash[PASSWORD_HASH_BYTES];
};

/* What is to be changed; a view without a pointer or ROLE_NONE leaves it as it is. */
struct user_change {
    enum role role;
    const char *password_hash;
    struct str language, theme;
};

/* The rules for a name and for a password, each with its place in the request. */
WARN_UNUSED enum err user_check_name(struct str name, struct err_ctx *e);
WARN_UNUSED enum err user_check_password(struct str password, struct err_ctx *e);
WARN_UNUSED enum err user_check(const struct user_draft *draft, struct err_ctx *e);

/* The role of a user: viewer, developer or admin. */
WARN_UNUSED enum err user_parse_role(struct str text, enum role *role, struct err_ctx *e);

WARN_UNUSED enum err user_hash(struct user_draft *draft, struct err_ctx *e);
WARN_UNUSED enum err user_add(struct db *db, const struct user_draft *draft, uint64_t id,
                              int64_t now_ms, struct err_ctx *e);

/* ERR_NOT_FOUND with a sentence. The texts are in the arena. */
WARN_UNUSED enum err user_find(struct db *db, struct arena *a, struct str name, struct user *out,
                               struct err_ctx *e);

/* Newest first, at most `limit`, made before `before_id`. */
WARN_UNUSED enum err users_list(struct db *db, struct arena *a, int64_t before_id, size_t limit,
                                struct user *out, size_t *count, struct err_ctx *e);

/* A new password ends all sessions of the user but `keep_session` (a digest, or no pointer). */
WARN_UNUSED enum err user_change(struct db *db, const struct user *user,
                                 const struct user_change *change, struct str keep_session,
                                 struct err_ctx *e);
WARN_UNUSED enum err user_remove(struct db *db, const struct user *user, struct err_ctx *e);

/* Whether there is somebody to administer the server. */
WARN_UNUSED enum err users_have_admin(struct db *db, bool *have, struct err_ctx *e);

/* Nobody else may add, change or remove users until the transaction ends. */
WARN_UNUSED enum err users_lock(struct db *db, struct err_ctx *e);

#endif
