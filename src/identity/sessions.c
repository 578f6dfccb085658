#include "identity/sessions.h"

#define COOKIE "crisol_session"

struct str session_digest(struct str secret, struct digest *d)
{
    crypto_sha256(secret, d);
    return str_from((const char *)d->bytes, sizeof d->bytes);
}

char *session_csrf(struct str secret, char csrf[SESSION_CSRF_BYTES])
{
    struct sha256 s;
    struct digest d;
    char hex[DIGEST_HEX_BYTES];
    sha256_init(&s);
    sha256_add(&s, STR("crisol csrf "));
    sha256_add(&s, secret);
    sha256_end(&s, &d);
    memcpy(csrf, digest_hex(&d, hex), SESSION_CSRF_BYTES - 1);
    csrf[SESSION_CSRF_BYTES - 1] = '\0';
    return csrf;
}

enum err session_add(struct db *db, int64_t user_id, int64_t now_ms, int64_t lasts_ms,
                     struct session *out, struct err_ctx *e)
{
    struct digest d;
    crypto_random_text(out->secret, SESSION_SECRET_BYTES - 1);
    session_csrf(str_of(out->secret), out->csrf);
    return db_exec(db,
                   "insert into identity_sessions (digest, user_id, created_ms, expires_ms) "
                   "values ($1, $2, $3, $4)",
                   BIND(bind_blob(session_digest(str_of(out->secret), &d)), bind_i64(user_id),
                        bind_i64(now_ms), bind_i64(now_ms + lasts_ms)),
                   NULL, e);
}

enum err session_remove(struct db *db, struct str secret, struct err_ctx *e)
{
    struct digest d;
    return db_exec(db, "delete from identity_sessions where digest = $1",
                   BIND(bind_blob(session_digest(secret, &d))), NULL, e);
}

enum err sessions_remove_expired(struct db *db, int64_t now_ms, struct err_ctx *e)
{
    return db_exec(db, "delete from identity_sessions where expires_ms <= $1",
                   BIND(bind_i64(now_ms)), NULL, e);
}

struct str session_secret(const struct http_request *rq)
{
    struct str rest = http_header(rq, "Cookie"), one;
    while (rest.p && str_split(&rest, ';', &one)) {
        one = str_trim(one);
        if (str_starts(one, STR(COOKIE "=")))
            return str_from(one.p + sizeof COOKIE, one.n - sizeof COOKIE);
    }
    return str_from(NULL, 0);
}

/* Over https only where the browser came that way; a proxy in front says so. */
static const char *secure_flag(const struct http_request *rq)
{
    return str_is_nocase(http_header(rq, "X-Forwarded-Proto"), "https") ? "; Secure" : "";
}

static void set_cookie(struct http_request *rq, const char *secret, int64_t lasts_s)
{
    http_answer_header(rq, "Set-Cookie",
                       arena_printf(&rq->arena,
                                    COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
                                    secret, (long long)lasts_s, secure_flag(rq)));
}

void session_set_cookie(struct http_request *rq, const struct session *s, int64_t lasts_ms)
{
    set_cookie(rq, s->secret, lasts_ms / 1000);
}

void session_clear_cookie(struct http_request *rq)
{
    set_cookie(rq, "", 0);
}
