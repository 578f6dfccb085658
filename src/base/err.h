/* base/err.h
 *
 * What went wrong, for a program and for a person. A function that can fail returns `enum err`
 * (0 is success) and takes a `struct err_ctx *` last. The context stays untouched on success; the
 * first cause wins; the sentence in it is complete enough to be shown to the user and holds no
 * secret.
 *
 *     enum err thing_load(const char *name, struct thing **out, struct err_ctx *e)
 *     {
 *         if (!exists(name))
 *             return err_set(e, ERR_NOT_FOUND, "there is no thing named \"%s\"", name);
 *         ...
 *     }
 *
 * A context lives on the stack of whoever asks and is initialised with err_ctx_init(). It may be
 * NULL where the caller needs the code alone. Not shared between threads. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/compat.h"

enum err {
    ERR_OK = 0,
#define X(code, status, text, title) code,
#include "base/err.def"
#undef X
    ERR_COUNT
};

enum { ERR_DETAIL_MAX = 512, ERR_POINTER_MAX = 128, ERR_ITEM_DETAIL_MAX = 256, ERR_ITEMS_MAX = 16 };

/* One place in the request and what is wrong with it. */
struct err_item {
    char pointer[ERR_POINTER_MAX]; /* JSON pointer, "" for the whole document */
    char detail[ERR_ITEM_DETAIL_MAX];
};

struct err_ctx {
    enum err code;
    unsigned item_count;
    unsigned retry_after_s; /* 0: no Retry-After header */
    char detail[ERR_DETAIL_MAX];
    struct err_item items[ERR_ITEMS_MAX];
};

/* Makes the context empty. The items are not cleared: item_count says how many count. */
void err_ctx_init(struct err_ctx *e);

/* Notes the first cause and returns `code`, so that it can stand in a return statement. */
enum err err_set(struct err_ctx *e, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Like err_set(), and names the place in the request by a JSON pointer. */
enum err err_set_at(struct err_ctx *e, enum err code, const char *pointer, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Adds a further place to an error that is already set; silently full after ERR_ITEMS_MAX. */
void err_add_item(struct err_ctx *e, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Puts "what: " before the sentence of an error that came from below. Returns the code. */
enum err err_prefix(struct err_ctx *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Translates errno of a system call on `what` (a path, an address). Returns ERR_IO, or
 * ERR_NOT_FOUND for ENOENT. */
enum err err_set_errno(struct err_ctx *e, int errno_value, const char *what);

int err_status(enum err code);        /* HTTP status, 200 for ERR_OK */
const char *err_text(enum err code);  /* "not_found" */
const char *err_title(enum err code); /* "There is no such thing" */

/* Memory whose size no request chooses: abort when there is none. */
void *xmalloc(size_t bytes) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t count, size_t bytes)
    __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *p, size_t bytes) __attribute__((alloc_size(2), returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

#endif
