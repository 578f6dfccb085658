/* base/json.h
 *
 * JSON of the control plane: jansson's values, read with limits and errors that name the place.
 * Tensors on the prediction path have a reader of their own (serving/).
 *
 *     json_t *body = NULL;
 *     enum err err = json_read(text, &body, e);
 *     ...
 *     struct str name;
 *     err = json_need_text(body, "name", 1, 64, &name, e);      422 at /name
 *     ...
 *     json_decref(body);
 *
 * The getters come in two kinds: need_ fails when the member is missing or null, want_ leaves the
 * caller's default in place. Views point into the value and live as long as it. A value is not
 * shared between threads while it changes. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { JSON_DEPTH_MAX = 64 };

/* Reads one JSON document: UTF-8, no duplicate members, at most JSON_DEPTH_MAX levels. ERR_SYNTAX
 * names line and column. The caller owns `*out`. */
WARN_UNUSED enum err json_read(struct str text, json_t **out, struct err_ctx *e);

/* Like json_read(), and the document must be an object. */
WARN_UNUSED enum err json_read_object(struct str text, json_t **out, struct err_ctx *e);

WARN_UNUSED enum err json_need_text(json_t *object, const char *key, size_t bytes_min,
                                    size_t bytes_max, struct str *out, struct err_ctx *e);
WARN_UNUSED enum err json_want_text(json_t *object, const char *key, size_t bytes_min,
                                    size_t bytes_max, struct str *out, struct err_ctx *e);
WARN_UNUSED enum err json_want_i64(json_t *object, const char *key, int64_t min, int64_t max,
                                   int64_t *out, struct err_ctx *e);
WARN_UNUSED enum err json_want_f64(json_t *object, const char *key, double min, double max,
                                   double *out, struct err_ctx *e);
WARN_UNUSED enum err json_want_bool(json_t *object, const char *key, bool *out, struct err_ctx *e);

/* A borrowed reference to the member, NULL where it is missing or null. */
WARN_UNUSED enum err json_want_object(json_t *object, const char *key, json_t **out,
                                      struct err_ctx *e);
WARN_UNUSED enum err json_want_array(json_t *object, const char *key, size_t count_max,
                                     json_t **out, struct err_ctx *e);

/* Building: each takes ownership of `value` as jansson's *_set_new does and aborts when there is
 * no memory. Text that is no UTF-8 is repaired. */
void json_set(json_t *object, const char *key, json_t *value);
void json_set_text(json_t *object, const char *key, struct str value);
void json_set_cstr(json_t *object, const char *key, const char *value_or_null);
void json_set_i64(json_t *object, const char *key, int64_t value);
void json_set_digits(json_t *object, const char *key, int64_t value); /* as text; null for 0 */
void json_set_f64(json_t *object, const char *key, double value);     /* null when not finite */
void json_set_bool(json_t *object, const char *key, bool value);
void json_set_null(json_t *object, const char *key);
void json_set_time(json_t *object, const char *key, int64_t time_ms); /* null for 0 */
void json_push(json_t *array, json_t *value);
json_t *json_text(struct str value);

/* A view of a JSON string. */
struct str json_str(const json_t *text);

/* Parses a stored document; one that cannot be read becomes null. */
json_t *json_stored(struct str text);

/* Compact text, numbers so that they read back as the same. */
void json_write(const json_t *value, struct buf *out);
struct str json_dump(const json_t *value, struct arena *a);

#endif
