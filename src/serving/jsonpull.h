/* serving/jsonpull.h
 *
 * Reads JSON from the front to the back without building anything: what the prediction path needs
 * to bring numbers from a body straight into a tensor.
 *
 *     struct jsonpull j;
 *     jsonpull_init(&j, body, arena);
 *     struct str key;
 *     if (jsonpull_object(&j))
 *         while (jsonpull_key(&j, &key))
 *             if (str_is(key, "id")) jsonpull_text(&j, &id); else jsonpull_skip(&j);
 *     if (j.error) ...                     at j.at, with jsonpull_offset()
 *
 * After an error every call returns false and nothing moves. Texts without escapes are views of the
 * body; the others go to the arena. Not thread-safe. */
#ifndef SERVING_JSONPULL_H
#define SERVING_JSONPULL_H

#include "base/arena.h"
#include "base/err.h"

enum { JSONPULL_DEPTH_MAX = 64 };

struct jsonpull {
    const char *start, *at, *end;
    struct arena *arena;
    const char *error; /* NULL while all is well */
    unsigned depth;
    bool first; /* the container that was just entered has had no member yet */
};

void jsonpull_init(struct jsonpull *j, struct str text, struct arena *a);

/* The first character of the next value: one of {["-0123456789tfn, or 0 at the end. */
char jsonpull_peek(struct jsonpull *j);

bool jsonpull_object(struct jsonpull *j);
bool jsonpull_array(struct jsonpull *j);

/* The next member's name, its value is next; false at the closing brace. */
bool jsonpull_key(struct jsonpull *j, struct str *key);

/* True when another element is next; false at the closing bracket. */
bool jsonpull_element(struct jsonpull *j);

bool jsonpull_text(struct jsonpull *j, struct str *text);
bool jsonpull_number(struct jsonpull *j, double *value);

/* The digits of a number as they stand, for whole numbers beyond a double's reach. */
bool jsonpull_digits(struct jsonpull *j, struct str *digits);
bool jsonpull_bool(struct jsonpull *j, bool *value);
bool jsonpull_null(struct jsonpull *j);
bool jsonpull_skip(struct jsonpull *j);

/* Steps over a list or an object whose content is read later from here: only what tells its end is
 * looked at, so this alone does not say that it is good JSON. */
bool jsonpull_pass(struct jsonpull *j);

/* Nothing but blanks is left. */
bool jsonpull_end(struct jsonpull *j);

/* Turns the error into ERR_SYNTAX with its place; call only when j->error is set. */
WARN_UNUSED enum err jsonpull_fail(const struct jsonpull *j, struct err_ctx *e);

#endif
