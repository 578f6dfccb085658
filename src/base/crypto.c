#include "base/crypto.h"

#include <sodium.h>

static_assert(DIGEST_BYTES == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");
static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "room for a hash as text");
static_assert(sizeof(struct sha256) >= sizeof(crypto_hash_sha256_state), "room for the state");

enum err crypto_init(struct err_ctx *e)
{
    if (sodium_init() < 0)
        return err_set(e, ERR_INTERNAL, "libsodium cannot be initialised");
    return ERR_OK;
}

void crypto_sha256(struct str data, struct digest *out)
{
    crypto_hash_sha256(out->bytes, (const unsigned char *)data.p, data.n);
}

static crypto_hash_sha256_state *state_of(struct sha256 *s)
{
    return (crypto_hash_sha256_state *)(void *)s->state;
}

void sha256_init(struct sha256 *s)
{
    crypto_hash_sha256_init(state_of(s));
}

void sha256_add(struct sha256 *s, struct str piece)
{
    crypto_hash_sha256_update(state_of(s), (const unsigned char *)piece.p, piece.n);
}

void sha256_end(struct sha256 *s, struct digest *out)
{
    crypto_hash_sha256_final(state_of(s), out->bytes);
}

char *digest_hex(const struct digest *d, char hex[DIGEST_HEX_BYTES])
{
    return sodium_bin2hex(hex, DIGEST_HEX_BYTES, d->bytes, sizeof d->bytes);
}

void crypto_random(void *bytes, size_t n)
{
    randombytes_buf(bytes, n);
}

void crypto_random_text(char *text, size_t n)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < n; i++)
        text[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    text[n] = '\0';
}

enum err crypto_password_hash(struct str password, char hash[PASSWORD_HASH_BYTES],
                              struct err_ctx *e)
{
    if (crypto_pwhash_str_alg(hash, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13))
        return err_set(e, ERR_BUSY, "there is not enough memory to hash a password now");
    return ERR_OK;
}

bool crypto_password_ok(struct str password, const char *hash)
{
    return crypto_pwhash_str_verify(hash, password.p, password.n) == 0;
}

bool crypto_equal(struct str a, struct str b)
{
    return a.n == b.n && sodium_memcmp(a.p, b.p, a.n) == 0;
}
