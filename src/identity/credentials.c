#include "identity/credentials.h"

#include <pthread.h>

enum { ROWS = 512, WAYS = 4, SLOTS = ROWS * WAYS };

#define HOLDS_NS UINT64_C(5000000000)
#define REFRESH_NS UINT64_C(4000000000) /* from then on one request renews it for all */

struct slot {
    struct digest digest;
    enum credential_kind kind;
    enum credential_state state; /* UNKNOWN: unused */
    struct credential who;
    uint64_t loaded_ns;
    bool refreshing;
    int64_t used_ms; /* 0: nothing to write down */
};

struct credentials {
    struct credentials_opts opts;
    pthread_mutex_t lock; /* guards what follows */
    uint64_t generation;  /* counts the times that everything was forgotten */
    struct slot slots[SLOTS];
};

enum err credentials_open(const struct credentials_opts *opts, struct credentials **out,
                          struct err_ctx *e)
{
    struct credentials *c = xcalloc(1, sizeof *c);
    c->opts = *opts;
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return ERR_OK;
}

void credentials_close(struct credentials *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct slot *row_of(struct credentials *c, const struct digest *d)
{
    uint32_t hash;
    memcpy(&hash, d->bytes, sizeof hash);
    return &c->slots[hash % ROWS * WAYS];
}

static struct slot *find(struct credentials *c, enum credential_kind kind, const struct digest *d)
{
    struct slot *row = row_of(c, d);
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *s = &row[i];
        if (s->state != CREDENTIAL_UNKNOWN && s->kind == kind &&
            memcmp(&s->digest, d, sizeof *d) == 0)
            return s;
    }
    return NULL;
}

static bool is_fresh(struct slot *s)
{
    uint64_t age_ns = clock_monotonic_ns() - s->loaded_ns;
    if (age_ns < REFRESH_NS || (age_ns < HOLDS_NS && s->refreshing))
        return true;
    s->refreshing = true;
    return false;
}

enum credential_state credentials_look(struct credentials *c, enum credential_kind kind,
                                       struct str secret, struct credential *who)
{
    struct digest d;
    enum credential_state state = CREDENTIAL_UNKNOWN;
    crypto_sha256(secret, &d);
    pthread_mutex_lock(&c->lock);
    struct slot *s = find(c, kind, &d);
    if (s && is_fresh(s)) {
        state = s->state;
        *who = s->who;
        s->used_ms = clock_now_ms(c->opts.clock);
    }
    pthread_mutex_unlock(&c->lock);
    return state;
}

/* The secret's slot, or the one in its row that is given up for it. */
static struct slot *slot_for(struct credentials *c, enum credential_kind kind,
                             const struct digest *d)
{
    struct slot *s = find(c, kind, d);
    if (s)
        return s;
    struct slot *row = row_of(c, d), *oldest = row;
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].state == CREDENTIAL_UNKNOWN)
            return &row[i];
        if (row[i].loaded_ns < oldest->loaded_ns)
            oldest = &row[i];
    }
    return oldest;
}

/* A change that was committed while the store was read must not be hidden by what was read: the
 * generation tells. */
static void remember(struct credentials *c, uint64_t generation, const struct slot *found)
{
    pthread_mutex_lock(&c->lock);
    if (generation == c->generation)
        *slot_for(c, found->kind, &found->digest) = *found;
    pthread_mutex_unlock(&c->lock);
}

static const char *const queries[] = {
    [CREDENTIAL_TOKEN] = "select u.id, u.name, u.role, t.id, t.role from identity_tokens t "
                         "join identity_users u on u.id = t.user_id where t.digest = $1",
    [CREDENTIAL_SESSION] = "select u.id, u.name, u.role, 0, u.role from identity_sessions s "
                           "join identity_users u on u.id = s.user_id "
                           "where s.digest = $1 and s.expires_ms > $2",
};

static enum err read_row(struct rows *rows, struct credential *who, struct err_ctx *e)
{
    struct str name = rows_text(rows, 1);
    enum role of_user, of_token;
    if (!role_parse(rows_text(rows, 2), &of_user) || !role_parse(rows_text(rows, 4), &of_token) ||
        name.n > sizeof who->name)
        return err_set(e, ERR_CORRUPT, "the user \"" STR_FMT "\" is stored with an unknown role",
                       STR_ARG(name));
    who->user_id = rows_i64(rows, 0);
    who->token_id = rows_i64(rows, 3);
    who->role = MIN(of_user, of_token);
    who->name_bytes = name.n;
    memcpy(who->name, name.p, name.n);
    return ERR_OK;
}

