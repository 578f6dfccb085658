#include "base/err.h"

#include <errno.h>

struct err_row {
    int status;
    const char *text;
    const char *title;
};

static const struct err_row err_rows[ERR_COUNT] = {
    [ERR_OK] = {200, "ok", "Fine"},
#define X(code, status, text, title) [code] = {status, text, title},
#include "base/err.def"
#undef X
};

static const struct err_row *err_row(enum err code)
{
    assert(code >= ERR_OK && code < ERR_COUNT);
    return &err_rows[code];
}

int err_status(enum err code)
{
    return err_row(code)->status;
}

const char *err_text(enum err code)
{
    return err_row(code)->text;
}

const char *err_title(enum err code)
{
    return err_row(code)->title;
}

void err_ctx_init(struct err_ctx *e)
{
    assert(e);
    e->code = ERR_OK;
    e->item_count = 0;
    e->retry_after_s = 0;
    e->detail[0] = '\0';
}

/* The format strings reach the v* functions below through functions that check them. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static bool err_note(struct err_ctx *e, enum err code, const char *format, va_list args)
{
    assert(code != ERR_OK);
    if (!e || e->code != ERR_OK)
        return false;
    e->code = code;
    vsnprintf(e->detail, sizeof e->detail, format, args);
    return true;
}

enum err err_set(struct err_ctx *e, enum err code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_note(e, code, format, args);
    va_end(args);
    return code;
}

enum err err_set_at(struct err_ctx *e, enum err code, const char *pointer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool first = err_note(e, code, format, args);
    va_end(args);
    if (first)
        err_add_item(e, pointer, "%s", e->detail);
    return code;
}

void err_add_item(struct err_ctx *e, const char *pointer, const char *format, ...)
{
    if (!e || e->item_count == ERR_ITEMS_MAX)
        return;
    struct err_item *item = &e->items[e->item_count++];
    snprintf(item->pointer, sizeof item->pointer, "%s", pointer);
    va_list args;
    va_start(args, format);
    vsnprintf(item->detail, sizeof item->detail, format, args);
    va_end(args);
}

enum err err_prefix(struct err_ctx *e, const char *format, ...)
{
    assert(e && e->code != ERR_OK);
    char below[ERR_DETAIL_MAX];
    memcpy(below, e->detail, sizeof below);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(e->detail, sizeof e->detail, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof e->detail)
        snprintf(e->detail + used, sizeof e->detail - (size_t)used, ": %s", below);
    return e->code;
}

enum err err_set_errno(struct err_ctx *e, int errno_value, const char *what)
{
    char text[128];
    const char *reason = strerror_r(errno_value, text, sizeof text);
    return err_set(e, errno_value == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", what, reason);
}

static void *or_abort(void *p)
{
    if (!p) {
        fputs("crisol: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t bytes)
{
    return or_abort(malloc(bytes ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
    return or_abort(calloc(count ? count : 1, bytes ? bytes : 1));
}

void *xrealloc(void *p, size_t bytes)
{
    return or_abort(realloc(p, bytes ? bytes : 1));
}

char *xstrdup(const char *s)
{
    return or_abort(strdup(s));
}
