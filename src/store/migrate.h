/* store/migrate.h
 *
 * The numbered steps that make a database what the program needs. store_migrate() applies the
 * program's own list; tests give lists of theirs:
 *
 *     static const struct migration list[] = {{1, "cats", {sqlite_text, postgresql_text}}};
 *     err = migrate_list(store, list, 1, e);
 *
 * The program's list is made from src/store/migrations/ when it is built. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/store.h"

struct migration {
    unsigned number;
    const char *name;
    const char *sql[2]; /* by enum store_kind */
};

/* Sorted by number; made by migrations.py. */
extern const struct migration migrations[];
extern const size_t migration_count;

WARN_UNUSED enum err migrate_list(struct store *s, const struct migration *list, size_t count,
                                  struct err_ctx *e);

#endif
