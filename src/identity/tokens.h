/* identity/tokens.h
 *
 * API tokens: "crs_" and 40 random characters, shown once and kept as their SHA-256. A token has
 * the role of its user or a lower one, whichever is lower when it is used.
 *
 *     char secret[TOKEN_TEXT_BYTES];
 *     err = token_add(db, &draft, secret, e);
 *
 * Functions with a `db` are steps of the caller's transaction. */
#ifndef IDENTITY_TOKENS_H
#define IDENTITY_TOKENS_H

#include "base/arena.h"
#include "identity/role.h"
#include "store/store.h"

enum { TOKEN_TEXT_LENGTH = 44, TOKEN_TEXT_BYTES = TOKEN_TEXT_LENGTH + 1, TOKEN_LABEL_MAX = 200 };

struct token {
    int64_t id;
    struct str label, user;
    enum role role;
    int64_t created_ms, used_ms;
};

struct token_draft {
    uint64_t id;
    int64_t user_id;
    struct str label;
    enum role role;
    int64_t now_ms;
};

/* Refuses a role above `highest`, and one that no token has. */
WARN_UNUSED enum err token_parse_role(struct str text, enum role highest, enum role *role,
                                      struct err_ctx *e);

/* It is shown on terminals, in a line of its own. */
WARN_UNUSED enum err token_check_label(struct str label, struct err_ctx *e);

WARN_UNUSED enum err token_add(struct db *db, const struct token_draft *draft,
                               char secret[TOKEN_TEXT_BYTES], struct err_ctx *e);

/* Newest first, of one user or, with 0, of everybody. The texts are in the arena. */
WARN_UNUSED enum err tokens_list(struct db *db, struct arena *a, int64_t user_id, int64_t before_id,
                                 size_t limit, struct token *out, size_t *count, struct err_ctx *e);

/* Only when it belongs to the user, unless that is 0. ERR_NOT_FOUND with a sentence. */
WARN_UNUSED enum err token_remove(struct db *db, uint64_t id, int64_t user_id, struct err_ctx *e);

#endif
