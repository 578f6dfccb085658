/* base/crypto.h
 *
 * Digests, random bytes and passwords: the one place that knows libsodium.
 *
 *     struct digest d;
 *     crypto_sha256(text, &d);
 *     char hex[DIGEST_HEX_BYTES];
 *     digest_hex(&d, hex);
 *
 * crypto_init() once at the start; everything else from any thread. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"
#include "base/str.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 65, PASSWORD_HASH_BYTES = 128 };

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

WARN_UNUSED enum err crypto_init(struct err_ctx *e);

void crypto_sha256(struct str data, struct digest *out);

/* In pieces, for files that do not fit into memory. */
struct sha256 {
    _Alignas(16) unsigned char state[128];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, struct str piece);
void sha256_end(struct sha256 *s, struct digest *out);

/* Lower-case hexadecimal digits and a 0. Returns `hex`. */
char *digest_hex(const struct digest *d, char hex[DIGEST_HEX_BYTES]);

void crypto_random(void *bytes, size_t n);

/* `n` random letters and digits and a 0: 5.95 bits each. */
void crypto_random_text(char *text, size_t n);

/* argon2id with the memory and the passes of libsodium's interactive limits. Takes tens of
 * milliseconds: never on an HTTP thread. The hash is text with its salt and parameters. */
WARN_UNUSED enum err crypto_password_hash(struct str password, char hash[PASSWORD_HASH_BYTES],
                                          struct err_ctx *e);
bool crypto_password_ok(struct str password, const char *hash);

/* Compares secrets in a time that does not depend on where they differ. */
bool crypto_equal(struct str a, struct str b);

#endif