/* That there is no such secret is an answer and leaves nothing in `e`. */
static enum err query(struct credentials *c, struct slot *found, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = store_read(c->opts.store, &db, &why);
    if (err)
        return err_set(e, err, "%s", why.detail);
    struct str digest = str_from((const char *)found->digest.bytes, DIGEST_BYTES);
    struct bind values[] = {bind_blob(digest), bind_i64(clock_now_ms(c->opts.clock))};
    err = db_query_one(db, queries[found->kind],
                       (struct binds){values, found->kind == CREDENTIAL_SESSION ? 2 : 1}, &rows,
                       &why);
    if (!err)
        err = read_row(rows, &found->who, &why);
    found->state = err ? CREDENTIAL_WRONG : CREDENTIAL_RIGHT;
    rows_close(rows);
    err = db_end(db, err == ERR_NOT_FOUND ? ERR_OK : err, &why);
    return err ? err_set(e, err, "%s", why.detail) : ERR_OK;
}

enum err credentials_load(struct credentials *c, enum credential_kind kind, struct str secret,
                          struct credential *who, enum credential_state *state, struct err_ctx *e)
{
    struct slot found = {.kind = kind, .loaded_ns = clock_monotonic_ns()};
    crypto_sha256(secret, &found.digest);
    pthread_mutex_lock(&c->lock);
    uint64_t generation = c->generation;
    pthread_mutex_unlock(&c->lock);
    enum err err = query(c, &found, e);
    if (err)
        return err;
    found.used_ms = clock_now_ms(c->opts.clock);
    remember(c, generation, &found);
    *who = found.who;
    *state = found.state;
    return ERR_OK;
}

enum err credentials_ask(struct credentials *c, enum credential_kind kind,
                         const struct digest *digest, struct credential *who,
                         enum credential_state *state, struct err_ctx *e)
{
    struct slot found = {.kind = kind, .digest = *digest};
    enum err err = query(c, &found, e);
    if (err)
        return err;
    *who = found.who;
    *state = found.state;
    return ERR_OK;
}

void credentials_forget(struct credentials *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    for (size_t i = 0; i < SLOTS; i++)
        c->slots[i].state = CREDENTIAL_UNKNOWN;
    pthread_mutex_unlock(&c->lock);
}

/* ---- who was seen ---- */

struct seen {
    struct digest digest;
    int64_t user_id, token_id, used_ms;
};

static size_t take_seen(struct credentials *c, struct seen *all)
{
    size_t count = 0;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &c->slots[i];
        if (s->used_ms && s->who.user_id)
            all[count++] = (struct seen){s->digest, s->who.user_id, s->who.token_id, s->used_ms};
        s->used_ms = 0;
    }
    pthread_mutex_unlock(&c->lock);
    return count;
}

static enum err write_seen(struct db *db, const struct seen *s, int64_t session_ms,
                           struct err_ctx *e)
{
    struct str digest = str_from((const char *)s->digest.bytes, DIGEST_BYTES);
    enum err err = db_exec(db, "update identity_users set seen_ms = $1 where id = $2",
                           BIND(bind_i64(s->used_ms), bind_i64(s->user_id)), NULL, e);
    if (!err && s->token_id)
        err = db_exec(db, "update identity_tokens set used_ms = $1 where id = $2",
                      BIND(bind_i64(s->used_ms), bind_i64(s->token_id)), NULL, e);
    if (!err && !s->token_id)
        err = db_exec(db, "update identity_sessions set expires_ms = $1 where digest = $2",
                      BIND(bind_i64(s->used_ms + session_ms), bind_blob(digest)), NULL, e);
    return err;
}

enum err credentials_flush(struct credentials *c, struct err_ctx *e)
{
    struct seen *all = xcalloc(SLOTS, sizeof *all);
    size_t count = take_seen(c, all);
    struct db *db = NULL;
    enum err err = count ? store_write(c->opts.store, &db, e) : ERR_OK;
    if (db) {
        for (size_t i = 0; i < count && !err; i++)
            err = write_seen(db, &all[i], c->opts.session_ms, e);
        err = db_end(db, err, e);
    }
    free(all);
    return err;
}
