/* identity/passwords.h
 *
 * argon2id with an end to how much of it runs at once: each hash takes 64 MiB and tens of
 * milliseconds, and anybody can ask for one by trying to log in.
 *
 *     char hash[PASSWORD_HASH_BYTES];
 *     err = passwords_hash(password, hash, e);
 *     err = passwords_check(password, user_or_null ? user->hash : NULL, &right, e);
 *
 * At most two run at a time and a few wait; who comes after that hears ERR_BUSY. Blocks: never on
 * an HTTP thread. */
#ifndef IDENTITY_PASSWORDS_H
#define IDENTITY_PASSWORDS_H

#include "base/crypto.h"

enum { PASSWORD_BYTES_MIN = 8, PASSWORD_BYTES_MAX = 256 };

WARN_UNUSED enum err passwords_hash(struct str password, char hash[PASSWORD_HASH_BYTES],
                                    struct err_ctx *e);

/* `hash` is NULL where there is no such user: that takes as long and is never right. */
WARN_UNUSED enum err passwords_check(struct str password, const char *hash, bool *right,
                                     struct err_ctx *e);

#endif
