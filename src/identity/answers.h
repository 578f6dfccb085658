/* identity/answers.h
 *
 * What a request with an Idempotency-Key was answered, so that the same request again gets the
 * same answer and does nothing twice. A key belongs to its user and holds for 24 hours.
 *
 *     err = answers_claim(store, rq, key, user_id, now_ms, &done, e);   done: the answer is there
 *     ... the handler ...
 *     answers_keep(store, rq, key, user_id, err);
 *
 * A failure is not kept: the request may be put right and sent again under its key. Where the
 * program died between the claim and the answer nobody knows what happened, and the key says so
 * with 409 until it is forgotten. Blocks. */
#ifndef IDENTITY_ANSWERS_H
#define IDENTITY_ANSWERS_H

#include "http/http.h"
#include "store/store.h"

/* The request's Idempotency-Key, checked; a view without a pointer where there is none. */
WARN_UNUSED enum err answers_key(const struct http_request *rq, struct str *key, struct err_ctx *e);

WARN_UNUSED enum err answers_claim(struct store *store, struct http_request *rq, struct str key,
                                   int64_t user_id, int64_t now_ms, bool *done, struct err_ctx *e);

/* `err` is how the handler ended. */
void answers_keep(struct store *store, const struct http_request *rq, struct str key,
                  int64_t user_id, enum err err);

WARN_UNUSED enum err answers_remove_old(struct db *db, int64_t now_ms, struct err_ctx *e);

#endif
