/* store/keys.h
 *
 * One statement for many keys or rows, where a statement for each would cost a round trip to
 * PostgreSQL. The SQL says where they belong by a word that becomes a list of parameters, which
 * follow those that the statement has anyway:
 *
 *     err = keys_query(db, "select id, seq from t where model_id = $1 and id in ($KEYS)",
 *                      BIND(bind_i64(model_id)), ids, count, &rows, e);
 *     err = keys_insert(db, "insert into t (model_id, id, seq) values $ROWS on conflict do
 * nothing", BIND(bind_i64(model_id)), values, 2, count, e);
 *
 * Lists have few lengths, so that few statements are prepared; what is left of a list of keys is
 * NULL, which equals nothing. No row may come twice in one keys_insert() that updates on conflict.
 * The binds belong to the caller. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "store/store.h"

enum { KEYS_MAX = 60 };

/* At most KEYS_MAX keys, and 4 binds before them. */
WARN_UNUSED enum err keys_query(struct db *db, const char *sql, struct binds first,
                                const struct bind *keys, unsigned count, struct rows **out,
                                struct err_ctx *e);

/* For keys of several values, `width` each and at most KEYS_MAX values in all: $ROWS becomes
 * "($2, $3), ($4, $5)", what may stand behind `values`. Rows of NULL fill the list. PostgreSQL
 * takes these values for text where nothing tells their type: cast($...) them where they are used.
 */
WARN_UNUSED enum err keys_query_rows(struct db *db, const char *sql, struct binds first,
                                     const struct bind *keys, unsigned width, unsigned count,
                                     struct rows **out, struct err_ctx *e);

/* Any number of rows of `width` values each; `first` (4 at most) stands before them in every row.
 */
WARN_UNUSED enum err keys_insert(struct db *db, const char *sql, struct binds first,
                                 const struct bind *values, unsigned width, size_t count,
                                 struct err_ctx *e);

#endif
