#include "http/exchange.h"

#include "base/clock.h"
#include "base/num.h"

/* ---- what came ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_decode(struct arena *a, struct str s, bool plus_is_space, struct str *out)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1;
            int low = s.n - i > 2 ? hex_digit(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        to[n++] = c;
    }
    to[n] = '\0';
    *out = str_from(to, n);
    return true;
}

bool http_query(struct http_request *rq, const char *name, struct str *value)
{
    struct str rest = rq->query, pair;
    while (str_split(&rest, '&', &pair)) {
        ptrdiff_t at = str_find(pair, '=');
        struct str key = at < 0 ? pair : str_from(pair.p, (size_t)at);
        struct str raw = at < 0 ? STR("") : str_from(pair.p + at + 1, pair.n - (size_t)at - 1);
        struct str decoded;
        if (!http_decode(&rq->arena, key, true, &decoded) || !str_is(decoded, name))
            continue;
        return http_decode(&rq->arena, raw, true, value);
    }
    return false;
}

enum err http_query_i64(struct http_request *rq, const char *name, int64_t min, int64_t max,
                        int64_t *value, struct err_ctx *e)
{
    struct str text;
    if (!http_query(rq, name, &text))
        return ERR_OK;
    if (num_parse_i64(text, min, max, value))
        return ERR_OK;
    return err_set(e, ERR_INVALID, "the parameter \"%s\" must be a whole number from %lld to %lld",
                   name, (long long)min, (long long)max);
}

enum err http_query_time(struct http_request *rq, const char *name, int64_t *time_ms,
                         struct err_ctx *e)
{
    struct str text;
    if (!http_query(rq, name, &text))
        return ERR_OK;
    if (clock_parse(text, time_ms))
        return ERR_OK;
    return err_set(e, ERR_INVALID, "the parameter \"%s\" must be a time like 2026-01-31T08:15:00Z",
                   name);
}

bool http_accepts(const struct http_request *rq, const char *type)
{
    struct str rest = http_header(rq, "Accept"), one;
    while (str_split(&rest, ',', &one)) {
        ptrdiff_t at = str_find(one, ';');
        one = str_trim(at < 0 ? one : str_from(one.p, (size_t)at));
        if (str_is_nocase(one, type))
            return true;
        if (str_is_nocase(one, "application/json"))
            return false;
    }
    return false;
}

static void release_json(void *value)
{
    json_decref(value);
}

/* A body without a type is taken at its word, and so is what curl -d calls a form when it is told
 * nothing: the reader of JSON finds out. */
static enum err check_json_type(const struct http_request *rq, struct err_ctx *e)
{
    struct str type = http_header(rq, "Content-Type");
    ptrdiff_t at = str_find(type, ';');
    struct str bare = str_trim(at < 0 ? type : str_from(type.p, (size_t)at));
    if (!type.p || str_is_nocase(bare, "application/json") || str_ends(bare, STR("+json")) ||
        str_is_nocase(bare, "application/x-www-form-urlencoded"))
        return ERR_OK;
    return err_set(e, ERR_UNSUPPORTED, "the body must be application/json, not " STR_FMT,
                   STR_ARG(bare));
}

enum err http_json_object(struct http_request *rq, json_t **out, struct err_ctx *e)
{
    enum err err = check_json_type(rq, e);
    if (!err)
        err = json_read_object(rq->body, out, e);
    if (!err)
        arena_on_release(&rq->arena, release_json, *out);
    return err;
}

/* ---- what goes ---- */

void http_answer_json(struct http_request *rq, int status, json_t *value)
{
    rq->answer.status = status;
    json_write(value, &rq->answer.body);
    json_decref(value);
}

void http_answer_empty(struct http_request *rq, int status)
{
    rq->answer.status = status;
    buf_clear(&rq->answer.body);
}

void http_answer_header(struct http_request *rq, const char *name, const char *value)
{
    assert(rq->answer.header_count < HTTP_HEADERS_MAX);
    rq->answer.headers[rq->answer.header_count++] = (struct http_field){name, value};
}

void http_answer_problem(struct http_request *rq, const struct err_ctx *e)
{
    struct buf *b = &rq->answer.body;
    buf_clear(b);
    buf_addf(b, "{\"type\":\"about:blank#%s\",\"title\":\"%s\",\"status\":%d,\"detail\":",
             err_text(e->code), err_title(e->code), err_status(e->code));
    buf_add_json(b, str_of(e->detail));
    buf_addf(b, ",\"code\":\"%s\",\"errors\":[", err_text(e->code));
    for (unsigned i = 0; i < e->item_count; i++) {
        buf_add(b, i ? STR(",{\"pointer\":") : STR("{\"pointer\":"));
        buf_add_json(b, str_of(e->items[i].pointer));
        buf_add(b, STR(",\"detail\":"));
        buf_add_json(b, str_of(e->items[i].detail));
        buf_add_c(b, '}');
    }
    buf_add(b, STR("]}"));
    rq->answer.content_type = "application/problem+json";
}
