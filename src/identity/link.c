#include "identity/link.h"

#include "base/crypto.h"

static struct bind bind_digest(struct str token, struct digest *d)
{
    crypto_sha256(token, d);
    return bind_blob(str_from((const char *)d->bytes, sizeof d->bytes));
}

enum err link_add(struct db *db, int64_t now_ms, char token[LINK_TEXT_BYTES], struct err_ctx *e)
{
    struct digest d;
    crypto_random_text(token, LINK_TEXT_BYTES - 1);
    return db_exec(db, "insert into identity_links (digest, created_ms) values ($1, $2)",
                   BIND(bind_digest(str_of(token), &d), bind_i64(now_ms)), NULL, e);
}

enum err link_check(struct db *db, struct str token, struct err_ctx *e)
{
    struct digest d;
    struct rows *rows = NULL;
    enum err err = db_query_one(db, "select 1 from identity_links where digest = $1",
                                BIND(bind_digest(token, &d)), &rows, e);
    rows_close(rows);
    if (err == ERR_NOT_FOUND)
        return err_set(e, ERR_FORBIDDEN,
                       "this link is not valid, or was used already; a server without an "
                       "administrator prints a new one when it starts");
    return err;
}

enum err link_remove_all(struct db *db, struct err_ctx *e)
{
    return db_exec(db, "delete from identity_links", BIND_NONE, NULL, e);
}
